import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { bundleWorker, runKillLoop } from './campaigns/kill-loop.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const CYCLES = 30;

describe('kill -9 of a committing process', () => {
  const seed = Date.now() % 1_000_000;
  it(`loses no acknowledged transaction and damages nothing, ${CYCLES} times (seed ${seed})`, async () => {
    const directory = scratch();
    const worker = await bundleWorker(directory, join(import.meta.dirname, 'campaigns/kill-worker.ts'));
    const counts = await runKillLoop({ cycles: CYCLES, seed, scratch: directory, worker });
    assert.deepEqual(counts.failures, []);
    assert.equal(counts.cycles, CYCLES);
    assert.ok(counts.acknowledged > CYCLES, `only ${counts.acknowledged} transactions`);
  });
});
