import type { StagingDirectory } from './staging-directory.ts';

/** Takes files and keeps nothing of them: what reads them does so to see whether they can be read. */
export function createDiscard(): StagingDirectory {
  return {
    directory: '',
    has: async () => false,
    async write(_path, source) {
      for await (const chunk of source) void chunk;
    },
    remove: async () => undefined,
    async *list() { /* There is nothing. */ },
    sync: async () => undefined,
  };
}
