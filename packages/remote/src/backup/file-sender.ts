import type { ObjectStore } from '@duckpond/delta';
import { compress } from '@mongodb-js/zstd';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import type { Sealer } from './cipher.ts';
import { compressFrames, FRAME_BYTES } from './frames.ts';
import { filePath, FILES_PREFIX } from './layout.ts';
import { createMeter } from './pack.ts';

/** A blob or a large data file on its way to `files/`. */
export interface LargeFile {
  /** Below `store/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface FileSender {
  /** @returns where the backup has it now */
  send(file: LargeFile, onBytes: (count: number) => void): Promise<string>;
  /** Bytes that were sent, as they are stored, by name. */
  sentBytes(): number;
}

/** So many files are asked for one by one; of more the backup is listed once. */
const ASKED_ONE_BY_ONE = 32;
const WORTH_IT = 0.9;

/** @param expected how many files will be sent, about */
export async function createFileSender(
  local: ObjectStore, remote: RemoteStore, sealer: Sealer, burned: ReadonlyMap<string, number>, expected: number,
): Promise<FileSender> {
  const listed = expected <= ASKED_ONE_BY_ONE ? undefined : await namesIn(remote);
  let sentBytes = 0;

  async function isThere(path: string): Promise<boolean> {
    return listed === undefined ? await remote.head(path) !== undefined : listed.has(path);
  }

  return {
    sentBytes: () => sentBytes,
    async send(file, onBytes) {
      const first = await local.get(file.path, { start: 0, end: FRAME_BYTES }) ?? new Uint8Array(0);
      const isCompressed = !isParquet(first) && (await compress(Buffer.from(first), 1)).byteLength < first.byteLength * WORTH_IT;
      const facts = { name: sealer.nameOf(file.sha256), isCompressed, isEncrypted: sealer.isEncrypting };
      const plainPath = filePath(facts);
      const path = burned.has(plainPath) ? filePath(facts, burned.get(plainPath)) : plainPath;
      if (await isThere(path)) {
        onBytes(file.sizeBytes);
        return path;
      }
      const meter = createMeter(onBytes);
      const stored = createMeter((count) => { sentBytes += count; });
      const plain = checked(file, meter.of(local.read(file.path)), () => meter.sha256());
      await remote.upload(path, stored.of(sealer.seal(isCompressed ? compressFrames(plain) : plain)));
      return path;
    },
  };
}

/** Fails before the last piece is on its way when the bytes are not those that were written: damage is not replicated. */
async function* checked(file: LargeFile, source: AsyncIterable<Uint8Array>, sha256: () => string): AsyncGenerator<Uint8Array> {
  yield* source;
  if (sha256() === file.sha256) return;
  throw new RemoteError(
    'corrupt-pond', `Cannot push the pond: "store/${file.path}" does not match its SHA-256, a pond without damage was wanted`,
    { path: file.path }, { hint: "'pond fsck --verbose' names everything that is damaged" },
  );
}

/** Trying to compress what is compressed inside costs more than it can tell. */
function isParquet(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
}

async function namesIn(remote: RemoteStore): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { path } of remote.list(FILES_PREFIX)) names.add(path);
  return names;
}
