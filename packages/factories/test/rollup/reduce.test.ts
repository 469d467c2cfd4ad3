import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FactoryPond, openFactoryPond } from '../factory-pond.ts';

let at: FactoryPond;
beforeAll(async () => { at = await openFactoryPond(); });
afterAll(() => at.close());

const csv = (rows: readonly (readonly [time: string, ...values: unknown[]])[], header = 'timestamp,v'): string =>
  `${header}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const cacheFiles = (): readonly string[] => {
  const root = join(at.directory, 'pond/cache/computed');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true }).map((name) => join(root, String(name))).filter((path) => statSync(path).isFile());
};

describe('temporal-reduce', () => {
  it('makes a directory for each match with a series for each resolution, as SQL computes them', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => (
      [new Date(Date.UTC(2024, 1, 27) + n * 1_700_000).toISOString(), n, n % 7 === 0 ? '' : n / 3] as const));
    await at.append('/s/a b/r', csv(rows, 'timestamp,v,w'));
    await at.append('/s/c/r', csv([['2024-02-29T23:59:59Z', 1]]));
    await at.node('/r', 'temporal-reduce', `in_pattern: /s/*/r
out_pattern: site=$0
resolutions: [1h, 1d, 1mo]
aggregations:
  - { type: avg }
  - { type: min }
  - { type: max }
  - { type: sum }
  - { type: stddev }
  - { type: first }
  - { type: last }
  - { type: count, columns: ['*'] }
`);
    expect((await at.paths()).filter((path) => path.startsWith('/r/'))).toEqual([
      '/r/site=a b', '/r/site=a b/res=1d.series', '/r/site=a b/res=1h.series', '/r/site=a b/res=1mo.series',
      '/r/site=c', '/r/site=c/res=1d.series', '/r/site=c/res=1h.series', '/r/site=c/res=1mo.series',
    ]);
    for (const [length, unit] of [['1h', 'hour'], ['1d', 'day'], ['1mo', 'month']] as const) {
      const own = await at.rows(`SELECT epoch_us(timestamp), "timestamp.count", round("w.avg", 9), "v.min", "w.max", "v.sum"::BIGINT,
        round("w.stddev", 9), round("w.first", 9), round("w.last", 9), "w.count", "v.count" FROM '/r/site=a b/res=${length}.series'`);
      expect(own).toEqual(await at.rows(`SELECT epoch_us(date_trunc('${unit}', timestamp)) AS b, count(*), round(avg(w), 9), min(v), max(w),
        sum(v)::BIGINT, round(stddev(w), 9), round(arg_min(w, timestamp), 9), round(arg_max(w, timestamp), 9), count(w), count(v)
        FROM '/s/a b/r' GROUP BY b ORDER BY b`));
    }
    expect(await at.rows(`SELECT timestamp = TIMESTAMPTZ '2024-02-01', "v.avg" FROM '/r/site=c/res=1mo.series'`)).toEqual([[true, 1]]);
  });

  it('percentiles come from the rows, texts only when they are named, and only where a text can be', async () => {
    await at.append('/p', 'timestamp,v,name\n2024-01-01T00:00:00Z,1,b\n2024-01-01T00:20:00Z,2,a\n2024-01-01T05:00:00Z,10,c\n');
    await at.node('/rp', 'temporal-reduce', `in_pattern: /p
out_pattern: all
resolutions: [1h, 1d]
aggregations:
  - { type: percentile, percentiles: [50, 99.5] }
  - { type: max, columns: ['*', name] }
`);
    expect(await at.rows(`SELECT "v.p50", "v.max", "name.max" FROM '/rp/all/res=1d.series'`)).toEqual([[2, 10n, 'c']]);
    expect(await at.rows(`SELECT "v.p50" FROM '/rp/all/res=1h.series'`)).toEqual([[1.5], [10]]);
    const average = (column: string): string => (
      `in_pattern: /p\nout_pattern: all\nresolutions: [1h]\naggregations: [{ type: avg, columns: [${column}] }]\n`);
    await at.node('/rt', 'temporal-reduce', average('name'));
    await expect(at.rows("FROM '/rt/all/res=1h.series'")).rejects
      .toThrow('Cannot compute avg of "name": it is VARCHAR, numbers were wanted');
    await at.node('/rn', 'temporal-reduce', average('nothing'));
    await expect(at.rows("FROM '/rn/all/res=1h.series'")).rejects
      .toThrow('no aggregation means any of its columns ("v" BIGINT, "name" VARCHAR)');
  });

  it('several matches of one directory stand side by side, or as one', async () => {
    await at.append('/m/x', csv([['2024-01-01T00:00:00Z', 1]]));
    await at.append('/m/y', csv([['2024-01-01T00:10:00Z', 3]]));
    await at.node('/rm', 'temporal-reduce', "in_pattern: '/m/*'\nout_pattern: param\nresolutions: [1h]\naggregations: [{ type: avg }]\n");
    expect(await at.rows(`SELECT "x.v.avg", "y.v.avg" FROM '/rm/param/res=1h.series'`)).toEqual([[1, 3]]);
    const united = "in_pattern: '/m/*'\nout_pattern: param/deep\ncolumn_prefix: ''\nresolutions: [1h]\naggregations: [{ type: avg }]\n";
    await at.node('/ru', 'temporal-reduce', united);
    expect(await at.rows(`SELECT "v.avg" FROM '/ru/param/deep/res=1h.series'`)).toEqual([[2]]);
    await at.append('/m/z', csv([['2024-01-01T00:20:00Z', 5]]));
    expect(await at.rows(`SELECT "v.avg" FROM '/ru/param/deep/res=1h.series'`)).toEqual([[3]]);
    await at.remove('/m/x');
    expect(await at.rows(`SELECT "v.avg" FROM '/ru/param/deep/res=1h.series'`)).toEqual([[4]]);
  });

  it('reads tables, files of formats with numbers as times, joins and other rollups', async () => {
    await at.append('/tab', csv([['2024-01-01T00:00:00Z', 1]]), 'table');
    await at.data('/epoch.csv', 'when,v\n1704067200.5,4\n1704067300,6\n');
    await at.node('/j', 'timeseries-join', 'inputs:\n  - { pattern: /tab, scope: T }\n  - { pattern: /p, scope: P }\n');
    const reduce = (pattern: string, more = ''): string => (
      `in_pattern: ${pattern}\nout_pattern: o\nresolutions: [1d]\naggregations: [{ type: sum }]\n${more}`);
    await at.node('/r1', 'temporal-reduce', reduce('/tab'));
    await at.node('/r2', 'temporal-reduce', reduce('csv:///epoch.csv', 'time_column: when\ntime_unit: s\n'));
    await at.node('/r3', 'temporal-reduce', reduce('/j'));
    await at.node('/r4', 'temporal-reduce', reduce('/rp/all/res=1h.series'));
    expect(await at.rows(`SELECT "v.sum"::INTEGER FROM '/r1/o/res=1d.series'`)).toEqual([[1]]);
    expect(await at.rows(`SELECT "v.sum"::INTEGER FROM '/r2/o/res=1d.series'`)).toEqual([[10]]);
    expect(await at.rows(`SELECT "T.v.sum"::INTEGER, "P.v.sum"::INTEGER FROM '/r3/o/res=1d.series'`)).toEqual([[1, 13]]);
    expect(await at.rows(`SELECT "v.max.sum"::INTEGER FROM '/r4/o/res=1d.series'`)).toEqual([[12]]);
    await at.append('/tab', csv([['2024-01-01T00:00:00Z', 100]]), 'table');
    await at.append('/p', 'timestamp,v,name\n2024-01-01T09:00:00Z,1000,z\n');
    expect(await at.rows(`SELECT "v.sum"::INTEGER FROM '/r1/o/res=1d.series'`)).toEqual([[100]]);
    expect(await at.rows(`SELECT "T.v.sum"::INTEGER, "P.v.sum"::INTEGER FROM '/r3/o/res=1d.series'`)).toEqual([[100, 1013]]);
    expect(await at.rows(`SELECT "v.max.sum"::INTEGER FROM '/r4/o/res=1d.series'`)).toEqual([[1012]]);
  });

  it('follows other configs and schemas, older states, and the loss of its cache', async () => {
    await at.append('/f', csv([['2024-01-01T00:00:00Z', 1]]));
    const config = (type: string): string => `in_pattern: /f\nout_pattern: o\nresolutions: [1h, 1d]\naggregations: [{ type: ${type} }]\n`;
    await at.node('/rf', 'temporal-reduce', config('sum'));
    const sums = () => at.rows(`SELECT * EXCLUDE (timestamp) FROM '/rf/o/res=1d.series'`);
    expect(await sums()).toEqual([[1n]]);
    const { txnSeq } = await at.pond.transaction();
    await at.append('/f', csv([['2024-01-01T00:00:00Z', 2, 5]], 'timestamp,v,w'));
    expect(await sums()).toEqual([[3n, 5n]]);
    expect(await at.rows(`SELECT * EXCLUDE (timestamp) FROM '/rf/o/res=1d.series'`, { at: { txnSeq } })).toEqual([[1n]]);
    expect(await sums()).toEqual([[3n, 5n]]);
    for (const path of cacheFiles().filter((name) => name.endsWith('.parquet'))) writeFileSync(path, 'damaged');
    expect(await sums()).toEqual([[3n, 5n]]);
    rmSync(join(at.directory, 'pond/cache/computed'), { recursive: true });
    expect(await sums()).toEqual([[3n, 5n]]);
    await at.change('/rf', 'temporal-reduce', config('max'));
    expect(await sums()).toEqual([[2n, 5n]]);
  });

  it('rows without a time are left out, of rows of one time all count or the last', async () => {
    await at.append('/d', csv([['2024-01-01T00:00:00Z', 1], ['', 100], ['2024-01-01T00:00:00Z', 2]]));
    await at.append('/d', csv([['2024-01-01T00:00:00Z', 6]]));
    const config = 'in_pattern: /d\nout_pattern: o\nresolutions: [1d]\naggregations: [{ type: avg }]\n';
    await at.node('/rd', 'temporal-reduce', config);
    await at.node('/rl', 'temporal-reduce', `${config}on_duplicate: last\n`);
    expect(await at.rows(`SELECT "v.avg" FROM '/rd/o/res=1d.series'`)).toEqual([[3]]);
    expect(await at.rows(`SELECT "v.avg" FROM '/rl/o/res=1d.series'`)).toEqual([[6]]);
    await at.append('/d', csv([['2024-01-01T00:00:00Z', 7]]));
    expect(await at.rows(`SELECT "v.avg" FROM '/rl/o/res=1d.series'`)).toEqual([[7]]);
  });

  it('refuses configs with what is wrong in them', async () => {
    const refused = (config: string) => expect(at.node('/bad', 'temporal-reduce', config)).rejects;
    await refused('in_pattern: /a/*\nout_pattern: $1\nresolutions: [1h]\n').toThrow(/out_pattern: .*\$1 has no capture/);
    await refused('in_pattern: /a/*\nout_pattern: $0\nresolutions: [1x]\n').toThrow('line 3: resolutions[0]: is "1x", a duration such as');
    await refused('in_pattern: /a/*\nout_pattern: $0\nresolutions: [60m, 1h]\n').toThrow('resolutions[1]: is "1h" again');
    await refused('in_pattern: /a/*\nout_pattern: $0\ntime_zone: Mars\nresolutions: [1h]\n')
      .toThrow('line 3: time_zone: is "Mars", the name of a time zone');
    await refused('in_pattern: /a/*\nresolutions: [1h]\n').toThrow('out_pattern: is missing, a directory was wanted');
    await refused('in_pattern: /a/*\nout_pattern: $0\nresolutions: [1h]\naggregations: [{ type: percentile }]\n')
      .toThrow('aggregations[0].percentiles: is missing');
  });
});

/** What stands between the rows and their rollup. */
const SOURCES: readonly { readonly factory: string; readonly config?: (path: string, duplicates: string) => string }[] = [
  { factory: 'none' },
  { factory: 'timeseries-join', config: (path, duplicates) => `inputs: [{ pattern: ${path}, on_duplicate: ${duplicates} }]\n` },
  { factory: 'column-rename', config: (path) => `input: ${path}\nrules: [{ type: direct, from: w, cast: int64 }]\n` },
  { factory: 'sql-derived-series', config: (path) => `patterns: { s: ${path} }\nquery: SELECT *, v + 1 AS x FROM s WHERE v > -1000\n` },
  // A row of this may depend on any other, as far as its parse tree tells.
  { factory: 'sql-derived-series', config: (path) => `patterns: { s: ${path} }\nquery: FROM (SELECT timestamp, v, w FROM s)\n` },
];

