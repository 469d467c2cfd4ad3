import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPond } from '../fake-effects.ts';

// The clock of these ponds begins at 2026-11-22T13:00:00Z.
const CSV = 'timestamp,temp,Batt.V\n2026-11-22T11:00:00Z,9,12\n2026-11-22T12:00:00Z,20,11.4\n2026-11-22T12:30:00Z,,\n';

test('check has a line and exit code 1 for each breach, and neither when all is well', async () => {
  const { pond, ok, cwd } = await testPond();
  writeFileSync(join(cwd, 'in.csv'), CSV);
  await ok(['copy', `host+series://${join(cwd, 'in.csv')}`, '/a.series']);
  const check = (limits: string): ReturnType<typeof pond> =>
    pond(['check', '-f', '-'], `checks: [{ pattern: "/*.series", ${limits} }]\n`);
  for (const well of ['stale: 31m', 'column: temp, above: 20, below: 20, rate: 11', 'battery: 11.4']) {
    expect(await check(well)).toEqual({ code: 0, stdout: '', stderr: '' });
  }
  for (const [limits, told] of [
    ['stale: 29m', 'the newest reading is of 2026-11-22T12:30:00Z, older than 29m'],
    ['column: temp, above: 19.9', 'temp is 20, above 19.9 (2026-11-22T12:00:00Z)'],
    ['column: temp, below: 20.1', 'temp is 20, below 20.1 (2026-11-22T12:00:00Z)'],
    ['column: temp, rate: 10.9', 'temp changes by 11 an hour, more than 10.9 (2026-11-22T12:00:00Z)'],
    ['battery: 11.5', 'Batt.V is 11.4, below 11.5 (2026-11-22T12:00:00Z)'],
  ] as const) {
    expect(await check(limits)).toMatchObject({ code: 1, stdout: `/a.series: ${told}\n` });
  }
  expect(await check('column: none, above: 1')).toMatchObject({ code: 1, stdout: '/*.series: no column none\n' });
  expect(await check('above: 1')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('has no column') as string });
  expect(await pond(['check'])).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: name a file with -f') as string });
  await ok(['mkdir', '-p', '/system/etc']);
  await ok(['copy', '-', '/system/etc/check.yaml'], 'checks: [{ pattern: "/none/*", stale: 1h }]\n');
  expect(await pond(['check'])).toMatchObject({ code: 1, stdout: '/none/*: no series\n' });
});
