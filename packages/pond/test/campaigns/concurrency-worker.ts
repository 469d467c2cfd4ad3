import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { type LocalIo, nodeIo } from '@duckpond/oplog';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { type Environment, openPond, type Pond, PondError, realEnvironment } from '../../src/index.ts';
import {
  ACCOUNTS, COUNTERS, countUp, OPERATIONS, type OperationName, readAll, textOf, transfer, ViolationError, writeToken,
} from './concurrency-work.ts';

/** One of the processes of a concurrency check. */
export interface Assignment {
  readonly directory: string;
  readonly number: number;
  readonly seed: number;
  readonly operations: number;
  /** How many of 100 operations write. */
  readonly writes: number;
  /** When the clocks of all processes begin to run faster, and how much, so that graces are over within the check. */
  readonly startMillis: number;
  readonly speed: number;
}

export interface WorkReport {
  readonly done: readonly (readonly [OperationName, number])[];
  readonly conflicts: number;
  readonly violations: readonly string[];
  /** Transactions that were acknowledged: number, and the command that they were committed with. */
  readonly acknowledged: readonly (readonly [number, string])[];
}

const MOST_VIOLATIONS = 20;
const WRITES = OPERATIONS.filter((name) => !name.startsWith('read') && name !== 'maintain');
const READS: readonly OperationName[] = ['read one file', 'read all in one state', 'read twice in one state', 'read an older state'];

const assignment = JSON.parse(argv[2] ?? '') as Assignment;
const { directory, number, speed, startMillis } = assignment;
const random = seededRandom(assignment.seed);
const below = (count: number): number => Math.floor(random() * count);

const fasterMillis = (millis: number): number => Math.floor(startMillis + (millis - startMillis) * speed);
const environment: Environment = { ...realEnvironment(), nowMicros: () => BigInt(fasterMillis(Date.now())) * 1000n };
const faster = <T extends { readonly modifiedMillis: number }>(status: T): T => ({ ...status, modifiedMillis: fasterMillis(status.modifiedMillis) });
const io: LocalIo = {
  ...nodeIo,
  fstat: (file) => faster(nodeIo.fstat(file)),
  stat(path) {
    const status = nodeIo.stat(path);
    return status && faster(status);
  },
};

const pond = await openPond(directory, { environment }, io);
const done = new Map<OperationName, number>();
const violations: string[] = [];
const acknowledged: [number, string][] = [];
/** What was read or written by this process and must not change any more: the value of a counter at a transaction. */
const facts: { readonly txnSeq: number; readonly counter: number; readonly count: number }[] = [];
let seenCounts: readonly number[] = Array.from({ length: COUNTERS }, () => 0);
let newestSeen = 0;
let conflicts = 0;

for (let i = 0; i < assignment.operations; i++) {
  const name = chosen();
  try {
    await operate(name, i);
    done.set(name, (done.get(name) ?? 0) + 1);
  } catch (error) {
    // A reader or writer that fails is a violation, too.
    violations.push(`process ${number}, operation ${i}, ${name}: ${error instanceof ViolationError ? error.message : describe(error)}`);
    if (violations.length >= MOST_VIOLATIONS) break;
  }
}
await pond.close();
const report: WorkReport = { done: [...done], conflicts, violations, acknowledged };
const text = Buffer.from(JSON.stringify(report));
for (let at = 0; at < text.length;) at += writeSync(1, text, at);

function chosen(): OperationName {
  if (random() < 0.0005) return 'read over a long time';
  if (number === 0 && random() < 0.002) return 'maintain';
  const among = random() * 100 < assignment.writes ? WRITES : READS;
  return among[below(among.length)] ?? 'read one file';
}

