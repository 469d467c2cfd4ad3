import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { createMemoryStore } from '../src/memory-store.ts';
import { objectStoreSuite } from '../src/testing/object-store-suite.ts';

objectStoreSuite({ name: 'createMemoryStore()', describe, it, makeStore: () => createMemoryStore() });

describe('createMemoryStore()', () => {
  it('takes the times of its objects from the clock it is given', async () => {
    let nowMillis = 1000;
    const store = createMemoryStore({ nowMillis: () => nowMillis });
    await store.put('a', new Uint8Array(1));
    nowMillis = 2000;
    await store.putIfAbsent('b', new Uint8Array(1));
    assert.equal((await store.head('a'))?.modifiedMillis, 1000);
    assert.equal((await store.head('b'))?.modifiedMillis, 2000);
  });

  it('keeps the bytes of a Buffer that is changed afterwards', async () => {
    const store = createMemoryStore();
    const bytes = Buffer.from('abc');
    await store.put('a', bytes);
    const staged = await store.stage();
    await staged.write(bytes);
    bytes.fill(0);
    await staged.publish('b');
    for (const path of ['a', 'b']) assert.equal(Buffer.from(await store.get(path) ?? []).toString(), 'abc');
  });
});
