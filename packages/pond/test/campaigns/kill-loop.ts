import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { openLocalStore, Oplog } from '@duckpond/oplog';
import { isFile } from '@duckpond/tinyfs';
import { createPond, openPond, type Pond, PondError, realEnvironment, relationOf } from '../../src/index.ts';
import { rowsOf } from '../fake-rows.ts';
import { applyOperations, describeModel, describeRows, hashOf, type Model, type Operation } from './kill-model.ts';

export interface KillLoopOptions {
  readonly cycles: number;
  readonly seed: number;
  /** An existing directory in which ponds are made. */
  readonly scratch: string;
  /** The bundled kill-worker.ts. */
  readonly worker: string;
  readonly onProgress?: (counts: KillCounts) => void;
}

export interface KillCounts {
  cycles: number;
  /** Kills before the pond was made or opened. */
  killedWhileOpening: number;
  acknowledged: number;
  /** Transactions that were begun and not acknowledged, and that the pond had nevertheless. */
  unacknowledgedButThere: number;
  /** Acknowledged transactions that were not there afterwards. */
  lost: number;
  /** Ponds that did not open, that failed fsck, or that held something else than whole transactions. */
  damaged: number;
  readonly failures: string[];
}

const CYCLES_A_POND = 60;

/** Kills a committing process again and again, and looks each time at what is left. */
export async function runKillLoop(options: KillLoopOptions): Promise<KillCounts> {
  const counts: KillCounts = { cycles: 0, killedWhileOpening: 0, acknowledged: 0, unacknowledgedButThere: 0, lost: 0, damaged: 0, failures: [] };
  const random = seededRandom(options.seed);
  let lane = newLane(options.scratch);
  for (let cycle = 1; cycle <= options.cycles; cycle++) {
    const failuresBefore = counts.failures.length;
    const run = await runUntilKilled(options.worker, lane, random);
    counts.cycles++;
    if (!run.opened) counts.killedWhileOpening++;
    counts.acknowledged += run.acknowledged.length;
    if (run.stderr !== '') fail(counts, 'damaged', cycle, `the writer failed: ${run.stderr}`);
    try {
      lane = await inspect(lane, run, counts, cycle, random() < 0.1);
    } catch (error) {
      fail(counts, 'damaged', cycle, error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error));
    }
    options.onProgress?.(counts);
    const isBroken = counts.failures.length > failuresBefore;
    if (isBroken || cycle % CYCLES_A_POND === 0) {
      if (!isBroken) rmSync(lane.directory, { recursive: true, force: true });
      lane = newLane(options.scratch);
    }
  }
  return counts;
}

interface Lane {
  readonly directory: string;
  readonly modelFile: string;
  readonly model: Model;
  readonly txnSeq: number;
  /** How far the clock is ahead. */
  readonly hours: number;
}

interface KilledRun {
  readonly opened: boolean;
  readonly acknowledged: readonly { readonly txnSeq: number; readonly operations: readonly Operation[] }[];
  readonly begun: readonly Operation[] | undefined;
  readonly stderr: string;
}

function newLane(scratch: string): Lane {
  const place = mkdtempSync(join(scratch, 'kill-'));
  return { directory: join(place, 'pond'), modelFile: join(place, 'model.json'), model: new Map(), txnSeq: 0, hours: 0 };
}

function fail(counts: KillCounts, kind: 'lost' | 'damaged', cycle: number, what: string): void {
  counts[kind]++;
  counts.failures.push(`cycle ${cycle}: ${kind}: ${what}`);
}

async function runUntilKilled(worker: string, lane: Lane, random: () => number): Promise<KilledRun> {
  writeFileSync(lane.modelFile, JSON.stringify([...lane.model]));
  const child = spawn(execPath, [worker, lane.directory, lane.modelFile, String(Math.floor(random() * 2 ** 31)), String(lane.hours)], {
    stdio: ['ignore', 'pipe', 'pipe'], env: {},
  });
  const messages: { ready?: true; opened?: true; begin?: Operation[]; done?: number }[] = [];
  let rest = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  // Most kills hit a commit some way on, some the opening. Counted in messages, so that a slow machine tests as much.
  const isEarly = random() < 0.15;
  const commits = isEarly ? 0 : Math.floor(random() * random() * 20);
  const delayMillis = random() * random() * 60;
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) messages.push(JSON.parse(line));
    if (timer === undefined && (isEarly || messages.some(({ opened }) => opened)) && messages.filter(({ done }) => done !== undefined).length >= commits) {
      timer = setTimeout(() => child.kill('SIGKILL'), delayMillis);
    }
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  const acknowledged: { txnSeq: number; operations: readonly Operation[] }[] = [];
  let begun: readonly Operation[] | undefined;
  for (const { begin, done } of messages) {
    if (begin !== undefined) begun = begin;
    if (done === undefined || begun === undefined) continue;
    acknowledged.push({ txnSeq: done, operations: begun });
    begun = undefined;
  }
  return { opened: messages.some(({ opened }) => opened), acknowledged, begun, stderr };
}

