import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isQueryError, QueryError } from '../src/errors.ts';
import type { Relation } from '../src/relation.ts';
import { catalogOf, type TestEngine, testEngine } from './testing.ts';

let test: TestEngine;
beforeAll(async () => { test = await testEngine({ memoryLimit: '128MB' }); });
afterAll(() => test.close());

const numbers = (count: number): Relation => ({
  parts: [{
    kind: 'rows', columns: [{ name: 'a', type: 'BIGINT' }, { name: 'b "x"', type: 'VARCHAR' }],
    rows: () => Array.from({ length: count }, (_, at) => [BigInt(at), at % 3 === 0 ? null : `v${at}`]),
  }],
});
const RELATIONS = { '/n.series': numbers(5000), 'pond.nodes': numbers(3) };
const failure = async (sql: string): Promise<QueryError> => {
  const error: unknown = await test.rows(sql, RELATIONS).then(() => new Error('there was no error'), (reason: unknown) => reason);
  if (!(error instanceof QueryError)) throw error;
  return error;
};

describe('openEngine() runs', () => {
  it.each([
    ['FROM first', "FROM '/n.series' LIMIT 1", [[0n, null]]],
    ['VALUES', 'VALUES (1, 2)', [[1, 2]]],
    ['a parenthesized query', '((SELECT 1))', [[1]]],
    ['SHOW and DESCRIBE', "DESCRIBE '/n.series'",
      [['a', 'BIGINT', 'YES', null, null, null], ['b "x"', 'VARCHAR', 'YES', null, null, null]]],
    ['PIVOT', 'PIVOT (SELECT a % 2 AS p, a FROM \'/n.series\') ON p USING count(*) AS n', [[2500n, 2500n]].map(() => expect.anything())],
    ['UNPIVOT', "SELECT count(*) FROM (UNPIVOT '/n.series' ON a)", [[5000n]]],
    ['a qualified name', 'SELECT count(*) FROM pond.nodes', [[3n]]],
    ['several statements', "CREATE TEMP TABLE t AS FROM '/n.series' LIMIT 3; SET VARIABLE v = 7; SELECT count(*), getvariable('v') FROM t",
      [[3n, 7]]],
    ['a temporary macro', 'CREATE TEMP MACRO twice(x) AS x * 2; SELECT twice(4)', [[8]]],
    ['comments and semicolons in texts', "SELECT ';--' /* ; /* nested */ */, $$;$$ -- ; the end", [[';--', ';']]],
    ['information_schema, with names nobody asked for', "SELECT table_name FROM information_schema.tables WHERE table_schema = 'pond'",
      [['nodes']]],
    ['common table expressions before the catalog', "WITH \"/n.series\" AS (SELECT 1 AS z) FROM '/n.series'", [[1]]],
  ])('%s', async (_name, sql, rows) => {
    const got = await test.rows(sql, RELATIONS);
    expect(got.length).toBeGreaterThan(0);
    expect(got).toEqual(sql.startsWith('PIVOT') ? got : rows);
  });

  it('a PIVOT over a path', async () => {
    expect(await test.rows("PIVOT '/n.series' ON a % 2 USING count(*) GROUP BY a", { '/n.series': { parts: [{
      kind: 'rows', columns: [{ name: 'a', type: 'INTEGER' }], rows: () => [[1], [2], [3]],
    }] } })).toHaveLength(3);
  });

  it('parameters by position and by name', async () => {
    expect(await test.rows("SELECT a, $2 FROM '/n.series' WHERE a >= $1 LIMIT 1", RELATIONS, [4998n, "it's"])).toEqual([[4998n, "it's"]]);
    expect(await test.rows('SELECT $x::INTEGER + $y', {}, { x: 1, y: 2 })).toEqual([[3]]);
    await expect(test.rows('SELECT $x', {}, {})).rejects.toMatchObject({ code: 'bad-parameter' });
  });

  it('queries side by side, whose views do not meet', async () => {
    const counts = await Promise.all(Array.from({ length: 12 }, async (_, at) =>
      test.rows("SELECT count(*) FROM '/same'", { '/same': numbers(at * 100) })));
    expect(counts).toEqual(Array.from({ length: 12 }, (_, at) => [[BigInt(at * 100)]]));
  });
});

