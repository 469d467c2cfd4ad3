// Kills a committing process again and again: npm run kill-loop -- --cycles 10000 --seed 1
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, load } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    /** Where the ponds are made: a disk whose fsync takes its time, or one in memory. */
    directory: { type: 'string', default: tmpdir() },
  },
});
const scratch = mkdtempSync(join(values.directory, 'duckpond-kill-'));
const worker = await bundle('pond/test/campaigns/kill-worker', scratch);
const { runKillLoop } = await load('pond/test/campaigns/kill-loop', scratch);
const found = JSON.parse(readFileSync(join(import.meta.dirname, '../../packages/pond/test/found/kill-seeds.json'), 'utf8'));

const line = ({ cycles, acknowledged, unacknowledgedButThere, lost, damaged }) =>
  `${cycles} cycles, ${acknowledged} acknowledged transactions, ${unacknowledgedButThere} unacknowledged but whole, ${lost} lost, ${damaged} damaged`;
const table = (map) => [...map].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${what} ${count}`).join(', ');
let failures = 0;
for (const { seed, cycles } of [...found, { seed: Number(values.seed), cycles: Number(values.cycles) }]) {
  const started = performance.now();
  let shown = 0;
  const show = (so) => { for (; shown < so.failures.length; shown++) console.error(so.failures[shown]); };
  const counts = await runKillLoop({
    cycles, seed, scratch, worker,
    onProgress(so) {
      show(so);
      if (so.cycles % 500 === 0) console.error(`${line(so)}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    },
  });
  show(counts);
  failures += counts.failures.length;
  console.log(`seed ${seed}: ${line(counts)}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`  killed in ${table(counts.steps)}`);
  console.log(`  of these by themselves ${table(counts.places)}`);
}
if (failures === 0) rmSync(scratch, { recursive: true, force: true });
else console.error(`The damaged ponds are in ${scratch}`);
process.exitCode = failures > 0 ? 1 : 0;
