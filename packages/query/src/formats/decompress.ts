import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { QueryError } from '../errors.ts';
import type { Compression } from '../format-url.ts';
import { badInput } from './read-error.ts';

/** The content of a file of the host, decompressed, in pieces. Damage is `bad-input`. */
export async function* readBytes(path: string, compression: Compression | undefined, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024, ...(signal === undefined ? {} : { signal }) });
  if (compression === undefined) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  const transform = await decompressor(compression);
  const piped = pipeline(file, transform);
  // The error comes out of the loop below; the pipeline's own promise must not be left without a handler.
  piped.catch(() => undefined);
  try {
    yield* transform as AsyncIterable<Uint8Array>;
    await piped;
  } catch (error) {
    throw damaged(path, compression, error);
  } finally {
    transform.destroy();
  }
}

/**
 * Refuses a compressed file that was cut off: DuckDB takes the end of the bytes for the end of the data. gzip has to be read whole for
 * that, which also checks its sums; of zstd only the headers of the blocks are read.
 */
export async function checkWhole(path: string, compression: 'gzip' | 'zstd', signal?: AbortSignal): Promise<void> {
  if (compression === 'zstd') return checkZstdFrames(path);
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), createGunzip({ chunkSize: 256 * 1024 }), sink, { signal });
  } catch (error) {
    throw damaged(path, compression, error);
  }
}

function damaged(path: string, compression: Compression, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError' || 'syscall' in error) return error;
  const cut = /unexpected (end of file|EOF)|premature|truncated/i.test(error.message);
  return badInput(path, { what: `its ${compression} data ${cut ? 'was cut off' : 'is damaged'}` }, { cause: error });
}

async function decompressor(compression: Compression): Promise<Transform> {
  switch (compression) {
    case 'gzip': return createGunzip({ chunkSize: 256 * 1024 });
    case 'zstd': return zstdDecompressor();
    case 'bzip2': return bzip2Decompressor();
  }
}

async function zstdDecompressor(): Promise<Transform> {
  const { Decompress } = await import('fzstd');
  const out: Transform = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => attempt(done, () => inner.push(chunk)),
    flush: (done) => attempt(done, () => inner.push(new Uint8Array(0), true)),
  });
  const inner = new Decompress((chunk) => void out.push(chunk));
  return out;
}

function attempt(done: TransformCallback, step: () => void): void {
  try {
    step();
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

async function bzip2Decompressor(): Promise<Transform> {
  const { default: unbzip2 } = await import('unbzip2-stream');
  const inner = unbzip2() as unknown as NodeJS.ReadWriteStream & { pause(): unknown; resume(): unknown };
  let seen = false;
  const out: Transform = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      seen = true;
      inner.write(Buffer.from(chunk));
      done();
    },
    flush: (done) => {
      if (!seen) return done();
      inner.once('end', () => done());
      inner.end();
    },
  });
  inner.on('data', (chunk: Uint8Array) => void out.push(chunk));
  inner.on('error', (error: unknown) => void out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}

const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

async function checkZstdFrames(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size;) at = await endOfFrame(file, at, size, path);
  } finally {
    await file.close();
  }
}

/** Where the frame that begins at `start` ends, by RFC 8878 section 3.1. */
async function endOfFrame(file: FileHandle, start: number, size: number, path: string): Promise<number> {
  const head = Buffer.alloc(18);
  const { bytesRead } = await file.read(head, 0, head.length, start);
  const magic = bytesRead < 4 ? 0 : head.readUInt32LE(0);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE && bytesRead >= 8) return within(start + 8 + head.readUInt32LE(4), size, path);
  if (magic !== ZSTD_MAGIC) throw badInput(path, { what: 'it is not zstd, which was wanted' });
  const descriptor = head[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = start + 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + contentSize;
  const block = Buffer.alloc(3);
  for (let last = false; !last;) {
    within(at + 3, size, path);
    await file.read(block, 0, 3, at);
    const header = block.readUIntLE(0, 3);
    last = (header & 1) === 1;
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return within(at + ((descriptor & 4) === 0 ? 0 : 4), size, path);
}

function within(at: number, size: number, path: string): number {
  if (at <= size) return at;
  throw cutOff(path);
}

function cutOff(path: string): QueryError {
  return badInput(path, { what: 'its zstd data was cut off' });
}
