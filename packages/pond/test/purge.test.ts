import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { createPond, openPond } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { type TestEnvironment, testEnvironment } from './test-environment.ts';
import { bytesOf } from './tree-dump.ts';

const scratch = scratchDirectories();
const SECRETS = ['the first secret', 'the second secret', 'one that was removed'];

async function pondWithSecrets(directory: string, environment: TestEnvironment): Promise<void> {
  const pond = await createPond(directory, { environment });
  const write = (path: string, content: string | Buffer): Promise<unknown> =>
    pond.write(async (fs) => (await fs.root()).write(path, [Buffer.from(content)], { parents: true }));
  for (const content of [...SECRETS.slice(0, 2), 'harmless now']) await write('/d/f', content);
  await write('/d/large', Buffer.alloc(100_000, 'a large secret '));
  await write('/d/gone', SECRETS[2] ?? '');
  await write('/d/other', 'stays in every version');
  await write('/d/other', 'stays, too');
  await pond.write(async (fs) => { await (await fs.root()).remove('/d/gone'); });
  await write('/d/large', 'small now');
  await pond.close();
}

/** Whether a blob has the text; records are asked with SQL. */
function blobsHave(directory: string, text: string): boolean {
  return readdirSync(join(directory, 'store/_blobs')).some((name) => readFileSync(join(directory, 'store/_blobs', name)).includes(text));
}

describe('maintain({ purge })', () => {
  it('removes the content of older versions and of removed files for good; all else, hashes and content root stay', async () => {
    const directory = join(scratch(), 'pond');
    const environment = testEnvironment(3);
    await pondWithSecrets(directory, environment);
    const pond = await openPond(directory, { environment });
    const { contentRoot } = await pond.fsck();
    const last = (await pond.transaction()).txnSeq;
    const versions = async (): Promise<unknown[][]> => {
      const found: unknown[][] = [];
      const result = await pond.sql("SELECT path, version, size, sha256, stored FROM pond.versions WHERE kind = 'data' ORDER BY txn_seq");
      for await (const row of result.rows()) found.push([...row]);
      return found;
    };
    const before = await versions();

    const planned = await pond.maintain({ purge: '/d/f', dryRun: true });
    assert.deepEqual([planned.purgedVersions, planned.purgedBytes], [2, 33]);
    assert.deepEqual(await versions(), before);
    for (const path of ['/d/f', '/d/gone', '/d/large']) await pond.maintain({ purge: path });

    assert.deepEqual(await versions(), before.map(([path, version, size, sha256, stored]) => {
      const isPurged = (path === '/d/f' && Number(version) < 3) || path === null || (path === '/d/large' && Number(version) === 1);
      return [path, version, size, sha256, isPurged ? 'purged' : stored];
    }));
    const text = (path: string, txnSeq?: number): Promise<string> => pond.read(
      async (fs) => (await bytesOf((await fs.root()).read(path))).toString('latin1'), txnSeq === undefined ? {} : { at: { txnSeq } });
    assert.equal(await text('/d/f'), 'harmless now');
    for (let txnSeq = 2; txnSeq <= last; txnSeq++) {
      const count = await pond.read(async (fs) => {
        let names = 0;
        for await (const one of (await fs.root()).list('/d')) names += one === undefined ? 0 : 1;
        return names;
      }, { at: { txnSeq } });
      assert.ok(count >= 1 && count <= 4);
    }
    await assert.rejects(text('/d/f', 2), /Cannot read .*: they were purged/);
    assert.equal(await text('/d/other', last - 3), 'stays in every version');

    environment.passMillis(2 * 3_600_000);
    const old = Number(environment.nowMicros() / 1_000_000n) - 2 * 24 * 3600;
    for (const name of readdirSync(join(directory, 'store/_blobs'))) utimesSync(join(directory, 'store/_blobs', name), old, old);
    for (const name of readdirSync(join(directory, 'store'))) {
      if (name.startsWith('part-')) utimesSync(join(directory, 'store', name), old, old);
    }
    await pond.maintain({ vacuum: true });
    assert.equal(blobsHave(directory, 'a large secret'), false);
    const entries = await pond.sql('SELECT decode(inline) FROM pond.entries WHERE inline IS NOT NULL');
    const kept: unknown[] = [];
    for await (const [content] of entries.rows()) kept.push(content);
    for (const secret of SECRETS) assert.ok(!kept.includes(secret), secret);
    const after = await pond.fsck();
    assert.deepEqual([after.faults, after.contentRoot], [[], contentRoot]);
    await pond.close();
  });

  it('refuses what has no older content of its own', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    await pond.write(async (fs) => {
      await (await fs.root()).write('/d/f', [Buffer.from('x')], { parents: true });
      await (await fs.root()).write('/s', [Buffer.from('x')], { kind: 'series' });
    });
    await assert.rejects(pond.maintain({ purge: '/d' }), /is a directory/);
    await assert.rejects(pond.maintain({ purge: '/s' }), /all versions of a series are its content/);
    await assert.rejects(pond.maintain({ purge: '/d/none' }), /no file has or had this name/);
    await assert.rejects(pond.maintain({ purge: '/none/f' }), /its directory is not there/);
    assert.equal((await pond.maintain({ purge: '/d/f' })).purgedVersions, 0);
  });
});
