import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeIo } from '@duckpond/oplog';
import { type CrashState, crashStates, describeCrash, marksBefore, recordIo, replayCrash } from '@duckpond/oplog/testing/faults';
import type { Scenario } from '../fault-scenarios.ts';
import { testEnvironment } from '../test-environment.ts';
import { later } from './fault-plans.ts';
import { assertGoesOn, sideOf, stateOf } from './pond-state.ts';

export interface PowerCuts {
  /** What the program did to the disk. */
  readonly steps: number;
  states: number;
  before: number;
  after: number;
  readonly failures: string[];
}

export interface PowerCutOptions {
  /** An existing directory for ponds. */
  readonly place: string;
  readonly seed: number;
  /** How many states are looked at; Infinity: every variant after every step. */
  readonly states: number;
  /** Tried before all others. */
  readonly first?: readonly CrashState[];
}

/** What a power cut may leave of a scenario: the pond is before or after, after once it was acknowledged, and goes on. */
export async function tryPowerCuts(scenario: Scenario, number: number, { place, seed, states, first = [] }: PowerCutOptions): Promise<PowerCuts> {
  const disk = join(place, `disk-${number}`);
  mkdirSync(disk);
  const directory = join(disk, 'pond');
  await scenario.before?.(directory, testEnvironment(number));
  const before = await stateOf(directory);
  const { io, mark, trace } = recordIo(nodeIo, disk);
  await scenario.run(directory, later(scenario, number), io);
  mark('acknowledged');
  const sides = { before, after: await stateOf(directory, later(scenario, number)) };
  const counts: PowerCuts = { steps: trace.steps.length, states: 0, before: 0, after: 0, failures: [] };
  const crashed = join(place, 'crashed');
  for (const state of [...first, ...crashStates(trace, { seed: seed + number, limit: states })]) {
    counts.states++;
    try {
      rmSync(crashed, { recursive: true, force: true });
      replayCrash(trace, state, crashed);
      const side = sideOf(await stateOf(join(crashed, 'pond'), later(scenario, number)), sides);
      if (marksBefore(trace, state).includes('acknowledged')) assert.equal(side, 'after', 'acknowledged, but not there');
      counts[side]++;
      await assertGoesOn(join(crashed, 'pond'), '/after the crash');
    } catch (error) {
      counts.failures.push(`${scenario.name}, ${describeCrash(trace, state)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  rmSync(disk, { recursive: true, force: true });
  return counts;
}
