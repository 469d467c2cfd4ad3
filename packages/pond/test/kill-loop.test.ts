import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { bundleWorker } from './campaigns/bundle-worker.ts';
import { runKillLoop } from './campaigns/kill-loop.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const CYCLES = 30;
/** Seeds that once found something. */
const found: readonly { readonly seed: number; readonly cycles: number }[] =
  JSON.parse(readFileSync(join(import.meta.dirname, 'found/kill-seeds.json'), 'utf8'));

describe('kill -9 of a committing process', () => {
  for (const { seed, cycles } of [...found, { seed: Date.now() % 1_000_000, cycles: CYCLES }]) {
    it(`loses no acknowledged transaction and damages nothing, ${cycles} times (seed ${seed})`, async () => {
      const directory = scratch();
      const worker = await bundleWorker(directory, join(import.meta.dirname, 'campaigns/kill-worker'));
      const counts = await runKillLoop({ cycles, seed, scratch: directory, worker });
      assert.deepEqual(counts.failures, []);
      assert.equal(counts.cycles, cycles);
      assert.ok(counts.acknowledged > cycles / 2, `only ${counts.acknowledged} transactions`);
    });
  }
});
