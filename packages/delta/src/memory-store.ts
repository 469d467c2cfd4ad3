import { DeltaError } from './errors.ts';
import { assertObjectPath, assertObjectPrefix, compareUtf8 } from './object-path.ts';
import type { ByteRange, ObjectMeta, ObjectStore, PutOptions, StagedObject } from './object-store.ts';

const CHUNK_BYTES = 1 << 20;

export interface MemoryStoreOptions {
  /** The clock of the objects; milliseconds since 1970. */
  readonly nowMillis?: () => number;
}

/** Objects in memory: for tests and for tables that are never kept. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  return new MemoryStore(options.nowMillis ?? Date.now);
}

interface MemoryObject {
  readonly bytes: Uint8Array;
  readonly modifiedMillis: number;
}

class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, MemoryObject>();
  readonly #nowMillis: () => number;

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis;
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#find(path)?.bytes.slice(...limits(range));
  }

  async *read(path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const object = this.#find(path);
    if (!object) throw new DeltaError('not-found', `Cannot read ${JSON.stringify(path)}: there is no such object`, { path });
    const bytes = object.bytes.subarray(...limits(range));
    for (let position = 0; position < bytes.length; position += CHUNK_BYTES) {
      yield bytes.slice(position, position + CHUNK_BYTES);
    }
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    const object = this.#find(path);
    return object && { path, sizeBytes: object.bytes.length, modifiedMillis: object.modifiedMillis };
  }

  async *list(prefix: string): AsyncGenerator<ObjectMeta, void, undefined> {
    assertObjectPrefix(prefix);
    for (const path of [...this.#objects.keys()].filter((name) => name.startsWith(prefix)).sort(compareUtf8)) {
      const meta = await this.head(path);
      if (meta) yield meta;
    }
  }

  async put(path: string, bytes: Uint8Array, options?: PutOptions): Promise<void> {
    if (options?.isNew === true && this.#find(path) !== undefined) {
      throw new DeltaError('storage', `Cannot write ${JSON.stringify(path)}: there is an object, a new name was wanted`, { path });
    }
    assertObjectPath(path);
    this.#objects.set(path, { bytes: Uint8Array.from(bytes), modifiedMillis: this.#nowMillis() });
  }

  async putIfAbsent(path: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    if (this.#find(path)) return false;
    if (after !== undefined) {
      await after;
      if (this.#find(path)) return false;
    }
    this.#objects.set(path, { bytes: Uint8Array.from(bytes), modifiedMillis: this.#nowMillis() });
    return true;
  }

  async putHint(path: string, bytes: Uint8Array): Promise<void> {
    await this.put(path, bytes);
  }

  async stage(): Promise<StagedObject> {
    let chunks: Uint8Array[] | undefined = [];
    const open = (): Uint8Array[] => {
      if (!chunks) throw new DeltaError('storage', 'Cannot use a staged object: it was already published or discarded', {});
      return chunks;
    };
    return {
      write: async (chunk) => {
        open().push(Uint8Array.from(chunk));
      },
      publish: async (path) => {
        const bytes = concatenate(open());
        chunks = undefined;
        return this.putIfAbsent(path, bytes);
      },
      discard: async () => {
        chunks = undefined;
      },
    };
  }

  async delete(path: string): Promise<void> {
    assertObjectPath(path);
    this.#objects.delete(path);
  }

  #find(path: string): MemoryObject | undefined {
    assertObjectPath(path);
    return this.#objects.get(path);
  }
}

function limits(range: ByteRange | undefined): [start: number, end?: number] {
  return range ? [range.start, Math.max(range.start, range.end)] : [0];
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}
