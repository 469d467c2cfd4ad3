import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { createMemoryStore } from '../src/memory-store.ts';
import { createPrefixedStore } from '../src/prefixed-store.ts';
import { objectStoreSuite } from '../src/testing/object-store-suite.ts';

objectStoreSuite({
  name: 'createPrefixedStore()',
  describe,
  it,
  makeStore: async () => {
    const whole = createMemoryStore();
    for (const path of ['a', 'lake/t', 'lake/table.x', 'lake/table-/x', 'lake/tables/x', 'z']) await whole.put(path, new Uint8Array(1));
    return createPrefixedStore(whole, 'lake/table');
  },
});

describe('createPrefixedStore()', () => {
  it('writes under its directory and nowhere else', async () => {
    const whole = createMemoryStore();
    const part = createPrefixedStore(createPrefixedStore(whole, 'a'), 'b');
    await part.put('put', new Uint8Array(1));
    await part.putIfAbsent('absent', new Uint8Array(2));
    await part.putHint('hint', new Uint8Array(3));
    const staged = await part.stage();
    await staged.write(new Uint8Array(4));
    await staged.publish('staged');
    const all: [string, number][] = [];
    for await (const { path, sizeBytes } of whole.list('')) all.push([path, sizeBytes]);
    assert.deepEqual(all, [['a/b/absent', 2], ['a/b/hint', 3], ['a/b/put', 1], ['a/b/staged', 4]]);
  });

  it('cannot be left through ".."', async () => {
    const whole = createMemoryStore();
    await whole.put('secret', new Uint8Array(1));
    const part = createPrefixedStore(whole, 'a');
    await assert.rejects(part.get('../secret'));
    await assert.rejects(part.get('x/../../secret'));
    await assert.rejects(async () => {
      for await (const meta of part.list('../')) assert.fail(meta.path);
    });
  });

  it('rejects a directory that is not a path', () => {
    for (const directory of ['', '/', 'a/', '../a']) assert.throws(() => createPrefixedStore(createMemoryStore(), directory));
  });
});
