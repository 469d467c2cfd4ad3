import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalIo } from '@duckpond/oplog';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import type { Environment, Pond } from '../src/pond.ts';
import { contentOf, factsOf, fakeRunMaker } from './fake-rows.ts';
import type { TestEnvironment } from './test-environment.ts';

/** Something to be done to a pond while the disk fails. */
export interface Scenario {
  readonly name: string;
  /** Makes the pond as it is before; without it there is none yet. */
  readonly before?: (directory: string, environment: Environment) => Promise<void>;
  /** How long after what is there `run` happens: longer than the grace unless told otherwise. */
  readonly laterMillis?: number;
  /** @returns when it is acknowledged */
  readonly run: (directory: string, environment: Environment, io: LocalIo | undefined) => Promise<Pond>;
}

async function write(pond: Pond, path: string, sizeBytes: number): Promise<void> {
  await pond.write(async (fs) => (await fs.root()).write(path, [Buffer.alloc(sizeBytes, path)], { parents: true }));
}

const DAY_MILLIS = 24 * 3_600_000;

async function* chunksOf(sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < sizeBytes; start += 65_536) yield Buffer.alloc(Math.min(65_536, sizeBytes - start), start);
}

const withCommits = (count: number, sizeBytes: number) => async (directory: string, environment: Environment): Promise<void> => {
  const pond = await createPond(directory, { environment });
  for (let i = 1; i < count; i++) await write(pond, `/d${i % 3}/f${i}`, sizeBytes);
};

async function withLeftovers(directory: string, environment: Environment): Promise<void> {
  await withCommits(40, 2_000)(directory, environment);
  // Process numbers go up to 2^22: this one is of nobody.
  for (const place of ['store', 'store/_delta_log']) writeFileSync(join(directory, place, '.9999999-0123456789abcdef-1.tmp'), 'half');
}

/** Appends to a series; some of them as Parquet in blobs. */
async function append(pond: Pond, number: number): Promise<void> {
  const rows = [number * 2, number * 2 + 1];
  const content = contentOf(rows, number % 7 === 3 ? 'parquet' : 'arrow');
  await pond.write(async (fs) => (await fs.root()).write('/rows.series', [content], { kind: 'series', tabular: factsOf(rows) }));
}

/** @param laterMillis passes between two halves, so that the runs of the first are older than the grace */
const withAppends = (count: number, laterMillis: number = 0) => async (directory: string, environment: Environment): Promise<void> => {
  await createPond(directory, { environment });
  const pond = await openPond(directory, { environment, runMaker: fakeRunMaker() });
  for (let i = 1; i <= count; i++) {
    await append(pond, i);
    if (i === count >> 1 && 'passMillis' in environment) (environment as TestEnvironment).passMillis(laterMillis);
  }
};

const changing = (change: (pond: Pond) => Promise<unknown>) => async (directory: string, environment: Environment, io: LocalIo | undefined): Promise<Pond> => {
  const pond = await openPond(directory, { environment, runMaker: fakeRunMaker() }, io);
  await change(pond);
  return pond;
};

export const SCENARIOS: readonly Scenario[] = [
  { name: 'init', run: (directory, environment, io) => createPond(directory, { environment }, io) },
  { name: 'a small commit', before: withCommits(3, 100), run: changing((pond) => write(pond, '/d1/new', 100)) },
  { name: 'a commit that folds', before: withCommits(15, 100), run: changing((pond) => write(pond, '/d1/new', 100)) },
  { name: 'a commit that merges and folds', before: withCommits(31, 100), run: changing((pond) => write(pond, '/d1/new', 100)) },
  { name: 'a commit that writes a checkpoint', before: withCommits(39, 100), run: changing((pond) => write(pond, '/d1/new', 100)) },
  { name: 'a commit of a blob', before: withCommits(3, 100), run: changing((pond) => write(pond, '/d1/new', 200_000)) },
  { name: 'a commit of a large blob', before: withCommits(2, 100_000), run: changing((pond) => write(pond, '/d1/new', 1_500_000)) },
  {
    name: 'a commit of 300 files, a rename and a removal', before: withCommits(8, 5_000),
    run: changing((pond) => pond.write(async (fs) => {
      const root = await fs.root();
      for (let i = 0; i < 300; i++) await root.write(`/many/f${i}`, [Buffer.alloc(200, i)], { parents: true });
      await root.rename('/d1', '/many/d1');
      await root.remove('/d2', { recursive: true });
    })),
  },
  { name: 'a rename of a directory', before: withCommits(8, 100), run: changing((pond) => pond.write(async (fs) => (await fs.root()).rename('/d1', '/e'))) },
  {
    name: 'a copy of a tree with blobs', before: withCommits(4, 100),
    run: changing((pond) => pond.write(async (fs) => {
      const root = await fs.root();
      for (const sizeBytes of [0, 10, 5_000, 70_000, 1_100_000, 70_000]) {
        await root.write(`/copied/of-${sizeBytes}/file`, chunksOf(sizeBytes), { parents: true });
      }
    })),
  },
  {
    name: 'cleanup of the log, with leftovers of a dead process', before: withLeftovers, laterMillis: 9 * DAY_MILLIS,
    run: changing((pond) => pond.maintain({ vacuum: true })),
  },
  { name: 'a revert', before: withCommits(8, 5_000), run: changing((pond) => pond.revert({ txnSeq: 4 })) },
  { name: 'a setting', before: withCommits(2, 10), run: changing((pond) => pond.setSetting('log.limit', '7')) },
  { name: 'an append that makes a run due', before: withAppends(32), run: changing((pond) => append(pond, 33)) },
  { name: 'an append that makes a run of runs due', before: withAppends(264), run: changing((pond) => append(pond, 265)) },
  { name: 'a commit that merges what a run covers', before: withAppends(46), run: changing((pond) => append(pond, 47)) },
  {
    name: 'compaction of a series with vacuum', before: withAppends(70, 5 * 3_600_000),
    run: changing((pond) => pond.maintain({ compact: true, vacuum: true })),
  },
  {
    name: 'a series is collapsed', before: withAppends(20), run: changing((pond) => pond.maintain({ collapse: '/rows.series' })),
  },
  { name: 'maintenance with vacuum', before: withCommits(40, 20_000), run: changing((pond) => pond.maintain({ compact: true, vacuum: true })) },
];
