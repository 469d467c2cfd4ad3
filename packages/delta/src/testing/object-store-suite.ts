import assert from 'node:assert/strict';
import { DeltaError } from '../errors.ts';
import type { ByteRange, ObjectMeta, ObjectStore } from '../object-store.ts';

export interface ObjectStoreSuite {
  readonly name: string;
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
  /** A new, empty store for each test; removing it is up to the caller. */
  readonly makeStore: () => ObjectStore | Promise<ObjectStore>;
  /** How many handles the stores made so far hold; given by those that can count them. */
  readonly openHandles?: () => number;
}

const MEBIBYTE = 1 << 20;
const ODD_NAMES: readonly string[] = [
  'with space', ' leading and trailing ', '100%', '%20', 'a=b', 'sha256=00ff', 'plus+sign', 'quote"\'`', 'back\\slash', 'line\nbreak',
  'tab\t', 'a?b#c&d', '*[x]{y}', '~', '-rf', '.hidden', '_under', '...', 'ünï', 'u\u0308', 'ﬁ', '水', '🦆', '\u007f', 'a:b', 'x.tmp', 'CON',
];

/** Every sentence of the port `ObjectStore`, as tests. */
export function objectStoreSuite(suite: ObjectStoreSuite): void {
  const { describe, name, openHandles = () => 0 } = suite;
  const it = (title: string, body: (store: ObjectStore) => Promise<void>): void => {
    suite.it(title, async () => {
      const store = await suite.makeStore();
      const before = openHandles();
      await body(store);
      assert.equal(openHandles(), before, 'handles left open');
    });
  };

  describe(`${name}: absence`, () => {
    it('get(), head() and list() find nothing in an empty store', async (store) => {
      assert.equal(await store.get('a'), undefined);
      assert.equal(await store.get('a/b/c', { start: 0, end: 1 }), undefined);
      assert.equal(await store.head('a/b'), undefined);
      assert.deepEqual(await listed(store, ''), []);
      assert.deepEqual(await listed(store, 'no/such/'), []);
    });

    it('read() of an absent object rejects with not-found and the path', async (store) => {
      await assert.rejects(collect(store.read('dir/absent')), isError('not-found'));
    });

    it('get() of what is only the beginning of paths finds nothing', async (store) => {
      await store.put('dir/object', bytesOf('x'));
      assert.equal(await store.get('dir'), undefined);
      assert.equal(await store.head('dir'), undefined);
      assert.equal(await store.get('dir/object/below'), undefined);
      assert.equal(await store.head('dir/object/below'), undefined);
      assert.deepEqual(await listed(store, 'dir/object/'), []);
    });

    it('delete() removes the object, and one that is absent is no error', async (store) => {
      await store.put('a/b', bytesOf('x'));
      await store.delete('a/b');
      await store.delete('a/b');
      await store.delete('never/there');
      assert.equal(await store.get('a/b'), undefined);
      assert.deepEqual(await listed(store, ''), []);
      assert.equal(await store.putIfAbsent('a/b', bytesOf('y')), true);
    });
  });

  describe(`${name}: paths`, () => {
    it('rejects what is not a path', async (store) => {
      for (const path of ['', '/a', 'a/', 'a//b', '.', '..', 'a/./b', 'a/../b', '../a', 'nul\0', 'half\ud800']) {
        await assert.rejects(store.get(path), isError('storage'), `get ${JSON.stringify(path)}`);
        await assert.rejects(store.head(path), isError('storage'), `head ${JSON.stringify(path)}`);
        await assert.rejects(collect(store.read(path)), isError('storage'), `read ${JSON.stringify(path)}`);
        await assert.rejects(store.put(path, bytesOf('x')), isError('storage'), `put ${JSON.stringify(path)}`);
        await assert.rejects(store.putIfAbsent(path, bytesOf('x')), isError('storage'), `putIfAbsent ${JSON.stringify(path)}`);
        await assert.rejects(store.putHint(path, bytesOf('x')), isError('storage'), `putHint ${JSON.stringify(path)}`);
        await assert.rejects(store.delete(path), isError('storage'), `delete ${JSON.stringify(path)}`);
        const staged = await store.stage();
        await assert.rejects(staged.publish(path), isError('storage'), `publish ${JSON.stringify(path)}`);
        await staged.discard();
      }
      await assert.rejects(listed(store, '../'), isError('storage'));
      await assert.rejects(listed(store, 'a//b'), isError('storage'));
    });

    it('keeps odd names as they are, as objects and as directories', async (store) => {
      const paths = ODD_NAMES.flatMap((odd) => [`o/${odd}`, `d/${odd}/${odd}`]);
      for (const path of paths) assert.equal(await store.putIfAbsent(path, bytesOf(path)), true, JSON.stringify(path));
      for (const path of paths) {
        assert.deepEqual(await store.get(path), bytesOf(path), JSON.stringify(path));
        assert.equal((await store.head(path))?.path, path);
        assert.deepEqual(await listed(store, path), paths.filter((other) => other.startsWith(path)).sort(byUtf8), JSON.stringify(path));
      }
      assert.deepEqual(await listed(store, ''), [...paths].sort(byUtf8));
    });
  });

  describe(`${name}: reading`, () => {
    it('get() returns a range, cut where the object ends', async (store) => {
      await store.put('a', bytesOf('0123456789'));
      const cases: [ByteRange, string][] = [
        [{ start: 0, end: 10 }, '0123456789'], [{ start: 0, end: 0 }, ''], [{ start: 3, end: 4 }, '3'], [{ start: 7, end: 99 }, '789'],
        [{ start: 0, end: Number.MAX_SAFE_INTEGER }, '0123456789'], [{ start: 10, end: 11 }, ''], [{ start: 50, end: 60 }, ''],
      ];
      for (const [range, expected] of cases) {
        assert.deepEqual(await store.get('a', range), bytesOf(expected), JSON.stringify(range));
        assert.deepEqual(joined(await collect(store.read('a', range))), bytesOf(expected), `read ${JSON.stringify(range)}`);
      }
    });

    it('keeps empty objects', async (store) => {
      await store.put('put', new Uint8Array(0));
      assert.equal(await store.putIfAbsent('absent', new Uint8Array(0)), true);
      assert.equal(await store.putIfAbsent('absent', bytesOf('x')), false);
      await store.putHint('hint', new Uint8Array(0));
      assert.equal(await (await store.stage()).publish('staged'), true);
      for (const path of ['put', 'absent', 'hint', 'staged']) {
        assert.deepEqual(await store.get(path), new Uint8Array(0), path);
        assert.equal((await store.head(path))?.sizeBytes, 0);
        assert.equal(joined(await collect(store.read(path))).length, 0);
      }
    });

    it('get() hands out bytes of its own', async (store) => {
      const given = bytesOf('abc');
      await store.put('a', given);
      given.fill(0);
      const got = await store.get('a');
      assert.deepEqual(got, bytesOf('abc'));
      got?.fill(0);
      assert.deepEqual(await store.get('a'), bytesOf('abc'));
    });

    it('read() yields chunks of at most 1 MiB that make up the object', async (store) => {
      const bytes = patterned(2 * MEBIBYTE + 77, 1);
      await store.put('large', bytes);
      const chunks = await collect(store.read('large'));
      assert.ok(chunks.every((chunk) => chunk.length > 0 && chunk.length <= MEBIBYTE));
      assertSame(joined(chunks), bytes);
      assertSame(await store.get('large'), bytes);
      const range = { start: 5, end: MEBIBYTE + 9 };
      assertSame(joined(await collect(store.read('large', range))), bytes.subarray(range.start, range.end));
      assertSame(await store.get('large', range), bytes.subarray(range.start, range.end));
    });

    it('read() cancelled half-way lets go of the object', async (store) => {
      await store.put('large', patterned(3 * MEBIBYTE, 2));
      for await (const chunk of store.read('large')) {
        assert.ok(chunk.length > 0);
        break;
      }
      await assert.rejects(async () => {
        for await (const chunk of store.read('large')) throw new Error(`stop after ${chunk.length}`);
      }, /stop after/);
      await store.delete('large');
      assert.equal(await store.get('large'), undefined);
    });

    it('head() says the size and a time near now', async (store) => {
      await store.put('a/b', bytesOf('12345'));
      const meta = await store.head('a/b');
      assert.equal(meta?.path, 'a/b');
      assert.equal(meta.sizeBytes, 5);
      assert.ok(Number.isInteger(meta.modifiedMillis));
    });
  });

  describe(`${name}: listing`, () => {
    it('list() orders by the UTF-8 bytes of the whole paths', async (store) => {
      const paths = [
        'a', 'a-b', 'a.b/c', 'a0', 'b/c/d', 'b/c-d', 'b/c.d', 'b/c0', 'B', 'ä', 'z', '～', '🦆', '\ue000', '10', '9', 'dir/a/b', 'dir/a b',
      ];
      for (const path of [...paths].reverse()) await store.put(path, bytesOf(path));
      const metas = await collect(store.list(''));
      assert.deepEqual(metas.map((meta) => meta.path), [...paths].sort(byUtf8));
      for (const meta of metas) assert.deepEqual(meta, await store.head(meta.path));
    });

    it('list() takes any beginning of a path', async (store) => {
      for (const path of ['log/001.json', 'log/002.json', 'log/010.json', 'log', 'logs/x', 'part']) {
        if (path !== 'log') await store.put(path, bytesOf('x'));
      }
      assert.deepEqual(await listed(store, 'log/00'), ['log/001.json', 'log/002.json']);
      assert.deepEqual(await listed(store, 'log/'), ['log/001.json', 'log/002.json', 'log/010.json']);
      assert.deepEqual(await listed(store, 'log'), ['log/001.json', 'log/002.json', 'log/010.json', 'logs/x']);
      assert.deepEqual(await listed(store, 'log/002.json'), ['log/002.json']);
      assert.deepEqual(await listed(store, 'x'), []);
    });

    it('list() may be left before its end, and its objects deleted on the way', async (store) => {
      for (const path of ['d/1', 'd/2', 'd/3', 'e/1']) await store.put(path, bytesOf('x'));
      for await (const { path } of store.list('')) {
        assert.equal(path, 'd/1');
        break;
      }
      for await (const { path } of store.list('d/')) await store.delete(path);
      assert.deepEqual(await listed(store, ''), ['e/1']);
    });

    it('list() does not show unfinished writes', async (store) => {
      const staged = await store.stage();
      await staged.write(patterned(MEBIBYTE + 1, 3));
      const writing = store.put('there', patterned(2 * MEBIBYTE, 4));
      for (const path of await listed(store, '')) assert.equal(path, 'there');
      await writing;
      assert.deepEqual(await listed(store, ''), ['there']);
      await staged.discard();
    });
  });

  describe(`${name}: writing`, () => {
    it('put() and putHint() replace the object as a whole', async (store) => {
      for (const [path, write] of [['put', store.put.bind(store)], ['hint', store.putHint.bind(store)]] as const) {
        await write(path, patterned(3000, 5));
        await write(path, bytesOf('short'));
        assert.deepEqual(await store.get(path), bytesOf('short'));
        assert.equal((await store.head(path))?.sizeBytes, 5);
      }
    });

    it('put() and get() at the same time: never a part', async (store) => {
      const sizes = [MEBIBYTE + 1, 2 * MEBIBYTE, 10, 700_000];
      await store.put('object', new Uint8Array(sizes[0] ?? 0).fill(0));
      const writers = sizes.map((sizeBytes, value) => store.put('object', new Uint8Array(sizeBytes).fill(value)));
      const readers = Array.from({ length: 12 }, async () => {
        const bytes = await store.get('object');
        assert.equal(bytes?.length, sizes[bytes?.[0] ?? 0]);
        assert.ok(bytes?.every((byte) => byte === bytes[0]));
      });
      await Promise.all([...writers, ...readers]);
    });

    it('putIfAbsent() creates once and leaves what is there', async (store) => {
      assert.equal(await store.putIfAbsent('a/b', bytesOf('first')), true);
      assert.equal(await store.putIfAbsent('a/b', bytesOf('second')), false);
      assert.deepEqual(await store.get('a/b'), bytesOf('first'));
      await store.put('a/c', bytesOf('put'));
      assert.equal(await store.putIfAbsent('a/c', bytesOf('x')), false);
      assert.deepEqual(await store.get('a/c'), bytesOf('put'));
    });

    it('putIfAbsent() waits for what must come before it, and creates nothing when that fails', async (store) => {
      let isReady = false;
      const ready = new Promise((resolve) => setTimeout(resolve, 5)).then(() => { isReady = true; });
      const created = store.putIfAbsent('a/d', bytesOf('x'), ready);
      while (!isReady) {
        assert.equal(await store.get('a/d'), undefined);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assert.equal(await created, true);
      const failed = Promise.reject(new Error('not durable'));
      failed.catch(() => undefined);
      await assert.rejects(store.putIfAbsent('a/e', bytesOf('x'), failed));
      assert.equal(await store.get('a/e'), undefined);
    });

    it('put() of a new object is there when it resolves, and refuses a name that is taken', async (store) => {
      await store.put('n/new', bytesOf('x'), { isNew: true });
      assert.deepEqual(await store.get('n/new'), bytesOf('x'));
      await assert.rejects(store.put('n/new', bytesOf('y'), { isNew: true }), isError('storage'));
      assert.deepEqual(await store.get('n/new'), bytesOf('x'));
    });

    it('putIfAbsent() has exactly one winner among racing callers', async (store) => {
      for (const sizeBytes of [10, MEBIBYTE + 5]) {
        const path = `race/${sizeBytes}`;
        const bodies = Array.from({ length: 8 }, (_, value) => new Uint8Array(sizeBytes).fill(value));
        const results = await Promise.all(bodies.map((body) => store.putIfAbsent(path, body)));
        assert.equal(results.filter(Boolean).length, 1);
        assertSame(await store.get(path), bodies[results.indexOf(true)] ?? new Uint8Array(0));
        assert.deepEqual(await listed(store, 'race/'), await listed(store, ''));
        await store.delete(path);
      }
    });
  });

  describe(`${name}: staging`, () => {
    it('publish() gives the name to all that was written', async (store) => {
      const bytes = patterned(2 * MEBIBYTE + 3, 6);
      const staged = await store.stage();
      for (let start = 0; start < bytes.length; start += 300_000) {
        const chunk = bytes.slice(start, start + 300_000);
        await staged.write(chunk);
        chunk.fill(0);
      }
      await staged.write(new Uint8Array(0));
      assert.equal(await staged.publish('_blobs/sha256=x'), true);
      assertSame(await store.get('_blobs/sha256=x'), bytes);
      assert.deepEqual(await listed(store, ''), ['_blobs/sha256=x']);
    });

    it('publish() drops the bytes when an object is there', async (store) => {
      await store.put('taken', bytesOf('first'));
      const staged = await store.stage();
      await staged.write(bytesOf('second'));
      assert.equal(await staged.publish('taken'), false);
      assert.deepEqual(await store.get('taken'), bytesOf('first'));
      assert.deepEqual(await listed(store, ''), ['taken']);
    });

    it('publish() has exactly one winner among racing callers', async (store) => {
      for (const sizeBytes of [100, MEBIBYTE + 5]) {
        const path = `blob/${sizeBytes}`;
        const results = await Promise.all(Array.from({ length: 6 }, async (_, value) => {
          const staged = await store.stage();
          await staged.write(new Uint8Array(sizeBytes).fill(value));
          return staged.publish(path);
        }));
        assert.equal(results.filter(Boolean).length, 1);
        assertSame(await store.get(path), new Uint8Array(sizeBytes).fill(results.indexOf(true)));
      }
    });

    it('discard() leaves nothing', async (store) => {
      for (const sizeBytes of [0, 10, MEBIBYTE + 5]) {
        const staged = await store.stage();
        await staged.write(patterned(sizeBytes, 7));
        await staged.discard();
      }
      assert.deepEqual(await listed(store, ''), []);
    });

    it('a staged object that has ended takes nothing more, and discard() of it does nothing', async (store) => {
      const published = await store.stage();
      await published.write(bytesOf('x'));
      await published.publish('a');
      const discarded = await store.stage();
      await discarded.discard();
      for (const ended of [published, discarded]) {
        await assert.rejects(ended.write(bytesOf('y')), isError('storage'));
        await assert.rejects(ended.publish('b'), isError('storage'));
        await ended.discard();
      }
      assert.deepEqual(await listed(store, ''), ['a']);
      assert.deepEqual(await store.get('a'), bytesOf('x'));
    });
  });
}

function isError(code: DeltaError['code']): (error: unknown) => boolean {
  return (error) => error instanceof DeltaError && error.code === code;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect<ObjectMeta>(store.list(prefix))).map((meta) => meta.path);
}

function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

/** Bytes that differ from one place to the next, so that a shifted or repeated part shows. */
function patterned(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 1) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16) * 7 + seed) & 0xff;
  return bytes;
}

/** `deepEqual` of megabytes takes seconds. */
function assertSame(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert.equal(actual?.length, expected.length);
  assert.equal(Buffer.compare(actual, expected), 0, 'other bytes than expected');
}
