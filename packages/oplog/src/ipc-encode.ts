import { type ArrowType, arrowTypeKey } from './arrow-type.ts';
import { carried, type CarriedValue } from './carried.ts';
import { OplogError } from './errors.ts';
import { encodeSchema, RECORD_BATCH_HEADER, storedField, type StoredField } from './ipc-schema.ts';
import { type Column, type NewRowOf, type Shape } from './shape.ts';

type Row = Readonly<Record<PropertyKey, unknown>>;

/** The values of one column that is to be written. `key` tells schemas apart: the same for the same field only. */
export interface Written {
  readonly field: StoredField;
  readonly key: string;
  readonly nulls: number;
  readonly write: (out: Body, rows: number) => void;
  readonly isNull: (row: number) => boolean;
}

/** One buffer for all streams of the process; what is returned is a copy of the exact size. */
export interface Body {
  bytes: Buffer;
  view: DataView;
  length: number;
  readonly buffers: number[];
}

const INITIAL_BYTES = 64 * 1024;
const KEPT_BYTES = 4 * 1024 * 1024;
const MAX_OFFSET = 2 ** 31 - 1;
const CACHED_SCHEMAS = 256;
const CONTINUATION = 0xffffffff;

let body: Body = newBody(INITIAL_BYTES);
const schemas = new Map<string, Uint8Array>();

/**
 * Encodes rows as an uncompressed Arrow IPC stream: schema, one record batch (none for no rows), end-of-stream marker.
 * Only columns that are not null in at least one row are written. Columns carried by the rows are written back.
 * Throws `invalid-transaction` for a value that its column cannot hold.
 */
export function encodeIpc<T extends Shape>(shape: T, rows: readonly NewRowOf<T>[]): Uint8Array<ArrayBuffer> {
  const columns = ownColumns(shape, rows);
  columns.push(...carriedColumns(shape, rows));
  // Rows without a value still have to be counted by something that takes space in the body.
  const [first] = shape.columns;
  if (columns.length === 0 && rows.length > 0 && first !== undefined) columns.push(ownColumn(shape, first, rows, rows.length));
  return encodeColumns(columns, rows.length);
}

/** A stream of columns, each of which writes its own buffers. */
export function encodeColumns(columns: readonly Written[], rows: number): Uint8Array<ArrayBuffer> {
  const schema = schemaBytes(columns.map(({ field }) => field), columns.map(({ key }) => key).join('\n'));
  body.length = 0;
  body.buffers.length = 0;
  const metadataBytes = 80 + 16 * columns.length + 16 * columns.reduce((sum, { field }) => sum + bufferCount(field.type), 0);
  reserve(body, schema.length);
  body.bytes.set(schema, 0);
  body.length = schema.length;
  if (rows > 0) {
    const start = body.length;
    reserve(body, 8 + metadataBytes);
    body.length += 8 + metadataBytes;
    const bodyStart = body.length;
    for (const column of columns) writeColumn(body, column, rows);
    writeBatchMetadata(body, start, metadataBytes, bodyStart, rows, columns);
  }
  reserve(body, 8);
  body.view.setUint32(body.length, CONTINUATION, true);
  body.view.setUint32(body.length + 4, 0, true);
  body.length += 8;
  const stream = new Uint8Array(body.length);
  stream.set(body.bytes.subarray(0, body.length));
  if (body.bytes.length > KEPT_BYTES) body = newBody(INITIAL_BYTES);
  return stream;
}

function ownColumns(shape: Shape, rows: readonly Row[]): Written[] {
  const written: Written[] = [];
  for (const column of shape.columns) {
    const { key } = column;
    let nulls = 0;
    for (const row of rows) {
      const value = row[key];
      if (value === null || value === undefined) nulls += 1;
    }
    if (!column.nullable && nulls > 0) throw refused(shape, column, 'null', `a ${column.type}`);
    if (column.nullable && nulls === rows.length) continue;
    written.push(ownColumn(shape, column, rows, nulls));
  }
  return written;
}

function ownColumn(shape: Shape, column: Column, rows: readonly Row[], nulls: number): Written {
  const { key } = column;
  return {
    field: storedField(column),
    key: `${column.name}:${column.type}${column.nullable ? '?' : ''}`,
    nulls,
    write: (out, count) => writeValues(out, shape, column, rows, count),
    isNull: (row) => (rows[row]?.[key] ?? null) === null,
  };
}

function carriedColumns(shape: Shape, rows: readonly Row[]): Written[] {
  const found = new Map<string, { readonly type: ArrowType; readonly values: (Uint8Array | undefined)[]; count: number }>();
  rows.forEach((row, index) => {
    const values = row[carried] as readonly CarriedValue[] | undefined;
    if (values === undefined) return;
    for (const value of values) {
      if (value.format !== 'arrow') throw conflict(shape, value.name, 'it was read from Parquet');
      const column = found.get(value.name) ?? { type: value.type, values: [], count: 0 };
      if (shape.byName.has(value.name)) throw conflict(shape, value.name, 'the shape has a column of this name');
      if (arrowTypeKey(column.type) !== arrowTypeKey(value.type)) throw conflict(shape, value.name, 'two rows give it different types');
      if (column.values[index] === undefined) column.count += 1;
      column.values[index] = value.bytes;
      found.set(value.name, column);
    }
  });
  return [...found].map(([name, { type, values, count }]) => ({
    field: { name, type, nullable: true },
    key: `${JSON.stringify(name)}=${arrowTypeKey(type)}`,
    nulls: rows.length - count,
    write: (out, rowCount) => writeRaw(out, type, values, rowCount),
    isNull: (row) => values[row] === undefined,
  }));
}

