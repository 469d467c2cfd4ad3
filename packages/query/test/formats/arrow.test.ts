import { openSync, closeSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ArrowBytes } from '../../src/arrow-bytes.ts';
import { readArrowBatches, readArrowFields, schemaMessage } from '../../src/arrow-ipc-read.ts';
import { openBench } from './scan.ts';

const bench = await openBench();
const NONE = { catalog: { resolve: () => Promise.resolve(undefined) } };

async function stream(sql: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await bench.engine.query(sql, NONE)).arrow()) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

/** The messages of a stream between its schema and its end, as often as wanted. */
function repeated(name: string, bytes: Uint8Array, times: number): string {
  const schema = schemaMessage(bytes);
  const path = bench.write(name, schema);
  const file = openSync(path, 'a');
  for (let at = 0; at < times; at += 1) writeSync(file, bytes, schema.length, bytes.length - 8 - schema.length);
  writeSync(file, bytes, bytes.length - 8, 8);
  closeSync(file);
  return path;
}

const TYPES = `SELECT range AS id, 'text ' || range AS s, CASE WHEN range % 3 = 0 THEN NULL ELSE range / 7 END AS d, range % 2 = 0 AS b,
  [range, NULL, 3] AS l, {x: range, y: 's' || range} AS st, TIMESTAMPTZ '2020-01-01' + range * INTERVAL 1 SECOND AS t, range::DECIMAL(12, 2) AS m
  FROM range(5000)`;

it('a file of many batches has all of their rows, whichever columns are asked for', async () => {
  const path = repeated('many.arrows', await stream(TYPES), 40);
  expect(await bench.rows('arrow', path, {}, 'SELECT count(*) AS n FROM t')).toEqual([{ n: 200_000n }]);
  const sums = `SELECT count(*) AS n, sum(id)::BIGINT AS i, max(s) AS s, round(sum(d), 3) AS d, count(d) AS c, sum(l[1])::BIGINT AS l, max(st.y) AS y,
    sum(m) AS m, epoch_us(max(t)) AS t FROM`;
  const [expected] = await bench.rows('arrow', bench.write('one.arrows', await stream(TYPES)), {}, `${sums} (FROM t, range(40))`);
  expect(await bench.rows('arrow', path, {}, `${sums} t`)).toEqual([expected]);
  expect(await bench.rows('arrow', path, {}, 'SELECT count(*) AS n FROM t a JOIN t b USING (id) WHERE a.id < 3')).toEqual([{ n: 4800n }]);
});

it('several files, one of them under gzip, are read after each other and united by name', async () => {
  const { gzipSync } = await import('node:zlib');
  const paths = [
    bench.write('a.arrows', await stream('SELECT 1 AS a')),
    bench.write('b.arrows.gz', gzipSync(await stream('SELECT 2 AS a'))),
    bench.write('c.arrows', await stream("SELECT 'x' AS c")),
  ];
  expect(await bench.rows('arrow', paths)).toEqual([{ a: 1, c: null }, { a: 2, c: null }, { a: null, c: 'x' }]);
});

it('only the columns that are asked for are read', async () => {
  const bytes = await stream(`SELECT range AS id, repeat('x', 500) || range AS long FROM range(20000)`);
  let read = 0;
  const counted: ArrowBytes = {
    size: bytes.length,
    read: (from, to) => {
      read += to - from;
      return bytes.slice(from, to);
    },
  };
  let rows = 0;
  for (const { length, columns } of readArrowBatches(counted, readArrowFields(counted), new Set([0]))) {
    rows += length;
    expect(columns[1]?.buffers).toEqual([]);
  }
  expect(rows).toBe(20_000);
  expect(read).toBeLessThan(400_000);
  read = 0;
  for (const batch of readArrowBatches(counted)) expect(batch.columns).toHaveLength(2);
  expect(read).toBeGreaterThan(10_000_000);
});

it('a file that was cut off anywhere in a message is an error that names it', async () => {
  const bytes = await stream(TYPES);
  const schema = schemaMessage(bytes).length;
  for (const at of [3, 9, schema - 5, schema + 3, schema + 100, bytes.length >> 1, bytes.length - 20]) {
    expect(await bench.failure('arrow', bench.write('cut.arrows', bytes.subarray(0, at))), `${at}`).toMatch(/^Cannot read "\/cut.arrows"/);
  }
});
