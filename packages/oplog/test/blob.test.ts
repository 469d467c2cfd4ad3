import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createMemoryStore, type ObjectStore } from '@duckpond/delta';
import { describe, it } from 'vitest';
import { blobPath, INLINE_BYTES, readBlob, storeContent } from '../src/blob.ts';
import { OplogError } from '../src/errors.ts';

const content = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).map((_, i) => (i * 31) & 0xff);
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  return Buffer.concat(all);
}

async function paths(store: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list('')) found.push(path);
  return found;
}

describe('storeContent()', () => {
  for (const size of [0, 1, INLINE_BYTES, INLINE_BYTES + 1, 3 * INLINE_BYTES]) {
    it(`of ${size} bytes, in pieces of any size from a source that uses its buffer again`, async () => {
      for (const piece of [1000, 65_536, 1 << 20]) {
        const store = createMemoryStore();
        const bytes = content(size);
        const buffer = new Uint8Array(piece);
        const stored = await storeContent(store, (async function* () {
          for (let start = 0; start < size; start += piece) {
            const count = Math.min(piece, size - start);
            buffer.set(bytes.subarray(start, start + count));
            yield buffer.subarray(0, count);
          }
        })());
        assert.equal(stored.sizeBytes, size);
        assert.ok(sha256(bytes).equals(stored.sha256));
        if (size <= INLINE_BYTES) assert.ok(stored.inline !== undefined && Buffer.from(stored.inline).equals(bytes));
        else assert.ok((await read(readBlob(store, stored.sha256, size))).equals(bytes));
        assert.deepEqual(await paths(store), size <= INLINE_BYTES ? [] : [blobPath(stored.sha256)]);
      }
    });
  }

  it('stores identical content once', async () => {
    const store = createMemoryStore();
    const bytes = content(INLINE_BYTES + 5);
    const [one, two] = [await storeContent(store, [bytes]), await storeContent(store, [bytes.subarray(0, 9), bytes.subarray(9)])];
    assert.deepEqual(one, two);
    assert.equal((await paths(store)).length, 1);
  });

  it('leaves nothing of a source that fails, small or large', async () => {
    for (const size of [10, 2 * INLINE_BYTES]) {
      const store = createMemoryStore();
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield content(size);
        throw new RangeError('the source is gone');
      };
      await assert.rejects(storeContent(store, failing()), RangeError);
      assert.deepEqual(await paths(store), []);
    }
  });
});

describe('readBlob()', () => {
  const bytes = content(200_000);

  it('gives ranges', async () => {
    const store = createMemoryStore();
    const { sha256: hash } = await storeContent(store, [bytes]);
    for (const [start, end] of [[0, 1], [5, 5], [199_999, 200_000], [70_000, 140_000], [0, 300_000]] as const) {
      assert.ok((await read(readBlob(store, hash, 200_000, { start, end }))).equals(bytes.subarray(start, end)));
    }
  });

  it('rejects a blob that is missing, of another size or of other bytes, and names it', async () => {
    const hash = sha256(bytes);
    const changed = Uint8Array.from(bytes);
    changed[100_000] = (changed[100_000] ?? 0) ^ 1;
    for (const stored of [undefined, bytes.subarray(1), changed]) {
      const store = createMemoryStore();
      if (stored !== undefined) await store.put(blobPath(hash), stored);
      await assert.rejects(read(readBlob(store, hash, 200_000)), (error) => error instanceof OplogError && error.code === 'corrupt-blob'
        && error.message.includes(blobPath(hash)));
    }
  });
});
