// Processes at work on one pond, and whether what they see can be: npm run concurrency-check -- --operations 1000000 --seed 1
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, load } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    processes: { type: 'string', default: '4' },
    /** How many of 100 operations write. */
    writes: { type: 'string', default: '5' },
    /** How much faster the clock runs. */
    speed: { type: 'string', default: '120' },
    /** The operations are done in rounds of so many, each on a pond of its own. */
    round: { type: 'string', default: '50000' },
    directory: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
});
const operations = Number(values.operations);
const seed = Number(values.seed);
const total = { operations: new Map(), transactions: 0, commits: 0, conflicts: 0, violations: 0 };
const started = performance.now();
const bundles = mkdtempSync(join(tmpdir(), 'duckpond-concurrency-'));
const worker = await bundle('pond/test/campaigns/concurrency-worker', bundles);
const { checkConcurrency } = await load('pond/test/campaigns/concurrency-check', bundles);

function tell() {
  const all = [...total.operations.values()].reduce((sum, count) => sum + count, 0);
  const named = [...total.operations].map(([name, count]) => `${name} ${count}`).join(', ');
  return `seed ${seed}, ${values.processes} processes: ${all} operations, ${total.transactions} transactions in ${total.commits} commits, `
    + `${total.conflicts} conflicts, ${total.violations} violations, ${((performance.now() - started) / 1000).toFixed(0)} s\n  ${named}`;
}

for (let done = 0, round = 0; done < operations; round++) {
  const share = Math.min(Number(values.round), operations - done);
  const scratch = mkdtempSync(join(values.directory, 'duckpond-concurrency-'));
  const counts = await checkConcurrency({
    scratch, worker, processes: Number(values.processes), operations: share, seed: seed + round, writes: Number(values.writes), speed: Number(values.speed),
  });
  for (const [name, count] of counts.operations) total.operations.set(name, (total.operations.get(name) ?? 0) + count);
  total.transactions += counts.transactions;
  total.commits += counts.commits;
  total.conflicts += counts.conflicts;
  total.violations += counts.violations.length;
  for (const violation of counts.violations) console.error(`seed ${seed + round}: ${violation}`);
  if (counts.violations.length === 0) rmSync(scratch, { recursive: true, force: true });
  else console.error(`The pond is in ${scratch}`);
  done += share;
  if (done < operations) console.error(tell());
}
console.log(tell());
rmSync(bundles, { recursive: true, force: true });
process.exitCode = total.violations > 0 ? 1 : 0;
