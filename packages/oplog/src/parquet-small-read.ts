import { isUtf8 } from 'node:buffer';
import type { Column, ColumnType, RowOf, Shape } from './shape.ts';
import { snappyFrom } from './snappy.ts';

/**
 * Reads what `encodeSmallParquet` wrote, and nothing else: a state is behind a few files of one row each, and the reader for Parquet files
 * of all kinds takes longer to load and to warm up than they take to read.
 *
 * Every byte that says what the file is must be the one that the writer would have put there; sizes must add up.
 *
 * @returns undefined for any other file
 */
export function decodeSmallParquet<T extends Shape>(shape: T, bytes: Uint8Array): RowOf<T>[] | undefined {
  if (bytes.length < 12 || bytes.length > MOST_FILE_BYTES) return undefined;
  try {
    file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return rowsOf(shape) as unknown as RowOf<T>[];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const MOST_FILE_BYTES = 256 * 1024;
const MOST_ROWS = 8;
const MAGIC = 0x31524150;
const MICROS = [0x25, 20, 0x4c, 0x8c, 0x11, 0x1c, 0x2c, 0, 0, 0, 0];
/** What follows the name of a column, by its type; Thrift's compact protocol. */
const NOTES: { readonly [type in ColumnType]?: readonly number[] } = {
  string: [0x25, 0, 0x4c, 0x1c, 0, 0], binary: [], long: [], timestamp: MICROS,
};
const INT64 = 2;
const BYTE_ARRAY = 6;
const SNAPPY = 1;
const DATA_PAGE_V2 = 3;

type Row = { [key: string]: string | number | bigint | Uint8Array | null };

/** The file, and the place up to which it has been read. */
let file: Buffer = Buffer.alloc(0);
let at = 0;

function rowsOf(shape: Shape): Row[] {
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8);
  if (footer < 4 || file.readUInt32LE(0) !== MAGIC || file.readUInt32LE(file.length - 4) !== MAGIC) throw unlike();
  at = footer;
  const columns = schema(shape);
  expect(0x16);
  const rowCount = number();
  if (rowCount < 1 || rowCount > MOST_ROWS) throw unlike();
  const template: Row = Object.fromEntries(shape.columns.map(({ key }) => [key, null]));
  const rows = Array.from({ length: rowCount }, () => ({ ...template }));
  expect(0x19, 0x1c);
  listOf(0x19, columns.length);
  let offset = 4;
  let plainBytes = 0;
  for (const column of columns) {
    const sizes = chunk(column, offset, rows);
    offset += sizes.stored;
    plainBytes += sizes.plain;
  }
  if (offset !== footer) throw unlike();
  expect(0x16);
  expectNumber(plainBytes);
  expect(0x16, rowCount * 2, 0x36);
  expectNumber(offset - 4);
  expect(0, 0x28);
  text('duckpond');
  listOf(0x19, columns.length);
  for (const _column of columns) expect(0x1c, 0, 0);
  expect(0);
  if (at !== file.length - 8) throw unlike();
  return rows;
}

function schema(shape: Shape): readonly Column[] {
  expect(0x15, 4, 0x19);
  const count = listSize() - 1;
  expect(0x48);
  text('spark_schema');
  expect(0x15);
  if (number() !== count || count < 1 || count > shape.columns.length) throw unlike();
  expect(0);
  const columns: Column[] = [];
  let next = 0;
  while (columns.length < count) {
    expect(0x15);
    const type = number();
    expect(0x25);
    const nullable = number() === 1;
    expect(0x18);
    const length = varint();
    const name = file.toString('utf8', at, at + length);
    at += length;
    // In the order of the shape, of which columns without a value are left out.
    let column = shape.columns[next++];
    while (column !== undefined && column.name !== name && column.nullable) column = shape.columns[next++];
    const notes = column === undefined ? undefined : NOTES[column.type];
    if (column?.name !== name || column.nullable !== nullable || notes === undefined || type !== physical(column)) throw unlike();
    expect(...notes, 0);
    columns.push(column);
  }
  if (shape.columns.slice(next).some(({ nullable }) => !nullable)) throw unlike();
  return columns;
}

/** What the footer says of a column, then its page. @returns the sizes of the chunk */
function chunk(column: Column, offset: number, rows: readonly Row[]): { readonly plain: number; readonly stored: number } {
  expect(0x26);
  expectNumber(offset);
  expect(0x1c, 0x15, physical(column) * 2, 0x19, 0x15, 0, 0x19, 0x18);
  text(column.name);
  expect(0x15, SNAPPY * 2, 0x16, rows.length * 2, 0x16);
  const plainBytes = number();
  expect(0x16);
  const chunkBytes = number();
  expect(0x26);
  expectNumber(offset);
  expect(0, 0);
  const after = at;
  at = offset;
  page(column, offset, offset + chunkBytes, plainBytes, rows);
  at = after;
  return { plain: plainBytes, stored: chunkBytes };
}

function page(column: Column, start: number, end: number, plainBytes: number, rows: readonly Row[]): void {
  const levelBytes = column.nullable ? 2 : 0;
  expect(0x15, DATA_PAGE_V2 * 2, 0x15);
  const pageBytes = number();
  expect(0x15);
  const storedBytes = number();
  expect(0x5c, 0x15, rows.length * 2, 0x15);
  const nulls = number();
  expect(0x15, rows.length * 2, 0x15, 0, 0x15, levelBytes * 2, 0x15, 0, 0, 0);
  if (plainBytes !== at - start + pageBytes || at + storedBytes !== end || end > file.length) throw unlike();
  if (column.nullable) expect(3);
  const present = column.nullable ? file.readUInt8(at++) : (1 << rows.length) - 1;
  const values = snappyFrom(file.subarray(at, end));
  if (values.length + levelBytes !== pageBytes) throw unlike();
  let place = 0;
  let count = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (row === undefined || (present & (1 << index)) === 0) continue;
    count += 1;
    if (column.type === 'string' || column.type === 'binary') {
      const first = place + 4;
      place = first + values.readUInt32LE(place);
      if (place > values.length) throw unlike();
      row[column.key] = column.type === 'string' ? textOf(values.subarray(first, place)) : new Uint8Array(values.subarray(first, place));
    } else {
      row[column.key] = column.type === 'timestamp' ? values.readBigInt64LE(place) : safeLong(values, place);
      place += 8;
    }
  }
  if (place !== values.length || present >= 1 << rows.length || count + nulls !== rows.length) throw unlike();
}