/** The encapsulated schema message; thousands of streams have the same few. */
function schemaBytes(fields: readonly StoredField[], key: string): Uint8Array {
  const known = schemas.get(key);
  if (known !== undefined) return known;
  const metadata = encodeSchema(fields);
  const message = new Uint8Array(8 + metadata.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, metadata.length, true);
  message.set(metadata, 8);
  if (schemas.size >= CACHED_SCHEMAS) schemas.clear();
  schemas.set(key, message);
  return message;
}

function bufferCount(type: ArrowType): number {
  return type.layout === 'variable' || type.layout === 'large' ? 3 : 2;
}

/** The record batch message, whose FlatBuffer has the same layout for every stream with as many columns and buffers. */
function writeBatchMetadata(
  out: Body, start: number, metadataBytes: number, bodyStart: number, rows: number, columns: readonly Written[],
): void {
  const { view, buffers } = out;
  out.bytes.fill(0, start, bodyStart);
  view.setUint32(start, CONTINUATION, true);
  view.setUint32(start + 4, metadataBytes, true);
  const at = start + 8;
  view.setUint32(at, 16, true);
  // Message: vtable at 4, table at 16 with header, bodyLength, version and header type.
  const messageVtable = [12, 20, 16, 18, 4, 8];
  messageVtable.forEach((value, index) => view.setUint16(at + 4 + 2 * index, value, true));
  view.setInt32(at + 16, 12, true);
  view.setUint32(at + 20, 28, true);
  setLong(view, at + 24, out.length - bodyStart);
  view.setInt16(at + 32, 4, true);
  view.setUint8(at + 34, RECORD_BATCH_HEADER);
  // RecordBatch: vtable at 36, table at 48 with nodes, length and buffers.
  const batchVtable = [10, 20, 8, 4, 16];
  batchVtable.forEach((value, index) => view.setUint16(at + 36 + 2 * index, value, true));
  view.setInt32(at + 48, 12, true);
  view.setUint32(at + 52, 16, true);
  setLong(view, at + 56, rows);
  const nodes = at + 68;
  const list = nodes + 8 + 16 * columns.length;
  view.setUint32(at + 64, list - (at + 64), true);
  view.setUint32(nodes, columns.length, true);
  columns.forEach((column, index) => {
    setLong(view, nodes + 4 + 16 * index, rows);
    setLong(view, nodes + 12 + 16 * index, column.nulls);
  });
  view.setUint32(list, buffers.length >> 1, true);
  for (let index = 0; index < buffers.length; index += 2) {
    const from = buffers[index] ?? 0;
    setLong(view, list + 4 + 8 * index, from - bodyStart);
    setLong(view, list + 12 + 8 * index, (buffers[index + 1] ?? 0) - from);
  }
}

function writeColumn(out: Body, column: Written, rows: number): void {
  const start = out.length;
  if (column.nulls > 0) {
    const bitmap = (rows + 7) >> 3;
    reserve(out, bitmap);
    out.bytes.fill(0, start, start + bitmap);
    for (let row = 0; row < rows; row += 1) {
      if (!column.isNull(row)) setBit(out.bytes, start, row);
    }
    out.length += bitmap;
  }
  endBuffer(out, start);
  column.write(out, rows);
}

function writeValues(out: Body, shape: Shape, column: Column, rows: readonly Row[], count: number): void {
  const { key, type } = column;
  if (type === 'string' || type === 'binary') {
    writeVariable(out, shape, column, rows, count);
    return;
  }
  const start = out.length;
  const width = type === 'boolean' ? 0 : type === 'integer' ? 4 : 8;
  const size = type === 'boolean' ? (count + 7) >> 3 : count * width;
  reserve(out, size);
  if (type === 'boolean' || column.nullable) out.bytes.fill(0, start, start + size);
  const { view } = out;
  for (let row = 0; row < count; row += 1) {
    const value = rows[row]?.[key];
    if (value === null || value === undefined) continue;
    const position = start + row * width;
    if (type === 'long') {
      if (!Number.isSafeInteger(value)) throw refused(shape, column, value, 'a safe integer');
      setLong(view, position, value as number);
    } else if (type === 'timestamp') {
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw refused(shape, column, value, 'a bigint of 64 bits');
      view.setBigInt64(position, value, true);
    } else if (type === 'integer') {
      if (typeof value !== 'number' || (value | 0) !== value) throw refused(shape, column, value, 'an integer of 32 bits');
      view.setInt32(position, value, true);
    } else if (type === 'double') {
      if (typeof value !== 'number') throw refused(shape, column, value, 'a number');
      view.setFloat64(position, value, true);
    } else {
      if (typeof value !== 'boolean') throw refused(shape, column, value, 'a boolean');
      if (value) setBit(out.bytes, start, row);
    }
  }
  out.length += size;
  endBuffer(out, start);
}

