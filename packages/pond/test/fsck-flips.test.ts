import { describe, expect, it } from 'vitest';
import { runFlips, type Variant } from './campaigns/flip-bytes.ts';
import { scratchDirectories } from './scratch-directory.ts';

// The long form is scripts/campaigns/flip-bytes.mjs.
const scratch = scratchDirectories();
const SEED = Number(process.env['POND_FLIP_SEED'] ?? 1);

describe('a pond with one damaged file', () => {
  const title = `answers rightly or with an error, and fsckStore() names the file (pond: %s, seed ${SEED})`;
  it.each<Variant>(['whole', 'records', 'runs'])(title, async (variant) => {
    // The pond with runs has many files.
    const part = variant === 'runs' ? { flips: 100, cuts: 0, shard: { number: 0, of: 3 } } : { flips: 120, cuts: 1 };
    const counts = await runFlips({ scratch: scratch(), seed: SEED, pondSize: 1, variant, mask: 1, ...part });
    expect(counts.failures).toEqual([]);
    expect(counts.found).toBeGreaterThan(counts.tried * 0.9);
  });
});
