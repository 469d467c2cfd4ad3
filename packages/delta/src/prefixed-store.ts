import { assertObjectPath } from './object-path.ts';
import type { ObjectMeta, ObjectStore } from './object-store.ts';

/** The objects under one directory of another store, as a store: whoever is handed it can reach nothing beside them. */
export function createPrefixedStore(store: ObjectStore, directory: string): ObjectStore {
  assertObjectPath(directory);
  const prefix = `${directory}/`;
  const within = (path: string): string => {
    assertObjectPath(path);
    return prefix + path;
  };
  const relative = (meta: ObjectMeta): ObjectMeta => ({ ...meta, path: meta.path.slice(prefix.length) });

  return {
    get: async (path, range) => store.get(within(path), range),
    async *read(path, range) {
      yield* store.read(within(path), range);
    },
    async head(path) {
      const meta = await store.head(within(path));
      return meta && relative(meta);
    },
    async *list(start) {
      for await (const meta of store.list(prefix + start)) yield relative(meta);
    },
    put: async (path, bytes, options) => store.put(within(path), bytes, options),
    putIfAbsent: async (path, bytes, after) => store.putIfAbsent(within(path), bytes, after),
    putHint: async (path, bytes) => store.putHint(within(path), bytes),
    async stage() {
      const staged = await store.stage();
      return {
        write: async (chunk) => staged.write(chunk),
        publish: async (path) => staged.publish(within(path)),
        discard: async () => staged.discard(),
      };
    },
    delete: async (path) => store.delete(within(path)),
  };
}
