import type { ObjectStore } from '@duckpond/delta';

/** What two stores have together, for reading: what is on its way in front of what is there. */
export function overlayStores(front: ObjectStore, back: ObjectStore): ObjectStore {
  return {
    ...back,
    get: async (path, range) => await front.get(path, range) ?? back.get(path, range),
    head: async (path) => await front.head(path) ?? back.head(path),
    async *read(path, range) {
      yield* await front.head(path) === undefined ? back.read(path, range) : front.read(path, range);
    },
    async *list(prefix) {
      const paths = new Map<string, { path: string; sizeBytes: number; modifiedMillis: number }>();
      for (const store of [back, front]) for await (const meta of store.list(prefix)) paths.set(meta.path, meta);
      yield* [...paths.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
    },
  };
}
