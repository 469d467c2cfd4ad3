import { existsSync, readFileSync } from 'node:fs';
import { fuzz, type FuzzTarget } from './fuzz.ts';

const MUTANTS = 2_000;

/**
 * The short form of fuzzing that the tests of a package run; `npm run fuzz` is the long one.
 *
 * @param foundFile JSON of what once found something in that package, which is tried first; there may be none
 * @returns what went wrong: nothing, when all is well
 */
export async function fuzzBriefly(target: FuzzTarget, foundFile: string, seed: number): Promise<readonly string[]> {
  const found: readonly { readonly target: string; readonly base64: string }[] =
    existsSync(foundFile) ? JSON.parse(readFileSync(foundFile, 'utf8')) : [];
  const own = found.filter((one) => one.target === target.name).map(({ base64 }) => Buffer.from(base64, 'base64'));
  const { failures } = await fuzz(target, { mutants: Math.ceil(MUTANTS / (target.cost ?? 1)), seed, found: own });
  return failures.map(({ what }) => what);
}
