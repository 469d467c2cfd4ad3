import assert from 'node:assert/strict';
import { compareNames } from '../path.ts';
import {
  directoryAt, fileAt, inBoth, makeDirectory, makeFile, namesIn, nodeAt, rejectsWith, textOf, type StoreTest,
} from './store-under-test.ts';

/** Names that are hard on a store: `compareNames` sorts them, JavaScript does not. */
export const HARD_NAMES: readonly string[] = [
  ' ', ' leading', 'trailing ', 'two  spaces', 'new\nline', 'tab\t', '\u0001', '\u007f', '"', '\'', '\\', '%2F', '*', '?', '[a]', '{a,b}',
  '$0', '.hidden', '...',
  '-rf', '~', 'A', 'a', 'constructor', '__proto__', 'e\u0301', '\u00e9', '\u200b', '\u202e', '\ud7ff', '\ue000', '\uffff',
  '\u{10000}', '\u{1f600}', '\u{10ffff}', 'x'.repeat(255), '\u20ac'.repeat(85), '\u{1f600}'.repeat(63) + 'abc',
];

/** What can be done to the names in a directory. */
export function nameTests(test: StoreTest): void {
  test('lookup() of a name that is not there is undefined', async (store) => {
    await inBoth(store, async (writer) => {
      await makeFile(writer, await writer.root(), 'a', '');
    }, async (reader) => {
      const root = await reader.root();
      for (const name of ['b', 'A', 'a ', 'constructor', '__proto__']) assert.equal(await reader.lookup(root, name), undefined);
    });
  });

  test('any valid name is found again and listed in the order of UTF-8 bytes', async (store) => {
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      for (const name of HARD_NAMES) await makeFile(writer, root, name, name);
    }, async (reader) => {
      const root = await reader.root();
      assert.deepEqual(await namesIn(reader, root), [...HARD_NAMES].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      for (const name of HARD_NAMES) assert.equal(await textOf(reader, await fileAt(reader, name)), name);
    });
  });

  test('entries() of 5,000 names in one directory are complete, sorted and each with its node', async (store) => {
    const names = Array.from({ length: 5_000 }, (_, i) => `${(i * 7_919) % 5_000}-${i % 3 === 0 ? '\u{1f600}' : '\ufffd'}`);
    await inBoth(store, async (writer) => {
      const directory = await makeDirectory(writer, await writer.root(), 'big');
      for (const name of names) await writer.create(directory, name, { kind: 'symlink', target: name });
    }, async (reader) => {
      const directory = await directoryAt(reader, 'big');
      const listed: string[] = [];
      for await (const batch of reader.entries(directory)) {
        for (const { name, node } of batch) {
          assert.equal(node.kind === 'symlink' && node.target, name);
          listed.push(name);
        }
      }
      assert.deepEqual(listed, [...names].sort(compareNames));
      assert.equal((await reader.lookup(directory, names[2_500] ?? ''))?.kind, 'symlink');
    });
  });

  test('rename() moves a name, also to another directory, with everything below it', async (store) => {
    await store.write(async (writer) => {
      const root = await writer.root();
      const a = await makeDirectory(writer, root, 'a');
      await makeDirectory(writer, root, 'b');
      await makeFile(writer, await makeDirectory(writer, a, 'sub'), 'f', 'content');
    });
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await writer.rename(await directoryAt(writer, 'a'), 'sub', await directoryAt(writer, 'b'), 'moved');
      await writer.rename(root, 'b', root, 'c');
    }, async (reader) => {
      assert.deepEqual(await namesIn(reader, await reader.root()), ['a', 'c']);
      assert.deepEqual(await namesIn(reader, await directoryAt(reader, 'a')), []);
      assert.equal(await textOf(reader, await fileAt(reader, 'c', 'moved', 'f')), 'content');
    });
  });

  test('rename() rejects a taken new name and a missing old one, changing nothing', async (store) => {
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await makeFile(writer, root, 'a', 'A');
      await makeFile(writer, root, 'b', 'B');
      await rejectsWith('already-exists', writer.rename(root, 'a', root, 'b'));
      await rejectsWith('not-found', writer.rename(root, 'missing', root, 'c'));
    }, async (reader) => {
      assert.deepEqual(await namesIn(reader, await reader.root()), ['a', 'b']);
      assert.equal(await textOf(reader, await fileAt(reader, 'a')), 'A');
      assert.equal(await textOf(reader, await fileAt(reader, 'b')), 'B');
    });
  });

  test('two names are swapped in one transaction', async (store) => {
    await store.write(async (writer) => {
      const root = await writer.root();
      await makeFile(writer, root, 'a', 'A');
      await makeFile(writer, root, 'b', 'B');
    });
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await writer.rename(root, 'a', root, 'c');
      await writer.rename(root, 'b', root, 'a');
      await writer.rename(root, 'c', root, 'b');
    }, async (reader) => {
      assert.deepEqual(await namesIn(reader, await reader.root()), ['a', 'b']);
      assert.equal(await textOf(reader, await fileAt(reader, 'a')), 'B');
      assert.equal(await textOf(reader, await fileAt(reader, 'b')), 'A');
    });
  });

  test('remove() removes a name with all below it, and the name is free again', async (store) => {
    const before = await store.write(async (writer) => {
      const directory = await makeDirectory(writer, await writer.root(), 'd');
      await makeFile(writer, await makeDirectory(writer, directory, 'sub'), 'f', 'old');
      return directory;
    });
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await writer.remove(root, 'd');
      assert.equal(await writer.lookup(root, 'd'), undefined);
      await rejectsWith('not-found', writer.remove(root, 'd'));
      await makeDirectory(writer, root, 'd');
    }, async (reader) => {
      const directory = await directoryAt(reader, 'd');
      assert.notEqual(directory.id, before.id);
      assert.deepEqual(await namesIn(reader, directory), []);
    });
  });

  test('remove() of a file made in the same transaction leaves nothing', async (store) => {
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await makeFile(writer, root, 'f', 'content');
      await writer.remove(root, 'f');
    }, async (reader) => assert.deepEqual(await namesIn(reader, await reader.root()), []));
  });

  test('rename() and remove() of a directory take no longer for what is below it', async (store) => {
    const size = 1_000;
    const creating = await store.write(async (writer) => {
      const root = await writer.root();
      const start = performance.now();
      for (const name of ['a', 'b', 'c']) {
        const directory = await makeDirectory(writer, root, name);
        for (let i = 0; i < size; i++) await writer.create(directory, `${i}`, { kind: 'directory' });
      }
      return performance.now() - start;
    });
    await store.write(async (writer) => {
      const root = await writer.root();
      const taken: number[] = [];
      for (const name of ['a', 'b', 'c']) {
        const start = performance.now();
        await writer.rename(root, name, root, `${name}${name}`);
        await writer.remove(root, `${name}${name}`);
        taken.push(performance.now() - start);
      }
      // The best of three: a pause of the machine is no evidence. Touching what is below would cost about as much as making it.
      assert.ok(Math.min(...taken) < Math.max(creating / 10, 2), `best of ${taken.join(', ')} ms; creating took ${creating} ms`);
    });
    await store.read(async (reader) => assert.deepEqual(await namesIn(reader, await reader.root()), []));
  });

  test('deep directories are reached', async (store) => {
    const names = Array.from({ length: 100 }, (_, i) => `level ${i}`);
    await inBoth(store, async (writer) => {
      let directory = await writer.root();
      for (const name of names) directory = await makeDirectory(writer, directory, name);
    }, async (reader) => assert.equal((await nodeAt(reader, ...names)).kind, 'directory'));
  });
}
