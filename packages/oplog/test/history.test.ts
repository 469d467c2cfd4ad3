import assert from 'node:assert/strict';
import { env } from 'node:process';
import { createMemoryStore, type ObjectStore } from '@duckpond/delta';
import { seededRandom } from '@duckpond/delta/testing/faults';
import { describe, it } from 'vitest';
import { createDataReader } from '../src/data-reader.ts';
import type { NameFact, NodeFact } from '../src/fact.ts';
import { merge, planMerge } from '../src/merge.ts';
import { createOplog } from '../src/create-oplog.ts';
import { Oplog } from '../src/oplog.ts';
import { createRecordsSource } from '../src/records-source.ts';
import { compareRows, type Row } from '../src/row.ts';
import type { Transaction } from '../src/transaction.ts';
import type { FactSource } from '../src/view.ts';
import { plainRow } from './random-rows.ts';
import { testEnvironment, type TestEnvironment } from './test-environment.ts';

const ROOT = '00000000-0000-7000-8000-000000000001';
const SEEDS = Array.from({ length: Number(env['DUCKPOND_RUNS'] ?? 3) }, (_, i) => Number(env['DUCKPOND_SEED'] ?? 1) + i);
const TRANSACTIONS = 45;
const HOUR = 3_600_000;

async function newOplog(environment: TestEnvironment): Promise<{ store: ObjectStore; oplog: Oplog }> {
  const store = createMemoryStore();
  const place = { partId: ROOT, nodeId: ROOT, recordKind: 'node', version: 1 } as const;
  await createOplog(store, environment, {
    pondId: environment.uuid(), configuration: {}, command: ['init'],
    firstRows: (txnSeq, timestampMicros) => [{ ...place, txnSeq, timestampMicros, entry: { kind: 'directory' } }],
  });
  return { store, oplog: await Oplog.open(store, environment) };
}

/** Every name that can be reached from the root with its node, asked for one by one and in lists. */
async function reachable(source: FactSource): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const pending = [ROOT];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    told.push(await source.node(part, part));
    const siblings = new Map<string, NodeFact>();
    for await (const batch of source.nodes(part)) for (const fact of batch) siblings.set(fact.nodeId, fact);
    for await (const batch of source.names(part)) {
      for (const name of batch) {
        const fact = await source.node(name.childPart, name.childId);
        told.push(name, fact);
        assert.deepEqual(await source.name(part, name.name), name);
        if (name.childPart === part) assert.deepEqual(siblings.get(name.childId), fact);
        assert.ok(fact, `the node behind ${name.name}`);
        if (name.childKind === 'directory') pending.push(name.childId);
      }
    }
  }
  return told.map(canonical);
}

/** One text for equal facts, whatever the order of their fields and the kind of their bytes. */
function canonical(fact: unknown): string {
  if (fact instanceof Uint8Array) return Buffer.from(fact).toString('hex');
  if (typeof fact !== 'object' || fact === null) return String(fact);
  return `{${Object.entries(fact).map(([key, value]) => `${key}: ${canonical(value)}`).sort().join(', ')}}`;
}

/** Some changes anywhere in the tree, through the transaction itself: names, nodes, versions, removals, moves. */
async function change(oplog: Oplog, transaction: Transaction, random: () => number): Promise<void> {
  const now = oplog.environment.nowMicros();
  for (let i = 0; i < 1 + Math.floor(random() * 5); i++) {
    const { directories, names } = await treeOf(transaction);
    const directory = directories[Math.floor(random() * directories.length)] ?? ROOT;
    const name = ['a', 'b', 'c', 'é', '\u{1f600}', '\uffff'][Math.floor(random() * 6)] ?? 'a';
    const there = await transaction.name(directory, name);
    const dice = random();
    if (there === undefined && dice < 0.25) {
      const id = oplog.environment.uuid();
      await transaction.insert(directory, { name, childId: id, childPart: id, childKind: 'directory' });
      transaction.create(id, id, 'directory', {}, now);
    } else if (there === undefined && dice < 0.75) {
      const id = oplog.environment.uuid();
      const kind = random() < 0.4 ? 'series' : 'data';
      await transaction.insert(directory, { name, childId: id, childPart: directory, childKind: kind });
      transaction.create(directory, id, kind, undefined, now);
      await transaction.write(directory, id, { content: await oplog.storeContent([Buffer.alloc(1 + Math.floor(random() * random() * 30_000), name)]) }, now);
    } else if (there !== undefined && dice < 0.4) {
      if (there.childKind === 'directory') await transaction.write(there.childPart, there.childId, { attributes: `{"a":"${random()}"}` }, now);
      else await transaction.write(there.childPart, there.childId, { content: await oplog.storeContent([Buffer.from(`${random()}`)]) }, now);
    } else if (there !== undefined && dice < 0.65) {
      await transaction.remove(directory, name, false);
    } else {
      const moved = names[Math.floor(random() * names.length)];
      if (moved === undefined || there !== undefined || moved.above.has(directory) || moved.fact.childId === directory) continue;
      await transaction.remove(moved.directory, moved.fact.name, true);
      await transaction.insert(directory, { ...moved.fact, name });
    }
  }
}

async function treeOf(source: FactSource): Promise<{
  directories: string[]; names: { directory: string; fact: NameFact; above: ReadonlySet<string> }[];
}> {
  const directories: string[] = [];
  const names: { directory: string; fact: NameFact; above: Set<string> }[] = [];
  const below = async (part: string): Promise<string[]> => {
    directories.push(part);
    const inside = [part];
    for await (const batch of source.names(part)) {
      for (const fact of batch) {
        const above = new Set(fact.childKind === 'directory' ? await below(fact.childId) : []);
        names.push({ directory: part, fact, above });
        inside.push(...above);
      }
    }
    return inside;
  };
  await below(ROOT);
  return { directories, names };
}

