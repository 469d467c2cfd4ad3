import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carried, type Carried } from '../src/carried.ts';
import { decodeEntries, encodeEntries, Entry } from '../src/entry.ts';
import { OplogError } from '../src/errors.ts';
import { decodeIpc, encodeIpc } from '../src/ipc.ts';
import { type ColumnType, defineShape } from '../src/shape.ts';
import { type AnyRow, type AnyShape, rowsOf, shapeAndRows } from './shapes.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return error instanceof OplogError ? error.code : 'foreign';
  }
}

/** What apache-arrow finds in a stream, as our values: int64 and µs from the raw arrays, because its getters lose digits. */
function arrowValue(vector: arrow.Vector, row: number, type: ColumnType): unknown {
  if (!vector.isValid(row)) return null;
  if (type === 'timestamp') {
    let offset = row;
    for (const data of vector.data) {
      if (offset < data.length) return (data.values as BigInt64Array)[offset];
      offset -= data.length;
    }
  }
  const value: unknown = vector.get(row);
  return type === 'long' ? Number(value) : type === 'binary' ? Uint8Array.from(value as Uint8Array) : value;
}

function arrowTypeOf(type: ColumnType): arrow.DataType {
  switch (type) {
    case 'string':
      return new arrow.Utf8();
    case 'long':
      return new arrow.Int64();
    case 'integer':
      return new arrow.Int32();
    case 'timestamp':
      return new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, 'UTC');
    case 'binary':
      return new arrow.Binary();
    case 'boolean':
      return new arrow.Bool();
    case 'double':
      return new arrow.Float64();
  }
}

/** The same rows as an apache-arrow table, in as many batches as told. */
function arrowTable(shape: AnyShape, rows: readonly AnyRow[], batchRows: number): arrow.Table {
  const schema = new arrow.Schema(shape.columns.map(({ name, type, nullable }) => new arrow.Field(name, arrowTypeOf(type), nullable)));
  const batches: arrow.RecordBatch[] = [];
  for (let start = 0; start < rows.length; start += batchRows) {
    const part = rows.slice(start, start + batchRows) as unknown as Readonly<Record<string, unknown>>[];
    const children = shape.columns.map(({ key, type }) => {
      const values = part.map((row) => row[key] ?? null);
      if (type !== 'timestamp') {
        const converted = type === 'long' ? values.map((value) => (typeof value === 'number' ? BigInt(value) : null)) : values;
        const builder = arrow.makeBuilder({ type: arrowTypeOf(type), nullValues: [null] });
        for (const value of converted) builder.append(value);
        return builder.finish().flush();
      }
      // The builder of timestamps takes no bigint.
      const bitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
      values.forEach((value, index) => {
        if (value !== null) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
      });
      return arrow.makeData({
        type: new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, 'UTC'),
        length: values.length,
        nullCount: values.filter((value) => value === null).length,
        nullBitmap: bitmap,
        data: BigInt64Array.from(values.map((value) => (typeof value === 'bigint' ? value : 0n))),
      });
    });
    batches.push(
      new arrow.RecordBatch(
        schema,
        arrow.makeData({ type: new arrow.Struct(schema.fields), length: part.length, nullCount: 0, children }),
      ),
    );
  }
  return batches.length === 0 ? new arrow.Table(schema) : new arrow.Table(schema, batches);
}

