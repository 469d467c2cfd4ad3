import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testPond } from '../fake-effects.ts';

const JOIN = `inputs:
  - { pattern: /a.csv, scope: A }
  - { pattern: /b.csv, scope: B }
`;
const REDUCE = `in_pattern: /joined
out_pattern: all
resolutions: [1d]
aggregations: [{ type: max }]
`;

describe('computed tables and series', () => {
  it('are described, counted and shown in the order of their times, and copied out', async () => {
    const { ok, cwd } = await testPond();
    // The last time of the first input comes behind those that only the second one has.
    await ok(['copy', '-', '/a.csv'], 'timestamp,v\n2024-01-01T00:00:00Z,1\n2024-01-03T00:00:00Z,3\n');
    await ok(['copy', '-', '/b.csv'], 'timestamp,v\n2024-01-02T00:00:00Z,2\n2024-01-02T12:00:00Z,4\n');
    writeFileSync(join(cwd, 'join.yaml'), JOIN);
    writeFileSync(join(cwd, 'reduce.yaml'), REDUCE);
    await ok(['mknod', 'timeseries-join', '/joined', '--config-path', 'join.yaml']);
    await ok(['mknod', 'temporal-reduce', '/reduced', '--config-path', 'reduce.yaml']);
    expect(await ok(['cat', '/joined', '--format', 'csv'])).toBe(
      'timestamp,A.v,B.v\n2024-01-01T00:00:00Z,1,\n2024-01-02T00:00:00Z,,2\n2024-01-02T12:00:00Z,,4\n2024-01-03T00:00:00Z,3,\n');
    expect(await ok(['tail', '-n', '1', '/joined', '--format', 'csv'])).toBe('timestamp,A.v,B.v\n2024-01-03T00:00:00Z,3,\n');
    expect(await ok(['head', '-n', '2', '/joined', '--format', 'csv'])).toContain('2024-01-02T00:00:00Z,,2\n');
    expect(await ok(['count', '/reduced/all/res=1d.series'])).toBe('3\n');
    const [described] = JSON.parse(await ok(['describe', '/reduced/all/res=1d.series', '--format', 'json'])) as Record<string, unknown>[];
    expect(described).toMatchObject({
      kind: 'series', rows: 3, versions: null, size: null, time_column: 'timestamp',
      time_min: '2024-01-01T00:00:00Z', time_max: '2024-01-03T00:00:00Z',
    });
    expect(await ok(['list', '-l', '/reduced/all/*'])).toMatch(/series +- /);
    await ok(['copy', '/reduced/all/res=1d.series', `host://${join(cwd, 'out')}`]);
    expect(await ok(['cat', `host+parquet://${join(cwd, 'out/reduced/all/res=1d.series')}`, '--format', 'csv'])).toBe(
      await ok(['cat', '/reduced/all/res=1d.series', '--format', 'csv']));
  });
});