async function allRows(oplog: Oplog): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const add of oplog.head.snapshot.files.values()) rows.push(...await createDataReader(oplog.store).rows(add));
  return rows.sort(compareRows);
}

/** A multiset: in one form and sorted, as rows of one key and transaction keep their order but others need not. */
const multiset = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => canonical(plainRow(row))).sort();

async function damage(store: ObjectStore, random: () => number): Promise<void> {
  const paths: string[] = [];
  for await (const { path } of store.list('_state/')) paths.push(path);
  for (const path of paths) {
    const dice = random();
    if (dice < 0.3) await store.delete(path);
    else if (dice < 0.6) {
      const bytes = Uint8Array.from(await store.get(path) ?? []);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await store.put(path, bytes);
    }
  }
}

describe('Oplog under random histories', () => {
  for (const seed of SEEDS) {
    it(`tells the same from folded state and layers, from the records alone, and later as an older state (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const environment = testEnvironment();
      const opened = await newOplog(environment);
      const { store } = opened;
      let { oplog } = opened;
      const remembered: (readonly unknown[])[] = [];
      for (let i = 0; i < TRANSACTIONS; i++) {
        const transaction = await oplog.begin();
        await change(oplog, transaction, random);
        const inside = await reachable(transaction);
        const outcome = await oplog.commit(transaction, ['change']);
        assert.notEqual(outcome.kind, 'conflict');
        const { view, snapshot, txnSeq } = oplog.head;
        const told = await reachable(view);
        assert.deepEqual(await reachable(createRecordsSource(createDataReader(store), snapshot.files, txnSeq)), told, `transaction ${txnSeq}: records`);
        assert.deepEqual(await reachable((await Oplog.open(store, environment)).head.view), told, `transaction ${txnSeq}: opened`);
        assert.equal(inside.length, told.length);
        remembered[txnSeq] = told;
        if (random() < 0.1) environment.passMillis(2 * HOUR);
        if (random() < 0.1) await damage(store, random);
        if (random() < 0.2) oplog = await Oplog.open(store, environment);
        if (random() < 0.1) {
          const before = multiset(await allRows(oplog));
          await oplog.maintain('', { compact: random() < 0.5, vacuum: random() < 0.5 });
          assert.deepEqual(multiset(await allRows(oplog)), before, 'rows before and after maintenance');
        }
      }
      for (let txnSeq = 2; txnSeq <= oplog.head.txnSeq; txnSeq++) {
        if (remembered[txnSeq] === undefined) continue;
        assert.deepEqual(await reachable(await oplog.view(txnSeq)), remembered[txnSeq], `the state after transaction ${txnSeq}`);
      }
    });
  }
});

describe('merge()', () => {
  it('keeps every row, whichever files are merged in whatever order', async () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const environment = testEnvironment();
      const { store, oplog } = await newOplog(environment);
      for (let i = 0; i < 14; i++) {
        const transaction = await oplog.begin();
        await change(oplog, transaction, random);
        await oplog.commit(transaction, []);
      }
      const before = multiset(await allRows(oplog));
      let head = oplog.head;
      const told = await reachable(head.view);
      while (head.snapshot.files.size > 1) {
        const files = [...head.snapshot.files.values()].sort(() => random() - 0.5);
        const inputs = files.slice(0, 2 + Math.floor(random() * 3));
        const result = await merge(store, createDataReader(store), environment, head, {
          tier: Math.floor(random() * 3), inputs, isByHand: random() < 0.5,
        });
        assert.ok(result.merged);
        head = result.head;
      }
      const rows: Row[] = [];
      for (const add of head.snapshot.files.values()) rows.push(...await createDataReader(store).rows(add));
      assert.deepEqual(multiset(rows), before, `seed ${seed}`);
      assert.deepEqual(await reachable(createRecordsSource(createDataReader(store), head.snapshot.files, head.txnSeq)), told, `seed ${seed}`);
    }
  });
});

describe('planMerge()', () => {
  it('rewrites each row a logarithmic number of times and keeps the files few, over 4,000 commits', () => {
    interface File { readonly size: number; readonly tier: number; readonly from: number; readonly to: number; readonly rewrites: number }
    let files: File[] = [];
    let most = 0;
    const addOf = ({ size, tier, from, to }: File): Parameters<typeof planMerge>[0] extends Iterable<infer A> ? A : never => ({
      path: `part-${from}-${to}`, partitionValues: {}, size, modificationTime: 0, dataChange: false, tags: { 'duckpond.tier': String(tier), 'duckpond.txns': `${from}-${to}` },
    });
    for (let txn = 1; txn <= 4000; txn++) {
      files.push({ size: 3000, tier: 0, from: txn, to: txn, rewrites: 0 });
      const plan = planMerge(files.map(addOf), { foreground: true });
      if (plan !== undefined) {
        const paths = new Set(plan.inputs.map(({ path }) => path));
        const inputs = files.filter((file) => paths.has(`part-${file.from}-${file.to}`));
        assert.ok(inputs.length >= 2);
        files = files.filter((file) => !inputs.includes(file));
        files.push({
          size: inputs.reduce((sum, { size }) => sum + size, 0) / 3, tier: plan.tier + 1,
          from: Math.min(...inputs.map(({ from }) => from)), to: Math.max(...inputs.map(({ to }) => to)), rewrites: 1 + Math.max(...inputs.map(({ rewrites }) => rewrites)),
        });
      }
      most = Math.max(most, files.length);
    }
    assert.ok(most <= 60, `${most} files at once`);
    assert.ok(Math.max(...files.map(({ rewrites }) => rewrites)) <= 8);
  });
});
