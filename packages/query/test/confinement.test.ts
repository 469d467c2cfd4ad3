import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostCatalog } from '../src/host-catalog.ts';
import { tableNames } from '../src/table-names.ts';
import { openBench } from './formats/scan.ts';

const bench = await openBench();
const outside = '/etc/hosts';
const NONE = { catalog: { resolve: () => Promise.resolve(undefined) } };

async function rows(sql: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of (await bench.engine.query(sql, NONE)).rows()) all.push(row);
  return all;
}

describe('a query', () => {
  const log = join(bench.directory, 'log');
  const calls = [
    `FROM enable_logging(storage = 'file', storage_config = {'path': '${log}'}); SELECT 1`,
    `FROM enable_logging()`, `FROM "Enable_Logging" ()`, `FROM system.main.enable_logging()`, `SELECT * FROM range(2), ENABLE_LOGGING()`,
    `FROM enable_logging/* /* */ */()`, `FROM enable_logging\u00a0()`, `FROM enable_logging\u200b()`, `SELECT 1 --\r FROM enable_logging()`,
    `FROM enable_profiling(save_location = '${log}.txt')`, `FROM disable_logging()`, `FROM enable_peg_parser()`, `FROM checkpoint()`,
    `FROM force_checkpoint()`, `FROM truncate_duckdb_logs()`,
    `FROM query('FROM enable_' || 'logging()')`, `SELECT * FROM query('FROM read_text(''${outside}'')')`, `FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_' || 'logging()'))`,
    `CREATE TEMP MACRO m() AS TABLE FROM enable_logging(); FROM m()`, `CREATE TEMP MACRO m(q) AS TABLE FROM query(q); FROM m('SELECT 1')`,
    `CREATE TEMP VIEW v AS FROM disable_logging(); FROM v`, `EXPLAIN ANALYZE FROM disable_logging()`,
    `WITH a AS (FROM disable_logging()) FROM a`, `SELECT (FROM disable_logging())`, `SET VARIABLE a = (FROM disable_logging())`,
    `PIVOT disable_logging() ON a`,
  ];
  it.each(calls)('cannot turn on logs, change the parser or run hidden text: %s', async (sql) => {
    await expect(rows(sql)).rejects.toMatchObject({ code: 'not-a-query' });
    expect(readdirSync(bench.directory).filter((name) => name.startsWith('log'))).toEqual([]);
  });

  it('may name things after such functions', async () => {
    expect(await rows(`SELECT checkpoint FROM (SELECT 1 AS checkpoint) AS query(checkpoint)`)).toEqual([[1]]);
    expect(await rows(`SELECT 'FROM enable_logging()' AS "disable_logging"`)).toEqual([['FROM enable_logging()']]);
  });

  const functions = [
    'read_csv', 'read_csv_auto', 'read_json', 'read_json_auto', 'read_ndjson', 'read_json_objects', 'read_ndjson_objects', 'read_parquet',
    'parquet_scan', 'read_text', 'read_blob', 'glob', 'sniff_csv', 'parquet_metadata', 'parquet_schema', 'parquet_file_metadata',
    'parquet_kv_metadata', 'parquet_full_metadata', 'read_duckdb',
  ];
  it.each(functions)('cannot read outside of its directories by %s', async (name) => {
    const ways = [
      outside, `file://${outside}`, `${bench.directory}/../../..${outside}`, `${bench.directory}/x/../../../../..${outside}`,
      '/etc/host*', 'hosts', '/dev/stdin',
    ];
    for (const path of ways) {
      await expect(rows(`FROM ${name}('${path}')`), path).rejects.toThrow(/Permission|disabled|No files found|not able|Cannot open|No such/);
    }
  });

  const statements = [
    `COPY (SELECT 1) TO '${log}'`, `COPY t FROM '${outside}'`, `ATTACH '${log}'`, `DETACH memory`, `INSTALL httpfs`, `LOAD httpfs`,
    `SET memory_limit = '1GB'`, `RESET memory_limit`, `PRAGMA memory_limit = '1GB'`, `PRAGMA enable_profiling`, `PRAGMA enable_logging`,
    `PRAGMA json_execute_serialized_sql('')`, `PRAGMA import_database('${log}')`, `EXPORT DATABASE '${log}'`, `IMPORT DATABASE '${log}'`,
    `CALL enable_logging()`, `PREPARE p AS SELECT 1`, `EXECUTE p`, `CREATE SECRET s (TYPE s3)`, `USE memory`, `BEGIN`, `COMMIT`, `CHECKPOINT`,
    `CREATE TABLE t AS SELECT 1`, `INSERT INTO t VALUES (1)`, `SELECT 1; COPY (SELECT 1) TO '${log}'`, `SELECT 1 --\r; COPY (SELECT 1) TO '${log}'`,
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${log}'`, `CREATE TEMP TABLE t AS SELECT 1; COPY t TO '${log}'`,
  ];
  it.each(statements)('is all that runs: %j is refused', async (sql) => {
    await expect(rows(sql)).rejects.toMatchObject({ code: 'not-a-query' });
    expect(existsSync(log)).toBe(false);
  });

  it('has no environment', async () => {
    await expect(rows(`SELECT getenv('HOME')`)).rejects.toThrow(/does not exist/);
  });

  it('takes spaces of any script for spaces', async () => {
    expect(await rows('SELECT\u00a01\u200b+\u30002')).toEqual([[3]]);
  });
});

