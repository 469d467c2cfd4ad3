import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPond } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

it('ordinary commits keep the number of data files small: merged files are merged again', async () => {
  const directory = join(scratch(), 'pond');
  const pond = await createPond(directory);
  for (let i = 0; i < 800; i++) {
    await pond.write(async (fs) => { await (await fs.root()).write(`/d${i % 5}`, [Buffer.from(String(i))]); });
  }
  const log = join(directory, 'store/_delta_log');
  const hint = JSON.parse(readFileSync(join(directory, 'store/_state/_last'), 'utf8')) as { readonly deltaVersion: number };
  const checksum = readFileSync(join(log, `${String(hint.deltaVersion).padStart(20, '0')}.crc`), 'utf8');
  // At most 31 files of single transactions, and of each tier above at most 8: 800 transactions are 25 merges of the first tier.
  expect(Number(/"numFiles":(\d+)/.exec(checksum)?.[1])).toBeLessThanOrEqual(31 + 8 + 8);
  expect((checksum.match(/"duckpond.tier":"1"/g) ?? []).length).toBeLessThanOrEqual(8);
});
