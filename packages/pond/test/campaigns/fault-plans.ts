import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeIo } from '@duckpond/oplog';
import { CrashError, createFaultyIo, describePlan, type FaultPlan, faultPlans, seededRandom } from '@duckpond/oplog/testing/faults';
import { openPond } from '../../src/open-pond.ts';
import type { Pond } from '../../src/pond.ts';
import type { Scenario } from '../fault-scenarios.ts';
import { type TestEnvironment, testEnvironment } from '../test-environment.ts';
import { assertGoesOn, seenBy, sideOf, type Sides, stateOf } from './pond-state.ts';

export interface FaultOutcomes {
  /** Operations of the disk in the scenario. */
  readonly operations: number;
  /** Plans whose fault has happened. */
  plans: number;
  acknowledged: number;
  before: number;
  /** Not acknowledged, and there nevertheless: what a caller must reckon with after such an error. */
  readonly rejectedButThere: string[];
  readonly failures: string[];
}

export interface FaultOptions {
  /** An existing directory for ponds. */
  readonly place: string;
  readonly seed: number;
  /** How many plans are tried, all over the scenario; Infinity: every fault at every operation. */
  readonly plans: number;
  /** Tried before all others. */
  readonly first?: readonly FaultPlan[];
}

/** Fails every operation of a scenario in every way, one at a time: the pond is before or after, never between, and goes on. */
export async function tryFaults(scenario: Scenario, number: number, { place, seed, plans, first = [] }: FaultOptions): Promise<FaultOutcomes> {
  const template = join(place, `template-${number}`);
  await scenario.before?.(template, testEnvironment(number));
  const copy = (name: string): string => {
    const directory = join(place, name);
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(template)) cpSync(template, directory, { recursive: true, preserveTimestamps: true });
    return directory;
  };
  const counting = createFaultyIo(nodeIo);
  await scenario.run(copy('counting'), later(scenario, number), counting.io);
  const sides = { before: await stateOf(template), after: await stateOf(join(place, 'counting'), later(scenario, number)) };
  const operations = counting.operationCount();
  const outcomes: FaultOutcomes = { operations, plans: 0, acknowledged: 0, before: 0, rejectedButThere: [], failures: [] };
  for (const plan of [...first, ...sampled([...faultPlans(operations)], plans, seed + number)]) {
    try {
      await tryPlan(scenario, later(scenario, number), { directory: copy('faulty'), plan, sides }, outcomes);
    } catch (error) {
      outcomes.failures.push(`${scenario.name}, ${describePlan(plan)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  rmSync(template, { recursive: true, force: true });
  return outcomes;
}

/** The time at which a scenario happens: past the grace of what was there before. */
export function later({ laterMillis = 3 * 3_600_000 }: Scenario, number: number): TestEnvironment {
  const environment = testEnvironment(1000 + number);
  environment.passMillis(laterMillis);
  return environment;
}

interface Trial {
  readonly directory: string;
  readonly plan: FaultPlan;
  readonly sides: Sides;
}

async function tryPlan(
  scenario: Scenario, environment: TestEnvironment, { directory, plan, sides }: Trial, outcomes: FaultOutcomes,
): Promise<void> {
  const { io, hasFired } = createFaultyIo(nodeIo, plan);
  let pond: Pond | undefined;
  let failure: unknown;
  try {
    pond = await scenario.run(directory, environment, io);
  } catch (error) {
    failure = error;
    assert.ok(hasFired(), String(error));
    assert.ok(error instanceof CrashError || isOurs(error), `an error of another kind: ${error instanceof Error ? error.stack : String(error)}`);
  }
  if (!hasFired()) return;
  outcomes.plans++;
  const found = await stateOf(directory, environment);
  const side = sideOf(found, sides);
  if (pond !== undefined) {
    outcomes.acknowledged++;
    assert.equal(found.txnSeq, sides.after.txnSeq, 'acknowledged, but not there');
  } else if (found.txnSeq === sides.before.txnSeq && (side === 'before' || found.txnSeq === sides.after.txnSeq)) {
    outcomes.before++;
  } else {
    outcomes.rejectedButThere.push(`${describePlan(plan)}: ${String(failure)}`);
  }
  // The pond that lived through the fault tells the same as one that is opened anew.
  if (pond !== undefined && plan.sticky !== true && plan.fault.kind !== 'crash') {
    assert.deepEqual(await seenBy(pond, directory), await seenBy(await openPond(directory), directory), 'the pond that lived through it');
  }
  await assertGoesOn(directory, '/after the fault');
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && ['DeltaError', 'OplogError', 'PondError'].includes(error.name) && /^Cannot /.test(error.message);
}

/** Plans to be tried, each fault at operations all over the scenario. */
function sampled(plans: readonly FaultPlan[], count: number, seed: number): readonly FaultPlan[] {
  if (plans.length <= count) return plans;
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => plans[Math.floor(((i + random()) / count) * plans.length)]).filter((plan) => plan !== undefined);
}