describe('incrementally', () => {
  const minute = fc.integer({ min: 0, max: 3 * 24 * 60 });
  const row = fc.tuple(minute, fc.integer({ min: -50, max: 50 }), fc.boolean());
  const appends = fc.array(fc.oneof(
    { weight: 2, arbitrary: fc.array(row, { minLength: 1, maxLength: 20 }) },
    // One after another, as from a collector.
    {
      weight: 3,
      arbitrary: fc.tuple(minute, fc.integer({ min: 1, max: 40 }))
        .map(([start, count]) => Array.from({ length: count }, (_, n) => [start + n, n, true] as const)),
    },
  ), { minLength: 1, maxLength: 7 });

  it('equals a computation of all rows, whatever comes late, twice or corrected', async () => {
    let run = 0;
    await fc.assert(fc.asyncProperty(appends, fc.constantFrom('UTC', 'America/Los_Angeles'), fc.constantFrom('all', 'last'), fc.constantFrom(...SOURCES),
      async (batches, zone, duplicates, source) => {
        run += 1;
        const [path, node] = [`/inc/${run}/s`, `/inc/${run}/r`];
        const start = Date.UTC(2024, 10, 2);
        await at.append(path, csv([['2024-11-02T00:00:00Z', 0, 0]], 'timestamp,v,w'));
        const config = source.config?.(path, duplicates);
        if (config !== undefined) await at.node(`/inc/${run}/j`, source.factory, config);
        await at.node(node, 'temporal-reduce', `in_pattern: ${config === undefined ? path : `/inc/${run}/j`}
out_pattern: o
time_zone: ${zone}
resolutions: [10m, 1h, 6h, 1d, 1w]
aggregations: [{ type: avg }, { type: min }, { type: last }, { type: stddev }, { type: count, columns: [timestamp, w] }]
on_duplicate: ${duplicates}
`);
        const all = `(SELECT *, row_number() OVER () AS rn FROM '${path}')`;
        const last = `(SELECT * FROM ${all} QUALIFY row_number() OVER (PARTITION BY timestamp ORDER BY rn DESC) = 1)`;
        const rows = duplicates === 'all' ? all : last;
        for (const batch of batches) {
          const added = batch.map(([minutes, v, hasW], n) => (
            [new Date(start + minutes * 60_000).toISOString(), v, hasW || n === 0 ? v * 2 : ''] as const));
          await at.append(path, csv(added, 'timestamp,v,w'));
          for (const [length, unit] of [['10m', undefined], ['1h', 'hour'], ['1d', 'day'], ['1w', 'week']] as const) {
            const bucket = unit === undefined ? "time_bucket(INTERVAL '10 minutes', timestamp)"
              : unit === 'hour' ? "date_trunc('hour', timestamp)"
                : `date_trunc('${unit}', timestamp AT TIME ZONE '${zone}') AT TIME ZONE '${zone}'`;
            const own = await at.rows(`SELECT epoch_us(timestamp), "timestamp.count", round("v.avg", 6), "v.min", "v.last",
              round("v.stddev", 6), "w.count" FROM '${node}/o/res=${length}.series'`);
            expect(own, length).toEqual(await at.rows(`SELECT epoch_us(${bucket}) AS b, count(*), round(avg(v), 6), min(v),
              arg_max(v, (timestamp, v)), round(stddev(v), 6), count(w) FROM ${rows} GROUP BY b ORDER BY b`));
          }
        }
      }), { numRuns: Number(process.env['DUCKPOND_RUNS'] ?? 4), endOnFailure: true });
  });

  it('computes everything where a row depends on others, and keeps nothing where it depends on the time', async () => {
    await at.append('/dep', csv([['2024-01-01T00:00:00Z', 1], ['2024-02-01T00:00:00Z', 2]]));
    const derived = (query: string): string => `patterns: { s: /dep }\nquery: ${query}\n`;
    await at.node('/dep1', 'sql-derived-series', derived('SELECT timestamp, max(v) OVER () AS v FROM s'));
    await at.node('/dep2', 'sql-derived-series', derived('SELECT timestamp, v + 0 * epoch(now()) AS v FROM s'));
    const reduce = (path: string): string => `in_pattern: ${path}\nout_pattern: o\nresolutions: [1d]\naggregations: [{ type: max }]\n`;
    for (const n of [1, 2]) await at.node(`/rdep${n}`, 'temporal-reduce', reduce(`/dep${n}`));
    const maxima = (n: number) => at.rows(`SELECT "v.max"::INTEGER FROM '/rdep${n}/o/res=1d.series'`);
    expect([await maxima(1), await maxima(2)]).toEqual([[[2], [2]], [[1], [2]]]);
    const files = cacheFiles().length;
    await at.append('/dep', csv([['2024-02-01T01:00:00Z', 9]]));
    expect([await maxima(1), await maxima(2)]).toEqual([[[9], [9]], [[1], [9]]]);
    await maxima(2);
    // The file before it, for those who read it still, and the new one.
    expect(cacheFiles().length).toBe(files + 1);
  });

  it('writes only what is near the new rows', async () => {
    const hours = Array.from({ length: 60_000 }, (_, n) => [new Date(Date.UTC(2010, 0, 1) + n * 3_600_000).toISOString(), n] as const);
    await at.append('/near', csv(hours));
    const config = 'in_pattern: /near\nout_pattern: o\nresolutions: [1h, 1d]\naggregations: [{ type: sum }]\n';
    await at.node('/rnear', 'temporal-reduce', config);
    const sum = () => at.rows(`SELECT count(*), sum("v.sum")::BIGINT FROM '/rnear/o/res=1d.series'`);
    expect(await sum()).toEqual([[2500n, 1_799_970_000n]]);
    const partials = (): readonly string[] => cacheFiles().filter((path) => path.endsWith('.parquet'));
    const size = (): number => partials().reduce((total, path) => total + statSync(path).size, 0);
    const before = size();
    await at.append('/near', csv([['2010-01-20T00:30:00Z', 1], ['2016-03-25T07:30:00Z', 10]]));
    expect(await sum()).toEqual([[2500n, 1_799_970_011n]]);
    expect(size() - before).toBeLessThan(before / 4);
  });
});
