import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import type { WritableFS, WritableWD } from '@duckpond/tinyfs';
import { createPond } from '../src/create-pond.ts';
import { PondError } from '../src/errors.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';
import { bytesOf, dumpTree } from './tree-dump.ts';

const scratch = scratchDirectories();
const bytes = (text: string): Uint8Array[] => [Buffer.from(text)];
const HOUR = 3_600_000;

type Work = (root: WritableWD) => Promise<unknown>;

interface Race {
  readonly name: string;
  readonly before?: Work;
  /** Committed while the second is under way. */
  readonly first: Work;
  readonly second: Work;
  /** The files afterwards when both get through; undefined when the second has a conflict. */
  readonly files?: Readonly<Record<string, string>>;
}

const RACES: readonly Race[] = [
  {
    name: 'different files in one directory',
    before: (root) => root.mkdir('/d'),
    first: (root) => root.write('/d/a', bytes('A')), second: (root) => root.write('/d/b', bytes('B')), files: { '/d/a': 'A', '/d/b': 'B' },
  },
  { name: 'one new name', first: (root) => root.write('/a', bytes('1')), second: (root) => root.write('/a', bytes('2')) },
  {
    name: 'one directory made by both, with a file each',
    first: (root) => root.write('/d/a', bytes('A'), { parents: true }), second: (root) => root.write('/d/b', bytes('B'), { parents: true }),
  },
  {
    name: 'one file',
    before: (root) => root.write('/a', bytes('0')), first: (root) => root.write('/a', bytes('1')), second: (root) => root.write('/a', bytes('2')),
  },
  {
    name: 'two files that are there',
    before: async (root) => {
      await root.write('/a', bytes('0'));
      await root.write('/b', bytes('0'));
    },
    first: (root) => root.write('/a', bytes('1')), second: (root) => root.write('/b', bytes('2')), files: { '/a': '1', '/b': '2' },
  },
  {
    name: 'appends to one series',
    before: (root) => root.write('/s', bytes('0,'), { kind: 'series' }),
    first: (root) => root.write('/s', bytes('1,')),
    second: async (root) => {
      await root.write('/s', bytes('2,'));
      await root.write('/s', bytes('3,'));
    },
    files: { '/s': '0,1,2,3,' },
  },
  {
    name: 'an append to a series that is removed',
    before: (root) => root.write('/s', bytes('0,'), { kind: 'series' }), first: (root) => root.remove('/s'), second: (root) => root.write('/s', bytes('1,')),
  },
  {
    name: 'a removal of a series that grows',
    before: (root) => root.write('/s', bytes('0,'), { kind: 'series' }), first: (root) => root.write('/s', bytes('1,')), second: (root) => root.remove('/s'),
  },
  {
    name: 'a removal of a file that is written',
    before: (root) => root.write('/a', bytes('0')), first: (root) => root.write('/a', bytes('1')), second: (root) => root.remove('/a'),
  },
  {
    name: 'a write to a file that is removed',
    before: (root) => root.write('/a', bytes('0')), first: (root) => root.remove('/a'), second: (root) => root.write('/a', bytes('1')),
  },
  {
    name: 'a removal of an empty directory that gets a file',
    before: (root) => root.mkdir('/d'), first: (root) => root.write('/d/a', bytes('A')), second: (root) => root.remove('/d'),
  },
  {
    name: 'a recursive removal of a directory that gets a file',
    before: (root) => root.write('/d/x', bytes('X'), { parents: true }),
    first: (root) => root.write('/d/a', bytes('A')), second: (root) => root.remove('/d', { recursive: true }),
  },
  {
    name: 'a file in a directory that is removed',
    before: (root) => root.mkdir('/d'), first: (root) => root.remove('/d'), second: (root) => root.write('/d/a', bytes('A')),
  },
  {
    name: 'a file deep in a tree that is removed',
    before: (root) => root.mkdir('/d/e/f', { parents: true }),
    first: (root) => root.remove('/d', { recursive: true }), second: (root) => root.write('/d/e/f/a', bytes('A')),
  },
  {
    name: 'a rename of a directory that gets a file: the file is in it',
    before: (root) => root.mkdir('/d'), first: (root) => root.write('/d/a', bytes('A')), second: (root) => root.rename('/d', '/e'), files: { '/e/a': 'A' },
  },
  {
    name: 'a file by a path through a directory that is renamed',
    before: (root) => root.mkdir('/d'), first: (root) => root.rename('/d', '/e'), second: (root) => root.write('/d/a', bytes('A')),
  },
  {
    name: 'renames of two directories into each other',
    before: async (root) => {
      await root.mkdir('/a');
      await root.mkdir('/b');
    },
    first: (root) => root.rename('/a', '/b/a'), second: (root) => root.rename('/b', '/a/b'),
  },
  {
    name: 'renames of two directories into each other, one level down',
    before: async (root) => {
      await root.mkdir('/a/x', { parents: true });
      await root.mkdir('/b/y', { parents: true });
    },
    first: (root) => root.rename('/a', '/b/y/a'), second: (root) => root.rename('/b', '/a/x/b'),
  },
  {
    name: 'two renames of one file',
    before: (root) => root.write('/a', bytes('A')), first: (root) => root.rename('/a', '/b'), second: (root) => root.rename('/a', '/c'),
  },
  {
    name: 'renames of two files to one name',
    before: async (root) => {
      await root.write('/a', bytes('A'));
      await root.write('/b', bytes('B'));
    },
    first: (root) => root.rename('/a', '/c'), second: (root) => root.rename('/b', '/c'),
  },
  {
    name: 'attributes and content of one file',
    before: (root) => root.write('/a', bytes('A')),
    first: (root) => root.update('/a', { attributes: { k: 'v' } }), second: (root) => root.write('/a', bytes('B')),
  },
  {
    name: 'a file removed and made again under its name, and a write to the old one',
    before: (root) => root.write('/a', bytes('A')),
    first: async (root) => {
      await root.remove('/a');
      await root.write('/a', bytes('new'));
    },
    second: (root) => root.write('/a', bytes('B')),
  },
];

