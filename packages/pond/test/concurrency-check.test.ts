import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { bundleWorker } from './campaigns/bundle-worker.ts';
import { checkConcurrency } from './campaigns/concurrency-check.ts';
import { scratchDirectories } from './scratch-directory.ts';

// The long form is npm run concurrency-check.
const scratch = scratchDirectories();
const OPERATIONS = 1200;

describe('processes that read, write and maintain one pond', () => {
  const seed = Date.now() % 1_000_000;
  it(`see whole transactions in order and lose none, ${OPERATIONS} operations (seed ${seed})`, async () => {
    const directory = scratch();
    const worker = await bundleWorker(directory, join(import.meta.dirname, 'campaigns/concurrency-worker'));
    const counts = await checkConcurrency({ scratch: directory, worker, processes: 3, operations: OPERATIONS, seed, writes: 12, speed: 120 });
    assert.deepEqual(counts.violations, []);
    assert.ok([...counts.operations.values()].reduce((sum, count) => sum + count, 0) === OPERATIONS);
    assert.ok(counts.transactions > OPERATIONS / 20, `${counts.transactions} transactions`);
  });
});
