import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { openLocalStore, Oplog } from '@duckpond/oplog';
import { createPond } from '../src/create-pond.ts';
import { makePond, openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { relationOf } from '../src/relation.ts';
import { contentOf, factsOf, fakeRunMaker, rowsOf } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

const scratch = scratchDirectories();

async function pondWithRun(appends: number = 33): Promise<{ readonly directory: string; readonly pond: Pond; readonly blob: string }> {
  const directory = join(scratch(), 'pond');
  const environment = testEnvironment(1);
  await createPond(directory, { environment });
  const pond = await openPond(directory, { environment, runMaker: fakeRunMaker() });
  for (let i = 0; i < appends; i++) await append(pond, i);
  const [blob = ''] = readdirSync(join(directory, 'store/_blobs'));
  return { directory, pond, blob: join(directory, 'store/_blobs', blob) };
}

async function append(pond: Pond, i: number): Promise<void> {
  await pond.write(async (fs) => (await fs.root()).write('/s', [contentOf([i], 'arrow')], { kind: 'series', tabular: factsOf([i]) }));
}

describe('fsck() of runs', () => {
  it('names the versions that a damaged, short or missing run takes away', async () => {
    const { pond, blob } = await pondWithRun();
    await pond.maintain();
    assert.deepEqual((await pond.fsck()).faults, []);
    const bytes = readFileSync(blob);
    const flipped = Uint8Array.from(bytes);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    for (const [severity, change, quick] of [
      ['damaged', () => { writeFileSync(blob, flipped); }, false],
      ['damaged', () => { writeFileSync(blob, bytes.subarray(1)); }, true],
      ['lost', () => { rmSync(blob); }, true],
    ] as const) {
      change();
      for (const isQuick of [false, ...(quick ? [true] : [])]) {
        const { faults } = await pond.fsck({ quick: isQuick });
        assert.equal(faults.length, 1, JSON.stringify(faults));
        assert.equal(faults[0]?.severity, severity);
        assert.deepEqual([faults[0]?.path, faults[0]?.version], ['/s', 1]);
        assert.match(faults[0]?.message ?? '', /needed by "\/s" version 1, .* and 24 more/);
      }
      writeFileSync(blob, bytes);
    }
    assert.deepEqual((await pond.fsck()).faults, []);
  });

  it('a damaged run keeps nobody from appending, and takes no bytes away from the versions that it covers', async () => {
    const { directory, pond, blob } = await pondWithRun();
    writeFileSync(blob, Buffer.alloc(readFileSync(blob).byteLength));
    for (let i = 33; i < 80; i++) await append(pond, i);
    await pond.maintain({ compact: true });
    const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), testEnvironment(2));
    const { node } = await pond.read(async (fs) => (await fs.root()).get('/s'));
    const rows = (await oplog.versions(await oplog.view(), node.home, node.id)).slice(0, 32);
    assert.ok(rows.every(({ entry }) => entry.inline != null));
  });

  it('a run that is superseded serves whoever opened before, and is gone after the grace', async () => {
    const directory = join(scratch(), 'pond');
    const environment = testEnvironment(3);
    await createPond(directory, { environment });
    const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
    const pond = makePond(directory, oplog, { runMaker: fakeRunMaker() });
    for (let i = 0; i < 70; i++) await append(pond, i);
    const early = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
    const source = { oplog: early, view: await early.view(), storeDirectory: join(directory, 'store') };
    const file = await pond.read(async (fs) => (await (await fs.root()).get('/s')).node);
    assert.ok(file.kind === 'series');
    const { utimesSync } = await import('node:fs');
    const blobs = (): string[] => readdirSync(join(directory, 'store/_blobs'));
    const old = Date.now() / 1000 - 3 * 24 * 3600;
    for (const name of blobs()) utimesSync(join(directory, 'store/_blobs', name), old, old);
    await pond.maintain({ compact: true, vacuum: true });
    const expected = Array.from({ length: 70 }, (_, i) => i);
    assert.equal(blobs().length, 3);
    assert.deepEqual(rowsOf(await relationOf(source, file)), expected);
    environment.passMillis(2 * 3_600_000);
    await pond.maintain({ compact: true, vacuum: true });
    assert.equal(blobs().length, 1);
    const late = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
    assert.deepEqual(rowsOf(await relationOf({ ...source, oplog: late, view: await late.view() }, file)), expected);
  });
});
