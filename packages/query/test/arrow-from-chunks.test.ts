import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestEngine, testEngine } from './testing.ts';

let test: TestEngine;
beforeAll(async () => { test = await testEngine(); });
afterAll(() => test.close());

/** Expressions over a row number `i`, of every type; `h` is a hash of it. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  boolean: 'h % 2 = 0', tinyint: '(h % 256)::INT - 128', smallint: '((h % 65536)::INT - 32768)::SMALLINT',
  integer: '((h % 4294967296)::BIGINT - 2147483648)::INTEGER',
  bigint: '(h::HUGEINT - 9223372036854775808)::BIGINT', utinyint: '(h % 256)::UTINYINT', usmallint: '(h % 65536)::USMALLINT',
  uinteger: '(h % 4294967296)::UINTEGER', ubigint: 'h::UBIGINT',
  hugeint: "CASE h % 3 WHEN 0 THEN 170141183460469231731687303715884105727 WHEN 1 THEN -h::HUGEINT * 1000000007 ELSE h::HUGEINT END",
  uhugeint: "CASE h % 2 WHEN 0 THEN 340282366920938463463374607431768211455::UHUGEINT ELSE h::UHUGEINT END",
  float: "CASE h % 5 WHEN 0 THEN 'nan'::FLOAT WHEN 1 THEN '-inf'::FLOAT WHEN 2 THEN '-0.0'::FLOAT ELSE (h % 100000 / 7)::FLOAT END",
  double: "CASE h % 5 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-0.0'::DOUBLE ELSE h / 7 END",
  decimal4: '(((h % 19999)::INT - 9999) / 100)::DECIMAL(4,2)',
  decimal9: '((h % 1999999999)::BIGINT - 999999999)::DECIMAL(18,0)::DECIMAL(9,0)',
  decimal18: '(h % 1000000000000000)::DECIMAL(18,3)',
  decimal38: '(h::DECIMAL(38,8) * (CASE WHEN h % 2 = 0 THEN -1 ELSE 1 END))::DECIMAL(38,8)',
  varchar: "CASE h % 5 WHEN 0 THEN '' WHEN 1 THEN 'twelve bytes' WHEN 2 THEN repeat('größer', (h % 9)::INT) ELSE 'v' || h END",
  blob: "CASE h % 2 WHEN 0 THEN '\\x00\\xFF'::BLOB ELSE encode(repeat('x', (h % 20)::INT)) END",
  bit: "(h % 1024)::INTEGER::BIT", uuid: 'md5(h::VARCHAR)::UUID',
  date: "DATE '1970-01-01' + ((h % 200000)::INT - 100000)", time: "TIME '00:00:00' + to_microseconds((h % 86400000000)::BIGINT)",
  timetz: "(TIME '00:00:00' + to_microseconds((h % 86400000000)::BIGINT))::TIMETZ",
  timestamp: 'make_timestamp((h % 4000000000000000)::BIGINT - 2000000000000000)',
  timestamptz: 'make_timestamptz((h % 4000000000000000)::BIGINT - 2000000000000000)',
  timestamp_s: 'make_timestamp((h % 4000000000000000)::BIGINT)::TIMESTAMP_S',
  timestamp_ms: 'make_timestamp((h % 4000000000000000)::BIGINT)::TIMESTAMP_MS',
  timestamp_ns: 'make_timestamp_ns((h % 4000000000000000000)::BIGINT - 2000000000000000000)',
  interval: '(to_months((h % 50)::INT - 25) + to_days((h % 99)::INT) + to_microseconds((h % 1000000)::BIGINT))',
  enumeration: "CASE WHEN h % 2 = 0 THEN 'a b' ELSE 'c''d' END::ENUM('a b', 'c''d')",
  list: 'list_transform(range((h % 4)::BIGINT), lambda x: CASE WHEN x = 1 THEN NULL ELSE x + (h % 100)::BIGINT END)',
  lists: "list_transform(range((h % 3)::BIGINT), lambda x: ['a' || x, NULL, 'a rather long text ' || h])",
  struct: "{'a': CASE WHEN h % 3 = 0 THEN NULL ELSE h END, 'b \"q\"': [h % 7]}",
  map: "CASE h % 3 WHEN 0 THEN MAP {} ELSE MAP {'k' || h: h % 9, 'l': NULL} END",
  array: '[h % 3, NULL, h]', uuids: '[md5(h::VARCHAR)::UUID, NULL]', hugeints: "{'x': [h::HUGEINT * 1000000007]}", nothing: 'NULL',
};

/** Casts that DuckDB does not allow within CASE. */
const OUTER: Readonly<Record<string, string>> = { array: '::UBIGINT[3]' };

