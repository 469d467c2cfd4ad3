import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { describe, it } from 'vitest';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';
import { bytesOf, dumpTree } from './tree-dump.ts';

const scratch = scratchDirectories();
const HOUR = 3_600_000;

describe('maintain()', () => {
  it('collects what dead processes left unfinished, and nothing of living ones', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    const dead = join(directory, 'store/.4194304-0123456789abcdef-1.tmp');
    const alive = join(directory, `store/_delta_log/.${pid}-0123456789abcdef-1.tmp`);
    for (const path of [dead, alive]) writeFileSync(path, 'half');
    await pond.maintain({ vacuum: true, dryRun: true });
    assert.ok(existsSync(dead));
    const { removedFiles } = await pond.maintain({ vacuum: true });
    assert.deepEqual([existsSync(dead), existsSync(alive), removedFiles], [false, true, 1]);
  });

  it('keeps a blob of an aborted transaction that another transaction stores again while it is collected', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    const content = Buffer.alloc(70_000, 5);
    await assert.rejects(pond.write(async (fs) => {
      await (await fs.root()).write('/f', [content]);
      throw new Error('aborted');
    }), /aborted/);
    const blobs = join(directory, 'store/_blobs');
    const old = Date.now() / 1000 - 2 * 24 * 3600;
    for (const name of readdirSync(blobs)) utimesSync(join(blobs, name), old, old);
    const other = await openPond(directory);
    await pond.write(async (fs) => {
      await (await fs.root()).write('/f', [content]);
      await other.maintain({ vacuum: true });
    });
    assert.deepEqual(await pond.read(async (fs) => bytesOf((await fs.root()).read('/f'))), content);
  });

  it('removes merged files and blobs that no version names after their grace, and keeps all that a version names', async () => {
    const directory = join(scratch(), 'pond');
    const environment = testEnvironment(1);
    const pond = await createPond(directory, { environment });
    const parts = (): number => readdirSync(join(directory, 'store')).filter((name) => name.startsWith('part-')).length;
    const blobs = (): number => readdirSync(join(directory, 'store/_blobs')).length;
    for (let i = 0; i < 5; i++) await pond.write(async (fs) => (await fs.root()).write('/f', [Buffer.alloc(70_000, i)]));
    await assert.rejects(pond.write(async (fs) => {
      await (await fs.root()).write('/g', [Buffer.alloc(70_000, 99)]);
      throw new Error('aborted');
    }), /aborted/);
    assert.equal(blobs(), 6);
    await pond.maintain({ compact: true, vacuum: true });
    assert.deepEqual([blobs(), parts()], [6, 7], 'within the grace');
    const old = Date.now() / 1000 - 2 * 24 * 3600;
    for (const name of readdirSync(join(directory, 'store/_blobs'))) utimesSync(join(directory, 'store/_blobs', name), old, old);
    environment.passMillis(2 * HOUR);
    await pond.maintain({ compact: true, vacuum: true });
    assert.deepEqual([blobs(), parts()], [5, 1]);
    for (let txnSeq = 2; txnSeq <= 6; txnSeq++) assert.equal((await pond.read((fs) => dumpTree(fs, { versions: true }), { at: { txnSeq } })).length, 1);
    assert.equal(await pond.read((fs) => dumpTree(fs, { versions: true })).then(([file]) => file?.versions?.length), 6);
  });
});