async function filesOf(pond: Pond): Promise<Record<string, string>> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const files: Record<string, string> = {};
    for await (const { path, node } of root.walk('/')) if (node.kind !== 'directory') files[path] = (await bytesOf(root.read(path))).toString();
    return files;
  });
}

const within = (work: Work) => async (fs: WritableFS): Promise<void> => { await work(await fs.root()); };

describe('two ponds on one directory', () => {
  for (const { name, before, first, second, files } of RACES) {
    it(`${files === undefined ? 'have a conflict' : 'both get through'}: ${name}`, async () => {
      const directory = join(scratch(), 'pond');
      const one = await createPond(directory);
      if (before !== undefined) await one.write(within(before));
      const two = await openPond(directory);
      let afterFirst: unknown;
      const race = two.write(async (fs) => {
        await second(await fs.root());
        await one.write(within(first));
        afterFirst = await one.read((now) => dumpTree(now, { versions: true }));
      });
      if (files !== undefined) {
        await race;
        assert.deepEqual(await filesOf(one), files);
      } else {
        await assert.rejects(race, (error) => error instanceof PondError && error.code === 'conflict');
        assert.deepEqual(await one.read((now) => dumpTree(now, { versions: true })), afterFirst);
      }
      const again = await openPond(directory);
      assert.deepEqual(await again.read((now) => dumpTree(now, { versions: true })), await two.read((now) => dumpTree(now, { versions: true })));
      assert.equal((await again.fsck({ quick: true })).contentRoot, (await one.fsck({ quick: true })).contentRoot);
    });
  }

  it('write() at once from one pond are all committed, one after the other', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    const numbers = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const { transaction } = await pond.write(async (fs) => (await fs.root()).write(`/f${i}`, bytes(String(i))));
      return transaction?.txnSeq ?? 0;
    }));
    assert.deepEqual([...numbers].sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i + 2));
    assert.equal(Object.keys(await filesOf(await openPond(directory))).length, 40);
  });
});