async function operate(name: OperationName, i: number): Promise<void> {
  switch (name) {
    case 'write a file of its own':
      return void await commit(i, async (fs) => {
        const path = `/own/${number}/${below(20)}`;
        await (await fs.root()).write(path, [Buffer.alloc(random() < 0.02 ? 70_000 + below(1000) : below(300), String(i))]);
      }, 'never');
    case 'append to a series of all':
      return void await commit(i, async (fs) => { await (await fs.root()).write('/series', [Buffer.from(`${number} ${i}\n`)], { kind: 'series' }); }, 'never');
    case 'count up': {
      const counter = below(COUNTERS);
      let count = 0;
      const txnSeq = await commit(i, async (fs) => { count = await countUp(fs, counter); });
      facts[below(64)] = { txnSeq, counter, count };
      return;
    }
    case 'transfer': {
      const from = below(ACCOUNTS);
      return void await commit(i, async (fs) => transfer(fs, from, (from + 1 + below(ACCOUNTS - 1)) % ACCOUNTS, 1 + below(9)));
    }
    case 'token in four files':
      return void await commit(i, async (fs) => writeToken(fs, `${number} ${i}`, i % 3 === 0));
    case 'remove and make again':
      return void await commit(i, async (fs) => {
        const root = await fs.root();
        const path = `/clash/${below(3)}`;
        if (await root.exists(path)) await root.remove(path);
        else await root.write(path, [Buffer.from(`${number} ${i}`)]);
      });
    case 'read one file':
      await pond.read(async (fs) => textOf(fs, `/tokens/${below(4)}/token`));
      return;
    case 'read all in one state':
      return pond.read(async (fs) => { assertNewer(await readAll(fs)); });
    case 'read twice in one state':
      return pond.read(async (fs) => {
        const before = await readAll(fs);
        await new Promise(setImmediate);
        assertSame(before, await readAll(fs));
      });
    case 'read an older state': {
      const fact = facts[below(64)];
      if (fact === undefined) return void await pond.transaction();
      const count = await pond.read((fs) => textOf(fs, `/counters/${fact.counter}`), { at: { txnSeq: fact.txnSeq } });
      assertSame(String(fact.count), count);
      return;
    }
    case 'read over a long time':
      return pond.read(async (fs) => {
        const before = await readAll(fs);
        const series = await textOf(fs, '/series');
        const until = Date.now() + 1500;
        while (Date.now() < until) {
          assertSame(before, await readAll(fs));
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assertSame(series, await textOf(fs, '/series'));
      });
    case 'maintain':
      await pond.maintain({ compact: random() < 0.5, vacuum: true });
      return;
  }
}

type Write = Parameters<Pond['write']>[0];

/** @param conflict whether there may be one: then it is tried again until it is committed */
async function commit(i: number, work: Write, conflict: 'may be' | 'never' = 'may be'): Promise<number> {
  const command = `${number} ${i}`;
  for (;;) {
    try {
      const { transaction } = await pond.write(work, { command: [command] });
      if (transaction === undefined) throw new ViolationError('a change made no transaction');
      if (transaction.txnSeq <= newestSeen) throw new ViolationError(`transaction ${transaction.txnSeq} came after ${newestSeen}`);
      newestSeen = transaction.txnSeq;
      acknowledged.push([transaction.txnSeq, command]);
      return transaction.txnSeq;
    } catch (error) {
      if (conflict === 'never' || !(error instanceof PondError) || error.code !== 'conflict') throw error;
      conflicts++;
    }
  }
}

/** What a process has seen it sees for ever: counts never go back. */
function assertNewer(seen: string): void {
  const counts = (JSON.parse(seen) as unknown[]).slice(-COUNTERS).map(Number);
  const back = counts.findIndex((count, counter) => count < (seenCounts[counter] ?? 0));
  if (back >= 0) throw new ViolationError(`counter ${back} was ${seenCounts[back]}, now it is ${counts[back]}`);
  seenCounts = counts;
}

function assertSame(wanted: string, found: string): void {
  if (wanted !== found) throw new ViolationError(`${found.slice(0, 300)} instead of ${wanted.slice(0, 300)}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.stack}` : String(error);
}
