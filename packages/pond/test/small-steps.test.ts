import { futimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalIo, nodeIo } from '@duckpond/oplog';
import { expect, it } from 'vitest';
import { createPond, openPond, type Pond } from '../src/index.ts';
import { contentOf, factsOf, fakeRunMaker } from './fake-rows.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

const scratch = scratchDirectories();

/** What one commit asks of the disk. */
interface Operations {
  creates: number;
  syncs: number;
  unlinks: number;
  probes: number;
  readBytes: number;
  writtenBytes: number;
}

const NOTHING: Operations = { creates: 0, syncs: 0, unlinks: 0, probes: 0, readBytes: 0, writtenBytes: 0 };

/** Counts, does not wait for the disk, and gives files the time of a clock. */
function countingIo(nowMillis: () => number): { readonly io: LocalIo; readonly take: () => Operations } {
  let count = { ...NOTHING };
  const created = new Set<number>();
  const read = (bytes: number): number => { count.readBytes += bytes; return bytes; };
  const written = (bytes: number): number => { count.writtenBytes += bytes; return bytes; };
  const sync = (): void => { count.syncs++; };
  const syncInPool = (): Promise<void> => { count.syncs++; return Promise.resolve(); };
  const io: LocalIo = {
    ...nodeIo,
    open(path, mode) {
      const file = nodeIo.open(path, mode);
      if (mode === 'create') {
        count.creates++;
        created.add(file);
      }
      return file;
    },
    close(file) {
      if (created.delete(file)) futimesSync(file, nowMillis() / 1000, nowMillis() / 1000);
      nodeIo.close(file);
    },
    read: (file, buffer, position) => read(nodeIo.read(file, buffer, position)),
    write: (file, bytes, position) => written(nodeIo.write(file, bytes, position)),
    unlink(path) { count.unlinks++; nodeIo.unlink(path); },
    stat(path) { count.probes++; return nodeIo.stat(path); },
    fsync: sync, fsyncDirectory: sync, fsyncInPool: syncInPool, fsyncDirectoryInPool: syncInPool,
  };
  return { io, take: () => { const taken = count; count = { ...NOTHING }; return taken; } };
}

const DAYS = 30;
const RUNS_A_DAY = 72;

const WHAT = 'a simulated month of collecting: no commit does more than its step, and nothing grows with age but the rows';

it(WHAT, { timeout: 240_000 }, async () => {
  const directory = join(scratch(), 'pond');
  const environment = testEnvironment(7);
  const { io, take } = countingIo(() => Number(environment.nowMicros() / 1000n));
  await createPond(directory, { environment }, io);
  const pond = await openPond(directory, { environment, runMaker: fakeRunMaker() }, io);
  const most = { ...NOTHING };
  const sum = { ...NOTHING };
  const ages: { readonly logFiles: number; readonly dataFiles: number; readonly stateFiles: number }[] = [];
  take();
  for (let i = 0; i < DAYS * RUNS_A_DAY; i++) {
    environment.passMillis(86_400_000 / RUNS_A_DAY);
    await append(pond, i);
    const one = take();
    for (const key of Object.keys(NOTHING) as (keyof Operations)[]) {
      most[key] = Math.max(most[key], one[key]);
      sum[key] += one[key];
    }
    if ((i + 1) % (10 * RUNS_A_DAY) === 0) ages.push(filesOf(directory));
  }
  // docs/decisions/0017-small-steps.md: 64 versions of the log, or 1,024 old files, and what a commit removes of its own.
  expect(most.unlinks).toBeLessThan(3 * 64 + 16);
  expect(most.probes).toBeLessThan(700);
  expect(most.creates).toBeLessThanOrEqual(8);
  expect(most.syncs).toBeLessThanOrEqual(10);
  expect(most.readBytes).toBeLessThan(4 * 1024 * 1024);
  expect(most.writtenBytes).toBeLessThan(1024 * 1024);
  // Four syncs are the commit itself; all maintenance together is less than one more.
  expect(sum.syncs / (DAYS * RUNS_A_DAY)).toBeLessThan(5);
  const [ten, , thirty] = ages;
  expect(thirty?.logFiles).toBeLessThanOrEqual((ten?.logFiles ?? 0) + 2 * 64);
  // Files that are live, of four tiers, and those that wait for their removal.
  expect(thirty?.dataFiles).toBeLessThanOrEqual(31 + 3 * 8 + 64);
  expect(thirty?.stateFiles).toBeLessThanOrEqual((ten?.stateFiles ?? 0) + 2);
  await pond.close();
});

async function append(pond: Pond, i: number): Promise<void> {
  const options = { kind: 'series', tabular: factsOf([i]) } as const;
  await pond.write(async (fs) => (await fs.root()).write('/s.series', [contentOf([i], 'arrow')], options));
}

function filesOf(directory: string): { readonly logFiles: number; readonly dataFiles: number; readonly stateFiles: number } {
  const countIn = (folder: string, pattern: RegExp): number => (
    readdirSync(join(directory, folder)).filter((name) => pattern.test(name)).length);
  return {
    logFiles: countIn('store/_delta_log', /json$|crc$|parquet$/), dataFiles: countIn('store', /^part-/),
    stateFiles: countIn('store/_state', /arrow$/),
  };
}
