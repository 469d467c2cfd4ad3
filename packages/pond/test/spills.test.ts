import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { rowsOf } from './sql-pond.ts';

const scratch = scratchDirectories();
const SETTINGS = { settings: { 'sql.memory_limit': '64MiB', 'sql.threads': '2' } };

/** More than the memory limit, sorted. */
function sortOf(first: number): string {
  return `SELECT count(*), sum(x), sum(rn * (x % 1000)) FROM (
    SELECT x, row_number() OVER (ORDER BY hash(x), pad) AS rn
    FROM (SELECT i + ${first} AS x, repeat('y', 40) || i AS pad FROM range(700000) t(i)))`;
}

it('queries that spill at the same time have their own rows, and leave nothing behind', async () => {
  const directory = join(scratch(), 'pond');
  const ponds = [await createPond(directory), await openPond(directory)] as const;
  const alone = [await rowsOf(ponds[0], sortOf(1), SETTINGS), await rowsOf(ponds[0], sortOf(7), SETTINGS)];
  const together = await Promise.all([rowsOf(ponds[0], sortOf(1), SETTINGS), rowsOf(ponds[1], sortOf(7), SETTINGS)]);
  expect(together).toEqual(alone);
  for (const pond of ponds) await pond.close();
  expect(readdirSync(join(directory, 'cache', 'spill', 'pond-queries'))).toEqual([]);
}, 60_000);

it('what a process that is gone has spilled is removed, and nothing else', async () => {
  const directory = join(scratch(), 'pond');
  const pond = await createPond(directory);
  const own = join(directory, 'cache', 'spill', 'pond-queries');
  // No process has a number so high.
  const [gone, alive] = [join(own, '4194999-0123456789ab'), join(own, `${process.ppid}-0123456789ab`)];
  for (const left of [gone, alive, join(own, 'notes')]) {
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'duckdb_temp_storage_S96K-0.tmp'), 'x');
  }
  await rowsOf(pond, 'SELECT 1');
  await pond.close();
  expect([existsSync(gone), existsSync(alive), readdirSync(own).length]).toEqual([false, true, 2]);
});
