import assert from 'node:assert/strict';
import { isNodeId, ROOT_ID } from '../node-id.ts';
import {
  directoryAt, fileAt, inBoth, makeDirectory, makeFile, namesIn, nodeAt, rejectsWith, textOf, versionsOf, type StoreTest,
} from './store-under-test.ts';

/** The factories that the suite names in computations, for an implementation that checks them; nothing of them is ever made. */
export const SUITE_FACTORIES = { directory: 'suite-directory', other: 'suite-other-directory', file: 'suite-file' } as const;

/** What nodes are: kinds, identity, attributes, computations. */
export function nodeTests(test: StoreTest): void {
  test('root() is an empty directory with the id of the root', async (store) => {
    await inBoth(store, async () => {}, async (reader) => {
      const root = await reader.root();
      assert.equal(root.kind, 'directory');
      assert.equal(root.id, ROOT_ID);
      assert.equal(root.computed, undefined);
      assert.deepEqual(await namesIn(reader, root), []);
    });
  });

  test('create() makes every kind of node, each as specified and with an id of its own', async (store) => {
    const attributes = { owner: 'Ada', 'with space': 'ü\n' };
    const computed = (makes: 'directory' | 'file') => ({ factory: SUITE_FACTORIES[makes], config: 'a: 1\n' });
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      await writer.create(root, 'directory', { kind: 'directory', attributes });
      await writer.create(root, 'computed directory', { kind: 'directory', computed: computed('directory') });
      await writer.create(root, 'link', { kind: 'symlink', target: '../no where/./x', attributes });
      for (const kind of ['data', 'table', 'series'] as const) {
        await writer.create(root, kind, { kind, attributes });
        await writer.create(root, `computed ${kind}`, { kind, computed: computed('file') });
      }
    }, async (reader) => {
      const ids = new Set<string>();
      const root = await reader.root();
      for await (const batch of reader.entries(root)) {
        for (const { name, node } of batch) {
          const found = await reader.lookup(root, name);
          assert.deepEqual(node, found, `entries() and lookup() tell the same of ${name}`);
          assert.ok(isNodeId(node.id), node.id);
          ids.add(node.id);
          // A store may file a directory under itself.
          assert.equal(node.home, node.kind === 'directory' && node.home === node.id ? node.id : ROOT_ID);
          assert.equal(typeof node.modifiedMicros, 'bigint');
          assert.ok(Number.isSafeInteger(node.version) && node.version >= 0);
          const isComputed = name.startsWith('computed ');
          assert.equal(node.kind, name === 'link' ? 'symlink' : name.replace('computed ', ''));
          const made = computed(node.kind === 'directory' ? 'directory' : 'file');
          if (isComputed) assert.deepEqual({ ...(node.kind === 'symlink' ? undefined : node.computed) }, made);
          else if (node.kind !== 'symlink') assert.equal(node.computed, undefined);
          assert.deepEqual(isComputed ? {} : { ...node.attributes }, isComputed ? {} : attributes);
          if (node.kind === 'symlink') assert.equal(node.target, '../no where/./x');
        }
      }
      assert.equal(ids.size, 9);
    });
  });

  test('create() gives what lookup() finds, and rejects a taken name, changing nothing', async (store) => {
    await inBoth(store, async (writer) => {
      const root = await writer.root();
      const made = await writer.create(root, 'f', { kind: 'data' });
      assert.deepEqual(await writer.lookup(root, 'f'), made);
      await makeFile(writer, root, 'g', 'old');
      for (const spec of [{ kind: 'data' }, { kind: 'directory' }, { kind: 'symlink', target: 'x' }] as const) {
        await rejectsWith('already-exists', writer.create(root, 'g', spec));
      }
    }, async (reader) => {
      assert.deepEqual(await namesIn(reader, await reader.root()), ['f', 'g']);
      assert.equal(await textOf(reader, await fileAt(reader, 'g')), 'old');
    });
  });

  test('a node keeps its id and home, whatever its name, place and content', async (store) => {
    const before = await store.write(async (writer) => {
      const a = await makeDirectory(writer, await writer.root(), 'a');
      await makeDirectory(writer, await writer.root(), 'b');
      return makeFile(writer, a, 'f', 'one');
    });
    await inBoth(store, async (writer) => {
      await writer.rename(await directoryAt(writer, 'a'), 'f', await directoryAt(writer, 'b'), 'g');
      await writer.write(await fileAt(writer, 'b', 'g'), [Buffer.from('two')]);
    }, async (reader) => {
      const after = await fileAt(reader, 'b', 'g');
      assert.equal(after.id, before.id);
      assert.equal(after.home, before.home);
      assert.equal(after.home, (await nodeAt(reader, 'a')).id);
      assert.equal(await textOf(reader, after), 'two');
    });
  });

  test('update() replaces the computation in a new version', async (store) => {
    const before = await store.write(async (writer) => {
      const computed = { factory: SUITE_FACTORIES.directory, config: 'old' };
      return writer.create(await writer.root(), 'c', { kind: 'directory', computed, attributes: { a: '1' } });
    });
    await inBoth(store, async (writer) => {
      const updated = await writer.update(await nodeAt(writer, 'c'), { computed: { factory: SUITE_FACTORIES.other, config: 'new' } });
      assert.deepEqual(await nodeAt(writer, 'c'), updated);
    }, async (reader) => {
      const node = await directoryAt(reader, 'c');
      assert.deepEqual({ ...node.computed }, { factory: SUITE_FACTORIES.other, config: 'new' });
      assert.deepEqual({ ...node.attributes }, { a: '1' });
      assert.equal(node.version, before.version + 1);
      assert.equal(node.id, before.id);
    });
  });

  test('update() replaces the attributes of any node and leaves its content alone', async (store) => {
    await store.write(async (writer) => {
      const root = await writer.root();
      await makeFile(writer, root, 'f', 'content');
      await makeFile(writer, await makeDirectory(writer, root, 'd'), 'inside', 'x');
      await writer.create(root, 'l', { kind: 'symlink', target: 'f', attributes: { old: 'yes' } });
    });
    await inBoth(store, async (writer) => {
      for (const name of ['f', 'd', 'l']) {
        const before = await nodeAt(writer, name);
        const after = await writer.update(before, { attributes: { name } });
        assert.equal(after.version, before.version + 1);
      }
    }, async (reader) => {
      for (const name of ['f', 'd', 'l']) assert.deepEqual({ ...(await nodeAt(reader, name)).attributes }, { name });
      const file = await fileAt(reader, 'f');
      assert.equal(file.sizeBytes, 7);
      assert.equal(await textOf(reader, file), 'content');
      assert.equal(await textOf(reader, file, { version: 1 }), 'content');
      // A store may repeat the content in the new version.
      const [first, second] = await versionsOf(reader, file);
      assert.deepEqual([first?.version, first?.sizeBytes, second?.version, second?.sizeBytes ?? 7], [1, 7, 2, 7]);
      assert.deepEqual(await namesIn(reader, await directoryAt(reader, 'd')), ['inside']);
    });
  });

  test('a reader is one unchanging state', async (store) => {
    await store.write(async (writer) => {
      const root = await writer.root();
      await makeFile(writer, await makeDirectory(writer, root, 'd'), 'f', 'old');
      await makeFile(writer, root, 'g', 'gone');
    });
    await store.read(async (reader) => {
      await store.write(async (writer) => {
        const root = await writer.root();
        await writer.write(await fileAt(writer, 'd', 'f'), [Buffer.from('new')]);
        await makeFile(writer, await directoryAt(writer, 'd'), 'e', 'new');
        await writer.remove(root, 'g');
        await writer.rename(root, 'd', root, 'renamed');
      });
      assert.deepEqual(await namesIn(reader, await reader.root()), ['d', 'g']);
      assert.deepEqual(await namesIn(reader, await directoryAt(reader, 'd')), ['f']);
      assert.equal(await textOf(reader, await fileAt(reader, 'd', 'f')), 'old');
      assert.equal((await versionsOf(reader, await fileAt(reader, 'd', 'f'))).length, 1);
      assert.equal(await textOf(reader, await fileAt(reader, 'g')), 'gone');
    });
    await store.read(async (reader) => {
      assert.deepEqual(await namesIn(reader, await reader.root()), ['renamed']);
      assert.equal(await textOf(reader, await fileAt(reader, 'renamed', 'f')), 'new');
    });
  });

  test('a writer reads what it has written through values from before', async (store) => {
    await store.write(async (writer) => {
      const root = await writer.root();
      const directory = await makeDirectory(writer, root, 'd');
      const file = await makeFile(writer, directory, 'f', 'one');
      await writer.write(file, [Buffer.from('two')]);
      assert.equal(await textOf(writer, file), 'two');
      assert.equal((await versionsOf(writer, file)).length, 2);
      assert.equal((await writer.write(file, [Buffer.from('three')])).version, 3);
      await writer.create(directory, 'g', { kind: 'data' });
      assert.deepEqual(await namesIn(writer, directory), ['f', 'g']);
      assert.ok(await writer.lookup(root, 'd'));
    });
  });
}
