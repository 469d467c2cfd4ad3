import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IngestOptions } from '../src/ingest.ts';
import { INLINE_BYTES, type TabularContent } from '../src/tabular-facts.ts';
import { openBench } from './formats/scan.ts';

const vega = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..');
const bench = await openBench([vega]);
const { directory, write } = bench;
const oracle = await (await DuckDBInstance.create(':memory:')).connect();

async function all(sql: string, values: string[] = []): Promise<unknown[][]> {
  return (await oracle.runAndReadAll(sql, values)).getRowsJS();
}

function take(format: string, paths: string | string[], options: Partial<IngestOptions> = {}, urlOptions: Record<string, string> = {}): Promise<TabularContent> {
  const source = { kind: 'file' as const, format, paths: typeof paths === 'string' ? [paths] : paths, options: urlOptions };
  return bench.engine.ingest(source, { spillDirectory: directory, ...options });
}

const leftovers = (): string[] => readdirSync(directory).filter((name) => /^(import|spool)-/.test(name));

describe('ingest()', () => {
  it('small rows are inline Arrow that apache-arrow reads, with facts', async () => {
    const content = await take('csv', write('a.csv', 'time,v,note\n2026-01-02 03:04:05,1.5,\n2026-01-01 00:00:00,,x\n'), { units: { v: 'm' } });
    expect(content.kind).toBe('inline');
    if (content.kind !== 'inline') return;
    expect(content.bytes.length).toBeLessThanOrEqual(INLINE_BYTES);
    const table = tableFromIPC(content.bytes);
    expect(table.schema.fields.map(({ name }) => name)).toEqual(['time', 'v', 'note']);
    expect([...(table.getChild('v') ?? [])]).toEqual([1.5, null]);
    expect(content.facts).toEqual({
      columns: [
        { name: 'time', type: 'TIMESTAMP', nulls: 0 },
        { name: 'v', type: 'DOUBLE', nulls: 1, unit: 'm' },
        { name: 'note', type: 'VARCHAR', nulls: 1 },
      ],
      rowCount: 2,
      timeColumn: 'time',
      timeMinMicros: BigInt(Date.parse('2026-01-01T00:00:00Z')) * 1000n,
      timeMaxMicros: BigInt(Date.parse('2026-01-02T03:04:05Z')) * 1000n,
    });
    expect(leftovers()).toEqual([]);
  });

  it('large rows are a Parquet file with the rows and facts that DuckDB finds', async () => {
    const path = `${directory}/large.csv`;
    await all(`COPY (SELECT i id, TIMESTAMPTZ '2020-01-01' + to_seconds(i) ts, CASE WHEN i % 7 = 0 THEN NULL ELSE i / 3 END v, 's' || i % 100 s
      FROM range(300000) t(i)) TO $1 (FORMAT csv)`, [path]);
    const content = await take('csv', path);
    expect(content.kind).toBe('file');
    if (content.kind !== 'file') return;
    expect(content.facts.rowCount).toBe(300_000);
    expect(content.facts.columns).toEqual([
      { name: 'id', type: 'BIGINT', nulls: 0 }, { name: 'ts', type: 'TIMESTAMP WITH TIME ZONE', nulls: 0 },
      { name: 'v', type: 'DOUBLE', nulls: 42_858 }, { name: 's', type: 'VARCHAR', nulls: 0 },
    ]);
    const [[least, greatest] = []] = await all('SELECT epoch_us(min(ts)), epoch_us(max(ts)) FROM read_parquet($1)', [content.path]);
    expect([content.facts.timeMinMicros, content.facts.timeMaxMicros]).toEqual([least, greatest]);
    expect(await all('FROM read_csv($1) EXCEPT ALL FROM read_parquet($2)', [path, content.path])).toEqual([]);
    expect(await all('SELECT DISTINCT compression FROM parquet_metadata($1)', [content.path])).toEqual([['ZSTD']]);
    expect(await all('SELECT max(row_group_num_rows) BETWEEN 122880 AND 130000 FROM parquet_metadata($1)', [content.path])).toEqual([[true]]);
  });

  it('a header alone keeps its columns', async () => {
    const { facts } = await take('csv', write('header.csv', 'a,time\n'));
    expect(facts).toEqual({ columns: [{ name: 'a', type: 'VARCHAR', nulls: 0 }, { name: 'time', type: 'VARCHAR', nulls: 0 }], rowCount: 0 });
  });

  it('a JSON column without any value has no type, and is stored so that any other unites with it', async () => {
    const content = await take('ndjson', write('n.ndjson', '{"a":1,"b":null}\n{"a":2,"b":null}\n'));
    expect(content.facts.columns).toEqual([{ name: 'a', type: 'BIGINT', nulls: 0 }, { name: 'b', type: '"NULL"', nulls: 2 }]);
    if (content.kind === 'inline') expect(String(tableFromIPC(content.bytes).schema.fields[1]?.type)).toBe('Bool');
  });

  it('types that Parquet does not have are stored by their rule', async () => {
    const path = `${directory}/types.arrow.parquet`;
    await all(`COPY (SELECT [1, NULL] l, {'a': 1, 'b': [2.5]} s, INTERVAL 3 DAY i, NULL n, DATE '2020-01-01' + x::INT d FROM range(3) t(x))
      TO $1 (FORMAT parquet)`, [path]);
    const { facts } = await take('parquet', path);
    expect(facts.columns.map(({ name, type, nulls }) => [name, type, nulls])).toEqual([
      ['l', 'INTEGER[]', 0], ['s', 'STRUCT(a INTEGER, b DECIMAL(2,1)[])', 0], ['i', 'INTERVAL', 0], ['n', 'INTEGER', 3], ['d', 'DATE', 0],
    ]);
    expect(facts.timeColumn).toBe('d');
    const typed = await take('csv', write('huge.csv', 'h\n123456789012345678901234567890\n'), {}, { types: 'h:HUGEINT' });
    expect(typed.facts.columns[0]?.type).toBe('DECIMAL(38,0)');
    if (typed.kind === 'inline') expect(String(tableFromIPC(typed.bytes).schema.fields[0]?.type)).toMatch(/^Decimal/);
  });

  it('units and descriptions travel in Parquet, and the caller wins', async () => {
    const path = `${directory}/big.csv`;
    await all('COPY (SELECT i a, hash(i) b, hash(i + 1) c FROM range(50000) t(i)) TO $1 (FORMAT csv)', [path]);
    const first = await take('csv', path, { units: { a: 'm/s', b: 'K' }, descriptions: { a: 'speed "of" it' } });
    if (first.kind !== 'file') throw new Error('a file was wanted');
    const second = await take('parquet', first.path, { units: { b: 'degC' } });
    expect(second.facts.columns).toEqual([
      { name: 'a', type: 'BIGINT', nulls: 0, unit: 'm/s', description: 'speed "of" it' }, { name: 'b', type: 'UBIGINT', nulls: 0, unit: 'degC' },
      { name: 'c', type: 'UBIGINT', nulls: 0 },
    ].map((column) => ({ ...column, type: second.facts.columns.find(({ name }) => name === column.name)?.type ?? '' })));
    await expect(take('csv', path, { units: { zzz: 'm' } })).rejects.toThrow(/Cannot describe column "zzz": there is no such column, one of "a", "b", "c"/);
  });

  it('names the time column by its rule', async () => {
    const timeOf = async (text: string, options: Partial<IngestOptions> = {}): Promise<unknown[]> => {
      const { facts } = await take('csv', write('t.csv', text), options);
      return [facts.timeColumn, facts.timeMinMicros];
    };
    expect(await timeOf('a,Date Time\n1,2020-01-01 00:00:00\n')).toEqual(['Date Time', 1577836800000000n]);
    expect(await timeOf('created,ts\n2020-01-01,1577836800\n')).toEqual(['ts', 1577836800000000n]);
    expect(await timeOf('created,ts_ms\n2020-01-02,1577836800001\n')).toEqual(['ts_ms', 1577836800001000n]);
    expect(await timeOf('created,time\n2020-01-02,17\n')).toEqual(['created', 1577923200000000n]);
    expect(await timeOf('a,b\n1,2\n')).toEqual([undefined, undefined]);
    expect(await timeOf('a,time\n2020-01-02,2021-01-02\n', { timeColumn: 'A' })).toEqual(['a', 1577923200000000n]);
    await expect(timeOf('a,time\nx,2021-01-02\n', { timeColumn: 'a' })).rejects.toThrow(/Cannot use "a" as time column: it is VARCHAR/);
    await expect(timeOf('a,time\nx,2021-01-02\n', { timeColumn: 'q' })).rejects.toThrow(/there is no such column, one of "a", "time" was wanted/);
  });

  it('bad rows are an error with line and column, and leave nothing behind', async () => {
    const before = leftovers();
    const path = write('mixed.csv', `id,a\n${'1,2\n'.repeat(200_000)}7,x\n`);
    await expect(take('csv', path)).rejects.toThrow(/^Cannot read ".*mixed.csv" line 200002 column "a": "x" is not a BIGINT/);
    expect(leftovers()).toEqual(before);
  });

  it('an aborted import rejects with the reason and leaves nothing behind', async () => {
    const before = leftovers();
    const controller = new AbortController();
    const path = `${directory}/slow.csv`;
    await all('COPY (SELECT i, hash(i) h, hash(i + 1) g FROM range(3000000) t(i)) TO $1 (FORMAT csv)', [path]);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(take('csv', path, { signal: controller.signal })).rejects.toThrow('enough');
    expect(leftovers()).toEqual(before);
  });

  it.each(['csv', 'tsv', 'json', 'parquet', 'arrow'])('every %s file of vega-datasets has the rows that DuckDB reads', async (format) => {
    const files = readdirSync(`${vega}/data`).filter((name) => name.endsWith(`.${format}`));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const path = `${vega}/data/${name}`;
      const { facts } = await take(format, path).then((content) => {
        if (content.kind === 'file') expect(existsSync(content.path)).toBe(true);
        return content;
      }, (error: unknown) => {
        throw new Error(`${name}: ${String(error)}`);
      });
      if (format === 'arrow') continue;
      const source = { csv: 'read_csv($1)', tsv: 'read_csv($1)', json: 'read_json($1)', parquet: 'read_parquet($1)' }[format] ?? '';
      const [[rows] = []] = await all(`SELECT count(*)::INT FROM ${source}`, [path]);
      expect(facts.rowCount, name).toBe(rows);
    }
  });
});
