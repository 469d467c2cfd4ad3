import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, it } from 'vitest';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createMemoryStore, type MemoryStore, type NodeId, openFs, openWritableFs } from '@duckpond/tinyfs';
import { createPond } from '../src/create-pond.ts';
import { PondError } from '../src/errors.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { apply, type Change, randomChange } from './random-change.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment, type TestEnvironment } from './test-environment.ts';
import { type DumpedNode, dumpTree } from './tree-dump.ts';

const scratch = scratchDirectories();

/** Seeds that once found something, replayed first. */
const FOUND: readonly number[] = [9, 14];
const FIRST = Number(env['DUCKPOND_SEED'] ?? 1);
const COUNT = Number(env['DUCKPOND_RUNS'] ?? 4);
const STEPS = 60;
const HOUR = 3_600_000;

interface Run {
  readonly random: () => number;
  readonly environment: TestEnvironment;
  readonly directory: string;
  readonly store: string;
  pond: Pond;
  model: MemoryStore;
  /** The whole tree after each transaction; 0 is unused. */
  readonly snapshots: (readonly DumpedNode[])[];
  readonly counts: { reverts: number; refusedReverts: number };
}

function emptyModel(seed: number): MemoryStore {
  const { nowMicros, uuid } = testEnvironment(seed);
  return createMemoryStore({ clock: nowMicros, newId: () => uuid() as NodeId });
}

const dumpModel = (run: Run): Promise<readonly DumpedNode[]> => dumpTree(openFs(run.model), { versions: false });
const dumpPond = (run: Run, txnSeq?: number): Promise<readonly DumpedNode[]> =>
  run.pond.read((fs) => dumpTree(fs, { versions: false }), txnSeq === undefined ? {} : { at: { txnSeq } });

async function newest(pond: Pond): Promise<number> {
  return (await pond.transaction()).txnSeq;
}

async function changeBoth(run: Run, comparesVersions: boolean): Promise<void> {
  const changes = Array.from({ length: 1 + Math.floor(run.random() * 4) }, () => randomChange(run.random));
  const before = await newest(run.pond);
  const { value, transaction } = await run.pond.write(async (fs) => {
    const outcomes: string[] = [];
    for (const change of changes) outcomes.push(await apply(fs, change));
    return { outcomes, inside: await dumpTree(fs, { versions: comparesVersions }) };
  }, { command: ['change'] });
  const fs = openWritableFs(run.model);
  const outcomes: string[] = [];
  for (const change of changes) outcomes.push(await apply(fs, change));
  assert.deepEqual(value.outcomes, outcomes, JSON.stringify(changes));
  assert.deepEqual(value.inside, await dumpTree(fs, { versions: comparesVersions }), `inside the transaction ${JSON.stringify(changes)}`);
  if (transaction !== undefined) assert.equal(transaction.txnSeq, before + 1);
  await settle(run, changes, comparesVersions);
}

/** After a transaction, or an attempt that changed nothing: the same tree as the model, remembered for time travel. */
async function settle(run: Run, changes: readonly Change[], comparesVersions: boolean): Promise<void> {
  const options = { versions: comparesVersions };
  const tree = await run.pond.read((fs) => dumpTree(fs, options));
  assert.deepEqual(tree, await dumpTree(openFs(run.model), options), JSON.stringify(changes));
  run.snapshots[await newest(run.pond)] ??= await dumpModel(run);
}

async function abortedChange(run: Run): Promise<void> {
  const before = await newest(run.pond);
  const reason = new Error('aborted');
  await assert.rejects(run.pond.write(async (fs) => {
    for (let i = 0; i < 3; i++) await apply(fs, randomChange(run.random));
    throw reason;
  }), reason);
  assert.equal(await newest(run.pond), before);
  assert.deepEqual(await dumpPond(run), await dumpModel(run), 'an aborted transaction leaves nothing');
}

async function revert(run: Run): Promise<void> {
  const last = await newest(run.pond);
  const to = 1 + Math.floor(run.random() * last);
  const wanted = run.snapshots[to];
  if (wanted === undefined) return;
  try {
    await run.pond.revert({ txnSeq: to }, { command: ['revert'] });
  } catch (error) {
    if (!(error instanceof PondError) || error.code !== 'invalid-revert') throw error;
    run.counts.refusedReverts++;
    assert.deepEqual(await dumpPond(run), await dumpModel(run), 'a refused revert leaves nothing');
    return;
  }
  run.counts.reverts++;
  assert.deepEqual(await dumpPond(run), wanted, `reverted from ${last} to ${to}`);
  run.model = await rebuiltModel(run, to);
  assert.deepEqual(await dumpModel(run), wanted, 'the model is as it was');
  run.snapshots[await newest(run.pond)] ??= wanted;
}

/** The tree of an older state as a new model: its versions start again, which is why they are not compared after a revert. */
async function rebuiltModel(run: Run, txnSeq: number): Promise<MemoryStore> {
  const model = emptyModel(txnSeq);
  const root = await openWritableFs(model).root();
  await run.pond.read(async (fs) => {
    const from = await fs.root();
    for await (const { path, node } of from.walk('/')) {
      const attributes = node.attributes === undefined ? {} : { attributes: node.attributes };
      if (node.kind === 'symlink') await root.create(path, { kind: 'symlink', target: node.target, ...attributes });
      else {
        await root.create(path, { kind: node.kind, ...attributes });
        if (node.kind !== 'directory' && node.version > 0) await root.write(path, from.read(path));
      }
    }
  }, { at: { txnSeq } });
  return model;
}

