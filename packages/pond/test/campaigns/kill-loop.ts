import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createPond, openPond, PondError } from '../../src/index.ts';
import { type Depth, faultsOf } from './kill-inspect.ts';
import { type KilledRun, recruit } from './kill-run.ts';
import { afterStep, type Known, type StepName, STEPS } from './kill-steps.ts';
import type { Message, Order } from './kill-worker.ts';

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
  acknowledged: number;
  /** Transactions that were begun and not acknowledged, and that the pond had nevertheless. */
  unacknowledgedButThere: number;
  /** Acknowledged transactions that were not there afterwards. */
  lost: number;
  /** Ponds that did not open, that failed fsck, or that held something else than whole transactions. */
  damaged: number;
  /** Kills by what the process was at; `between` steps too. */
  readonly steps: Map<StepName | 'between', number>;
  /** Kills at one operation of the disk, by that and by the kind of file. */
  readonly places: Map<string, number>;
  readonly failures: string[];
}

const CYCLES_A_POND = 60;
/** Of the clock, for each cycle: within the life of a pond every grace and the retention of the log pass. */
const HOURS_A_CYCLE = 4;

/** One pond and what must be in it. */
interface Lane {
  readonly directory: string;
  readonly known: Known;
  readonly hours: number;
}

/** Kills a committing process again and again, and looks each time at what is left. */
export async function runKillLoop(options: KillLoopOptions): Promise<KillCounts> {
  const counts: KillCounts = {
    cycles: 0, acknowledged: 0, unacknowledgedButThere: 0, lost: 0, damaged: 0, steps: new Map(), places: new Map(), failures: [],
  };
  const random = seededRandom(options.seed);
  const recruits = recruit(options.worker);
  const pace = createPace();
  let lane = newLane(options.scratch);
  try {
    for (let cycle = 1; cycle <= options.cycles; cycle++) {
      const failuresBefore = counts.failures.length;
      const order = orderFor(lane, random, pace);
      const started = performance.now();
      const killed = order.operation === undefined ? { afterMillis: pace.millisFor(order.target, random) } : undefined;
      const run = await recruits.run(order, killed);
      pace.learn(order.target, run.messages, performance.now() - started);
      counts.cycles++;
      countPlace(counts, run.messages);
      const fail = (kind: 'lost' | 'damaged', what: string): void => {
        counts[kind]++;
        counts.failures.push(`cycle ${cycle}: ${kind}: ${lane.directory}: ${what} (seed ${options.seed}, order ${summaryOf(order)})`);
      };
      if (run.stderr !== '') fail('damaged', `the writer failed: ${run.stderr}`);
      try {
        lane = await inspect(lane, run, counts, depthOf(random()), fail);
      } catch (error) {
        fail('damaged', error instanceof Error ? `${error.stack}` : String(error));
      }
      options.onProgress?.(counts);
      const isBroken = counts.failures.length > failuresBefore;
      if (isBroken || cycle % CYCLES_A_POND === 0) {
        if (!isBroken) rmSync(join(lane.directory, '..'), { recursive: true, force: true });
        lane = newLane(options.scratch);
      }
    }
  } finally {
    recruits.dismiss();
  }
  return counts;
}

function newLane(scratch: string): Lane {
  const place = mkdtempSync(join(scratch, 'kill-'));
  return { directory: join(place, 'pond'), known: { model: new Map(), undone: undefined, txnSeq: 0 }, hours: 0 };
}

/** Half of the processes are killed from outside at some time, half kill themselves at an operation of the disk. */
function orderFor({ directory, known, hours }: Lane, random: () => number, pace: Pace): Order {
  const steps = STEPS.filter((name) => (known.txnSeq === 0 ? name !== 'open' : name !== 'init'));
  const isFirst = known.txnSeq === 0 && random() < 0.5;
  const target = isFirst ? 'init' : steps[Math.floor(random() * steps.length)] ?? 'write';
  const common = { directory, model: [...known.model], seed: Math.floor(random() * 2 ** 31), hours, target, after: Math.floor(random() * random() * 6) };
  return random() < 0.5 ? common : { ...common, operation: pace.operationFor(target, random) };
}

function summaryOf({ seed, target, after, operation }: Order): string {
  return JSON.stringify({ seed, target, after, operation });
}