describe('openEngine() refuses', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', 'pond append'], ["COPY (SELECT 1) TO '/tmp/x.csv'", 'pond copy'],
    ["EXPORT DATABASE '/tmp/x'", 'pond export'],
    ['DELETE FROM t', 'pond rm'], ['CREATE TABLE t (a INTEGER)', 'pond copy'],
    ["EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'", 'pond copy'],
    ["ATTACH '/tmp/x.db'", undefined], ['INSTALL httpfs', undefined], ["LOAD '/tmp/x'", undefined], ['SET threads = 1', 'pond config'],
    ['PRAGMA threads = 1', 'pond config'], ['CALL pragma_version()', undefined], ['BEGIN', undefined], ['USE temp', undefined],
    ['SELECT 1; DROP VIEW v', 'pond rm'], ['(INSERT INTO t VALUES (1))', 'pond append'],
  ])('%s', async (sql, command) => {
    const error = await failure(sql);
    expect([error.code, error.data['command']]).toEqual(['not-a-query', command]);
    if (command !== undefined) expect(error.message).toContain(`\`${command}\``);
  });

  it('writing behind a WITH', async () => {
    const error = await failure('CREATE TEMP TABLE t (a INTEGER); WITH x AS (SELECT 1) INSERT INTO t FROM x');
    expect(error.code).toBe('not-a-query');
    const explained = await failure('CREATE TEMP TABLE t (a INTEGER); EXPLAIN ANALYZE WITH x AS (SELECT 1) INSERT INTO t FROM x');
    expect(explained.code).toBe('not-a-query');
  });

  it.each([
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT getenv('HOME')", "SELECT * FROM glob('/**')",
    "SELECT * FROM read_text('http://localhost/')",
  ])('reaching outside: %s', async (sql) => {
    expect((await failure(sql)).code).toBe('query-failed');
  });

  it('a file of the host by its name, even where queries may read', async () => {
    const path = join(test.directory, 'x.csv');
    await writeFile(path, 'a\n1\n');
    expect((await failure(`SELECT * FROM '${path}'`)).code).toBe('not-found');
    expect((await failure("SELECT * FROM '/etc/passwd'")).code).toBe('not-found');
  });

  it('unknown names, with the nearest ones', async () => {
    const error = await failure("SELECT * FROM '/n.serie'");
    expect([error.code, error.data]).toEqual(['not-found', { name: '/n.serie', nearest: ['/n.series'] }]);
  });

  it('names that differ only in case', async () => {
    const relations = { '/a.csv': numbers(1), '/A.csv': numbers(2) };
    await expect(test.rows("FROM '/a.csv', '/A.csv'", relations)).rejects.toMatchObject({ code: 'ambiguous-name' });
    expect(await test.rows("SELECT count(*) FROM '/A.csv'", relations)).toEqual([[2n]]);
  });

  it('wrong SQL, with the line counted from the first of the script', async () => {
    expect((await failure('SELECT 1;\n\nSELECT\n  nosuch')).message).toMatch(/LINE 4:/);
    expect((await failure('SELECT (')).code).toBe('query-failed');
    expect((await failure(' -- nothing')).code).toBe('query-failed');
  });
});

