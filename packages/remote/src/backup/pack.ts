import { createHash, hash } from 'node:crypto';
import { extract, pack as createTar } from 'tar-stream';
import { RemoteError } from '../errors.ts';
import { compressFrames, decompressFrames } from './frames.ts';

/** Many small files as one object: a tar archive in zstd frames. */

export interface PackedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A tar archive of the files, piece by piece; each file is asked for when there is room for it. */
async function* tarOf(files: AsyncIterable<PackedFile>): AsyncGenerator<Uint8Array> {
  const tar = createTar();
  const filling = (async () => {
    for await (const { path, bytes } of files) {
      await new Promise<void>((resolve, reject) => {
        const header = { name: path, size: bytes.byteLength, mode: 0o644, mtime: new Date(0), type: 'file' } as const;
        tar.entry(header, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) => {
          if (error == null) resolve();
          else reject(error);
        });
      });
    }
    tar.finalize();
  })();
  filling.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const chunk of tar as AsyncIterable<Uint8Array>) yield chunk;
  await filling;
}

export function packFiles(files: AsyncIterable<PackedFile>): AsyncGenerator<Uint8Array> {
  return compressFrames(tarOf(files));
}

/** Files up to this size are in packs; whatever claims to be larger is none of ours. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The files of a pack, one after the other.
 *
 * @throws RemoteError `corrupt-object`
 */
export async function* unpackFiles(source: AsyncIterable<Uint8Array>, label: string): AsyncGenerator<PackedFile> {
  const tar = extract();
  const feeding = (async () => {
    for await (const chunk of decompressFrames(source, label)) {
      if (!tar.write(chunk)) await new Promise<void>((resolve) => { tar.once('drain', () => resolve()).once('close', () => resolve()); });
    }
    tar.end(undefined);
  })();
  feeding.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const entry of tar) {
      const chunks: Uint8Array[] = [];
      if ((entry.header.size ?? 0) > MOST_BYTES) throw damaged(label);
      for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
      yield { path: entry.header.name, bytes: Buffer.concat(chunks) };
    }
    await feeding;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (error instanceof RemoteError || name === 'DeltaError' || name === 'AbortError') throw error;
    throw damaged(label, { cause: error });
  }
}

function damaged(label: string, options?: ErrorOptions): RemoteError {
  return new RemoteError(
    'corrupt-object', `Cannot read "${label}": it is not as it was written, a tar archive was wanted`, { label }, options,
  );
}

/** Bytes that pass by are counted and hashed. */
export interface Meter {
  sizeBytes(): number;
  sha256(): string;
  of(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

export function createMeter(onBytes: (count: number) => void = () => undefined): Meter {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  return {
    sizeBytes: () => sizeBytes,
    sha256: () => digest.copy().digest('hex'),
    async *of(source) {
      for await (const chunk of source) {
        digest.update(chunk);
        sizeBytes += chunk.byteLength;
        onBytes(chunk.byteLength);
        yield chunk;
      }
    },
  };
}

export function sha256Of(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