function expect(...wanted: readonly number[]): void {
  for (const byte of wanted) if (file[at++] !== byte) throw unlike();
}

function expectNumber(wanted: number): void {
  if (number() !== wanted) throw unlike();
}

function text(wanted: string): void {
  const length = varint();
  if (file.toString('utf8', at, at + length) !== wanted) throw unlike();
  at += length;
}

function listOf(head: number, size: number): void {
  expect(head);
  if (listSize() !== size) throw unlike();
}

/** Of a list of structs. */
function listSize(): number {
  const head = file.readUInt8(at++);
  if ((head & 15) !== 12) throw unlike();
  return head >>> 4 === 15 ? varint() : head >>> 4;
}

/** Zigzag, not negative. */
function number(): number {
  const twice = varint();
  if (twice % 2 !== 0) throw unlike();
  return twice / 2;
}

function varint(): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = file.readUInt8(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw unlike();
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw unlike();
  return bytes.toString('utf8');
}

function safeLong(values: Buffer, at: number): number {
  const value = values.readInt32LE(at + 4) * 0x1_0000_0000 + values.readUInt32LE(at);
  if (!Number.isSafeInteger(value)) throw unlike();
  return value;
}

function physical({ type }: Column): number {
  return type === 'string' || type === 'binary' ? BYTE_ARRAY : INT64;
}

/** What stands there is not what the writer writes. */
function unlike(): RangeError {
  return new RangeError('Cannot read a small file: it is another one');
}
