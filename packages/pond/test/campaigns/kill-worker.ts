import { writeSync } from 'node:fs';
import { kill, pid, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { nodeIo } from '@duckpond/oplog';
import { interceptIo, seededRandom } from '@duckpond/oplog/testing/faults';
import { realEnvironment } from '../../src/index.ts';
import { fakeRunMaker } from '../fake-rows.ts';
import type { ModelFile } from './kill-model.ts';
import { afterStep, type Change, type Known, openOrCreate, performStep, plannedStep, type StepName, STEPS } from './kill-steps.ts';

/** What the process is told when it starts to work, as a line of JSON. */
export interface Order {
  readonly directory: string;
  readonly model: readonly (readonly [string, ModelFile])[];
  readonly seed: number;
  /** How far its clock is ahead, so that graces are over and files are removed while it runs. */
  readonly hours: number;
  /** The step to be killed in, and how many random ones come before it. */
  readonly target: StepName;
  readonly after: number;
  /** It kills itself at this operation of the disk, counted from the start of the step; without it somebody else kills it. */
  readonly operation?: number;
}

/** What the process says, as lines of JSON. `begin` and `done` reach the pipe before it goes on. */
export type Message =
  | { readonly say: 'opened'; readonly operations: number }
  | { readonly say: 'begin'; readonly step: StepName; readonly change: Change; readonly isTarget: boolean }
  | { readonly say: 'done'; readonly step: StepName; readonly txnSeq: number; readonly operations: number }
  /** Right before its end: where that is. */
  | { readonly say: 'dying'; readonly at: string; readonly path: string };

const MOST_IN_VAIN = 20;

for await (const line of createInterface({ input: stdin })) {
  await work(JSON.parse(line) as Order);
  break;
}

async function work(order: Order): Promise<never> {
  const random = seededRandom(order.seed);
  const real = realEnvironment();
  const environment = { ...real, nowMicros: () => real.nowMicros() + BigInt(order.hours) * 3_600_000_000n };
  let operations = 0;
  let isTarget = order.target === 'open' || order.target === 'init';
  const die = (at: string, path: string): never => {
    say({ say: 'dying', at, path: path.slice(order.directory.length + 1) });
    kill(pid, 'SIGKILL');
    for (;;);
  };
  const { io } = interceptIo(nodeIo, {
    before({ name, path }) {
      operations++;
      if (isTarget && operations === order.operation) die(`before ${name}`, path);
      return undefined;
    },
    after({ name, path }) {
      if (isTarget && operations + 1 === order.operation) die(`after ${name}`, path);
    },
  });
  const pond = await openOrCreate({ directory: order.directory, environment, io, runMaker: fakeRunMaker() });
  say({ say: 'opened', operations });
  const dieUnlessDead = (): void => { if (isTarget && order.operation !== undefined) die('after the last operation', order.directory); };
  dieUnlessDead();
  let known: Known = { model: new Map(order.model), undone: undefined, txnSeq: (await pond.transaction()).txnSeq };
  for (let number = 0; ; number++) {
    // What is wanted may not be possible for a while, such as a rename where there is no file.
    const wanted = number < order.after ? undefined : plannedStep(number > order.after + MOST_IN_VAIN ? 'setting' : order.target, known, random);
    const step = wanted ?? plannedStep(order.target === 'revert' ? 'rename' : anyOf(STEPS, random), known, random)
      ?? plannedStep(anyOf(STEPS, random), known, random);
    if (step === undefined) continue;
    isTarget = wanted !== undefined;
    operations = 0;
    say({ say: 'begin', step: step.name, change: step.change, isTarget });
    const txnSeq = await performStep(pond, step, number);
    say({ say: 'done', step: step.name, txnSeq, operations });
    dieUnlessDead();
    known = afterStep(known, step.change, txnSeq);
  }
}

function anyOf<T>(choices: readonly T[], random: () => number): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new RangeError('Cannot choose: there is nothing to choose from');
  return choice;
}

function say(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}
