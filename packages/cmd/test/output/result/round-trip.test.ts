import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeEffects, scratchDirectory } from '../../fake-effects.ts';
import type { ResultSource } from '../../../src/output/result/source.ts';
import { writeResult } from '../../../src/output/result/write.ts';
import { duckdb, resultBytes, resultText, sourceOf } from './duckdb-source.ts';

const COLUMNS = {
  id: 'BIGINT', name: 'VARCHAR', value: 'DOUBLE', small: 'FLOAT', price: 'DECIMAL(18,4)', time: 'TIMESTAMP WITH TIME ZONE', local: 'TIMESTAMP',
  day: 'DATE', flag: 'BOOLEAN', list: 'INTEGER[]',
} as const;

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const micros = fc.bigInt({ min: -62_000_000_000_000_000n, max: 250_000_000_000_000_000n });
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('', ' ', 'a,b', '"', '\n', '\r\n', '\t', '\\', '=1+1', 'x'.repeat(500)),
).map((value) => value.replaceAll('\0', ''));
const finite = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer().map((n) => n / 1000), fc.constantFrom(-0, 1e21, 1e-7));

const row = fc.tuple(
  fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), fc.integer().map(String)),
  text.map(quote),
  finite.map((value) => quote(Object.is(value, -0) ? '-0' : String(value))),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => quote(String(value))),
  fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map((value) => `(${value}::HUGEINT::DECIMAL(22,4) / 10000)`),
  micros.map((value) => `make_timestamptz(${value})`),
  micros.map((value) => `make_timestamp(${value})`),
  fc.integer({ min: -700_000, max: 2_900_000 }).map((value) => `(DATE '1970-01-01' + ${value})`),
  fc.boolean().map(String),
  fc.array(fc.option(fc.integer()), { maxLength: 3 }).map((items) => `[${items.map(String).join(',')}]::INTEGER[]`),
);
const rows = fc.array(fc.tuple(row, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 })), { maxLength: 40 });

async function fill(connection: DuckDBConnection, values: readonly (readonly [readonly string[], readonly boolean[]])[]): Promise<void> {
  await connection.run(`CREATE OR REPLACE TABLE t (${Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`).join(', ')})`);
  if (values.length === 0) return;
  const lines = values.map(([cells, nulls]) => `(${cells.map((cell, index) => (nulls[index] === true ? 'NULL' : cell)).join(',')})`);
  await connection.run(`INSERT INTO t VALUES ${lines.join(',')}`);
}

async function differences(connection: DuckDBConnection, other: string): Promise<unknown> {
  const both = `SELECT count(*)::INTEGER FROM (FROM (FROM t EXCEPT ALL ${other}) UNION ALL FROM (${other} EXCEPT ALL FROM t))`;
  return (await connection.runAndReadAll(both)).getRows()[0]?.[0];
}

test('writeResult() loses nothing in csv and ndjson: DuckDB reads the same rows back', async () => {
  const connection = await duckdb();
  const directory = scratchDirectory();
  const columns = `{${Object.entries(COLUMNS).map(([name, type]) => `${name}: '${type}'`).join(', ')}}`;
  await fc.assert(fc.asyncProperty(rows, async (values) => {
    await fill(connection, values);
    const csv = join(directory, 'a.csv');
    writeFileSync(csv, await resultBytes(connection, 'FROM t', 'csv'));
    expect(await differences(connection, `FROM read_csv(${quote(csv)}, columns = ${columns}, header = true, auto_detect = false, delim = ',',
      quote = '"', escape = '"', allow_quoted_nulls = false, new_line = '\\n', strict_mode = false)`)).toBe(0);
    const ndjson = join(directory, 'a.ndjson');
    writeFileSync(ndjson, await resultBytes(connection, 'FROM t', 'ndjson'));
    expect(await differences(connection, `FROM read_json(${quote(ndjson)}, columns = ${columns}, format = 'newline_delimited')`)).toBe(0);
    const json: unknown = JSON.parse(await resultText(connection, 'FROM t', 'json'));
    const lines = (await resultText(connection, 'FROM t', 'ndjson')).split('\n').slice(0, -1);
    expect(json).toEqual(lines.map((line): unknown => JSON.parse(line)));
    for (const format of ['tsv', 'table', 'markdown'] as const) {
      const frame = { tsv: 1, table: 5, markdown: 2 }[format];
      expect((await resultText(connection, 'FROM t', format)).split('\n').length - 1).toBe(values.length + frame);
    }
  }), { numRuns: 60 });
});

test('writeResult() keeps the header of an empty result, and duplicate and strange names', async () => {
  const connection = await duckdb();
  const sql = 'SELECT 1 AS a, 2 AS a, 3 AS a_1, \'x\' AS "q""u,o\nte" LIMIT 0';
  expect(await resultText(connection, sql, 'csv')).toBe('a,a,a_1,"q""u,o\nte"\n');
  expect(await resultText(connection, sql, 'tsv')).toBe('a\ta\ta_1\tq"u,o\\nte\n');
  expect(await resultText(connection, sql, 'json')).toBe('[]\n');
  expect(await resultText(connection, sql, 'ndjson')).toBe('');
  expect(await resultText(connection, sql, 'table')).toContain('| int32 | int32 | int32 | string    |\n');
  expect(await resultText(connection, sql.replace('LIMIT 0', ''), 'ndjson')).toBe('{"a":1,"a_2":2,"a_1":3,"q\\"u,o\\nte":"x"}\n');
});

test('writeResult() holds a bounded part of a large result', async () => {
  const connection = await duckdb();
  let largest = 0;
  let bytes = 0;
  await writeResult(await sourceOf(connection, 'SELECT range AS id, repeat(\'x\', 50) AS t FROM range(200000)'), 'csv', {
    isTty: false, columns: undefined, print: () => undefined,
    write: async (chunk) => {
      largest = Math.max(largest, chunk.length);
      bytes += chunk.length;
    },
  });
  expect(largest).toBeLessThan(512 * 1024);
  expect(bytes).toBeGreaterThan(10_000_000);
});

test('writeResult() fails as its result does, and asks for nothing more', async () => {
  const connection = await duckdb();
  const whole = await sourceOf(connection, 'FROM range(100000)');
  let left = false;
  const broken: ResultSource = {
    columns: whole.columns,
    async* chunks() {
      let rows = 0;
      try {
        for await (const chunk of whole.chunks()) {
          yield chunk;
          rows += chunk.rowCount;
          if (rows > 50_000) throw new Error('half-way');
        }
      } finally {
        left = true;
      }
    },
  };
  const fake = fakeEffects();
  await expect(writeResult(broken, 'csv', fake.effects.stdout)).rejects.toThrow('half-way');
  expect(left).toBe(true);
  expect(fake.stdout()).toMatch(/^range\n0\n1\n/);
});

test('writeResult() stops its query when the reader has gone', async () => {
  const connection = await duckdb();
  const fake = fakeEffects({ closeAfter: 10 });
  const source = await sourceOf(connection, 'FROM range(10000000)');
  await expect(writeResult(source, 'ndjson', fake.effects.stdout)).rejects.toThrow();
});
