import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { bundleProgram } from './campaigns/bundle-program.ts';
import { runYear, YEAR_ID, YEAR_SECRET } from './campaigns/year.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

test('a year with faults of every kind, killed and restarted, stores what the server has: no gap, no duplicate, no secret', async () => {
  const directory = scratch();
  const worker = await bundleProgram('year-worker', directory);
  const seed = Math.floor(Math.random() * 1e6);
  const report = await runYear({ seed, scratch: directory, worker, everyDays: 36, devices: 2, faultRate: 0.06, killRate: 0.5, killMillis: 700 });
  const { counts, leastPages } = report;
  const told = `seed ${seed}: ${JSON.stringify({ ...report, differences: report.differences.length })}`;
  expect(report.differences.slice(0, 5), told).toEqual([]);
  expect(counts.refused, told).toBe(0);
  expect(counts.data, told).toBeLessThanOrEqual(leastPages * 1.1);
  const basic = Buffer.from(`${encodeURIComponent(YEAR_ID)}:${encodeURIComponent(YEAR_SECRET)}`).toString('base64');
  for (const secret of [YEAR_SECRET, encodeURIComponent(YEAR_SECRET), YEAR_ID, basic, 'token-']) {
    expect(spawnSync('grep', ['-rlaF', '--', secret, `${directory}/pond`], { encoding: 'utf8' }).stdout, secret).toBe('');
  }
}, 180_000);