describe('a URL of the host', () => {
  writeFileSync(join(bench.directory, 'a.csv'), 'a\n1\n');
  const url = `host+csv://${bench.directory}/a.csv`;

  it('opens a file only where a table is named', async () => {
    for (const sql of [
      `SELECT '${url}'`, `SELECT 1, '${url}'`, `SELECT * FROM t WHERE a = '${url}'`, `SELECT * FROM t WHERE a IN ('x', '${url}')`,
      `SELECT f('${url}')`, `SELECT * FROM range(1) AS t(a), f('${url}')`, `VALUES ('${url}')`, `FROM (VALUES ('x', '${url}'))`,
      `SELECT ['${url}', '${url}']`, `SELECT {'a': '${url}'}`, `SELECT * FROM t GROUP BY a, '${url}'`, `-- FROM '${url}'\nSELECT 1`,
      `SET VARIABLE a = '${url}'`, `SELECT * FROM read_text('${url}')`, `SELECT * FROM f(['x', '${url}'])`,
    ]) expect((await hostCatalog(sql)).paths, sql).toEqual([]);
  });

  it('opens it wherever a table is named', () => {
    for (const sql of [
      `FROM '${url}'`, `SELECT * FROM t, '${url}'`, `SELECT * FROM t JOIN "${url}" ON a = b`, `SELECT * FROM ('${url}' JOIN t USING (a))`,
      `SELECT * FROM t, LATERAL (SELECT * FROM '${url}')`, `WITH c AS (FROM '${url}') FROM c`, `SELECT (SELECT max(a) FROM '${url}')`,
      `SELECT a IN (FROM '${url}') FROM t`, `DESCRIBE '${url}'`, `SUMMARIZE '${url}'`, `PIVOT '${url}' ON a USING sum(b)`, `TABLE '${url}'`,
      `SELECT * FROM f(1), '${url}'`, `SELECT * FROM t ASOF LEFT JOIN '${url}' USING (a)`, `SELECT 1 UNION ALL FROM '${url}'`,
      `SELECT [x FOR x IN (SELECT list(a) FROM '${url}')]`, `CREATE TEMP TABLE u AS FROM '${url}'; FROM u`, `SELECT 1; FROM '${url}'`,
      `EXPLAIN ANALYZE FROM '${url}'`, `FROM t SELECT a WHERE EXISTS (FROM '${url}')`, `SELECT * FROM t JOIN u ON a = b JOIN '${url}' USING (a)`,
      `SELECT * FROM t AS x(a, b), '${url}' AS y`, `(FROM '${url}')`, `FROM ((('${url}')))`,
    ]) expect(tableNames(sql), sql).toEqual([url]);
  });

  it('that is a value and no URL at all breaks nothing', async () => {
    expect((await hostCatalog(`SELECT 'host+foo:///x', * FROM t WHERE a <> 'host+bad+bad:///y'`)).paths).toEqual([]);
  });
});