/** Looks at what the killed process left, and returns where the next one goes on. */
async function inspect(lane: Lane, run: KilledRun, counts: KillCounts, cycle: number, thoroughly: boolean): Promise<Lane> {
  const pond = await openPond(lane.directory).catch((error: unknown) => {
    if (lane.txnSeq === 0 && !run.opened && error instanceof PondError && error.code === 'no-pond') return createPond(lane.directory);
    throw error;
  });
  const txnSeq = (await pond.transaction()).txnSeq;
  // Operations that cancel each other out are acknowledged without a transaction.
  const acknowledged = run.acknowledged.findLast((one) => one.txnSeq > 0)?.txnSeq ?? Math.max(1, lane.txnSeq);
  let model = lane.model;
  for (const { operations } of run.acknowledged) model = applyOperations(model, operations);
  if (txnSeq < acknowledged) fail(counts, 'lost', cycle, `transaction ${acknowledged} was acknowledged, the newest is ${txnSeq}`);
  if (txnSeq === acknowledged + 1 && run.begun !== undefined) {
    counts.unacknowledgedButThere++;
    model = applyOperations(model, run.begun);
  } else if (txnSeq > acknowledged) {
    fail(counts, 'damaged', cycle, `transaction ${acknowledged} was the last, the newest is ${txnSeq}`);
  }
  const found = await describePond(pond, lane.directory);
  const wanted = describeModel(model);
  if (found.join('\n') !== wanted.join('\n')) {
    const missing = wanted.filter((line) => !found.includes(line));
    const strange = found.filter((line) => !wanted.includes(line));
    fail(counts, 'damaged', cycle, `${lane.directory}: wanted ${missing.join(', ')}, found ${strange.join(', ')}`);
  }
  const { faults } = await pond.fsck({ quick: !thoroughly });
  // What is derived may be behind or torn: it is rebuilt.
  for (const fault of faults) if (fault.severity !== 'derived') fail(counts, 'damaged', cycle, `${lane.directory}: fsck: ${fault.file}: ${fault.message}`);
  if (thoroughly) await checkTransactions(pond, txnSeq, counts, cycle);
  await pond.close();
  return { ...lane, model, txnSeq, hours: lane.hours + 1 };
}

async function describePond(pond: Pond, directory: string): Promise<readonly string[]> {
  const storeDirectory = join(directory, 'store');
  const oplog = await Oplog.open(openLocalStore(storeDirectory), realEnvironment());
  const source = { oplog, view: await oplog.view(), storeDirectory };
  return pond.read(async (fs) => {
    const root = await fs.root();
    const lines: string[] = [];
    for await (const { path, node } of root.walk('/')) {
      if (!isFile(node)) continue;
      if (node.kind === 'series' && node.tabular !== undefined) {
        lines.push(describeRows(path, rowsOf(await relationOf(source, node))));
        continue;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of root.read(path)) chunks.push(chunk);
      lines.push(`${path} ${node.kind} ${hashOf(chunks)}`);
    }
    return lines.sort();
  });
}

async function checkTransactions(pond: Pond, newest: number, counts: KillCounts, cycle: number): Promise<void> {
  let next = newest;
  let later: bigint | undefined;
  for await (const { txnSeq, timestampMicros } of pond.transactions()) {
    if (txnSeq !== next) return fail(counts, 'damaged', cycle, `transaction ${next} is missing in the log, found ${txnSeq}`);
    if (later !== undefined && timestampMicros >= later) return fail(counts, 'damaged', cycle, `the time of transaction ${txnSeq} is not before the next one's`);
    later = timestampMicros;
    next--;
  }
  if (next !== 0) fail(counts, 'damaged', cycle, `transaction ${next} is missing in the log`);
}

/** For the command and the test: the worker as one file of JavaScript. */
export async function bundleWorker(scratch: string, entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = join(scratch, 'worker.mjs');
  if (!existsSync(outfile)) {
    await build({
      entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', conditions: ['@duckpond/source'],
      external: ['@duckdb/*'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
  }
  return outfile;
}
