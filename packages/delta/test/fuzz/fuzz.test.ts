import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fuzzBriefly } from '../../src/testing/faults.ts';
import { targets } from './targets.ts';

const SEED = Date.now() % 1_000_000;
/** What once found something. */
const FOUND = join(import.meta.dirname, 'found.json');

describe(`readers of bytes from outside (seed ${SEED})`, async () => {
  for (const target of await targets()) {
    it(`${target.name}: mutants are read or refused, in bounded time and memory`, async () => {
      assert.deepEqual(await fuzzBriefly(target, FOUND, SEED), []);
    });
  }
});
