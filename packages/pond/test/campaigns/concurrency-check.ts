import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createPond, openPond, type Pond } from '../../src/index.ts';
import { COUNTERS, OPERATIONS, type OperationName, prepare, readAll, textOf } from './concurrency-work.ts';
import type { Assignment, WorkReport } from './concurrency-worker.ts';

export interface ConcurrencyOptions {
  /** An existing directory for the pond. */
  readonly scratch: string;
  /** The bundled concurrency-worker.ts. */
  readonly worker: string;
  readonly processes: number;
  /** Of all processes together. */
  readonly operations: number;
  readonly seed: number;
  /** How many of 100 operations write. */
  readonly writes: number;
  /** How much faster the clock runs, so that graces are over and files are removed within the check. */
  readonly speed: number;
}

export interface ConcurrencyCounts {
  readonly operations: ReadonlyMap<OperationName, number>;
  readonly transactions: number;
  readonly conflicts: number;
  /** Commits in the log of Delta, those of maintenance too. */
  readonly commits: number;
  readonly violations: readonly string[];
}

/**
 * Lets processes work on one pond, each checking what it sees, and then checks what is left: every acknowledged transaction is
 * in the log once, under its number, no number is left out, no update is lost, and nothing else is there.
 */
export async function checkConcurrency(options: ConcurrencyOptions): Promise<ConcurrencyCounts> {
  const { scratch, processes, operations, seed, speed, writes } = options;
  const directory = join(scratch, 'pond');
  const startMillis = Date.now();
  const pond = await createPond(directory);
  const { transaction } = await pond.write((fs) => prepare(fs, processes));
  const first = transaction?.txnSeq ?? 0;
  const share = Math.ceil(operations / processes);
  const reports = await Promise.all(Array.from({ length: processes }, async (_, number) => runWorker(options.worker, {
    directory, number, seed: seed * 1000 + number, operations: share, writes, startMillis, speed,
  })));
  const counts = new Map<OperationName, number>(OPERATIONS.map((name) => [name, 0]));
  for (const { done } of reports) for (const [name, count] of done) counts.set(name, (counts.get(name) ?? 0) + count);
  const opened = await openPond(directory);
  return {
    operations: counts, transactions: (await opened.transaction()).txnSeq, commits: (await opened.status()).deltaVersion,
    conflicts: reports.reduce((sum, { conflicts }) => sum + conflicts, 0),
    violations: [...reports.flatMap(({ violations }) => violations), ...await checkOutcome(opened, first, reports, counts)],
  };
}

async function runWorker(worker: string, assignment: Assignment): Promise<WorkReport> {
  const child = spawn(execPath, [worker, JSON.stringify(assignment)], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return JSON.parse(out) as WorkReport;
  return { done: [], conflicts: 0, acknowledged: [], violations: [`process ${assignment.number} ended with ${String(code)}: ${err}`] };
}

async function checkOutcome(
  pond: Pond, first: number, reports: readonly WorkReport[], counts: ReadonlyMap<OperationName, number>,
): Promise<string[]> {
  const wrong: string[] = [];
  const acknowledged = new Map<number, string>();
  for (const [txnSeq, command] of reports.flatMap((report) => report.acknowledged)) {
    if (acknowledged.has(txnSeq)) wrong.push(`transaction ${txnSeq} was acknowledged twice`);
    acknowledged.set(txnSeq, command);
  }
  let next = (await pond.transaction()).txnSeq;
  let later: bigint | undefined;
  for await (const { txnSeq, timestampMicros, command } of pond.transactions()) {
    if (txnSeq !== next) wrong.push(`transaction ${next} is missing in the log, found ${txnSeq}`);
    if (later !== undefined && timestampMicros >= later) wrong.push(`the time of transaction ${txnSeq} is not before the next one's`);
    const isTheirs = txnSeq > first && command[0] !== 'maintain';
    if (isTheirs && acknowledged.get(txnSeq) !== command[0]) {
      wrong.push(`transaction ${txnSeq} is of "${command.join(' ')}", acknowledged was "${acknowledged.get(txnSeq) ?? 'none'}"`);
    }
    acknowledged.delete(txnSeq);
    later = timestampMicros;
    next = txnSeq - 1;
  }
  if (next !== 0) wrong.push(`transaction ${next} is missing in the log`);
  for (const [txnSeq, command] of acknowledged) wrong.push(`transaction ${txnSeq} of "${command}" was acknowledged and is not there`);
  wrong.push(...await pond.read(async (fs) => {
    const found: string[] = [];
    await readAll(fs).catch((error: unknown) => { found.push(String(error)); });
    let sum = 0;
    for (let i = 0; i < COUNTERS; i++) sum += Number(await textOf(fs, `/counters/${i}`));
    if (sum !== counts.get('count up')) found.push(`the counters have ${sum}, counted up was ${String(counts.get('count up'))} times`);
    return [...found, ...appendFaults((await textOf(fs, '/series')).split('\n').slice(0, -1), counts.get('append to a series of all') ?? 0)];
  }));
  for (const { severity, file, message } of (await pond.fsck()).faults) if (severity !== 'derived') wrong.push(`fsck: ${file}: ${message}`);
  return wrong;
}

/** Every append is there once, and those of one process are in its order. */
function appendFaults(lines: readonly string[], wanted: number): string[] {
  const wrong: string[] = [];
  const last = new Map<string, number>();
  if (lines.length !== wanted) wrong.push(`the series has ${lines.length} appends, ${wanted} were made`);
  for (const line of lines) {
    const [process = '', i = ''] = line.split(' ');
    if (Number(i) <= (last.get(process) ?? -1)) wrong.push(`append "${line}" comes after ${last.get(process)}`);
    last.set(process, Number(i));
  }
  return wrong;
}
