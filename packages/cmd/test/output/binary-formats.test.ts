import { tableFromIPC } from 'apache-arrow';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { fakeEffects } from '../fake-effects.ts';
import { writeRows } from '../../src/output/format.ts';
import type { Row } from '../../src/output/rows.ts';
import { bytesOf, COLUMNS, ROWS } from './rows.ts';

function* numbered(count: number): Iterable<Row> {
  for (let index = 0; index < count; index++) yield [String(index), BigInt(index)];
}

const PAIR = [{ name: 'a', type: 'string' }, { name: 'b', type: 'long' }] as const;

test('writeArrow() writes a stream that apache-arrow reads, value by value', async () => {
  const table = tableFromIPC(await bytesOf({ columns: COLUMNS, rows: ROWS }, 'arrow'));
  expect(table.schema.fields.map((field) => `${field.name} ${String(field.type)}`)).toEqual([
    'text Utf8', 'count Int64', 'value Float64', 'flag Bool', 'time Timestamp<MICROSECOND, UTC>', 'bytes Binary', 'facts Utf8',
  ]);
  const column = (name: string): unknown[] => [...(table.getChild(name) ?? [])];
  expect(column('text')).toEqual(ROWS.map(([text]) => text));
  expect(column('count')).toEqual([1n, 2n ** 63n - 1n, -(2n ** 63n), null, 0n]);
  expect(column('value')).toEqual([0.1, -1e300, 5e-324, null, 1 / 3]);
  expect(column('flag')).toEqual([true, false, null, null, true]);
  expect(column('facts')).toEqual(['{"a":[1,null]}', '[]', '{"big":"1152921504606846976"}', null, '"text"']);
  expect([...(table.getChild('time')?.data[0]?.values ?? [])].slice(0, 3)).toEqual([1_795_352_400_000_000n, 1_795_352_400_123_456n, -1n]);
});

test('writeArrow() joins batches into one stream, and an empty result is one too', async () => {
  const table = tableFromIPC(await bytesOf({ columns: PAIR, rows: numbered(20_000) }, 'arrow'));
  expect(table.numRows).toBe(20_000);
  expect(table.get(19_999)?.toJSON()).toEqual({ a: '19999', b: 19_999n });
  const empty = tableFromIPC(await bytesOf({ columns: PAIR, rows: [] }, 'arrow'));
  expect({ rows: empty.numRows, names: empty.schema.names }).toEqual({ rows: 0, names: ['a', 'b'] });
});

async function readParquet(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const file = new Uint8Array(bytes).buffer;
  return parquetReadObjects({ file, utf8: false });
}

test('writeParquet() writes a file that hyparquet reads, value by value', async () => {
  const bytes = await bytesOf({ columns: COLUMNS, rows: ROWS }, 'parquet');
  const rows = await readParquet(bytes);
  expect(rows.map((row) => row['text'])).toEqual(ROWS.map(([text]) => text));
  expect(rows.map((row) => row['count'])).toEqual([1n, 2n ** 63n - 1n, -(2n ** 63n), null, 0n]);
  expect(rows.map((row) => row['flag'])).toEqual([true, false, null, null, true]);
  expect(rows[0]?.['bytes']).toEqual(new Uint8Array([0, 255]));
  expect(rows.map((row) => row['facts'])).toEqual(['{"a":[1,null]}', '[]', '{"big":"1152921504606846976"}', null, '"text"']);
  const time = parquetMetadata(new Uint8Array(bytes).buffer).schema.find(({ name }) => name === 'time');
  expect(time?.logical_type).toEqual({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' });
});

test('writeParquet() writes row groups as they fill, and a valid file for no rows', async () => {
  const rows = await readParquet(await bytesOf({ columns: PAIR, rows: numbered(250_000) }, 'parquet'));
  expect(rows.length).toBe(250_000);
  expect(rows.at(-1)).toEqual({ a: '249999', b: 249_999n });
  const empty = parquetMetadata(new Uint8Array(await bytesOf({ columns: PAIR, rows: [] }, 'parquet')).buffer);
  expect({ rows: empty.num_rows, names: empty.schema.slice(1).map(({ name }) => name) }).toEqual({ rows: 0n, names: ['a', 'b'] });
});

test('writeRows() keeps binary formats off the terminal', async () => {
  const fake = fakeEffects({ columns: 80 });
  await expect(writeRows({ columns: PAIR, rows: [] }, 'parquet', fake.effects.stdout)).rejects.toThrow(/a file or a pipe was wanted/);
  expect(fake.stdout()).toBe('');
});
