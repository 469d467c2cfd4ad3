import { carried } from './carried.ts';
import type { Column, ColumnType, NewRowOf, Shape } from './shape.ts';
import { snappyBound, snappyInto } from './snappy.ts';

/**
 * Parquet files of a few rows, which is what one transaction writes: one row group, one data page (V2, PLAIN, snappy) a column,
 * no statistics. The same layout as that of `parquet-encode.ts`, at a fraction of the time, and without loading its library.
 */

const MOST_ROWS = 8;
const MOST_BYTES = 48 * 1024;

type Row = Readonly<Record<PropertyKey, unknown>>;

/** The Thrift types of the compact protocol that a footer needs. */
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const INT64 = 2;
const BYTE_ARRAY = 6;
const SNAPPY = 1;
const DATA_PAGE_V2 = 3;

const TYPES: { readonly [type in ColumnType]?: number } = { string: BYTE_ARRAY, binary: BYTE_ARRAY, long: INT64, timestamp: INT64 };

let bytes: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
const page: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
let at = 0;

interface Chunk {
  readonly column: Column;
  readonly offset: number;
  readonly compressedBytes: number;
  readonly plainBytes: number;
}

/** @returns undefined when the rows are not few, small and plain, or a value is not of its column: then the other encoder has the word */
export function encodeSmallParquet<T extends Shape>(shape: T, all: readonly NewRowOf<T>[]): Uint8Array<ArrayBuffer> | undefined {
  const rows: readonly Row[] = all;
  if (rows.length === 0 || rows.length > MOST_ROWS || rows.some((row) => row[carried] !== undefined)) return undefined;
  const columns = shape.columns.filter(({ key, nullable }) => !nullable || rows.some((row) => (row[key] ?? null) !== null));
  if (columns.length === 0 || !columns.every((column) => isSmall(column, rows))) return undefined;
  at = 0;
  text('PAR1');
  const chunks = columns.map((column) => writeChunk(column, rows));
  const footer = at;
  writeFooter(columns, chunks, rows.length);
  at = bytes.writeUInt32LE(at - footer, at);
  text('PAR1');
  const file = new Uint8Array(at);
  file.set(bytes.subarray(0, at));
  return file;
}

/** Whether the column's values are of its type and fit a page; strings take at most three bytes a character. */
function isSmall({ key, type, nullable }: Column, rows: readonly Row[]): boolean {
  let size = 0;
  for (const row of rows) {
    const value = row[key] ?? null;
    if (value === null) {
      if (!nullable) return false;
    } else if (type === 'string') {
      if (typeof value !== 'string' || !value.isWellFormed()) return false;
      size += 4 + 3 * value.length;
    } else if (type === 'binary') {
      if (!(value instanceof Uint8Array)) return false;
      size += 4 + value.byteLength;
    } else if (type === 'long') {
      if (!Number.isSafeInteger(value)) return false;
      size += 8;
    } else if (type === 'timestamp') {
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false;
      size += 8;
    } else {
      return false;
    }
  }
  return size <= MOST_BYTES;
}

function writeChunk(column: Column, rows: readonly Row[]): Chunk {
  const { key, nullable } = column;
  let length = 0;
  let present = 0;
  for (const [index, row] of rows.entries()) {
    const value = row[key] ?? null;
    if (value === null) continue;
    present |= 1 << index;
    if (typeof value === 'string') {
      const size = page.write(value, length + 4, 'utf8');
      page.writeUInt32LE(size, length);
      length += 4 + size;
    } else if (value instanceof Uint8Array) {
      page.writeUInt32LE(value.byteLength, length);
      page.set(value, length + 4);
      length += 4 + value.byteLength;
    } else if (typeof value === 'bigint') {
      length = page.writeBigInt64LE(value, length);
    } else if (typeof value === 'number') {
      // A negative number's high word is rounded down, so that the low one is not negative.
      const high = Math.floor(value / 0x1_0000_0000);
      page.writeUInt32LE(value - high * 0x1_0000_0000, length);
      length = page.writeInt32LE(high, length + 4);
    }
  }
  reserve(snappyBound(length) + 256);
  const offset = at;
  // The header says how long the compressed bytes are: they are written behind the longest header, and moved.
  const start = at + 64;
  const compressed = snappyInto(bytes, start, page.subarray(0, length)) - start;
  const levelBytes = nullable ? 2 : 0;
  const header = at;
  structField(0, 1, I32, DATA_PAGE_V2);
  structField(1, 2, I32, levelBytes + length);
  structField(2, 3, I32, levelBytes + compressed);
  bytes[at++] = (5 << 4) | STRUCT;
  structField(0, 1, I32, rows.length);
  structField(1, 2, I32, rows.length - bitsOf(present));
  structField(2, 3, I32, rows.length);
  structField(3, 4, I32, 0);
  structField(4, 5, I32, levelBytes);
  structField(5, 6, I32, 0);
  bytes[at++] = 0;
  bytes[at++] = 0;
  const headerBytes = at - header;
  if (nullable) {
    // Definition levels: one group of eight values, bit-packed.
    bytes[at++] = 3;
    bytes[at++] = present;
  }
  bytes.copyWithin(at, start, start + compressed);
  at += compressed;
  return { column, offset, compressedBytes: at - offset, plainBytes: headerBytes + levelBytes + length };
}

