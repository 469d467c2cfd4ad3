import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fuzz, type FuzzTarget } from '@duckpond/oplog/testing/faults';
import { targets } from './targets.ts';

// The long form is npm run fuzz.
const SEED = Date.now() % 1_000_000;
const MUTANTS = 2_000;
/** What once found something. */
const file = join(import.meta.dirname, 'found.json');
const found: readonly { readonly target: string; readonly base64: string }[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];

async function attack(target: FuzzTarget): Promise<void> {
  const mutants = Math.ceil(MUTANTS / (target.cost ?? 1));
  const first = found.filter((one) => one.target === target.name).map(({ base64 }) => Buffer.from(base64, 'base64'));
  const { failures } = await fuzz(target, { mutants, seed: SEED, found: first });
  assert.deepEqual(failures.map(({ what }) => what), []);
}

describe(`readers of bytes from outside (seed ${SEED})`, async () => {
  for (const target of await targets()) {
    it(`${target.name}: mutants are read or refused, in bounded time and memory`, () => attack(target));
  }
});
