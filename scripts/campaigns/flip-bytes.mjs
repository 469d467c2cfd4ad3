// Flips bytes of a small pond, cuts and removes its files, one at a time: node scripts/campaigns/flip-bytes.mjs --pond-size 2 --every
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    'pond-size': { type: 'string', default: '2' },
    flips: { type: 'string', default: '2000' },
    every: { type: 'boolean', default: false },
    mask: { type: 'string', default: '1' },
    cuts: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    /** whole, records (as after a restore) or runs (with a merged series). */
    variant: { type: 'string', default: 'whole' },
    /** NUMBER/OF: a part of the work, for several processes. */
    shard: { type: 'string', default: '0/1' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'duckpond-flips-'));
const { runFlips } = await load('pond/test/campaigns/flip-bytes', scratch);

const [number, of] = values.shard.split('/').map(Number);
const started = performance.now();
const line = ({ tried, found, harmless, refused, failures }) =>
  `${tried} damages, ${found} found by fsck, ${harmless} without a meaning, ${refused} refused by a read, ${failures.length} failures`;
let shown = 0;
const counts = await runFlips({
  scratch, seed: Number(values.seed), pondSize: Number(values['pond-size']), variant: values.variant,
  flips: values.every ? Number.POSITIVE_INFINITY : Number(values.flips),
  mask: Number(values.mask), cuts: Number(values.cuts), shard: { number, of },
  onProgress(so) {
    for (; shown < so.failures.length; shown++) console.error(so.failures[shown]);
    if (so.tried % 5000 === 0) console.error(line(so));
  },
});
for (; shown < counts.failures.length; shown++) console.error(counts.failures[shown]);
const seconds = (performance.now() - started) / 1000;
console.log(`${values.variant}, mask ${values.mask}, seed ${values.seed}: ${line(counts)}, ${seconds.toFixed(1)} s`);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = counts.failures.length > 0 ? 1 : 0;
