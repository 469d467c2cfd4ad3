import { openLocalStore } from '@duckpond/delta';
import type { RemoteStore } from './remote-store.ts';

/** The files of a directory of this machine, such as a mounted disk, as a remote. */
export function openDirectoryStore(directory: string): RemoteStore {
  const store = openLocalStore(directory);
  return {
    label: `file://${directory}`,
    get: (path, range) => store.get(path, range),
    read: (path, range) => store.read(path, range),
    head: (path) => store.head(path),
    list: (prefix) => store.list(prefix),
    put: (path, bytes, options) => store.put(path, bytes, options),
    putIfAbsent: (path, bytes, after) => store.putIfAbsent(path, bytes, after),
    putHint: (path, bytes) => store.putHint(path, bytes),
    stage: () => store.stage(),
    delete: (path) => store.delete(path),
    async upload(path, source) {
      const staged = await store.stage();
      try {
        for await (const chunk of source) await staged.write(chunk);
        await staged.publish(path);
      } finally {
        await staged.discard();
      }
    },
    close: () => undefined,
  };
}