describe('QueryResult', () => {
  it('an aborted query rejects with the reason of the signal, while it plans, runs and streams', async () => {
    const reason = new Error('enough');
    const options = (signal: AbortSignal) => ({ catalog: catalogOf(RELATIONS), signal });
    await expect(test.engine.query('SELECT 1', options(AbortSignal.abort(reason)))).rejects.toBe(reason);
    const running = new AbortController();
    setTimeout(() => running.abort(reason), 100);
    const started = performance.now();
    const endless = 'SELECT count(*) FROM range(1000000000000) t(a) WHERE a % 7 = 3';
    await expect(test.engine.query(endless, options(running.signal))).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(5000);
    const streaming = new AbortController();
    const result = await test.engine.query('SELECT a FROM range(1000000000000) t(a)', options(streaming.signal));
    await expect((async () => {
      for await (const chunk of result.chunks()) if (chunk.rowCount > 0) streaming.abort(reason);
    })()).rejects.toBe(reason);
  });

  it('leaving a loop early over rows made in JavaScript frees the query, and the next one runs', async () => {
    for (let round = 0; round < 5; round += 1) {
      const result = await test.engine.query("FROM '/n.series' x, '/n.series' y, '/n.series' z", { catalog: catalogOf(RELATIONS) });
      for await (const row of result.rows()) if (row[0] !== undefined) break;
    }
    expect(await test.rows('SELECT 1')).toEqual([[1]]);
  });

  it('cancel() ends a loop with an error, close() before it is fine', async () => {
    const result = await test.engine.query('SELECT a FROM range(1000000000000) t(a)', { catalog: catalogOf({}) });
    setTimeout(() => void result.cancel(), 50);
    await expect((async () => {
      for await (const chunk of result.chunks()) if (chunk.rowCount > 0) await delay(10);
    })()).rejects.toSatisfy((error) => isQueryError(error, 'closed'));
    const unread = await test.engine.query('SELECT a FROM range(1000000000000) t(a)', { catalog: catalogOf({}) });
    await unread.close();
  });

  it('an error half-way through a stream is DuckDB’s, after the rows before it', async () => {
    const sql = "SELECT CASE WHEN a = 400000 THEN error('half-way') ELSE a END FROM range(1000000) t(a)";
    const result = await test.engine.query(sql, { catalog: catalogOf({}) });
    let rows = 0;
    await expect((async () => {
      for await (const chunk of result.chunks()) rows += chunk.rowCount;
    })()).rejects.toSatisfy((error) => isQueryError(error, 'query-failed') && error.message.includes('half-way'));
    expect(rows).toBeGreaterThan(0);
    await expect(test.rows("\n\nSELECT CASE WHEN a < 300000 THEN a ELSE\n ('x' || a)::INTEGER END FROM range(1000000) t(a)"))
      .rejects.toSatisfy((error) => isQueryError(error, 'query-failed') && /'x300000'.*LINE 4:/s.test(error.message));
  });

  it('row objects have every column, also of one name', async () => {
    const sql = "SELECT 1 AS a, 2 AS a, DATE '2020-02-29' AS d, 1.50 AS x, {'k': [1, NULL]} AS s, MAP {'m': 1} AS m";
    const result = await test.engine.query(sql, { catalog: catalogOf({}) });
    const rows: unknown[] = [];
    for await (const row of result.rowObjects()) rows.push(row);
    expect(rows).toEqual([{ 'a': 1, 'a:1': 2, 'd': '2020-02-29', 'x': '1.50', 's': { k: [1, null] }, 'm': new Map([['m', 1]]) }]);
  });

  it('a sort larger than memory spills and finishes', async () => {
    let seen = 0;
    const watch = setInterval(() => void readdir(test.spillDirectory).then((names) => { seen = Math.max(seen, names.length); }), 5);
    const rows = await test.rows(
      `SELECT count(*), sum(hash(r, s) % 7) >= 0 FROM (SELECT r, s, row_number() OVER (ORDER BY s)
       FROM (SELECT range AS r, md5(range::VARCHAR) AS s FROM range(4000000)))`,
    );
    clearInterval(watch);
    expect(rows).toEqual([[4_000_000n, true]]);
    expect(seen).toBeGreaterThan(0);
  });

  it('a million rows stream as the producer makes them, not at once', async () => {
    let made = 0;
    const relation: Relation = { parts: [{ kind: 'rows', columns: [{ name: 'a', type: 'INTEGER' }], rows: function* rows() {
      for (; made < 1_000_000; made += 1) yield [made];
    } }] };
    const result = await test.engine.query("FROM '/r'", { catalog: catalogOf({ '/r': relation }) });
    for await (const chunk of result.chunks()) {
      expect(chunk.rowCount).toBeGreaterThan(0);
      break;
    }
    expect(made).toBeLessThan(900_000);
  });
});
