import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Oplog, openLocalStore } from '@duckpond/oplog';
import { createPond } from '../src/create-pond.ts';
import { makePond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { contentOf, factsOf, fakeRunMaker } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

const scratch = scratchDirectories();
const LARGE = 9 * 1024 * 1024;

async function pondAt(directory: string): Promise<{ readonly pond: Pond; readonly oplog: Oplog }> {
  const environment = testEnvironment(5);
  await createPond(directory, { environment });
  const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
  return { oplog, pond: makePond(directory, oplog, { runMaker: fakeRunMaker() }) };
}

async function append(pond: Pond, path: string, number: number, fill: number = 0): Promise<void> {
  await pond.write(async (fs) => (await fs.root()).write(
    path, [contentOf([number], 'parquet', fill)], { kind: 'series', parents: true, tabular: factsOf([number]) }));
}

it('maintain({ collapse }) takes versions that are few and those that are too large for all else, each series for itself', async () => {
  const { pond, oplog } = await pondAt(join(scratch(), 'pond'));
  for (const number of [1, 2, 3]) await append(pond, '/d/few', number);
  for (let number = 1; number <= 40; number++) await append(pond, '/d/many', number, number > 33 && number < 37 ? LARGE : 0);
  await append(pond, '/other', 1);
  await append(pond, '/other', 2);
  const { txnSeq } = await pond.transaction();
  const { contentRoot } = await pond.fsck();
  await pond.maintain({ compact: true });
  expect(await pond.maintain({ collapse: '/d/*', dryRun: true })).toMatchObject({ collapsedParts: 5, collapsedIntoRuns: 1 });
  const spans = async (path: string): Promise<unknown> => {
    const { node } = await pond.read(async (fs) => (await fs.root()).get(path));
    const runs = await (await oplog.view()).runs(node.home, node.id);
    return runs.map(({ versionMin, version, sha256 }) => [versionMin, version, sha256 !== null]);
  };
  expect(await spans('/d/many')).toEqual([[1, 33, true], [37, 40, true]]);
  expect(await pond.maintain({ collapse: '/d/*' })).toMatchObject({ collapsedParts: 5, collapsedIntoRuns: 1 });
  expect(await spans('/d/many')).toEqual([[1, 40, true]]);
  expect(await pond.maintain({ collapse: '/d/*' })).toMatchObject({ collapsedParts: 0, collapsedBytes: 0, collapsedIntoRuns: 0 });
  const commands: unknown[] = [];
  for await (const { command, txnSeq: seq } of pond.transactions()) if (seq > txnSeq) commands.push(command);
  expect(commands.reverse()).toEqual([['maintain', '--compact'], ['maintain', '--collapse', '/d/many']]);
  expect(await pond.fsck()).toMatchObject({ faults: [], contentRoot });
});

it('maintain({ collapse }) says what it cannot collapse, and changes nothing', async () => {
  const { pond } = await pondAt(join(scratch(), 'pond'));
  await append(pond, '/s', 1);
  await pond.write(async (fs) => {
    await (await fs.root()).write('/d/f', [Buffer.from('x')], { parents: true });
    await (await fs.root()).write('/bytes', [Buffer.from('x')], { kind: 'series' });
  });
  const { txnSeq } = await pond.transaction();
  await expect(pond.maintain({ collapse: '/d' })).rejects.toThrow('Cannot collapse "/d": it is a directory, a series of rows was wanted');
  await expect(pond.maintain({ collapse: '/bytes' })).rejects.toThrow(/its versions are not rows/);
  await expect(pond.maintain({ collapse: '/d/*' })).rejects.toThrow(/it matches no series of rows/);
  await expect(pond.maintain({ collapse: '/none' })).rejects.toMatchObject({ code: 'not-found' });
  expect((await pond.maintain({ collapse: '/s' })).collapsedIntoRuns).toBe(0);
  expect((await pond.transaction()).txnSeq).toBe(txnSeq);
});
