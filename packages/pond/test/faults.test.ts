import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, describe, it } from 'vitest';
import { tryFaults } from './campaigns/fault-plans.ts';
import { readFoundFaults } from './campaigns/found-faults.ts';
import { tryPowerCuts } from './campaigns/power-cuts.ts';
import { SCENARIOS } from './fault-scenarios.ts';

// The long form is npm run faults. The faults are made up, so a file system in memory does as well.
const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'duckpond-faults-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
const PLANS = 12;
const STATES = 12;
const { faults, powerCuts } = readFoundFaults(join(import.meta.dirname, 'found/faults.json'));

describe(`a pond under a fault of the disk (seed ${SEED})`, () => {
  for (const [number, scenario] of SCENARIOS.entries()) {
    it(`${scenario.name}: is before or after, never between`, async () => {
      const first = faults.filter((one) => one.scenario === scenario.name).map(({ plan }) => plan);
      const outcomes = await tryFaults(scenario, number, { place, seed: SEED, plans: PLANS, first });
      assert.deepEqual(outcomes.failures, []);
      assert.equal(outcomes.plans, outcomes.acknowledged + outcomes.before + outcomes.rejectedButThere.length);
      assert.ok(outcomes.plans > 2, `${outcomes.plans} faults`);
    });
  }
});

describe(`a pond after a power cut (seed ${SEED})`, () => {
  for (const [number, scenario] of SCENARIOS.entries()) {
    it(`${scenario.name}: is before or after, and after once it was acknowledged`, async () => {
      const first = powerCuts.filter((one) => one.scenario === scenario.name).map(({ state }) => state);
      const counts = await tryPowerCuts(scenario, number, { place, seed: SEED, states: STATES, first });
      assert.deepEqual(counts.failures, []);
      assert.ok(counts.before + counts.after === counts.states && counts.states > 0);
    });
  }
});
