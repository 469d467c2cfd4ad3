import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdentifier } from '../src/identifier.ts';
import type { Relation } from '../src/relation.ts';
import { catalogOf, type TestEngine, testEngine } from './testing.ts';

let test: TestEngine;
beforeAll(async () => { test = await testEngine(); });
afterAll(() => test.close());

const parquet = async (name: string, sql: string): Promise<string> => {
  const path = join(test.directory, name);
  await test.engine.copyToParquet({ sql, query: { catalog: catalogOf({}) } }, path);
  return path;
};

/** Names that try to leave their quotes. */
const hostileName = fc.array(
  fc.constantFrom('a', '"', "'", ';', '--', '/*', '.', '/', ' ', '\n', '\\', '$$', '%', '日', '🦆', 'É', ',', '(', ')', 'SELECT'),
  { minLength: 1, maxLength: 12 },
).map((parts) => `/${parts.join('')}`);

describe('views of relations', () => {
  it('any name is found, quoted as text or as an identifier, also in joins, subqueries and common table expressions', async () => {
    await fc.assert(fc.asyncProperty(hostileName, hostileName, fc.nat(50), async (left, right, count) => {
      fc.pre(left.toLowerCase() !== right.toLowerCase());
      const relation = (rows: number): Relation => ({
        parts: [{ kind: 'rows', columns: [{ name: left, type: 'INTEGER' }], rows: () => Array.from({ length: rows }, (_, at) => [at]) }],
      });
      const relations = { [left]: relation(count), [right]: relation(count + 1) };
      const [a, b] = [quoteIdentifier(left), quoteIdentifier(right)];
      const text = `'${right.replaceAll("'", "''")}'`;
      expect(await test.rows(`SELECT count(*) FROM ${a}`, relations)).toEqual([[BigInt(count)]]);
      expect(await test.rows(`SELECT (SELECT count(*) FROM ${text}), count(*) FROM ${b} LEFT JOIN ${a} USING (${a}) -- ;`, relations))
        .toEqual([[BigInt(count + 1), BigInt(count + 1)]]);
      expect(await test.rows(`WITH c AS (FROM ${a}) SELECT count(*) FROM c UNION ALL SELECT max(${a}) FROM ${text}; `, relations))
        .toEqual([[BigInt(count)], [BigInt(count)]]);
    }), { numRuns: 60 });
  });

  it('a very long name', async () => {
    const name = `/${'long/'.repeat(2000)}x.series`;
    const relation: Relation = { parts: [{ kind: 'rows', columns: [{ name: 'a', type: 'INTEGER' }], rows: () => [[1]] }] };
    expect(await test.rows(`SELECT * FROM ${quoteIdentifier(name)}`, { [name]: relation })).toEqual([[1]]);
  });

  it('parts of every kind are united by name, with and without known columns', async () => {
    const path = await parquet('part.parquet', "SELECT 1::SMALLINT AS a, 'p' AS \"b \"\"q\"\"\"");
    const relation: Relation = { parts: [
      { kind: 'parquet', paths: [path] },
      { kind: 'arrow', streams: [await test.arrow('SELECT 2 AS a, 2.5 AS c'),
        await test.arrow("SELECT 'x' AS \"b \"\"q\"\"\", 3::BIGINT AS a")] },
      { kind: 'rows', columns: [{ name: 'c', type: 'DOUBLE' }, { name: 'a', type: 'TINYINT' }], rows: () => [[4.5, 4]] },
    ] };
    const rows = [[1n, 'p', null], [2n, null, 2.5], [3n, 'x', null], [4n, null, 4.5]];
    expect(await test.rows('SELECT a::BIGINT, "b ""q""", c::DOUBLE FROM \'/r\' ORDER BY 1', { '/r': relation })).toEqual(rows);
    const columns = [{ name: 'a', type: 'BIGINT' }, { name: 'b "q"', type: 'VARCHAR' },
      { name: 'c', type: 'DOUBLE' }, { name: 'd', type: 'STRUCT("x y" DATE)[]' }];
    const known = { '/r': { ...relation, columns } };
    expect(await test.rows("FROM '/r'", known)).toEqual(rows.map((row) => [...row, null]));
    expect((await test.rows("DESCRIBE '/r'", known)).map(([name, type]) => ({ name, type }))).toEqual(columns);
    expect(await test.rows("FROM '/r'", { '/r': { parts: [], columns } })).toEqual([]);
  });

  it('known columns of Parquet files: absent ones are null, narrower ones are widened', async () => {
    const paths = [
      await parquet('w1.parquet', 'SELECT range::SMALLINT AS n, range AS only FROM range(3)'),
      await parquet('w2.parquet', "SELECT 'text' AS later, (range + 10)::INTEGER AS n FROM range(2)"),
    ];
    const relation: Relation = {
      parts: [{ kind: 'parquet', paths }],
      columns: [{ name: 'n', type: 'DOUBLE' }, { name: 'later', type: 'VARCHAR' }, { name: 'never', type: 'TIMESTAMP WITH TIME ZONE' }],
    };
    expect(await test.rows("FROM '/w'", { '/w': relation })).toEqual([
      [0, null, null], [1, null, null], [2, null, null], [10, 'text', null], [11, 'text', null],
    ]);
    expect(await test.rows("SELECT count(*) FROM '/w' WHERE n > 1 AND later IS NULL", { '/w': relation })).toEqual([[1n]]);
  });

  it('one Parquet file with known columns gives the same rows as among others, and its row groups to all threads', async () => {
    const path = await parquet('single.parquet', "SELECT range::SMALLINT AS N, 'é' AS \"a\"\"b\", [range] AS l, {'x': range::TINYINT} AS s FROM range(3)");
    const empty = await parquet('nothing.parquet', 'SELECT NULL::SMALLINT AS n LIMIT 0');
    const types = { narrow: { n: 'SMALLINT', l: 'BIGINT[]', s: 'STRUCT(x TINYINT)' }, wide: { n: 'DOUBLE', l: 'DOUBLE[]', s: 'STRUCT(x BIGINT)' } };
    for (const { n, l, s } of [types.narrow, types.wide]) {
      const columns = [
        { name: 'never', type: 'DATE' }, { name: 's', type: s }, { name: 'n', type: n }, { name: 'A"B', type: 'VARCHAR' }, { name: 'l', type: l },
      ];
      const one: Relation = { parts: [{ kind: 'parquet', paths: [path] }], columns };
      const two: Relation = { parts: [{ kind: 'parquet', paths: [path, empty] }], columns };
      expect(await test.rows("FROM '/r'", { '/r': one })).toEqual(await test.rows("FROM '/r'", { '/r': two }));
      expect(await test.rows("DESCRIBE '/r'", { '/r': one })).toEqual(await test.rows("DESCRIBE '/r'", { '/r': two }));
    }
    const long = await parquet('long.parquet', 'SELECT range AS n, hash(range) AS h FROM range(1000000)');
    const catalog = catalogOf({ '/long': { parts: [{ kind: 'parquet', paths: [long] }], columns: [{ name: 'n', type: 'BIGINT' }] } });
    const { plan } = await test.engine.explain("SELECT sum(n) FROM '/long'", { catalog });
    // Told the columns, DuckDB does not know how many rows there are before it runs.
    expect(plan).toContain('1,000,000');
  });

  it('rows that cannot be made fail the query with their reason', async () => {
    const relation: Relation = { parts: [{ kind: 'rows', columns: [{ name: 'a', type: 'INTEGER' }], rows: function* rows() {
      for (let at = 0; at < 500_000; at += 1) yield [at];
      throw new Error('no more rows');
    } }] };
    await expect(test.rows("FROM '/r'", { '/r': relation })).rejects.toThrow(/no more rows/);
  });

  it('what is no type, no format or no Arrow is refused', async () => {
    const rows = (type: string): Relation => ({ parts: [{ kind: 'rows', columns: [{ name: 'a', type }], rows: () => [] }] });
    await expect(test.rows("FROM '/r'", { '/r': rows('INTEGER); DROP TABLE x; --') })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(test.rows("FROM '/r'", { '/r': { parts: [], columns: [{ name: 'a', type: 'nothing' }] } }))
      .rejects.toMatchObject({ code: 'bad-input' });
    await expect(test.rows("FROM '/r'", { '/r': { parts: [{ kind: 'file', format: 'none', paths: ['/x'], options: {} }] } }))
      .rejects.toMatchObject({ code: 'unsupported-format' });
    const stream = await test.arrow("SELECT range AS a, 'text ' || range AS b FROM range(3000)");
    for (const end of [0, 3, 20, 100, 1000, stream.length - 100]) {
      const relation: Relation = { parts: [{ kind: 'arrow', streams: [stream.subarray(0, end)] }] };
      await expect(test.rows("SELECT count(a), max(b) FROM '/r'", { '/r': relation }))
        .rejects.toThrow(/Arrow/);
    }
  });
});

describe('mergeVersions()', () => {
  const read = async (path: string, from: number, to: number): Promise<unknown> =>
    test.rows("FROM '/s'", { '/s': { parts: [{ kind: 'parquet', paths: [path], versions: { from, to } }] } });

  it('puts versions and runs into one file, in order, with the hidden version last', async () => {
    const path = join(test.directory, 'run-1.parquet');
    const file = await test.engine.mergeVersions([
      { kind: 'arrow', version: 3, bytes: await test.arrow('SELECT range::INTEGER AS a FROM range(3)') },
      { kind: 'parquet', version: 4, path: await parquet('v4.parquet', "SELECT (range + 100)::BIGINT AS a, 'x' AS b FROM range(2)") },
      { kind: 'arrow', version: 5, bytes: await test.arrow('SELECT 1::INTEGER AS a WHERE false') },
    ], path, { metadata: { 'unit:a "m"': "it's" } });
    expect(file.rowCount).toBe(5);
    expect(await read(path, 3, 5)).toEqual([[0n, null], [1n, null], [2n, null], [100n, 'x'], [101n, 'x']]);
    expect(await read(path, 4, 4)).toEqual([[100n, 'x'], [101n, 'x']]);
    const next = join(test.directory, 'run-2.parquet');
    const columns = [{ name: 'b', type: 'VARCHAR' }, { name: 'a', type: 'DOUBLE' }, { name: 'c', type: 'DATE' }];
    const merged = await test.engine.mergeVersions([
      { kind: 'run', path, versions: { from: 4, to: 5 } },
      { kind: 'arrow', version: 6, bytes: await test.arrow("SELECT DATE '2020-01-01' AS c") },
    ], next, { columns });
    expect(merged.rowCount).toBe(3);
    expect(await read(next, 0, 9)).toEqual([['x', 100, null], ['x', 101, null], [null, null, '2020-01-01']]);
    const raw = await test.rows("SELECT name FROM parquet_schema($1) WHERE name <> 'duckdb_schema'", {}, [next]);
    expect(raw).toEqual([['b'], ['a'], ['c'], ['__duckpond_version']]);
    expect(await test.rows('SELECT decode(key), decode(value) FROM parquet_kv_metadata($1)', {}, [path])).toEqual([['unit:a "m"', "it's"]]);
  });

  it('leaves no file behind when a version cannot be read', async () => {
    const path = join(test.directory, 'run-3.parquet');
    const whole = await test.arrow('SELECT range AS a FROM range(100000)');
    const bytes = whole.subarray(0, whole.length - 50_000);
    await expect(test.engine.mergeVersions([{ kind: 'arrow', version: 1, bytes }], path)).rejects.toThrow(/Arrow/);
    await expect(test.rows('SELECT * FROM glob($1)', {}, [path])).resolves.toEqual([]);
  });
});

describe('explain()', () => {
  it('says what a query would read, and with analyze what it read', async () => {
    const path = await parquet('explain.parquet', 'SELECT range AS a, range * 2 AS b FROM range(10000)');
    const catalog = catalogOf({ '/e': { parts: [{ kind: 'parquet', paths: [path] }] } });
    const plan = await test.engine.explain("SELECT sum(b) FROM '/e' WHERE a > 5", { catalog });
    expect(plan.scans).toMatchObject([{ name: 'READ_PARQUET', filters: 'a>5', columns: 'b' }]);
    const run = await test.engine.explain("SELECT sum(b) FROM '/e' WHERE a > $1", { catalog, params: [9990], analyze: true });
    expect([run.files, run.rowsScanned]).toEqual([{ read: 1, total: 1 }, 9]);
    expect(run.plan).toContain('READ_PARQUET');
  });
});
