// Fails every operation of the disk in every scenario, and cuts the power: npm run faults -- --plans all --states 300 --seed 1
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    /** How many faults of each scenario. */
    plans: { type: 'string', default: 'all' },
    /** How many states after a power cut of each scenario. */
    states: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    /** Part of the name of the scenarios to be run. */
    scenario: { type: 'string', default: '' },
    /** NUMBER/OF: a part of the scenarios, for several processes. */
    shard: { type: 'string', default: '0/1' },
    verbose: { type: 'boolean', default: false },
  },
});
const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'duckpond-faults-'));
const { SCENARIOS } = await load('pond/test/fault-scenarios', place);
const { tryFaults } = await load('pond/test/campaigns/fault-plans', place);
const { tryPowerCuts } = await load('pond/test/campaigns/power-cuts', place);
const { readFoundFaults } = await load('pond/test/campaigns/found-faults', place);
const found = readFoundFaults(join(import.meta.dirname, '../../packages/pond/test/found/faults.json'));
const limit = (text) => (text === 'all' ? Number.POSITIVE_INFINITY : Number(text));
const seed = Number(values.seed);
const [shard, of] = values.shard.split('/').map(Number);
const total = { faults: 0, states: 0, failures: 0 };

for (const [number, scenario] of SCENARIOS.entries()) {
  if (!scenario.name.includes(values.scenario) || number % of !== shard) continue;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const first = found.faults.filter((one) => one.scenario === scenario.name).map(({ plan }) => plan);
  const faults = await tryFaults(scenario, number, { place, seed, plans: limit(values.plans), first });
  console.log(`${scenario.name}: ${faults.operations} operations, ${faults.plans} faults: ${faults.acknowledged} acknowledged, `
    + `${faults.before} before, ${faults.rejectedButThere.length} refused but there, ${faults.failures.length} failures, ${seconds()}`);
  if (values.verbose) for (const one of faults.rejectedButThere) console.log(`  ${one}`);
  const cuts = await tryPowerCuts(scenario, number, {
    place, seed, states: limit(values.states), first: found.powerCuts.filter((one) => one.scenario === scenario.name).map(({ state }) => state),
  });
  console.log(`${scenario.name}: ${cuts.steps} changes of the disk, ${cuts.states} states after a power cut: ${cuts.before} before, `
    + `${cuts.after} after, ${cuts.failures.length} failures, ${seconds()}`);
  for (const failure of [...faults.failures, ...cuts.failures]) console.error(failure);
  total.faults += faults.plans;
  total.states += cuts.states;
  total.failures += faults.failures.length + cuts.failures.length;
}
console.log(`seed ${seed}: ${total.faults} faults, ${total.states} states after a power cut, ${total.failures} failures`);
rmSync(place, { recursive: true, force: true });
process.exitCode = total.failures > 0 ? 1 : 0;