describe('a long reader', () => {
  it('goes on reading its state while others commit, merge, vacuum and clean the log', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    for (let i = 0; i < 30; i++) {
      await pond.write(async (fs) => (await fs.root()).write(`/d/f${i}`, [Buffer.alloc(i % 3 === 0 ? 80_000 : 20_000, i)], { parents: true }));
    }
    const other = await openPond(directory);
    await pond.read(async (fs) => {
      const root = await fs.root();
      const before = await dumpTree(fs, { versions: true });
      for (let i = 0; i < 30; i++) {
        await other.write(async (changing) => (await changing.root()).write(`/d/f${i}`, bytes(`new ${i}`)));
        if (i % 10 === 0) await other.maintain({ compact: true, vacuum: true });
      }
      await other.write(async (changing) => (await changing.root()).remove('/d', { recursive: true }));
      await other.maintain({ compact: true, vacuum: true });
      assert.deepEqual(await dumpTree(fs, { versions: true }), before);
      assert.equal((await bytesOf(root.read('/d/f1'))).length, 20_000);
    });
  });

  it('that slept for hours finds the newest state, and all transactions, though the files that it knew are gone', async () => {
    const directory = join(scratch(), 'pond');
    const environment = testEnvironment(1);
    const sleeper = await createPond(directory, { environment });
    await sleeper.write(async (fs) => (await fs.root()).write('/first', bytes('first')));
    const other = await openPond(directory, { environment });
    for (let round = 0; round < 3; round++) {
      // Too large for their commit files, so that their records are only in data files.
      for (let i = 0; i < 9; i++) await other.write(async (fs) => (await fs.root()).write(`/f${i}`, [Buffer.alloc(20_000, round * 9 + i)]));
      await other.maintain({ compact: true });
      environment.passMillis(2 * HOUR);
      await other.maintain({ compact: true, vacuum: true });
    }
    const late = sleeper.read((fs) => dumpTree(fs, { versions: true }));
    assert.deepEqual(await late, await other.read((fs) => dumpTree(fs, { versions: true })));
    for (const pond of [sleeper, other, await openPond(directory, { environment })]) {
      const numbers: number[] = [];
      for await (const { txnSeq } of pond.transactions()) numbers.push(txnSeq);
      assert.deepEqual(numbers, Array.from({ length: 29 }, (_, i) => 29 - i));
      const newest: number[] = [];
      for await (const { txnSeq } of pond.records({ limit: 4 })) newest.push(txnSeq);
      assert.deepEqual(newest, [28, 28, 29, 29].slice(-newest.length));
      const touching: number[] = [];
      for await (const { txnSeq } of pond.transactions({ path: '/f0' })) touching.push(txnSeq);
      assert.deepEqual(touching, [21, 12, 3]);
    }
  });

  it('whose transaction began before the files that it would check were merged away commits, or has a conflict', async () => {
    const directory = join(scratch(), 'pond');
    const environment = testEnvironment(2);
    const slow = await createPond(directory, { environment });
    await slow.write(async (fs) => (await fs.root()).write('/mine', bytes('0')));
    const other = await openPond(directory, { environment });
    const outcome = slow.write(async (fs) => {
      await (await fs.root()).write('/mine', bytes('1'));
      for (let i = 0; i < 9; i++) await other.write(async (now) => (await now.root()).write(`/f${i}`, [Buffer.alloc(20_000, i)]));
      await other.maintain({ compact: true });
      environment.passMillis(2 * HOUR);
      await other.maintain({ compact: true, vacuum: true });
    });
    await outcome.catch((error: unknown) => {
      if (!(error instanceof PondError) || error.code !== 'conflict') throw error;
    });
    assert.equal(Object.keys(await filesOf(await openPond(directory, { environment }))).length, 10);
  });
});