async function checkHistory(run: Run): Promise<void> {
  const last = await newest(run.pond);
  for (let txnSeq = 1; txnSeq <= last; txnSeq++) {
    assert.deepEqual(await dumpPond(run, txnSeq), run.snapshots[txnSeq] ?? [], `the tree at transaction ${txnSeq} of ${last}`);
  }
  const numbers: number[] = [];
  let later: bigint | undefined;
  for await (const { txnSeq, timestampMicros } of run.pond.transactions()) {
    numbers.push(txnSeq);
    assert.ok(later === undefined || timestampMicros < later, `the time of transaction ${txnSeq}`);
    later = timestampMicros;
    assert.equal((await run.pond.transaction({ timeMicros: timestampMicros })).txnSeq, txnSeq);
  }
  assert.deepEqual(numbers, Array.from({ length: last }, (_, i) => last - i), 'transactions without a gap');
}

async function recordsOf(pond: Pond, limit?: number): Promise<readonly unknown[]> {
  const records: unknown[] = [];
  for await (const record of pond.records({ entries: true, ...(limit === undefined ? {} : { limit }) })) records.push(record);
  return records;
}

async function maintain(run: Run): Promise<void> {
  // What is derived is damaged on purpose.
  assert.deepEqual((await run.pond.fsck()).faults.filter(({ severity }) => severity !== 'derived'), [], 'a sound log');
  const before = await recordsOf(run.pond);
  const root = (await run.pond.fsck({ quick: true })).contentRoot;
  await run.pond.maintain({ compact: run.random() < 0.8, vacuum: run.random() < 0.7 });
  assert.deepEqual(await recordsOf(run.pond), before, 'records() before and after maintenance');
  assert.deepEqual(await recordsOf(run.pond, 5), before.slice(-5), 'the newest records before and after maintenance');
  assert.equal((await run.pond.fsck({ quick: true })).contentRoot, root, 'content root before and after maintenance');
}

function damageState(run: Run): void {
  const state = join(run.store, '_state');
  const names = readdirSync(run.store).includes('_state') ? readdirSync(state) : [];
  const dice = run.random();
  if (dice < 0.3) rmSync(state, { recursive: true, force: true });
  else if (dice < 0.5) rmSync(join(state, '_last'), { force: true });
  else {
    for (const name of names) {
      if (run.random() < 0.5) continue;
      const bytes = readFileSync(join(state, name));
      const at = Math.floor(run.random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(run.random() * 8));
      writeFileSync(join(state, name), dice < 0.8 ? bytes : bytes.subarray(0, at));
    }
  }
}

async function step(run: Run, reverts: boolean): Promise<void> {
  const dice = run.random();
  if (dice < 0.7) return changeBoth(run, !reverts);
  if (dice < 0.75) return abortedChange(run);
  if (dice < 0.82) {
    run.pond = await openPond(run.directory, { environment: run.environment });
    return;
  }
  if (dice < 0.88) {
    if (run.random() < 0.5) damageState(run);
    else rmSync(join(run.directory, 'cache'), { recursive: true, force: true });
    if (run.random() < 0.7) run.pond = await openPond(run.directory, { environment: run.environment });
    return;
  }
  if (dice < 0.92) {
    run.environment.passMillis(run.random() < 0.3 ? -2 * HOUR : 2 * HOUR);
    return;
  }
  if (dice < 0.96) return maintain(run);
  if (reverts) return revert(run);
}

async function play(seed: number): Promise<Run> {
  const random = seededRandom(seed);
  const environment = testEnvironment(seed);
  const directory = join(scratch(), 'pond');
  const pond = await createPond(directory, { environment });
  const run: Run = {
    random, environment, directory, store: join(directory, 'store'), pond, model: emptyModel(seed), snapshots: [],
    counts: { reverts: 0, refusedReverts: 0 },
  };
  const reverts = random() < 0.5;
  for (let i = 0; i < STEPS; i++) await step(run, reverts);
  await checkHistory(run);
  const before = await recordsOf(run.pond);
  environment.passMillis(2 * HOUR);
  await run.pond.maintain({ compact: true, vacuum: true });
  assert.deepEqual(await recordsOf(run.pond), before, 'records() before and after maintenance');
  await checkHistory(run);
  run.pond = await openPond(directory, { environment });
  await checkHistory(run);
  rmSync(join(run.store, '_state'), { recursive: true });
  run.pond = await openPond(directory, { environment });
  assert.deepEqual(await dumpPond(run), await dumpModel(run), 'without folded state');
  await checkHistory(run);
  return run;
}

describe('pond under random histories', () => {
  for (const seed of [...FOUND, ...Array.from({ length: COUNT }, (_, i) => FIRST + i).filter((seed) => !FOUND.includes(seed))]) {
    it(`is the tree that the model is, in every transaction and after maintenance (seed ${seed})`, async () => {
      await play(seed);
    });
  }
});
