import { describe, it } from 'vitest';
import { nodeStoreSuite } from '../src/testing/node-store-suite.ts';
import { countingStore } from './memory-tree.ts';

nodeStoreSuite({
  name: 'createMemoryStore()',
  describe,
  it,
  makeStore: async () => {
    const store = countingStore();
    return { write: (change) => change(store), read: (use) => use(store.snapshot()) };
  },
});
