import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { describe, expect, test } from 'vitest';
import { encodeParquet, loadParquetEncoder, readParquet } from '../src/parquet.ts';
import { encodeSmallParquet } from '../src/parquet-small.ts';
import { decodeSmallParquet } from '../src/parquet-small-read.ts';
import { type NewRecord, Record } from '../src/record.ts';
import { snappyBound, snappyFrom, snappyInto } from '../src/snappy.ts';
import { shapeAndRows } from './shapes.ts';

const records: fc.Arbitrary<readonly NewRecord[]> = fc.array(fc.record({
  partId: fc.uuid(), nodeId: fc.string({ unit: 'grapheme' }), txnSeq: fc.nat(), version: fc.integer(),
  timestampMicros: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), content: fc.uint8Array({ maxLength: 400 }),
  kind: fc.option(fc.constantFrom('node', 'directory'), { nil: null }), txnMin: fc.option(fc.maxSafeInteger(), { nil: null }),
  timeMinMicros: fc.option(fc.bigInt({ min: 0n, max: 9n }), { nil: null }),
}), { minLength: 1, maxLength: 8 });

/** What a footer says, but for sizes and offsets, which depend on the compressor. */
function layoutOf(bytes: Uint8Array): unknown {
  const { metadata_length: _length, row_groups: groups, ...file } = parquetMetadata(new Uint8Array(bytes).buffer);
  return {
    ...file,
    groups: groups.map(({ columns, num_rows }) => ({
      num_rows,
      columns: columns.map(({ meta_data }) => ({
        ...meta_data, total_compressed_size: 0n, total_uncompressed_size: 0n, data_page_offset: 0n,
      })),
    })),
  };
}

describe('encodeSmallParquet()', () => {
  test('lays files out as the library does', async () => {
    const encode = await loadParquetEncoder();
    fc.assert(fc.property(records, (rows) => {
      const small = encodeSmallParquet(Record, rows);
      if (small === undefined) throw new Error('these rows are small');
      expect(layoutOf(small)).toEqual(layoutOf(encode(Record, rows, { codec: 'snappy' })));
    }));
  });

  test('readParquet() returns what it was given, for any shape that it takes', async () => {
    let taken = 0;
    await fc.assert(fc.asyncProperty(shapeAndRows({ minRows: 1 }), async ({ shape, rows }) => {
      const bytes = encodeSmallParquet(shape, rows);
      if (bytes === undefined) return;
      taken += 1;
      const source = { label: 'x.parquet', byteLength: bytes.length, slice: (start: number, end: number) => bytes.subarray(start, end) };
      expect(await readParquet(shape, source)).toEqual(rows);
    }), { numRuns: 500 });
    expect(taken).toBeGreaterThan(20);
  });

  test('leaves to the library what is large, many, carried or of a wrong type', async () => {
    const row: NewRecord = { partId: 'p', nodeId: 'n', txnSeq: 1, version: 1, timestampMicros: 0n, content: new Uint8Array(1) };
    expect(encodeSmallParquet(Record, [row])).toBeDefined();
    expect(encodeSmallParquet(Record, Array.from({ length: 9 }, () => row))).toBeUndefined();
    expect(encodeSmallParquet(Record, [{ ...row, content: new Uint8Array(50_000) }])).toBeUndefined();
    expect(encodeSmallParquet(Record, [{ ...row, txnSeq: 1.5 }])).toBeUndefined();
    expect(encodeSmallParquet(Record, [{ ...row, partId: '\ud800' }])).toBeUndefined();
    expect(encodeSmallParquet(Record, [])).toBeUndefined();
    await expect(encodeParquet(Record, [{ ...row, txnSeq: 1.5 }], { codec: 'snappy' })).rejects.toThrow(/a long was wanted/);
  });
});

describe('decodeSmallParquet()', () => {
  test('returns what was encoded, for any shape, and what readParquet() returns', async () => {
    let taken = 0;
    await fc.assert(fc.asyncProperty(shapeAndRows({ minRows: 1 }), async ({ shape, rows }) => {
      const bytes = encodeSmallParquet(shape, rows);
      if (bytes === undefined) return;
      taken += 1;
      const decoded = decodeSmallParquet(shape, bytes);
      expect(decoded).toEqual(rows);
      const source = { label: 'x.parquet', byteLength: bytes.length, slice: (start: number, end: number) => bytes.subarray(start, end) };
      expect(decoded).toEqual(await readParquet(shape, source));
    }), { numRuns: 300 });
    expect(taken).toBeGreaterThan(10);
    fc.assert(fc.property(records, (rows) => {
      const bytes = encodeSmallParquet(Record, rows);
      expect(bytes).toBeDefined();
      expect(decodeSmallParquet(Record, bytes ?? new Uint8Array(0))?.map(({ content }) => content)).toEqual(rows.map(({ content }) => content));
    }));
  });

  test('has no answer for any other bytes: one byte flipped, cut off, files of the library, junk', async () => {
    const row: NewRecord = { partId: 'p', nodeId: 'näme', txnSeq: 7, version: 1, timestampMicros: -5n, content: new Uint8Array(300).fill(3), kind: 'node' };
    const rows: readonly NewRecord[] = [row, { ...row, kind: null }];
    const bytes = encodeSmallParquet(Record, rows) ?? new Uint8Array(0);
    const [first] = decodeSmallParquet(Record, bytes) ?? [];
    expect(first).toMatchObject({ ...row });
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [1, 0x80, 0xff]) {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        const found = decodeSmallParquet(Record, flipped);
        if (found === undefined) continue;
        // A byte of a value makes other rows, which every reader reads.
        const source = { label: 'x', byteLength: flipped.length, slice: (start: number, end: number) => flipped.subarray(start, end) };
        expect(found).toEqual(await readParquet(Record, source));
      }
      expect(decodeSmallParquet(Record, bytes.subarray(0, at))).toBeUndefined();
    }
    const encode = await loadParquetEncoder();
    expect(decodeSmallParquet(Record, encode(Record, [row], { codec: 'gzip' }))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => { expect(decodeSmallParquet(Record, junk)).toBeUndefined(); }));
  });
});

test('snappyInto() is undone by a reader of Snappy, within its bound', () => {
  const repetitive = fc.array(fc.tuple(fc.constantFrom(0, 1, 7, 255), fc.integer({ min: 1, max: 300 })), { maxLength: 60 })
    .map((runs) => Uint8Array.from(runs.flatMap(([byte, count]) => Array.from({ length: count }, (_, i) => (byte === 7 ? i : byte)))));
  const repeated = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 1, max: 9 }))
    .map(([block, times]) => Uint8Array.from(Array.from({ length: times }, () => [...block]).flat()));
  fc.assert(fc.property(fc.oneof(repetitive, repeated, fc.uint8Array({ maxLength: 65_535, size: 'max' })), (input) => {
    const out = new Uint8Array(snappyBound(input.length) + 1);
    const end = snappyInto(out, 1, input);
    expect(end).toBeLessThan(out.length);
    const back = new Uint8Array(input.length);
    snappyUncompress(out.subarray(1, end), back);
    expect(Buffer.compare(back, input)).toBe(0);
    expect(Buffer.compare(snappyFrom(out.subarray(1, end)), input)).toBe(0);
  }));
});

test('snappyFrom() refuses junk with a RangeError', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (junk) => {
    try {
      snappyFrom(junk);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }), { numRuns: 2000 });
});
