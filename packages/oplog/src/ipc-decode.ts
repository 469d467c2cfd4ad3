import { isAscii, isUtf8 } from 'node:buffer';
import { carried, type CarriedValue } from './carried.ts';
import { OplogError } from './errors.ts';
import { type FlatReader, readLong, readReference, readVector, safeLong, type Table } from './flatbuffer.ts';
import { type FoundField, readMessage, readSchema, readStoredFields, RECORD_BATCH_HEADER, SCHEMA_HEADER } from './ipc-schema.ts';
import { type RowOf, type Shape } from './shape.ts';

type MutableRow = { [key: string]: unknown; [carried]?: CarriedValue[] };

/** The stream as a plain Uint8Array, a Buffer and a DataView of the same bytes. */
interface Stream {
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
  readonly view: DataView;
}

/** A buffer of a record batch, as positions in the stream. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** One column of a record batch whose extents lie inside the stream. */
export interface Chunk {
  readonly field: FoundField;
  readonly rows: number;
  /** Where the validity bitmap starts; -1 when there are no nulls. */
  readonly validity: number;
  readonly values: Extent;
  /** The bytes behind the offsets of a variable-size column. */
  readonly data: Extent;
}

const CONTINUATION = 0xffffffff;
const CACHED_SCHEMAS = 256;
const schemas = new WeakMap<Shape, Map<string, readonly FoundField[]>>();
const templates = new WeakMap<Shape, MutableRow>();

/**
 * Decodes an uncompressed Arrow IPC stream of this shape. Columns that are absent are null; columns that the shape does not have
 * are kept under the `carried` key of each row. `label` names the stream in errors.
 * Throws `corrupt-record` for bytes that are not a whole stream, `unsupported-format` for types that cannot be read or carried.
 */
export function decodeIpc<T extends Shape>(shape: T, bytes: Uint8Array, label: string = `stream of ${shape.name}`): RowOf<T>[] {
  try {
    return decodeStream(shape, bytes) as unknown as RowOf<T>[];
  } catch (error) {
    if (!(error instanceof OplogError)) throw error;
    throw new OplogError(error.code, `Cannot decode the ${label}: ${error.message}`, { ...error.data, label, sizeBytes: bytes.length });
  }
}

function decodeStream(shape: Shape, bytes: Uint8Array): MutableRow[] {
  const stream = streamOf(bytes);
  let fields: readonly FoundField[] | null = null;
  const rows: MutableRow[] = [];
  for (let position = 0; ;) {
    const size = frame(stream, position);
    if (size === 0) {
      if (position + 8 !== bytes.length) throw corrupt(`${bytes.length - position - 8} bytes follow the end-of-stream marker`);
      if (fields === null) throw corrupt('it has no schema');
      return rows;
    }
    const start = position + 8;
    position = start + size;
    if (fields === null) {
      fields = cachedSchema(shape, stream, start, position);
    } else {
      position += decodeBatch(shape, stream, { view: stream.view, start, end: position }, fields, rows);
    }
  }
}