/** Every file is read each time; what else is looked at. */
function depthOf(dice: number): Depth {
  if (dice < 0.05) return 'everything';
  return dice < 0.3 ? 'quick' : 'contents';
}

interface Pace {
  operationFor(step: StepName, random: () => number): number;
  millisFor(step: StepName, random: () => number): number;
  learn(target: StepName, messages: readonly Message[], millis: number): void;
}

/** How many operations and how long each step takes, as far as seen: so that kills fall evenly into all of it. */
function createPace(): Pace {
  const operations = new Map<StepName, number>();
  const millis = new Map<StepName, number>();
  const learnOperations = (step: StepName, count: number): void => {
    operations.set(step, Math.max(count, Math.ceil((operations.get(step) ?? 0) * 0.98)));
  };
  return {
    operationFor: (step, random) => 1 + Math.floor(random() * ((operations.get(step) ?? 60) + 2)),
    millisFor: (step, random) => random() * 1.3 * (millis.get(step) ?? 30),
    learn(target, messages, took) {
      for (const message of messages) {
        if (message.say === 'done') learnOperations(message.step, message.operations);
        if (message.say === 'opened' && target === 'open') learnOperations('open', message.operations);
        if (message.say === 'opened' && target === 'init') learnOperations('init', message.operations);
      }
      const steps = messages.filter(({ say }) => say === 'opened' || say === 'done').length;
      if (steps > 0) millis.set(target, (millis.get(target) ?? 30) * 0.9 + (took / (steps + 1)) * 0.1);
    },
  };
}

function countPlace({ places }: KillCounts, messages: readonly Message[]): void {
  const last = messages.at(-1);
  if (last?.say !== 'dying') return;
  const place = `${last.at} ${kindOf(last.path)}`;
  places.set(place, (places.get(place) ?? 0) + 1);
}

function kindOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^\..*\.tmp$/.test(name)) return path.includes('_turns/') ? 'ticket' : 'unfinished file';
  if (name === '_last_checkpoint' || name.endsWith('.crc')) return name === '_last_checkpoint' ? name : 'crc';
  if (name.includes('.checkpoint')) return 'checkpoint';
  if (path.includes('_delta_log/')) return 'commit';
  if (path.includes('_state')) return 'state';
  if (path.includes('_blobs')) return 'blob';
  return name.endsWith('.parquet') ? 'data file' : 'directory';
}

/** Looks at what the killed process left, and returns where the next one goes on. */
async function inspect(
  lane: Lane, { messages }: KilledRun, counts: KillCounts, depth: Depth, fail: (kind: 'lost' | 'damaged', what: string) => void,
): Promise<Lane> {
  const isOpened = messages.some(({ say }) => say === 'opened');
  const pond = await openPond(lane.directory).catch((error: unknown) => {
    if (lane.known.txnSeq === 0 && !isOpened && error instanceof PondError && error.code === 'no-pond') return createPond(lane.directory);
    throw error;
  });
  let known: Known = { ...lane.known, undone: undefined, txnSeq: Math.max(1, lane.known.txnSeq) };
  let begun: (Message & { say: 'begin' }) | undefined;
  let at: StepName | 'between' = isOpened ? 'between' : lane.known.txnSeq === 0 ? 'init' : 'open';
  for (const message of messages) {
    if (message.say === 'begin') {
      begun = message;
      at = message.step;
    }
    if (message.say !== 'done' || begun === undefined) continue;
    if (message.txnSeq > known.txnSeq) counts.acknowledged++;
    known = afterStep(known, begun.change, message.txnSeq);
    begun = undefined;
    at = 'between';
  }
  counts.steps.set(at, (counts.steps.get(at) ?? 0) + 1);
  const { txnSeq } = await pond.transaction();
  if (txnSeq < known.txnSeq) fail('lost', `transaction ${known.txnSeq} was acknowledged, the newest is ${txnSeq}`);
  if (txnSeq === known.txnSeq + 1 && begun !== undefined) {
    counts.unacknowledgedButThere++;
    known = afterStep(known, begun.change, txnSeq);
  } else if (txnSeq > known.txnSeq) {
    fail('damaged', `transaction ${known.txnSeq} was the last, the newest is ${txnSeq}`);
  }
  for (const what of await faultsOf(pond, known.model, depth)) fail('damaged', what);
  await pond.close();
  return { directory: lane.directory, known, hours: lane.hours + HOURS_A_CYCLE };
}
