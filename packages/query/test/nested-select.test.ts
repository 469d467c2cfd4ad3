import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueryError } from '../src/errors.ts';
import type { Relation, SelectPart } from '../src/relation.ts';
import { catalogOf, type TestEngine, testEngine } from './testing.ts';

let test: TestEngine;
beforeAll(async () => { test = await testEngine(); });
afterAll(() => test.close());

const numbers = (from: number, count: number): Relation => ({
  parts: [{ kind: 'rows', columns: [{ name: 'a', type: 'BIGINT' }], rows: () => Array.from({ length: count }, (_, at) => [BigInt(from + at)]) }],
});
const select = (sql: string, relations: Readonly<Record<string, Relation>>): Relation => {
  const part: SelectPart = { kind: 'select', sql, catalog: catalogOf(relations) };
  return { parts: [part] };
};
const failure = async (relations: Readonly<Record<string, Relation>>): Promise<QueryError> => {
  const error: unknown = await test.rows("FROM '/d'", relations).then(() => new Error('there was no error'), (reason: unknown) => reason);
  if (!(error instanceof QueryError)) throw error;
  return error;
};

it('a nested query has names of its own, whatever the same names mean around it', async () => {
  const inner = select('SELECT a * 10 AS a FROM source', { source: numbers(1, 2) });
  const outer = select('WITH s AS (FROM source) SELECT sum(a) AS a FROM s', { source: inner });
  expect(await test.rows("SELECT d.a, source.a FROM '/d' d, source ORDER BY 2", { '/d': outer, source: numbers(7, 2) }))
    .toEqual([[30n, 7n], [30n, 8n]]);
  expect(await test.rows("SELECT d.a, source.a FROM source, '/d' d ORDER BY 2", { '/d': outer, source: numbers(7, 2) }))
    .toEqual([[30n, 7n], [30n, 8n]]);
});

it('a table of the script that would be taken for one in a nested query is refused', async () => {
  const relations = { '/d': select('FROM source', { source: numbers(1, 1) }) };
  for (const script of ["CREATE TEMP TABLE Source AS SELECT 9 AS a; FROM '/d'", "CREATE TEMP VIEW source AS FROM '/d'; FROM '/d'"]) {
    await expect(test.rows(script, relations)).rejects.toMatchObject({ code: 'ambiguous-name' });
  }
});

it('a nested query may name tables with a schema', async () => {
  const relations = { 'pond.nodes': numbers(0, 3), '/d': select('SELECT count(*) AS n FROM pond.nodes', { 'pond.nodes': numbers(0, 3) }) };
  expect(await test.rows("SELECT n, (SELECT count(*) FROM pond.nodes) FROM '/d'", relations)).toEqual([[3n, 3n]]);
});

it('known columns are taken from a nested query by name', async () => {
  const part = select('SELECT a AS b, 1 AS c, a FROM source', { source: numbers(5, 1) }).parts;
  const columns = [{ name: 'a', type: 'BIGINT' }, { name: 'z', type: 'DOUBLE' }];
  expect(await test.rows("FROM '/d'", { '/d': { parts: part, columns } })).toEqual([[5n, null]]);
});

it('a nested query does not see what the script around it has made', async () => {
  const error: unknown = await test.rows("CREATE TEMP TABLE t AS SELECT 1; FROM '/d'", { '/d': select('FROM t', {}) }).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'not-found' });
});

it.each([['two statements', 'SELECT 1; SELECT 2'], ['a statement that writes', 'CREATE TABLE x AS SELECT 1'], ['nothing', '']])(
  'refuses %s', async (_name, sql) => {
    expect((await failure({ '/d': select(sql, {}) })).code).toBe('not-a-query');
  });

it('filters reach the files below nested queries', async () => {
  const path = join(test.directory, 'n.parquet');
  const rows = { relation: select('SELECT range AS a, range * 2 AS b FROM range(1000)', {}) };
  await test.engine.copyToParquet(rows, path);
  const file: Relation = { parts: [{ kind: 'parquet', paths: [path] }] };
  const twice = select('FROM source WHERE b > 10', { source: select('SELECT *, a + 1 AS c FROM source', { source: file }) });
  const { scans } = await test.engine.explain("SELECT count(*) FROM '/d' WHERE a < 100", { catalog: catalogOf({ '/d': twice }) });
  expect(scans[0]?.filters).toMatch(/a\s*<\s*100/);
  expect(scans[0]?.filters).toMatch(/b\s*>\s*10/);
});