const source = (rows: number, seed: number, nulls: number): string => {
  const columns = Object.entries(EXPRESSIONS).map(([name, sql]) =>
    `CASE WHEN hash(i, '${name}') % 100 >= ${nulls} THEN ${sql} END${OUTER[name] ?? ''} AS "${name}"`);
  return `SELECT i, ${columns.join(', ')} FROM (SELECT i, hash(i + ${seed}) AS h FROM range(${rows}) t(i))`;
};

describe('arrowFromChunks()', () => {
  it('every type comes back through our own scan with its name and its values, at any number of rows', async () => {
    await fc.assert(fc.asyncProperty(
      fc.constantFrom(0, 1, 7, 8, 9, 2047, 2048, 2049, 5000), fc.nat(1_000_000), fc.constantFrom(0, 30, 100),
      async (rows, seed, nulls) => {
        const sql = source(rows, seed, nulls);
        const bytes = await test.arrow(sql);
        const relations = { '/a': { parts: [{ kind: 'arrow' as const, streams: [bytes] }] } };
        expect(await test.rows("DESCRIBE '/a'", relations)).toEqual(await test.rows(`DESCRIBE ${sql}`));
        const text = 'SELECT i, COLUMNS(* EXCLUDE (i))::VARCHAR FROM';
        expect(await test.rows(`${text} '/a' ORDER BY i`, relations)).toEqual(await test.rows(`${text} (${sql}) ORDER BY i`));
        expect(await test.rows(`SELECT count(*) FROM (FROM '/a' EXCEPT ALL (${sql}))`, relations)).toEqual([[0n]]);
      },
    ), { numRuns: 12 });
  });

  it('apache-arrow reads the same values', async () => {
    const from = `FROM (${source(3000, 5, 20)}) ORDER BY i`;
    const table = tableFromIPC(await test.arrow(`SELECT bigint, varchar, double, boolean, list, struct ${from}`));
    const rows = await test.rows(`SELECT bigint, varchar, double, boolean, list, struct.a ${from}`);
    expect(table.numRows).toBe(3000);
    rows.forEach((row, at) => {
      const read = table.get(at);
      const list: unknown = read?.['list'];
      expect([
        read?.['bigint'], read?.['varchar'], read?.['double'], read?.['boolean'],
        list === null ? null : [...list as Iterable<unknown>], (read?.['struct'] as { a: unknown } | null)?.a ?? null,
      ]).toEqual(row);
    });
  });

  it('a result without rows is a stream with its schema', async () => {
    const table = tableFromIPC(await test.arrow('SELECT 1 AS a, NULL::TIMESTAMPTZ AS b WHERE false'));
    expect([table.numRows, table.schema.fields.map(String)]).toEqual([0, ['a: Int32', 'b: Timestamp<MICROSECOND, UTC>']]);
  });

  it('a table of 300,000 rows is several batches', async () => {
    const table = tableFromIPC(await test.arrow('SELECT range AS a FROM range(300000)'));
    expect([table.numRows, table.batches.length]).toEqual([300_000, 5]);
    expect(table.getChild('a')?.get(299_999)).toBe(299_999n);
  });
});
