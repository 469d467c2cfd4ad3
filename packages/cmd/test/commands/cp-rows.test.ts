import { expect, test } from 'vitest';
import { testPond } from '../fake-effects.ts';

const line = (i: number): string =>
  `{"t":"2026-01-01T00:00:${String(i % 60).padStart(2, '0')}Z","v":${i}${i > 30 ? `,"more":"${i}"` : ''}}\n`;

test('cp of series and tables has their rows and what is known of them, also when versions are merged', async () => {
  const { ok, pond } = await testPond();
  const input = Array.from({ length: 40 }, (_, i) => line(i)).join('');
  await ok(['append', '/d/s', '--batch-rows', '1'], input);
  await ok(['set-column', '/d/s', 'v', '--unit', 'm']);
  await ok(['sql', 'SELECT 1']);
  await ok(['maintain', '--compact', '--vacuum']);
  await ok(['copy', '/d/s', '-', '--format', 'csv']);
  await ok(['cp', '-r', '/d', '/e']);
  expect((await ok(['cp', '/d/s', '/dry', '--dry-run']))).toBe('would copy /d/s -> /dry\n');
  const rows = async (path: string): Promise<string> => ok(['cat', path, '--format', 'csv']);
  expect(await rows('/e/s')).toBe(await rows('/d/s'));
  const facts = async (path: string): Promise<unknown> => {
    const [described] = JSON.parse(await ok(['describe', path, '--json'])) as readonly Record<string, unknown>[];
    return ['columns', 'rows', 'time_column', 'time_min', 'time_max'].map((key) => described?.[key] ?? `no ${key}`);
  };
  expect(await facts('/e/s')).toEqual(await facts('/d/s'));
  expect(await facts('/e/s')).toContain('t');
  expect(await ok(['count', '/e/s'])).toBe(await ok(['count', '/d/s']));
  await ok(['cp', '/e/s', '/d/s']);
  expect(await ok(['count', '/d/s'])).toContain('80');
  await ok(['copy', '-', '/t.csv'], 'time,a\n2026-01-01,1\n2026-01-02,\n');
  expect((await pond(['cp', '/e/s', '/t.csv'])).stderr).toContain('a series');
});
