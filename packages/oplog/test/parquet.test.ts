import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { carried } from '../src/carried.ts';
import { OplogError } from '../src/errors.ts';
import { encodeParquet, loadParquetEncoder, type ParquetSource, readParquet } from '../src/parquet.ts';
import { type NewRecord, Record } from '../src/record.ts';
import { defineShape, type Shape } from '../src/shape.ts';
import { rowsOf, shapeAndRows } from './shapes.ts';

function sourceOf(bytes: Uint8Array): ParquetSource & { reads: number; bytesRead: number } {
  const source = {
    label: 'part-x.parquet',
    byteLength: bytes.length,
    reads: 0,
    bytesRead: 0,
    slice(start: number, end: number): Uint8Array {
      source.reads += 1;
      source.bytesRead += end - start;
      return bytes.subarray(start, end);
    },
  };
  return source;
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function id(index: number): string {
  return `01900000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** Records of `parts` directories, `each` of them to a directory, sorted like a history file. */
function history(parts: number, each: number, contentBytes: number): NewRecord[] {
  return Array.from({ length: parts * each }, (_, index) => {
    const content = new Uint8Array(contentBytes);
    let random = index + 1;
    for (let i = 0; i < contentBytes; i += 1) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      content[i] = random >>> 24;
    }
    return {
      partId: id(Math.floor(index / each)),
      nodeId: id(index),
      txnSeq: (index % each) * parts + 1,
      version: (index % each) + 1,
      timestampMicros: 1_790_000_000_000_000n + BigInt(index),
      content,
    };
  });
}

const sample: NewRecord[] = [
  {
    partId: id(1),
    nodeId: id(2),
    txnSeq: 7,
    version: 1,
    timestampMicros: 1_790_000_000_123_456n,
    content: Uint8Array.of(0xff, 0xfe, 0),
    kind: 'node',
  },
  {
    partId: id(1),
    nodeId: 'ünï😀',
    txnSeq: Number.MAX_SAFE_INTEGER,
    version: -1,
    timestampMicros: -5n,
    content: new Uint8Array(),
    timeMinMicros: -1n,
    keyMin: '',
  },
];

describe('encodeParquet()', () => {
  test.each(['snappy', 'gzip'] as const)('writes a %s file that hyparquet reads with its default options', async (codec) => {
    const file = arrayBufferOf(await encodeParquet(Record, sample, { codec }));
    const { gunzipSync } = await import('node:zlib');
    const rows = await parquetReadObjects({ file, compressors: { GZIP: (input) => gunzipSync(input) } });
    expect(rows.map((row) => [row['part_id'], row['node_id'], row['txn_seq'], row['timestamp'], row['kind'] ?? null])).toEqual([
      [id(1), id(2), 7n, new Date(1_790_000_000_123), 'node'],
      [id(1), 'ünï😀', BigInt(Number.MAX_SAFE_INTEGER), new Date(-0), null],
    ]);
  });

  test('writes the schema that Spark writes: names, repetition, UTC microseconds, plain bytes', async () => {
    const { schema } = parquetMetadata(arrayBufferOf(await encodeParquet(Record, sample, { codec: 'snappy' })));
    const element = (name: string): unknown => schema.find((field) => field.name === name);
    expect(schema[0]).toMatchObject({ name: 'spark_schema', num_children: 9 });
    expect(element('txn_min')).toBeUndefined();
    expect(element('part_id')).toMatchObject({
      type: 'BYTE_ARRAY',
      repetition_type: 'REQUIRED',
      converted_type: 'UTF8',
      logical_type: { type: 'STRING' },
    });
    expect(element('txn_seq')).toMatchObject({ type: 'INT64', repetition_type: 'REQUIRED', logical_type: undefined });
    expect(element('content')).toMatchObject({
      type: 'BYTE_ARRAY',
      repetition_type: 'REQUIRED',
      converted_type: undefined,
      logical_type: undefined,
    });
    expect(element('time_min')).toMatchObject({
      type: 'INT64',
      repetition_type: 'OPTIONAL',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    });
  });

  test('keeps whole UUIDs in the statistics', async () => {
    const { row_groups: groups } = parquetMetadata(arrayBufferOf(await encodeParquet(Record, history(3, 40, 4), { codec: 'snappy' })));
    expect(groups[0]?.columns[0]?.meta_data?.statistics).toMatchObject({ min_value: id(0), max_value: id(2) });
  });

  test('splits row groups at 20,000 rows', async () => {
    const bytes = await encodeParquet(Record, history(21, 1000, 1), { codec: 'snappy' });
    expect(parquetMetadata(arrayBufferOf(bytes)).row_groups.map((group) => Number(group.num_rows))).toEqual([20_000, 1000]);
  });

  test('refuses 0 rows and values that a column cannot hold', async () => {
    const encode = await loadParquetEncoder();
    const [row] = sample;
    if (row === undefined) throw new Error('no sample');
    expect(() => encode(Record, [], { codec: 'snappy' })).toThrow(/0 rows, at least 1/);
    expect(() => encode(Record, [{ ...row, txnSeq: 1.5 }], { codec: 'snappy' })).toThrow(/"Record.txnSeq": it is 1.5, a long was wanted/);
    expect(() => encode(Record, [{ ...row, partId: '\ud800' }], { codec: 'snappy' })).toThrow(/Record.partId/);
    expect(() => encode(Record, [{ ...row, timestampMicros: 2n ** 63n }], { codec: 'snappy' })).toThrow(OplogError);
  });
});

describe('readParquet()', () => {
  test('returns what encodeParquet() was given, for any shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAndRows({ minRows: 1 }),
        fc.constantFrom('snappy' as const, 'gzip' as const),
        fc.integer({ min: 1, max: 7 }),
        async ({ shape, rows }, codec, rowGroupRows) => {
          const bytes = await encodeParquet(shape, rows, { codec, rowGroupRows, pageSizeBytes: 64 });
          expect(await readParquet(shape, sourceOf(bytes))).toEqual(rows);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('gives null for columns that an older file does not have', async () => {
    const old = { partId: ['part_id', 'string'] } as const;
    const now = { partId: ['part_id', 'string'], kind: ['kind', 'string', 'nullable'] } as const;
    const bytes = await encodeParquet(defineShape('Old', old), [{ partId: 'a' }], { codec: 'snappy' });
    const shape: Shape<typeof now> = defineShape('Now', now);
    expect(await readParquet(shape, sourceOf(bytes))).toEqual([{ partId: 'a', kind: null }]);
    expect(await readParquet(shape, sourceOf(bytes), { filter: { kind: ['x'] } })).toEqual([]);
  });

  test('refuses a file without a column that is never null, or with another type', async () => {
    const a = defineShape('A', { x: ['x', 'string'] });
    const bytes = await encodeParquet(a, [{ x: 'a' }], { codec: 'snappy' });
    await expect(readParquet(defineShape('B', { y: ['y', 'long'] }), sourceOf(bytes))).rejects.toMatchObject({
      code: 'corrupt-record',
      message: expect.stringContaining('"y" is absent') as string,
    });
    await expect(readParquet(defineShape('C', { x: ['x', 'long'] }), sourceOf(bytes))).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining('"x"') as string,
    });
  });

  test('carries unknown columns along when told, and encodeParquet() writes them back', async () => {
    await fc.assert(
      fc.asyncProperty(shapeAndRows({ minRows: 1 }), async ({ shape, rows }) => {
        const bytes = await encodeParquet(shape, rows, { codec: 'snappy' });
        const keys = Object.keys(shape.specs);
        const older = defineShape('Older', Object.fromEntries(Object.entries(shape.specs).slice(0, Math.ceil(keys.length / 2))));
        const plain = await readParquet(older, sourceOf(bytes));
        expect(plain.every((row) => !(carried in row))).toBe(true);
        const kept = await readParquet(older, sourceOf(bytes), { carry: true });
        const again = await encodeParquet(older, kept, { codec: 'gzip' });
        const read = await readParquet(rowsOf(shape), sourceOf(again));
        expect(read).toEqual(rows.map((row) => ({ ...row })));
      }),
      { numRuns: 200 },
    );
  });

  test('reads only the columns it is asked for', async () => {
    const source = sourceOf(await encodeParquet(Record, history(1, 500, 2000), { codec: 'snappy' }));
    const rows = await readParquet(Record, source, { columns: ['nodeId', 'txnSeq'] });
    expect(rows[3]).toEqual({ nodeId: id(3), txnSeq: 4 });
    expect(source.bytesRead).toBeLessThan(source.byteLength / 5);
  });

  test('filters as a scan would, whatever is skipped', async () => {
    const rows = history(40, 25, 40).map((row, index) => ({
      ...row,
      keyMin: index % 3 === 0 ? null : `k${index % 10}😀`,
      kind: null,
      keyMax: null,
      txnMin: null,
      timeMinMicros: null,
      timeMaxMicros: null,
    }));
    const bytes = await encodeParquet(Record, rows, { codec: 'snappy', rowGroupRows: 300, pageSizeBytes: 512 });
    const source = sourceOf(bytes);
    const part = fc.array(fc.integer({ min: 0, max: 45 }).map(id), { maxLength: 4 });
    const bound = fc.option(fc.integer({ min: -5, max: 1100 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.option(part, { nil: undefined }),
        bound,
        bound,
        fc.option(fc.constantFrom('k3😀', 'k', 'z', '\uffff', 'k5\u{1f601}'), { nil: undefined }),
        async (parts, min, max, key) => {
          const read = await readParquet(Record, source, {
            filter: {
              ...(parts === undefined ? {} : { partId: parts }),
              txnSeq: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
              ...(key === undefined ? {} : { keyMin: { max: key } }),
            },
          });
          expect(read).toEqual(
            rows.filter(
              (row) =>
                (parts === undefined || parts.includes(row.partId)) &&
                (min === undefined || row.txnSeq >= min) &&
                (max === undefined || row.txnSeq <= max) &&
                (key === undefined || (row.keyMin !== null && Buffer.compare(Buffer.from(row.keyMin), Buffer.from(key)) <= 0)),
            ),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('looks up one part_id of a large file in a few reads', async () => {
    const bytes = await encodeParquet(Record, history(2000, 30, 150), { codec: 'gzip' });
    const source = sourceOf(bytes);
    const rows = await readParquet(Record, source, { filter: { partId: [id(1234)] } });
    expect(rows.map((row) => row.version)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(source.bytesRead).toBeLessThan(400_000);
    expect(source.reads).toBeLessThan(24);
  });

  test('names the file and what is wrong with it', async () => {
    const bytes = await encodeParquet(Record, sample, { codec: 'snappy' });
    await expect(readParquet(Record, sourceOf(bytes.subarray(0, 5)))).rejects.toMatchObject({
      code: 'corrupt-record',
      message: 'Cannot read "part-x.parquet" as Parquet: it has 5 bytes, at least 12 were wanted',
    });
    await expect(readParquet(Record, sourceOf(bytes.subarray(0, -1)))).rejects.toMatchObject({
      message: 'Cannot read "part-x.parquet" as Parquet: it does not end in PAR1',
    });
    const long = Uint8Array.from(bytes);
    new DataView(long.buffer).setUint32(long.length - 8, 0xfffffff0, true);
    await expect(readParquet(Record, sourceOf(long))).rejects.toMatchObject({
      message: expect.stringContaining('claims a footer of 4294967280 bytes') as string,
    });
  });

  test('passes errors of the file system on', async () => {
    const missing = Object.assign(new Error('gone'), { code: 'EIO', syscall: 'read' });
    await expect(readParquet(Record, { label: 'x', byteLength: 100, slice: () => Promise.reject(missing) })).rejects.toBe(missing);
  });

  test('answers damaged files with corrupt-record or with rows, within time and memory', async () => {
    const files = [
      await encodeParquet(Record, sample, { codec: 'snappy' }),
      await encodeParquet(
        Record,
        history(3, 40, 30).map((row, index) => (index % 2 === 0 ? { ...row, kind: 'x', timeMinMicros: 5n } : row)),
        { codec: 'snappy', pageSizeBytes: 256, rowGroupRows: 50 },
      ),
      await encodeParquet(Record, history(2, 5, 30), { codec: 'gzip' }),
    ];
    const before = process.memoryUsage().rss;
    let damaged = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.option(fc.nat(), { freq: 6 }),
        async (file, flips, filtered, cut) => {
          let bytes = Uint8Array.from(file);
          for (const [position, value] of flips) bytes[position % bytes.length] = value;
          if (cut !== null) bytes = bytes.slice(0, cut % bytes.length);
          try {
            await readParquet(Record, sourceOf(bytes), filtered ? { filter: { partId: [id(1)], txnSeq: { max: 50 } } } : {});
          } catch (error) {
            damaged += 1;
            if (!(error instanceof OplogError)) throw error;
            expect(['corrupt-record', 'unsupported-format']).toContain(error.code);
            expect(error.message).toContain('part-x.parquet');
          }
        },
      ),
      { numRuns: 6000 },
    );
    expect(damaged).toBeGreaterThan(500);
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  });
});
