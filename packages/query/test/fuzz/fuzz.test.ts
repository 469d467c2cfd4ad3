import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { fuzzBriefly } from '@duckpond/delta/testing/faults';
import { fileTargets, targets } from './targets.ts';

const SEED = Date.now() % 1_000_000;
/** What once found something. */
const FOUND = join(import.meta.dirname, 'found.json');

describe(`readers of bytes from outside (seed ${SEED})`, async () => {
  const files = await fileTargets();
  afterAll(files.close);
  for (const target of [...targets(), ...files.targets]) {
    it(`${target.name}: mutants are read or refused, in bounded time and memory`, async () => {
      assert.deepEqual(await fuzzBriefly(target, FOUND, SEED), []);
    });
  }
});
