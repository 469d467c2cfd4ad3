import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Carried } from '../src/carried.ts';
import { encodeIpc } from '../src/ipc.ts';
import { parquetFields } from '../src/parquet-schema.ts';
import { type ParquetSource, readParquet } from '../src/parquet.ts';
import { type NewRecord, Record } from '../src/record.ts';
import { defineShape, deltaSchemaString, type NewRowOf, type RowOf, type Shape } from '../src/shape.ts';

const columns = {
  someText: ['some_text', 'string'],
  someLong: ['some_long', 'long', 'nullable'],
  someInteger: ['some_integer', 'integer'],
  atMicros: ['at', 'timestamp', 'nullable'],
  someBytes: ['some_bytes', 'binary'],
  flag: ['flag', 'boolean', 'nullable'],
  ratio: ['ratio', 'double'],
} as const;
const Every: Shape<typeof columns> = defineShape('Every', columns);
type Every = RowOf<typeof Every>;

describe('RowOf', () => {
  test('has the TypeScript type of each column', () => {
    expectTypeOf<Every>().toEqualTypeOf<
      Readonly<{
        someText: string;
        someLong: number | null;
        someInteger: number;
        atMicros: bigint | null;
        someBytes: Uint8Array;
        flag: boolean | null;
        ratio: number;
      }> &
        Carried
    >();
    expectTypeOf<Record['timestampMicros']>().toEqualTypeOf<bigint>();
    expectTypeOf<Record['txnMin']>().toEqualTypeOf<number | null>();
    expectTypeOf<Record['content']>().toEqualTypeOf<Uint8Array>();
  });

  test('is a NewRowOf, in which nullable keys may be left out and others may not', () => {
    expectTypeOf<Every>().toExtend<NewRowOf<typeof Every>>();
    expectTypeOf<{ someText: string; someInteger: number; someBytes: Uint8Array; ratio: number }>().toExtend<NewRowOf<typeof Every>>();
    expectTypeOf<{ someText: string; someInteger: number; someBytes: Uint8Array }>().not.toExtend<NewRowOf<typeof Every>>();
  });

  test('makes a wrong field a build error', () => {
    const record: NewRecord = { partId: 'p', nodeId: 'n', txnSeq: 1, version: 1, timestampMicros: 1n, content: new Uint8Array() };
    // @ts-expect-error a number is not µs
    const wrongType: NewRecord = { ...record, timestampMicros: 1 };
    // @ts-expect-error part_id is never null
    const wrongNull: NewRecord = { ...record, partId: null };
    // @ts-expect-error the shape has no such column
    const wrongKey: NewRecord = { ...record, part_id: 'p' };
    // @ts-expect-error a row is not changed in place
    record.version = 2;
    // @ts-expect-error a row without its REQUIRED columns
    const incomplete = (): Uint8Array => encodeIpc(Record, [{ partId: 'p' }]);
    // @ts-expect-error no column type of this name
    const unknownType = defineShape('X', { a: ['a', 'text'] });
    const source: ParquetSource = { label: 'x', byteLength: 0, slice: () => new Uint8Array() };
    const reads = [
      // @ts-expect-error no such key
      () => readParquet(Record, source, { columns: ['part_id'] }),
      // @ts-expect-error part_id is text
      () => readParquet(Record, source, { filter: { partId: [1] } }),
    ];
    const narrowed = (): ReturnType<typeof readParquet<typeof Record, 'nodeId'>> => readParquet(Record, source, { columns: ['nodeId'] });
    expectTypeOf<Awaited<ReturnType<typeof narrowed>>[number]>().toHaveProperty('nodeId');
    expectTypeOf<Awaited<ReturnType<typeof narrowed>>[number]>().not.toHaveProperty('partId');
    expect([wrongType, wrongNull, wrongKey, incomplete, unknownType, reads].length).toBe(6);
  });
});

describe('defineShape()', () => {
  test('refuses two columns of one name and a shape without columns', () => {
    expect(() => defineShape('X', { a: ['a', 'string'], b: ['a', 'long'] })).toThrow(/two columns have one name/);
    expect(() => defineShape('X', {})).toThrow(/no columns/);
  });
});

describe('deltaSchemaString()', () => {
  test('has the fields of the Delta protocol, in order', () => {
    expect(JSON.parse(deltaSchemaString(Every))).toEqual({
      type: 'struct',
      fields: [
        { name: 'some_text', type: 'string', nullable: false, metadata: {} },
        { name: 'some_long', type: 'long', nullable: true, metadata: {} },
        { name: 'some_integer', type: 'integer', nullable: false, metadata: {} },
        { name: 'at', type: 'timestamp', nullable: true, metadata: {} },
        { name: 'some_bytes', type: 'binary', nullable: false, metadata: {} },
        { name: 'flag', type: 'boolean', nullable: true, metadata: {} },
        { name: 'ratio', type: 'double', nullable: false, metadata: {} },
      ],
    });
  });

  test('starts with the six frozen columns of a record, which are never null', () => {
    const { fields } = JSON.parse(deltaSchemaString(Record)) as { fields: { name: string; type: string; nullable: boolean }[] };
    expect(fields.slice(0, 6).map(({ name, type, nullable }) => `${name} ${type} ${nullable}`)).toEqual([
      'part_id string false',
      'node_id string false',
      'txn_seq long false',
      'version long false',
      'timestamp timestamp false',
      'content binary false',
    ]);
    expect(fields.slice(6).every(({ nullable }) => nullable)).toBe(true);
  });
});

describe('parquetFields()', () => {
  test('maps each type to the physical type and annotation that Spark writes', () => {
    expect(
      parquetFields(Every).map(({ name, type, repetition_type: repetition, converted_type: converted }) => [
        name,
        type,
        repetition,
        converted,
      ]),
    ).toEqual([
      ['some_text', 'BYTE_ARRAY', 'REQUIRED', 'UTF8'],
      ['some_long', 'INT64', 'OPTIONAL', undefined],
      ['some_integer', 'INT32', 'REQUIRED', undefined],
      ['at', 'INT64', 'OPTIONAL', 'TIMESTAMP_MICROS'],
      ['some_bytes', 'BYTE_ARRAY', 'REQUIRED', undefined],
      ['flag', 'BOOLEAN', 'OPTIONAL', undefined],
      ['ratio', 'DOUBLE', 'REQUIRED', undefined],
    ]);
  });
});