function streamOf(bytes: Uint8Array): Stream {
  return {
    // A Buffer's slice() would be a view; values must not alias what the caller may reuse.
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
}

/**
 * The columns of a stream of one record batch, as they are stored; undefined when it has none or several.
 * Throws `corrupt-record` for bytes that are not a whole stream.
 */
export function readColumns(bytes: Uint8Array): { readonly rows: number; readonly columns: readonly Chunk[] } | undefined {
  const stream = streamOf(bytes);
  const batchAt = 8 + frame(stream, 0);
  const schemaReader: FlatReader = { view: stream.view, start: 8, end: batchAt };
  const schema = readMessage(schemaReader);
  if (schema.kind !== SCHEMA_HEADER) throw corrupt('its first message is not a schema');
  const fields = readStoredFields(schemaReader, schema.header).map((field): FoundField => ({ ...field, column: null, reading: null }));
  const metadataBytes = frame(stream, batchAt);
  if (metadataBytes === 0) return undefined;
  const reader: FlatReader = { view: stream.view, start: batchAt + 8, end: batchAt + 8 + metadataBytes };
  const batch = openBatch(stream, reader);
  if (frame(stream, reader.end + batch.bodyLength) !== 0) return undefined;
  return { rows: batch.rows, columns: readChunks(reader, batch.header, fields, batch.rows, batch.bodyLength) };
}

/** The size of the metadata of the message at `position`; 0 for the end of the stream. */
function frame({ view }: Stream, position: number): number {
  if (position + 8 > view.byteLength) throw corrupt(`it ends at byte ${view.byteLength} without the end-of-stream marker`);
  if (view.getUint32(position, true) !== CONTINUATION) throw corrupt(`no message starts at byte ${position}`);
  const size = view.getInt32(position + 4, true);
  if (size < 0 || size % 8 !== 0 || position + 8 + size > view.byteLength) {
    throw corrupt(`the message at byte ${position} claims ${size} bytes of metadata, ${view.byteLength - position - 8} are left`);
  }
  return size;
}

function cachedSchema(shape: Shape, stream: Stream, start: number, end: number): readonly FoundField[] {
  let cache = schemas.get(shape);
  if (cache === undefined) schemas.set(shape, cache = new Map());
  const key = stream.buffer.toString('latin1', start, end);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const reader: FlatReader = { view: stream.view, start, end };
  const { header, kind, message } = readMessage(reader);
  if (kind !== SCHEMA_HEADER) throw corrupt('its first message is not a schema');
  if (readLong(reader, message, 3) !== 0) throw corrupt('its schema message has a body');
  const fields = readSchema(reader, header, shape);
  for (const column of shape.columns) {
    if (!column.nullable && !fields.some((field) => field.column === column)) throw corrupt(`column "${column.name}" is absent`);
  }
  if (cache.size >= CACHED_SCHEMAS) cache.clear();
  cache.set(key, fields);
  return fields;
}

interface OpenBatch {
  readonly header: Table;
  readonly rows: number;
  readonly bodyLength: number;
}

function openBatch(stream: Stream, reader: FlatReader): OpenBatch {
  const { header, kind, message } = readMessage(reader);
  if (kind !== RECORD_BATCH_HEADER) throw corrupt(`message kind ${kind} is not a record batch`);
  const bodyLength = readLong(reader, message, 3);
  if (bodyLength < 0 || bodyLength % 8 !== 0 || reader.end + bodyLength > stream.bytes.length) {
    throw corrupt(`a record batch claims a body of ${bodyLength} bytes, ${stream.bytes.length - reader.end} are left`);
  }
  if (readReference(reader, header, 3) !== null) {
    throw new OplogError('unsupported-format', 'a record batch is compressed, an uncompressed one was wanted');
  }
  const rows = readLong(reader, header, 0);
  // The sparsest column, a boolean one, has a bit for each row.
  if (rows < 0 || rows > 8 * bodyLength) throw corrupt(`a record batch claims ${rows} rows in ${bodyLength} bytes`);
  return { header, rows, bodyLength };
}

/** Appends the rows of a record batch; returns the size of its body. */
function decodeBatch(shape: Shape, stream: Stream, reader: FlatReader, fields: readonly FoundField[], out: MutableRow[]): number {
  const { header, rows, bodyLength } = openBatch(stream, reader);
  const chunks = readChunks(reader, header, fields, rows, bodyLength);
  const first = out.length;
  const template = templateOf(shape);
  for (let row = 0; row < rows; row += 1) out.push({ ...template });
  for (const chunk of chunks) {
    if (chunk.field.column === null) carryColumn(stream, chunk, out, first);
    else decodeColumn(stream, chunk, chunk.field.column.key, out, first);
  }
  return bodyLength;
}

/** A row in which everything is null: copying it is the fastest way to a row. */
function templateOf(shape: Shape): MutableRow {
  const known = templates.get(shape);
  if (known !== undefined) return known;
  // Assigning key by key would make a dictionary of it, which is copied at a twentieth of the speed.
  const template: MutableRow = Object.fromEntries(shape.columns.map(({ key }) => [key, null]));
  templates.set(shape, template);
  return template;
}

/** The columns of a batch, each with extents that have been checked against the body. */
function readChunks(reader: FlatReader, header: Table, fields: readonly FoundField[], rows: number, bodyLength: number): Chunk[] {
  const nodes = readVector(reader, header, 1, 16);
  const buffers = readVector(reader, header, 2, 16);
  const expected = fields.reduce((sum, { type }) => sum + (type.layout === 'bits' || type.layout === 'fixed' ? 2 : 3), 0);
  if ((nodes?.length ?? 0) !== fields.length || (buffers?.length ?? 0) !== expected) {
    const found = `${nodes?.length ?? 0} columns and ${buffers?.length ?? 0} buffers`;
    throw corrupt(`a record batch has ${found}, ${fields.length} and ${expected} were wanted`);
  }
  if (nodes === null || buffers === null) return [];
  let next = buffers.position;
  const extent = (field: FoundField, wanted: number): Extent => {
    const offset = safeLong(reader.view, next);
    const length = safeLong(reader.view, next + 8);
    next += 16;
    if (offset < 0 || length < 0 || offset + length > bodyLength) {
      throw corrupt(`column "${field.name}" has ${length} bytes at ${offset}, the body has ${bodyLength}`);
    }
    if (length < wanted) throw corrupt(`column "${field.name}" has ${length} bytes, ${rows} rows need ${wanted}`);
    return { start: reader.end + offset, end: reader.end + offset + length };
  };
  return fields.map((field, index): Chunk => {
    const node = nodes.position + 16 * index;
    const nulls = safeLong(reader.view, node + 8);
    if (safeLong(reader.view, node) !== rows || nulls < 0 || nulls > rows) {
      throw corrupt(`column "${field.name}" has ${safeLong(reader.view, node)} rows and ${nulls} nulls, the batch has ${rows} rows`);
    }
    if (nulls > 0 && field.column !== null && !field.column.nullable) {
      throw corrupt(`column "${field.name}" has ${nulls} nulls, none were wanted`);
    }
    const bits = Math.ceil(rows / 8);
    const validity = extent(field, nulls > 0 ? bits : 0);
    const { layout, width } = field.type;
    const variable = layout === 'variable' || layout === 'large';
    const size = layout === 'bits' ? bits : layout === 'fixed' ? rows * width : rows === 0 ? 0 : (rows + 1) * (layout === 'large' ? 8 : 4);
    const values = extent(field, size);
    return { field, rows, validity: nulls > 0 ? validity.start : -1, values, data: variable ? extent(field, 0) : values };
  });
}

function decodeColumn(stream: Stream, chunk: Chunk, key: string, out: MutableRow[], first: number): void {
  const { rows, validity, field } = chunk;
  const value = field.reading === 'utf8' ? textReader(stream, chunk) : valueReader(stream, chunk);
  const { bytes } = stream;
  for (let row = 0; row < rows; row += 1) {
    if (validity >= 0 && !bit(bytes, validity, row)) continue;
    const target = out[first + row];
    if (target !== undefined) target[key] = value(row);
  }
}

function valueReader(stream: Stream, chunk: Chunk): (row: number) => unknown {
  const { view, bytes } = stream;
  const { start } = chunk.values;
  switch (chunk.field.reading) {
    case 'int64': return (row) => long(chunk, view.getInt32(start + 8 * row + 4, true), view.getUint32(start + 8 * row, true));
    case 'uint64': return (row) => long(chunk, view.getUint32(start + 8 * row + 4, true), view.getUint32(start + 8 * row, true));
    case 'int32': return (row) => view.getInt32(start + 4 * row, true);
    case 'uint32': return (row) => uint32(chunk, view.getUint32(start + 4 * row, true));
    case 'int16': return (row) => view.getInt16(start + 2 * row, true);
    case 'uint16': return (row) => view.getUint16(start + 2 * row, true);
    case 'int8': return (row) => view.getInt8(start + row);
    case 'uint8': return (row) => view.getUint8(start + row);
    case 'float64': return (row) => view.getFloat64(start + 8 * row, true);
    case 'float32': return (row) => view.getFloat32(start + 4 * row, true);
    case 'micros': return (row) => view.getBigInt64(start + 8 * row, true);
    case 'millis': return (row) => view.getBigInt64(start + 8 * row, true) * 1000n;
    case 'seconds': return (row) => view.getBigInt64(start + 8 * row, true) * 1_000_000n;
    case 'bool': return (row) => bit(bytes, start, row);
    default: return rawReader(stream, chunk);
  }
}

/** Strings: a column that is ASCII throughout is decoded once and cut. */
function textReader(stream: Stream, chunk: Chunk): (row: number) => string {
  const { data, rows } = chunk;
  const range = rangeReader(stream, chunk);
  const column = stream.bytes.subarray(data.start, data.end);
  if (rows > 1 && isAscii(column)) {
    const text = stream.buffer.toString('latin1', data.start, data.end);
    return (row) => text.slice(range.from(row), range.to(row));
  }
  return (row) => {
    const from = data.start + range.from(row);
    const to = data.start + range.to(row);
    if (!isUtf8(stream.bytes.subarray(from, to))) throw corrupt(`column "${chunk.field.name}" is not UTF-8 in row ${row}`);
    return stream.buffer.toString('utf8', from, to);
  };
}

/** The raw bytes of each value, copied. */
function rawReader(stream: Stream, chunk: Chunk): (row: number) => Uint8Array {
  const { bytes } = stream;
  const { type } = chunk.field;
  const { start } = chunk.values;
  if (type.layout === 'bits') return (row) => Uint8Array.of(bit(bytes, start, row) ? 1 : 0);
  if (type.layout === 'fixed') return (row) => bytes.slice(start + row * type.width, start + (row + 1) * type.width);
  const range = rangeReader(stream, chunk);
  return (row) => bytes.slice(chunk.data.start + range.from(row), chunk.data.start + range.to(row));
}

/** The offsets of a variable-size column, each checked against the data; `from` is called before `to`. */
function rangeReader({ view }: Stream, chunk: Chunk): { from: (row: number) => number; to: (row: number) => number } {
  const { start } = chunk.values;
  const size = chunk.data.end - chunk.data.start;
  const large = chunk.field.type.layout === 'large';
  const offset = large
    ? (index: number): number => safeLong(view, start + 8 * index)
    : (index: number): number => view.getInt32(start + 4 * index, true);
  let from = 0;
  return {
    from: (row) => {
      from = offset(row);
      return from;
    },
    to: (row) => {
      const to = offset(row + 1);
      if (from < 0 || to < from || to > size) {
        throw corrupt(`column "${chunk.field.name}" has row ${row} at ${from} to ${to}, its data ends at ${size}`);
      }
      return to;
    },
  };
}

function carryColumn(stream: Stream, chunk: Chunk, out: MutableRow[], first: number): void {
  const { name, type } = chunk.field;
  const value = rawReader(stream, chunk);
  for (let row = 0; row < chunk.rows; row += 1) {
    const target = out[first + row];
    if (target === undefined || (chunk.validity >= 0 && !bit(stream.bytes, chunk.validity, row))) continue;
    (target[carried] ??= []).push({ format: 'arrow', name, type, bytes: value(row) });
  }
}

function bit(bytes: Uint8Array, start: number, index: number): boolean {
  return (((bytes[start + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1;
}

function long(chunk: Chunk, high: number, low: number): number {
  const value = high * 4294967296 + low;
  if (!Number.isSafeInteger(value)) throw corrupt(`column "${chunk.field.name}" has a number outside the safe range`);
  return value;
}

function uint32(chunk: Chunk, value: number): number {
  if (chunk.field.column?.type === 'integer' && value > 0x7fffffff) {
    throw corrupt(`column "${chunk.field.name}" has ${value}, an integer of 32 bits was wanted`);
  }
  return value;
}

function corrupt(what: string): OplogError {
  return new OplogError('corrupt-record', what);
}

