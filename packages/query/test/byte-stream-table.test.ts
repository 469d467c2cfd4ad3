import fc from 'fast-check';
import { Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NestedPart, NestedStream } from '../src/relation.ts';
import { type TestEngine, testEngine } from './testing.ts';

let duck: TestEngine;
beforeAll(async () => { duck = await testEngine(); });
afterAll(() => duck.close());

function nested(beside: NestedPart['beside'], columns: NestedPart['columns'], streams: readonly NestedStream[]): NestedPart {
  return { kind: 'nested', beside, columns, streams: () => streams };
}

it('nested streams give the rows of DuckDB for every plain type, with nulls, across vectors', async () => {
  const sql = `SELECT i AS "long", i::INTEGER AS "integer", i / 7 AS "double", i % 2 = 0 AS "boolean", nullif(i % 5, 0) AS "some",
    'short' || (i % 90) AS "short", repeat('é', i % 40) || i AS "text", encode('blob of ' || i) AS "bytes",
    make_timestamptz(1700000000000000 + i) AS "time", CASE WHEN i % 3 = 0 THEN repeat('x', 100) END AS "gaps",
    {a: i, b: [i, NULL, i + 1]} AS "struct" FROM range(5000) t(i)`;
  const stream = await duck.arrow(sql);
  const described = await duck.rows(`DESCRIBE ${sql}`);
  const columns = described.map(([name, type]) => ({ name: String(name), type: String(type) }));
  const part = nested([{ name: 'file', type: 'VARCHAR' }], columns, [{ beside: ['one'], stream }, { beside: [null], stream }]);
  const relations = { nested: { parts: [part] } };
  const expected = await duck.rows(sql);
  const found = await duck.rows('SELECT * FROM nested', relations);
  expect(found.length).toBe(10_000);
  expect(found.slice(0, 5000)).toEqual(expected.map((row) => ['one', ...row]));
  expect(found.slice(5000)).toEqual(expected.map((row) => [null, ...row]));
  expect(await duck.rows('SELECT file, count(*), max("text") FROM nested GROUP BY ALL ORDER BY file', relations))
    .toEqual(await duck.rows(`SELECT unnest(['one', NULL]), count(*), max("text") FROM (${sql})`));
});

it('texts of any length and script are those that apache-arrow wrote', async () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 8 }), fc.constant(null)), {
    minLength: 1, maxLength: 3000,
  });
  await fc.assert(fc.asyncProperty(fc.array(texts, { maxLength: 3 }), async (streams) => {
    const part = nested([{ name: 'n', type: 'BIGINT' }], [{ name: 't', type: 'VARCHAR' }],
      streams.map((values, at) => ({ beside: [BigInt(at)], stream: textStream(values) })));
    const rows = await duck.rows('SELECT n, t FROM nested', { nested: { parts: [part] } });
    expect(rows).toEqual(streams.flatMap((values, at) => values.map((value) => [BigInt(at), value])));
  }), { numRuns: 40 });
});

it('a column that a stream lacks is null, one that is not listed is left out, one beside counts where the stream has none', async () => {
  const part = nested(
    [{ name: 'a', type: 'BIGINT' }, { name: 'b', type: 'VARCHAR' }], [{ name: 'a', type: 'BIGINT' }, { name: 'c', type: 'VARCHAR' }],
    [
      { beside: [7n, 'x'], stream: await duck.arrow("SELECT * FROM (VALUES (1::BIGINT, 'left out'), (NULL, 'too')) t(a, z)") },
      { beside: [8n, 'y'], stream: await duck.arrow("SELECT 'here' AS c") },
    ],
  );
  const relations = { nested: { parts: [part] } };
  expect(await duck.rows('SELECT * FROM nested', relations)).toEqual([[1n, 'x', null], [7n, 'x', null], [8n, 'y', 'here']]);
  expect(await duck.rows('SELECT count(*) FROM nested', relations)).toEqual([[3n]]);
});

it('a stream whose column is of another type is refused by name', async () => {
  const part = nested([], [{ name: 'a', type: 'BIGINT' }], [{ beside: [], stream: await duck.arrow("SELECT 'text' AS a") }]);
  await expect(duck.rows('SELECT * FROM nested', { nested: { parts: [part] } }))
    .rejects.toThrow('column "a" of a nested stream: it is VARCHAR');
});

it('a broken stream ends the query with an error, and the engine goes on', async () => {
  const stream = await duck.arrow('SELECT range AS a FROM range(1000)');
  for (const cut of [9, 100, stream.length >> 1, stream.length - 9]) {
    const part = nested([], [{ name: 'a', type: 'BIGINT' }], [{ beside: [], stream: stream.subarray(0, cut) }]);
    await expect(duck.rows('SELECT sum(a) FROM nested', { nested: { parts: [part] } })).rejects.toThrow('Cannot read an Arrow stream');
  }
  expect(await duck.rows('SELECT 1')).toEqual([[1]]);
});

it('streams are asked for one at a time, and not behind a LIMIT', async () => {
  let asked = 0;
  const stream = await duck.arrow('SELECT range AS a FROM range(2048)');
  const part: NestedPart = {
    kind: 'nested', beside: [], columns: [{ name: 'a', type: 'BIGINT' }],
    *streams() {
      for (; asked < 100_000; asked++) yield { beside: [], stream };
    },
  };
  expect(await duck.rows('SELECT a FROM nested LIMIT 3', { nested: { parts: [part] } })).toEqual([[0n], [1n], [2n]]);
  expect(asked).toBeLessThan(100);
});

/** A stream of one nullable column of UTF-8, by apache-arrow. */
function textStream(values: readonly (string | null)[]): Uint8Array {
  return tableToIPC(new Table({ t: vectorFromArray(values, new Utf8()) }), 'stream');
}
