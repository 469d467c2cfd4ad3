import { DeltaError } from '@duckpond/delta';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { BytesGate, forEachWithin } from './bytes-gate.ts';
import type { Opener } from './cipher.ts';
import type { StoredFile } from './entry.ts';
import { decompressFrames } from './frames.ts';
import { FILES_PREFIX, parseFilePath } from './layout.ts';
import { createMeter, sha256Of, unpackFiles } from './pack.ts';
import type { StagingDirectory } from './staging-directory.ts';

/** Something that the backup should have and has not, or not as it was written. */
export interface Loss {
  /** The object of the backup. */
  readonly object: string;
  /** The files below `store/` that came from it. */
  readonly files: readonly string[];
  readonly why: string;
}

export interface Fetcher {
  /** Fetches files that are in packs or objects of their own; what cannot be had is told, not thrown. */
  fetch(files: readonly StoredFile[]): Promise<readonly Loss[]>;
  /** Fetches a blob by the SHA-256 of its content. */
  fetchBlobs(blobs: readonly { readonly path: string; readonly sizeBytes: number; readonly sha256: string }[]): Promise<readonly Loss[]>;
}

const GATE_BYTES = 48 * 1024 * 1024;
const GATE_FILES = 8;
const MOST_WEIGHT_BYTES = 24 * 1024 * 1024;
/** What does not match may have been damaged on its way: it is fetched once more. */
const TRIES = 2;

/** @param onBytes told of plain bytes that are in place */
export function createFetcher(
  store: RemoteStore, opener: Opener, staging: StagingDirectory, onBytes: (count: number) => void,
): Fetcher {
  const gate = new BytesGate(GATE_BYTES, GATE_FILES);
  let listed: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  async function fetchPack(place: string, files: readonly StoredFile[]): Promise<readonly Loss[]> {
    const wanted = new Map(files.map((file) => [file.path, file]));
    for (const file of files) {
      if (!await staging.has(file.path, file.sizeBytes, file.sha256)) continue;
      wanted.delete(file.path);
      onBytes(file.sizeBytes);
    }
    let why = 'it does not have them';
    for (let attempt = 1; attempt <= TRIES && wanted.size > 0; attempt++) {
      try {
        for await (const { path, bytes } of unpackFiles(opener.open(store.read(place), place), `${store.label}/${place}`)) {
          const file = wanted.get(path);
          if (file === undefined) continue;
          if (sha256Of(bytes) !== file.sha256) {
            why = `"${path}" in it does not match its SHA-256`;
            continue;
          }
          await staging.write(path, once(bytes));
          wanted.delete(path);
          onBytes(bytes.byteLength);
          if (wanted.size === 0) break;
        }
      } catch (error) {
        why = reasonOf(error);
      }
    }
    return wanted.size === 0 ? [] : [{ object: place, files: [...wanted.keys()], why }];
  }

  async function fetchObject(
    objects: readonly string[], { path, sizeBytes, sha256 }: { readonly path: string; readonly sizeBytes: number; readonly sha256: string },
  ): Promise<readonly Loss[]> {
    if (await staging.has(path, sizeBytes, sha256)) {
      onBytes(sizeBytes);
      return [];
    }
    let why = 'it is missing';
    for (const object of objects) {
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const meter = createMeter();
        try {
          const opened = opener.open(store.read(object), object);
          const isCompressed = parseFilePath(object)?.isCompressed === true;
          const plain = isCompressed ? decompressFrames(opened, object) : opened;
          await staging.write(path, checked(meter.of(plain), sha256, () => meter.sha256()));
          onBytes(sizeBytes);
          return [];
        } catch (error) {
          why = reasonOf(error);
        }
      }
    }
    return [{ object: objects[0] ?? `${FILES_PREFIX}${opener.nameOf(sha256)}`, files: [path], why }];
  }

  /** The objects in `files/` by their names; one content may be there twice. */
  async function objects(): Promise<ReadonlyMap<string, readonly string[]>> {
    const byName = new Map<string, string[]>();
    for await (const { path } of store.list(FILES_PREFIX)) {
      const name = parseFilePath(path)?.name;
      if (name !== undefined) byName.set(name, [...byName.get(name) ?? [], path]);
    }
    return byName;
  }

  return {
    async fetch(files) {
      const byPlace = new Map<string, StoredFile[]>();
      for (const file of files) byPlace.set(file.place, [...byPlace.get(file.place) ?? [], file]);
      const losses: Loss[] = [];
      const weightOf = ([, members]: [string, StoredFile[]]): number =>
        Math.min(members.reduce((sum, { sizeBytes }) => sum + sizeBytes, MOST_WEIGHT_BYTES / 4), MOST_WEIGHT_BYTES);
      await forEachWithin(gate, byPlace, weightOf, async ([place, members]) => {
        const [only] = members;
        const isObject = place.startsWith(FILES_PREFIX) && only !== undefined;
        losses.push(...isObject ? await fetchObject([place], only) : await fetchPack(place, members));
      });
      return losses;
    },
    async fetchBlobs(blobs) {
      if (blobs.length === 0) return [];
      const names = await (listed ??= objects());
      const losses: Loss[] = [];
      await forEachWithin(gate, blobs, ({ sizeBytes }) => Math.min(sizeBytes * 2, MOST_WEIGHT_BYTES), async (blob) => {
        losses.push(...await fetchObject(names.get(opener.nameOf(blob.sha256)) ?? [], blob));
      });
      return losses;
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* checked(source: AsyncIterable<Uint8Array>, wanted: string, sha256: () => string): AsyncGenerator<Uint8Array> {
  yield* source;
  if (sha256() !== wanted) throw new RemoteError('corrupt-object', 'it does not match its SHA-256');
}

/** @throws the error itself when it is not about this object: the network, or the disk */
function reasonOf(error: unknown): string {
  if (error instanceof DeltaError && error.code === 'not-found') return 'it is missing';
  if (error instanceof RemoteError && error.code === 'corrupt-object') return error.message.replace(/^Cannot [^:]*: /, '');
  throw error;
}
