import { encodeSmallParquet } from './parquet-small.ts';
import type { Column, RowOf, Shape } from './shape.ts';
import { snappyFrom } from './snappy.ts';

/**
 * Reads what `encodeSmallParquet` wrote, and nothing else: a state is behind a few files of one row each, and the reader for Parquet files
 * of all kinds takes longer to load and to warm up than they take to read.
 *
 * What is found is encoded again and must be the same file byte for byte: that is the whole check, and it leaves no other reading.
 *
 * @returns undefined for any other file
 */
export function decodeSmallParquet<T extends Shape>(shape: T, file: Uint8Array): RowOf<T>[] | undefined {
  if (file.length < 12 || file.length > MOST_FILE_BYTES) return undefined;
  try {
    const rows = readRows(shape, Buffer.from(file.buffer, file.byteOffset, file.length));
    const again = encodeSmallParquet(shape, rows);
    return again !== undefined && Buffer.compare(again, file) === 0 ? rows as unknown as RowOf<T>[] : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const MOST_FILE_BYTES = 256 * 1024;
const MOST_ROWS = 8;
const MOST_DEPTH = 8;

type Row = { [key: string]: string | number | bigint | Uint8Array | null };

function readRows(shape: Shape, file: Buffer): Row[] {
  const footer = thriftOf(file, file.length - 8 - file.readUInt32LE(file.length - 8));
  const rowCount = numberOf(footer, 3);
  if (rowCount > MOST_ROWS) throw new RangeError('these are many rows');
  const template: Row = Object.fromEntries(shape.columns.map(({ key }) => [key, null]));
  const rows = Array.from({ length: rowCount }, () => ({ ...template }));
  for (const chunk of listOf(listOf(footer, 4)[0], 1)) {
    const facts = fieldOf(chunk, 3);
    const name = listOf(facts, 3)[0];
    const column = Buffer.isBuffer(name) ? shape.byName.get(name.toString('utf8')) : undefined;
    if (column === undefined) throw new RangeError('this column is not known');
    readChunk(file, numberOf(facts, 9), column, rows);
  }
  return rows;
}

function readChunk(file: Buffer, offset: number, column: Column, rows: readonly Row[]): void {
  const header: Cursor = { file, at: offset };
  const page = structAt(header, 0);
  const levels = column.nullable ? 2 : 0;
  const present = column.nullable ? file.readUInt8(header.at + 1) : 0xff;
  const values = snappyFrom(file.subarray(header.at + levels, header.at + numberOf(page, 3)));
  let at = 0;
  for (const [index, row] of rows.entries()) {
    if ((present & (1 << index)) === 0) continue;
    if (column.type === 'string' || column.type === 'binary') {
      const start = at + 4;
      at = start + values.readUInt32LE(at);
      if (at > values.length) throw new RangeError('a value ends behind its page');
      row[column.key] = column.type === 'string' ? values.toString('utf8', start, at) : new Uint8Array(values.subarray(start, at));
    } else {
      row[column.key] = column.type === 'timestamp' ? values.readBigInt64LE(at) : values.readInt32LE(at + 4) * 0x1_0000_0000 + values.readUInt32LE(at);
      at += 8;
    }
  }
}

/** A struct of Thrift's compact protocol, by field id. */
type Thrift = number | Buffer | readonly Thrift[] | ReadonlyMap<number, Thrift>;
interface Cursor { readonly file: Buffer; at: number }

function thriftOf(file: Buffer, at: number): Thrift {
  return structAt({ file, at }, 0);
}

function structAt(cursor: Cursor, depth: number): ReadonlyMap<number, Thrift> {
  if (depth > MOST_DEPTH) throw new RangeError('this is too deep');
  const fields = new Map<number, Thrift>();
  for (let id = 0; ;) {
    const head = cursor.file.readUInt8(cursor.at++);
    if (head === 0) return fields;
    id += head >>> 4;
    fields.set(id, valueAt(cursor, head & 15, depth));
  }
}

function valueAt(cursor: Cursor, type: number, depth: number): Thrift {
  switch (type) {
    // A boolean's value is its type.
    case 1: case 2: return type;
    case 5: case 6: return varintAt(cursor) / 2;
    case 8: {
      const length = varintAt(cursor);
      const start = cursor.at;
      cursor.at += length;
      return cursor.file.subarray(start, cursor.at);
    }
    case 9: {
      const head = cursor.file.readUInt8(cursor.at++);
      const size = head >>> 4 === 15 ? varintAt(cursor) : head >>> 4;
      if (size > cursor.file.length) throw new RangeError('this list is longer than its file');
      return Array.from({ length: size }, () => valueAt(cursor, head & 15, depth + 1));
    }
    case 12: return structAt(cursor, depth + 1);
    default: throw new RangeError('this type is not of a small file');
  }
}

function varintAt(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = cursor.file.readUInt8(cursor.at++);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('this number is too long');
}

function fieldOf(value: Thrift | undefined, id: number): Thrift | undefined {
  return value instanceof Map ? (value as ReadonlyMap<number, Thrift>).get(id) : undefined;
}

function numberOf(value: Thrift | undefined, id: number): number {
  const number = fieldOf(value, id);
  if (typeof number === 'number') return number;
  throw new RangeError(`the field ${id} is no number`);
}

function listOf(value: Thrift | undefined, id: number): readonly Thrift[] {
  const list = fieldOf(value, id);
  if (Array.isArray(list)) return list as readonly Thrift[];
  throw new RangeError(`the field ${id} is no list`);
}