function writeVariable(out: Body, shape: Shape, column: Column, rows: readonly Row[], count: number): void {
  const { key, type } = column;
  const offsets = out.length;
  reserve(out, 4 * (count + 1));
  out.length += 4 * (count + 1);
  endBuffer(out, offsets);
  const start = out.length;
  out.view.setInt32(offsets, 0, true);
  for (let row = 0; row < count; row += 1) {
    const value = rows[row]?.[key];
    if (value !== null && value !== undefined) {
      if (type === 'string') {
        if (typeof value !== 'string' || !writeText(out, value)) throw refused(shape, column, value, 'a string without lone surrogates');
      } else {
        if (!(value instanceof Uint8Array)) throw refused(shape, column, value, 'a Uint8Array');
        writeBytes(out, value);
      }
      if (out.length - start > MAX_OFFSET) throw refused(shape, column, 'more than 2 GiB', 'less');
    }
    out.view.setInt32(offsets + 4 * (row + 1), out.length - start, true);
  }
  endBuffer(out, start);
}

/** Writes a carried column from the raw bytes of its values. */
function writeRaw(out: Body, type: ArrowType, values: readonly (Uint8Array | undefined)[], count: number): void {
  const start = out.length;
  const width = type.layout === 'bits' ? 0 : type.layout === 'fixed' ? type.width : type.layout === 'large' ? 8 : 4;
  const variable = type.layout === 'variable' || type.layout === 'large';
  const size = type.layout === 'bits' ? (count + 7) >> 3 : (count + (variable ? 1 : 0)) * width;
  reserve(out, size);
  out.bytes.fill(0, start, start + size);
  out.length += size;
  endBuffer(out, start);
  const data = out.length;
  for (let row = 0; row < count; row += 1) {
    const value = values[row];
    if (variable) {
      if (value !== undefined) writeBytes(out, value);
      if (type.layout === 'large') setLong(out.view, start + 8 * (row + 1), out.length - data);
      else out.view.setInt32(start + 4 * (row + 1), out.length - data, true);
    } else if (value !== undefined && type.layout === 'bits') {
      if (value[0] === 1) setBit(out.bytes, start, row);
    } else if (value !== undefined) {
      out.bytes.set(value.subarray(0, width), start + row * width);
    }
  }
  if (variable) endBuffer(out, data);
}

/** False for a string that UTF-8 cannot hold. A short ASCII string is copied here: calling into the runtime costs more. */
function writeText(out: Body, text: string): boolean {
  reserve(out, text.length * 3);
  const { bytes } = out;
  const position = out.length;
  if (text.length < 40) {
    let index = 0;
    for (; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) break;
      bytes[position + index] = code;
    }
    if (index === text.length) {
      out.length += index;
      return true;
    }
  }
  if (!text.isWellFormed()) return false;
  out.length += bytes.write(text, position, 'utf8');
  return true;
}

/** Writes bytes as a buffer of a column. */
export function writeBuffer(out: Body, value: Uint8Array): void {
  const start = out.length;
  writeBytes(out, value);
  endBuffer(out, start);
}

function writeBytes(out: Body, value: Uint8Array): void {
  reserve(out, value.length);
  out.bytes.set(value, out.length);
  out.length += value.length;
}

/** Notes a buffer from `start` to here and pads to a multiple of 8 bytes. */
function endBuffer(out: Body, start: number): void {
  out.buffers.push(start, out.length);
  const padding = -out.length & 7;
  reserve(out, padding);
  for (let index = 0; index < padding; index += 1) out.bytes[out.length + index] = 0;
  out.length += padding;
}

function reserve(out: Body, size: number): void {
  if (out.length + size <= out.bytes.length) return;
  const bytes = Buffer.allocUnsafeSlow(Math.max(out.length + size, out.bytes.length * 2));
  bytes.set(out.bytes.subarray(0, out.length));
  out.bytes = bytes;
  out.view = new DataView(bytes.buffer);
}

function newBody(size: number): Body {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer), length: 0, buffers: [] };
}

function setLong(view: DataView, position: number, value: number): void {
  view.setUint32(position, value >>> 0, true);
  view.setInt32(position + 4, Math.floor(value / 4294967296), true);
}

function setBit(bytes: Uint8Array, start: number, bit: number): void {
  const index = start + (bit >> 3);
  bytes[index] = (bytes[index] ?? 0) | (1 << (bit & 7));
}

function refused(shape: Shape, column: Column, value: unknown, wanted: string): OplogError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
  const message = `Cannot encode "${shape.name}.${column.key}": it is ${shown}, ${wanted} was wanted`;
  return new OplogError('invalid-transaction', message, { shape: shape.name, column: column.name });
}

function conflict(shape: Shape, column: string, why: string): OplogError {
  const message = `Cannot carry the column "${column}" of ${shape.name} along: ${why}`;
  return new OplogError('unsupported-format', message, { shape: shape.name, column });
}