describe('encodeIpc() and decodeIpc()', () => {
  test('decodeIpc() returns what encodeIpc() was given, for any shape', () => {
    fc.assert(
      fc.property(shapeAndRows(), ({ shape, rows }) => {
        expect(decodeIpc(shape, encodeIpc(shape, rows))).toEqual(rows);
      }),
      { numRuns: 2000 },
    );
  });

  test('decodeIpc() reads from any position of a larger buffer and gives values that do not alias it', () => {
    fc.assert(
      fc.property(shapeAndRows(), fc.integer({ min: 0, max: 9 }), ({ shape, rows }, shift) => {
        const stream = encodeIpc(shape, rows);
        const larger = Buffer.alloc(stream.length + 20, 0xff);
        larger.set(stream, shift);
        const read = decodeIpc(shape, larger.subarray(shift, shift + stream.length));
        larger.fill(0);
        expect(read).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  test('apache-arrow reads what encodeIpc() writes', () => {
    fc.assert(
      fc.property(shapeAndRows(), ({ shape, rows }) => {
        const table = arrow.tableFromIPC(encodeIpc(shape, rows));
        expect(table.numRows).toBe(rows.length);
        for (const { key, name, type, nullable } of shape.columns) {
          const expected = (rows as unknown as Readonly<Record<string, unknown>>[]).map((row) => row[key] ?? null);
          const vector = table.getChild(name);
          if (vector === null) {
            expect(nullable && expected.every((value) => value === null)).toBe(true);
            continue;
          }
          expect(table.schema.fields.find((field) => field.name === name)?.nullable).toBe(nullable);
          expect(String(vector.type)).toBe(String(arrowTypeOf(type)));
          expect(expected.map((_, row) => arrowValue(vector, row, type))).toEqual(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('decodeIpc() reads what apache-arrow writes, in one batch or several', () => {
    fc.assert(
      fc.property(shapeAndRows(), fc.integer({ min: 1, max: 30 }), ({ shape, rows }, batchRows) => {
        expect(decodeIpc(shape, arrow.tableToIPC(arrowTable(shape, rows, batchRows), 'stream'))).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  test('encodeIpc() writes only columns that have a value', () => {
    const table = arrow.tableFromIPC(encodeEntries([{ name: 'a' }, { sizeBytes: 0, name: null }]));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(['name', 'size']);
    expect(encodeEntries([{ name: 'a', childId: 'b', operation: 'insert' }]).length).toBeLessThan(800);
  });

  test('encodeIpc() of rows without any value is read back as as many rows', () => {
    const shape = defineShape('S', { a: ['a', 'string', 'nullable'], b: ['b', 'long', 'nullable'] });
    expect(decodeIpc(shape, encodeIpc(shape, [{}, { b: null }, {}]))).toEqual(Array.from({ length: 3 }, () => ({ a: null, b: null })));
  });

  test('encodeIpc() treats undefined and a missing key as null', () => {
    const row = decodeEntries(encodeEntries([{ name: 'x' }]))[0];
    expect(row?.kind).toBeNull();
    expect(Object.keys(row ?? {})).toEqual(Entry.columns.map(({ key }) => key));
  });

  test.each([
    ['long', 1.5],
    ['long', 2 ** 53],
    ['long', 5n],
    ['long', '5'],
    ['integer', 2 ** 31],
    ['integer', 0.5],
    ['timestamp', 5],
    ['timestamp', 2n ** 63n],
    ['string', '\ud800x'],
    ['string', 'x'.repeat(50) + '\udc00'],
    ['string', 5],
    ['binary', 'x'],
    ['boolean', 1],
    ['double', '1'],
    ['long', null],
  ] as const)('encodeIpc() refuses a %s of %s and names the column', (type, value) => {
    const shape = defineShape('S', { someKey: ['some_key', type] });
    expect(() => encodeIpc(shape, [{ someKey: value } as never])).toThrow(/Cannot encode "S.someKey": it is .*, .* was wanted/);
    expect(codeOf(() => encodeIpc(shape, [{ someKey: value } as never]))).toBe('invalid-transaction');
  });

  test('encodeIpc() is not disturbed by a failure before it', () => {
    const shape = defineShape('S', { a: ['a', 'string'], b: ['b', 'long'] });
    expect(() => encodeIpc(shape, [{ a: 'x'.repeat(100_000), b: 0.5 }])).toThrow();
    expect(decodeIpc(shape, encodeIpc(shape, [{ a: 'y', b: 1 }]))).toEqual([{ a: 'y', b: 1 }]);
  });

  test('decodeIpc() refuses an absent column that is never null', () => {
    const shape = defineShape('S', { a: ['a', 'string', 'nullable'], b: ['b', 'long'] });
    const without = defineShape('S', { a: ['a', 'string', 'nullable'] });
    expect(() => decodeIpc(shape, encodeIpc(without, [{ a: 'x' }]))).toThrow('Cannot decode the stream of S: column "b" is absent');
    const nullable = defineShape('S', { b: ['b', 'long', 'nullable'] });
    expect(() => decodeIpc(shape, encodeIpc(nullable, [{ b: 1 }, {}]))).toThrow('column "b" has 1 nulls');
  });

  test('decodeIpc() refuses another type and names the column', () => {
    const text = defineShape('S', { a: ['a', 'string', 'nullable'] });
    const long = defineShape('S', { a: ['a', 'long', 'nullable'] });
    expect(() => decodeIpc(long, encodeIpc(text, [{ a: 'x' }]), 'record 7')).toThrow(
      'Cannot decode the record 7: column "a" is of type utf8, long was wanted',
    );
    expect(codeOf(() => decodeIpc(long, encodeIpc(text, [{ a: 'x' }])))).toBe('unsupported-format');
  });
});

describe('unknown columns', () => {
  test('are carried along by an older version and read again by the newer one', () => {
    fc.assert(
      fc.property(shapeAndRows(), fc.integer({ min: 1, max: 8 }), ({ shape, rows }, known) => {
        const older = defineShape('Older', Object.fromEntries(Object.entries(shape.specs).slice(0, known)));
        const kept = decodeIpc(older, encodeIpc(shape, rows));
        expect(kept.map((row) => Object.keys(row).length)).toEqual(rows.map(() => older.columns.length));
        const copies = kept.map((row) => ({ ...row }));
        expect(decodeIpc(rowsOf(shape), encodeIpc(older, copies))).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  const bits = (values: readonly unknown[]): Uint8Array =>
    Uint8Array.of(values.reduce<number>((sum, value, index) => sum | (value === null ? 0 : 1 << index), 0));
  const raw = (type: arrow.DataType, width: number): arrow.Data =>
    arrow.makeData({
      type,
      length: 3,
      nullCount: 1,
      nullBitmap: bits([1, null, 1]),
      data: Uint8Array.from({ length: 3 * width }, (_, index) => (index >= width && index < 2 * width ? 0 : index + 1)),
    } as never);
  const types: readonly (readonly [string, arrow.DataType, number])[] = [
    ['int8', new arrow.Int8(), 1],
    ['uint16', new arrow.Uint16(), 2],
    ['uint64', new arrow.Uint64(), 8],
    ['float16', new arrow.Float16(), 2],
    ['float32', new arrow.Float32(), 4],
    ['date32', new arrow.DateDay(), 4],
    ['date64', new arrow.DateMillisecond(), 8],
    ['time32 s', new arrow.TimeSecond(), 4],
    ['time64 ns', new arrow.TimeNanosecond(), 8],
    ['timestamp ns', new arrow.Timestamp(arrow.TimeUnit.NANOSECOND, 'Europe/Berlin'), 8],
    ['timestamp s', new arrow.Timestamp(arrow.TimeUnit.SECOND), 8],
    ['duration ms', new arrow.Duration(arrow.TimeUnit.MILLISECOND), 8],
    ['decimal128', new arrow.Decimal(2, 20, 128), 16],
    ['interval', new arrow.IntervalDayTime(), 8],
    ['fixed 5', new arrow.FixedSizeBinary(5), 5],
  ];

  test.each(types)('of type %s are carried along with their type and bytes', (_, type, width) => {
    const data = raw(type, width);
    const schema = new arrow.Schema([new arrow.Field('name', new arrow.Utf8(), true), new arrow.Field('new', type, true)]);
    const names = arrow.vectorFromArray(['a', 'b', 'c'], new arrow.Utf8()).data[0];
    if (names === undefined) throw new Error('no data');
    const batch = new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: new arrow.Struct(schema.fields), length: 3, nullCount: 0, children: [names, data] }),
    );
    const rows = decodeEntries(arrow.tableToIPC(new arrow.Table(schema, [batch]), 'stream'));
    expect(rows.map((row) => (row[carried] ?? []).map(({ name }) => name))).toEqual([['new'], [], ['new']]);
    const table = arrow.tableFromIPC(encodeEntries(rows));
    expect(table.getChild('name')?.toArray()).toEqual(['a', 'b', 'c']);
    const field = table.schema.fields[1];
    expect(`${field?.name}: ${String(field?.type)}`).toBe(`new: ${String(type)}`);
    const back = table.getChild('new')?.data[0];
    expect(back?.nullCount).toBe(1);
    const bytesOf = (values: unknown): Uint8Array =>
      (ArrayBuffer.isView(values) ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : new Uint8Array()).subarray(
        0,
        3 * width,
      );
    expect(bytesOf(back?.values)).toEqual(bytesOf(data.values));
  });

  test('of type bool and large utf8 are carried along', () => {
    const schema = new arrow.Schema([
      new arrow.Field('flag', new arrow.Bool(), true),
      new arrow.Field('long', new arrow.LargeUtf8(), true),
    ]);
    const flags = arrow.vectorFromArray([true, null, false], new arrow.Bool()).data[0];
    const texts = arrow.vectorFromArray(['', 'ü', null], new arrow.LargeUtf8()).data[0];
    if (flags === undefined || texts === undefined) throw new Error('no data');
    const batch = new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: new arrow.Struct(schema.fields), length: 3, nullCount: 0, children: [flags, texts] }),
    );
    const table = arrow.tableFromIPC(encodeEntries(decodeEntries(arrow.tableToIPC(new arrow.Table(schema, [batch]), 'stream'))));
    expect([...(table.getChild('flag') ?? [])]).toEqual([true, null, false]);
    expect([...(table.getChild('long') ?? [])]).toEqual(['', 'ü', null]);
    expect(String(table.schema)).toBe(String(schema));
  });

  test('that are nested or dictionary-encoded are refused by name', () => {
    const list = arrow.vectorFromArray([[1], [2]], new arrow.List(new arrow.Field('item', new arrow.Int32(), true)));
    expect(() => decodeEntries(arrow.tableToIPC(new arrow.Table({ many: list }), 'stream'))).toThrow(
      'column "many" is of type list, a flat type was wanted',
    );
    const words = arrow.vectorFromArray(['a', 'a'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()));
    expect(() => decodeEntries(arrow.tableToIPC(new arrow.Table({ word: words }), 'stream'))).toThrow(
      'column "word" is dictionary-encoded, a flat type was wanted',
    );
    expect(codeOf(() => decodeEntries(arrow.tableToIPC(new arrow.Table({ many: list }), 'stream')))).toBe('unsupported-format');
  });

  test('that clash are refused by encodeIpc()', () => {
    const withType = (spec: 'string' | 'long', value: unknown): Carried => {
      const shape = defineShape('N', { fresh: ['fresh', spec, 'nullable'] });
      const [row] = decodeEntries(encodeIpc(shape, [{ fresh: value } as never]));
      if (row === undefined) throw new Error('no row');
      return row;
    };
    expect(() => encodeEntries([withType('string', 'x'), withType('long', 1)])).toThrow(
      'Cannot carry the column "fresh" of Entry along: two rows give it different types',
    );
    const newer = defineShape('N', { fresh: ['fresh', 'long', 'nullable'] });
    expect(() => encodeIpc(newer, [withType('long', 1)])).toThrow('the shape has a column of this name');
  });
});

describe('decodeIpc() of damaged streams', () => {
  const inline = new Uint8Array(50).fill(7);
  const streams = [
    encodeEntries([]),
    encodeEntries([{ name: 'a', childId: 'b', operation: 'insert' }]),
    encodeEntries(
      Array.from({ length: 20 }, (_, index) => ({
        name: `näme ${index}`,
        sizeBytes: index,
        inline,
        blob: index % 2 === 0,
        timestampMicros: BigInt(index),
        ...(index % 3 === 0 ? { kind: 'x' } : {}),
      })),
    ),
    arrow.tableToIPC(
      new arrow.Table({
        name: arrow.vectorFromArray(['a', null, 'c'], new arrow.Utf8()),
        other: arrow.vectorFromArray([1, 2, 3], new arrow.Float32()),
      }),
      'stream',
    ),
  ] as const;

  test('is corrupt-record at every truncation', () => {
    for (const stream of streams) {
      for (let length = 0; length < stream.length; length += 1) {
        expect(codeOf(() => decodeEntries(stream.subarray(0, length)))).toBe('corrupt-record');
      }
    }
  });

  test('is corrupt-record for bytes after the end', () => {
    expect(() => decodeEntries(Buffer.concat([streams[1], Buffer.alloc(8)]), 'record of a')).toThrow(
      'Cannot decode the record of a: 8 bytes follow the end-of-stream marker',
    );
  });

  test('answers 20,000 mutations with rows or an OplogError, within time and memory', () => {
    let refused = 0;
    const before = process.memoryUsage().rss;
    const edit = fc.tuple(
      fc.nat(),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xff, 0x7f, 0x80, 0)),
      fc.constantFrom(1, 1, 4, 8),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(), { freq: 8 }),
        (stream, edits, cut) => {
          let bytes = Uint8Array.from(stream);
          for (const [position, value, count] of edits) bytes.fill(value, position % bytes.length, (position % bytes.length) + count);
          if (cut !== null) bytes = bytes.slice(0, cut % bytes.length);
          try {
            decodeEntries(bytes);
          } catch (error) {
            refused += 1;
            if (!(error instanceof OplogError)) throw error;
            expect(['corrupt-record', 'unsupported-format']).toContain(error.code);
            expect(error.message).toMatch(/^Cannot decode the stream of Entry: ./);
          }
        },
      ),
      { numRuns: 20_000 },
    );
    expect(refused).toBeGreaterThan(5000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test('is corrupt-record for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => codeOf(() => decodeEntries(bytes)) === 'corrupt-record'),
      { numRuns: 5000 },
    );
  });
});
