import { describe, expect, it } from 'vitest';
import { runFlips, type Variant } from './campaigns/flip-bytes.ts';
import { scratchDirectories } from './scratch-directory.ts';

// The long form is scripts/campaigns/flip-bytes.mjs.
const scratch = scratchDirectories();
const SEED = Number(process.env['POND_FLIP_SEED'] ?? 1);

describe('a pond with one damaged file', () => {
  const title = `answers rightly or with an error, and fsckStore() names the file (pond: %s, seed ${SEED})`;
  it.each<Variant>(['whole', 'records', 'runs'])(title, async (variant) => {
    const counts = await runFlips({ scratch: scratch(), seed: SEED, pondSize: 1, variant, flips: variant === 'runs' ? 40 : 120, mask: 1, cuts: variant === 'runs' ? 0 : 1, shard: { number: 0, of: variant === 'runs' ? 4 : 1 } });
    expect(counts.failures).toEqual([]);
    expect(counts.found).toBeGreaterThan(counts.tried * 0.9);
  });
});
