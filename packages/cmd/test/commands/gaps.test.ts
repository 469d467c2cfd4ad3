import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

const START_SECONDS = Date.UTC(2024, 0, 1) / 1000;

/** Puts readings at seconds after the start into a series. */
async function series(pond: TestPond, path: string, seconds: readonly number[]): Promise<void> {
  const file = join(pond.cwd, 'in.csv');
  const lines = seconds.map((second) => `${new Date((START_SECONDS + second) * 1000).toISOString()},1.5\n`);
  writeFileSync(file, `timestamp,temp\n${lines.join('')}`);
  await pond.ok(['copy', `host+series://${file}`, path]);
}

const hole = (path: string, from: number, to: number, step: number): unknown => ({
  path, from: time(from), to: time(to), length_seconds: to - from, step_seconds: step, missing: Math.ceil((to - from) / step - 1.5),
});
const time = (second: number): string => new Date((START_SECONDS + second) * 1000).toISOString().replace('.000', '');

test('gaps lists the holes of each series of a pattern, with the step that is usual there', async () => {
  const made = await testPond();
  await series(made, '/a.series', [0, 60, 120, 300, 360, 420]);
  await series(made, '/b.series', [0, 900, 1800, 2700]);
  await series(made, '/c.series', [0, 900, 1800, 5400]);
  expect(JSON.parse(await made.ok(['gaps', '/*.series', '--json']))).toEqual([
    hole('/a.series', 120, 300, 60), hole('/c.series', 1800, 5400, 900),
  ]);
  expect(await made.ok(['gaps', '/a.series'])).toBe(
    '2024-01-01T00:02:00Z..2024-01-01T00:05:00Z  3m00s  2 readings missing  /a.series\n');
  expect(JSON.parse(await made.ok(['gaps', '/b.series', '--every', '10m', '--json']))).toEqual([]);
  expect(JSON.parse(await made.ok(['gaps', '/b.series', '--every', '5m', '--json']))).toHaveLength(3);
});

test('gaps of readings that come late, twice and in any order are those of the sorted distinct times', async () => {
  const made = await testPond();
  let at = 0;
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 5 }),
    async (versions, step) => {
      const path = `/s${at += 1}.series`;
      for (const seconds of versions) await series(made, path, seconds);
      const times = [...new Set(versions.flat())].sort((a, b) => a - b);
      const wanted = times.flatMap((to, index) => {
        const from = times[index - 1] ?? to;
        return to - from > 1.5 * step ? [hole(path, from, to, step)] : [];
      });
      expect(JSON.parse(await made.ok(['gaps', path, '--every', `${step}s`, '--json']))).toEqual(wanted);
    },
  ), { numRuns: 6 });
});

test('gaps of a series with one reading are none, and of a table without times an error', async () => {
  const made = await testPond();
  await series(made, '/one.series', [0]);
  expect(await made.ok(['gaps', '/one.series'])).toBe('');
  expect(await made.ok(['gaps', '/none*'])).toBe('');
  const file = join(made.cwd, 't.csv');
  writeFileSync(file, 'a,b\n1,2\n');
  await made.ok(['copy', `host+table://${file}`, '/t.table']);
  expect(await made.pond(['gaps', '/t.table'])).toMatchObject({ code: 1, stderr: expect.stringContaining('no column of times') as string });
  expect((await made.pond(['gaps', '/one.series', '--every', '0s'])).code).toBe(2);
});

test('gaps reads a file of the host by its URL', async () => {
  const made = await testPond();
  const file = join(made.cwd, 'h.csv');
  writeFileSync(file, 'timestamp,v\n2024-01-01 00:00:00,1\n2024-01-01 00:01:00,1\n2024-01-01 00:02:00,1\n2024-01-01 00:09:00,1\n');
  expect(JSON.parse(await made.ok(['gaps', `host+csv://${file}`, '--json']))).toMatchObject([{ length_seconds: 420, missing: 6 }]);
});
