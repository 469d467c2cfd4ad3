import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../src/relation.ts';
import { type TestEngine, testEngine } from './testing.ts';

let host: TestEngine;

beforeAll(async () => {
  host = await testEngine();
});

afterAll(async () => {
  await host.close();
});

async function parquetOf(name: string, sql: string): Promise<Relation> {
  const path = join(host.directory, `${name}.parquet`);
  const written = join(host.spillDirectory, `${name}.parquet`);
  await host.engine.copyToParquet({ sql, query: { catalog: { resolve: () => Promise.resolve(undefined) } } }, written);
  await writeFile(path, await readFile(written));
  return { columns: [{ name: 'a', type: 'BIGINT' }], parts: [{ kind: 'parquet', paths: [path] }] };
}

const CONNECTION = 'SELECT current_connection_id()';

describe('sessions of an engine', () => {
  it('serve the next query of the same relations, and no other', async () => {
    const [one, other] = [await parquetOf('one', 'SELECT 1::BIGINT AS a'), await parquetOf('other', 'SELECT 2::BIGINT AS a')];
    const sql = `${CONNECTION}, a FROM '/a'`;
    const first = await host.rows(sql, { '/a': one });
    expect(await host.rows(sql, { '/a': one })).toEqual(first);
    const second = await host.rows(sql, { '/a': other });
    expect(second[0]?.[1]).toBe(2n);
    expect(second[0]?.[0]).not.toBe(first[0]?.[0]);
    expect(await host.rows(`${CONNECTION}, a FROM "/a"`, { '/a': one })).toEqual(first);
  });

  it('show no view of an earlier query', async () => {
    const relation = await parquetOf('hidden', 'SELECT 1::BIGINT AS a');
    await host.rows("FROM '/hidden'", { '/hidden': relation });
    expect(await host.rows('SHOW TABLES')).toEqual([]);
    expect(await host.rows('SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal')).toEqual([]);
  });

  it('that have failed, were left early or are of scripts serve once', async () => {
    const relation = await parquetOf('many', 'SELECT i AS a FROM range(500000) t(i)');
    const relations = { '/many': relation };
    const [[id] = []] = await host.rows(`${CONNECTION} FROM '/many' LIMIT 1`, relations);
    await expect(host.rows("SELECT CASE WHEN a = 400000 THEN error('half-way') END FROM '/many'", relations)).rejects.toThrow(/half-way/);
    const left = await host.engine.query("FROM '/many'", { catalog: { resolve: () => Promise.resolve(relation) } });
    for await (const row of left.rows()) if (row.length > 0) break;
    await host.rows("SET VARIABLE own = 1; FROM '/many' LIMIT 1", relations);
    const [[later, own] = []] = await host.rows(`${CONNECTION}, getvariable('own') FROM '/many' LIMIT 1`, relations);
    expect([later === id, own]).toEqual([false, null]);
  });

  it('side by side have the rows of their own query', async () => {
    const relations = { '/side': await parquetOf('side', 'SELECT i AS a FROM range(200000) t(i)') };
    const totals = await Promise.all(Array.from({ length: 12 }, (_, at) => host.rows(`SELECT sum(a + ${at}) FROM '/side'`, relations)));
    expect(totals.map(([row]) => row?.[0])).toEqual(totals.map((_, at) => 19_999_900_000n + 200_000n * BigInt(at)));
  });

  it('run a statement again with its new parameters, at a new time', async () => {
    const relations = { '/params': await parquetOf('params', 'SELECT i AS a FROM range(3) t(i)') };
    const sql = `${CONNECTION}, now(), typeof($1), $1, count(*) FILTER (a >= 1) FROM '/params'`;
    const found: (readonly unknown[] | undefined)[] = [];
    for (const param of [1n, 'text', 2.5, null, 7n]) {
      found.push((await host.rows(sql, relations, [param]))[0]);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(found.map((row) => row?.slice(2))).toEqual([
      ['BIGINT', 1n, 2n], ['VARCHAR', 'text', 2n], ['DOUBLE', 2.5, 2n], ['"NULL"', null, 2n], ['BIGINT', 7n, 2n],
    ]);
    expect(new Set(found.map((row) => row?.[0])).size).toBe(1);
    expect(new Set(found.map((row) => row?.[1])).size).toBe(found.length);
  });

  it('see a file of the host as it is now, however fast it changes', async () => {
    const path = join(host.directory, 'changing.parquet');
    const states = await Promise.all(Array.from({ length: 20 }, async (_, at) => {
      const { parts: [part] } = await parquetOf(`version-${at}`, `SELECT ${at}::BIGINT AS a FROM range(${at + 1})`);
      return readFile(part?.kind === 'parquet' ? part.paths[0] ?? '' : '');
    }));
    const readers = await testEngine({ readableDirectories: [host.directory], readers: (await import('../src/index.ts')).FORMAT_READERS });
    for (let round = 0; round < 60; round += 1) {
      const at = round % states.length;
      await writeFile(path, states[at] ?? '');
      const relation: Relation = { parts: [{ kind: 'file', format: 'parquet', paths: [path], options: {} }] };
      const found = await readers.rows("SELECT count(*), max(a) FROM '/changing'", { '/changing': relation });
      expect(found).toEqual([[BigInt(at + 1), BigInt(at)]]);
    }
    await readers.close();
  });
});