function bitsOf(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** `FileMetaData` of parquet.thrift. */
function writeFooter(columns: readonly Column[], chunks: readonly Chunk[], rowCount: number): void {
  reserve(1024 + 256 * columns.length + columns.reduce((sum, { name }) => sum + 6 * name.length, 0));
  structField(0, 1, I32, 2);
  listField(1, 2, STRUCT, columns.length + 1);
  stringField(0, 4, 'spark_schema');
  structField(4, 5, I32, columns.length);
  bytes[at++] = 0;
  for (const column of columns) writeSchemaElement(column);
  structField(2, 3, I64, rowCount);
  listField(3, 4, STRUCT, 1);
  listField(0, 1, STRUCT, chunks.length);
  for (const chunk of chunks) writeColumnChunk(chunk, rowCount);
  const total = (key: 'plainBytes' | 'compressedBytes'): number => chunks.reduce((sum, chunk) => sum + chunk[key], 0);
  structField(1, 2, I64, total('plainBytes'));
  structField(2, 3, I64, rowCount);
  structField(3, 6, I64, total('compressedBytes'));
  bytes[at++] = 0;
  stringField(4, 6, 'duckpond');
  listField(6, 7, STRUCT, columns.length);
  for (const _column of columns) {
    // TypeDefinedOrder, a union member without fields.
    bytes[at++] = (1 << 4) | STRUCT;
    bytes[at++] = 0;
    bytes[at++] = 0;
  }
  bytes[at++] = 0;
}

function writeSchemaElement({ name, type, nullable }: Column): void {
  structField(0, 1, I32, TYPES[type] ?? 0);
  structField(1, 3, I32, nullable ? 1 : 0);
  stringField(3, 4, name);
  if (type === 'string') {
    // UTF8; LogicalType.STRING
    structField(4, 6, I32, 0);
    bytes.set([(4 << 4) | STRUCT, (1 << 4) | STRUCT, 0, 0], at);
    at += 4;
  } else if (type === 'timestamp') {
    // TIMESTAMP_MICROS; LogicalType.TIMESTAMP, adjusted to UTC, MICROS
    structField(4, 6, I32, 10);
    bytes.set([(4 << 4) | STRUCT, (8 << 4) | STRUCT, (1 << 4) | 1, (1 << 4) | STRUCT, (2 << 4) | STRUCT, 0, 0, 0, 0], at);
    at += 9;
  }
  bytes[at++] = 0;
}

function writeColumnChunk({ column, offset, compressedBytes, plainBytes }: Chunk, rowCount: number): void {
  structField(0, 2, I64, offset);
  bytes[at++] = (1 << 4) | STRUCT;
  structField(0, 1, I32, TYPES[column.type] ?? 0);
  listField(1, 2, I32, 1);
  varint(0);
  listField(2, 3, BINARY, 1);
  string(column.name);
  structField(3, 4, I32, SNAPPY);
  structField(4, 5, I64, rowCount);
  structField(5, 6, I64, plainBytes);
  structField(6, 7, I64, compressedBytes);
  structField(7, 9, I64, offset);
  bytes[at++] = 0;
  bytes[at++] = 0;
}

function reserve(size: number): void {
  if (at + size <= bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, at + size));
  bytes.copy(larger, 0, 0, at);
  bytes = larger;
}

function text(ascii: string): void {
  at += bytes.write(ascii, at, 'latin1');
}

/** Thrift's compact protocol: field ids as differences, numbers as zigzag varints. */
function structField(before: number, id: number, type: typeof I32 | typeof I64, value: number): void {
  bytes[at++] = ((id - before) << 4) | type;
  varint(value * 2);
}

function stringField(before: number, id: number, value: string): void {
  bytes[at++] = ((id - before) << 4) | BINARY;
  string(value);
}

function string(value: string): void {
  const size = Buffer.byteLength(value);
  varint(size);
  at += bytes.write(value, at, 'utf8');
}

function listField(before: number, id: number, type: number, size: number): void {
  bytes[at++] = ((id - before) << 4) | LIST;
  if (size < 15) {
    bytes[at++] = (size << 4) | type;
  } else {
    bytes[at++] = 0xf0 | type;
    varint(size);
  }
}

/** Of a number that is not negative and below 2^31. */
function varint(value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
}
