import { ARROW_TYPES, type ArrowType, arrowTypeKey } from './arrow-type.ts';
import { OplogError } from './errors.ts';
import { type Chunk, type Extent, readColumns } from './ipc-decode.ts';
import { type Body, encodeColumns, writeBuffer, type Written } from './ipc-encode.ts';
import { ENCODING_KEY, type StoredField } from './ipc-schema.ts';

// Merged records hold many entries that differ little from one to the next: numbers that grow by the same step, texts that stay.
// General compressors see neither in plain Arrow buffers. Here such columns become others, in which they do (docs/formats/entry.md,
// "Compact streams"); what comes out is an Arrow IPC stream still, and expanding it gives the plain one back, byte for byte.

interface Column {
  readonly field: StoredField;
  readonly rows: number;
  readonly nulls: number;
  readonly isNull: (row: number) => boolean;
  /** The buffers behind the validity bitmap. */
  readonly buffers: readonly Uint8Array[];
}

const FIXED_SIZE_BINARY = 15;
const UNSIGNED: Readonly<Record<1 | 2 | 4, ArrowType>> = { 1: unsigned(1), 2: unsigned(2), 4: unsigned(4) };
/** No record that is written expands to more. */
const MOST_BYTES = 64 * 1024 * 1024;

function unsigned(width: 1 | 2 | 4): ArrowType {
  return { ...ARROW_TYPES.long, parameters: [8 * width, 0], width };
}

/** The compact form of a stream; the stream itself when it is not one of a single batch or nothing in it can be said shorter. */
export function compactIpc(bytes: Uint8Array): Uint8Array {
  const found = readColumns(bytes);
  if (found === undefined || found.rows < 2) return bytes;
  const columns = found.columns.map((chunk) => columnOf(bytes, chunk));
  const compact = columns.map((column) => steps(column) ?? repeats(column) ?? sameLength(column) ?? column);
  return compact.every((column, index) => column === columns[index]) ? bytes : streamOf(compact, found.rows);
}

/** The plain form of a stream, whether compact or not. @throws OplogError `corrupt-record`, `unsupported-format` */
export function expandIpc(bytes: Uint8Array): Uint8Array {
  if (!isCompact(bytes)) return bytes;
  const found = readColumns(bytes);
  if (found === undefined) throw corrupt('a compact stream has no record batch, or several, one was wanted');
  return streamOf(found.columns.map((chunk) => expanded(columnOf(bytes, chunk))), found.rows);
}

/** Whether the schema message speaks of an encoding. */
function isCompact(bytes: Uint8Array): boolean {
  const end = bytes.byteLength < 8 ? 0 : 8 + new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(4, true);
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(end, bytes.byteLength)).includes(ENCODING_KEY);
}

function columnOf(bytes: Uint8Array, { field, rows, validity, values, data }: Chunk): Column {
  const { name, type, nullable, encoding } = field;
  const part = ({ start, end }: Extent): Uint8Array => bytes.subarray(start, end);
  let nulls = 0;
  const isNull = (row: number): boolean => validity >= 0 && ((bytes[validity + (row >> 3)] ?? 0) >> (row & 7) & 1) === 0;
  for (let row = 0; validity >= 0 && row < rows; row++) if (isNull(row)) nulls++;
  const stored: StoredField = encoding === undefined ? { name, type, nullable } : { name, type, nullable, encoding };
  return { field: stored, rows, nulls, isNull, buffers: data === values ? [part(values)] : [part(values), part(data)] };
}

function streamOf(columns: readonly Column[], rows: number): Uint8Array {
  const size = columns.reduce((sum, { buffers }) => buffers.reduce((all, { byteLength }) => all + byteLength, sum), 0);
  if (size > MOST_BYTES) throw corrupt(`a compact stream expands to ${size} bytes, at most ${MOST_BYTES} were wanted`);
  return encodeColumns(columns.map(({ field, nulls, isNull, buffers }): Written => ({
    field, nulls, isNull,
    key: JSON.stringify([field.name, arrowTypeKey(field.type), field.nullable, field.encoding]),
    write: (out: Body) => { for (const buffer of buffers) writeBuffer(out, buffer); },
  })), rows);
}

/** `step TYPE FIRST LEAST UNIT`: each value is the one before plus LEAST plus UNIT times what is stored. */
function steps({ field, rows, nulls, isNull, buffers: [values] }: Column): Column | undefined {
  const type = (['long', 'timestamp'] as const).find((name) => arrowTypeKey(ARROW_TYPES[name]) === arrowTypeKey(field.type));
  if (type === undefined || values === undefined || nulls === rows) return undefined;
  const view = viewOf(values);
  const differences = new Float64Array(rows);
  let first: number | undefined;
  let before = 0;
  let least = Infinity;
  for (let row = 0; row < rows; row++) {
    if (isNull(row)) continue;
    const value = Number(view.getBigInt64(8 * row, true));
    const difference = value - before;
    if (!Number.isSafeInteger(value) || !Number.isSafeInteger(difference)) return undefined;
    if (first === undefined) first = value;
    else {
      differences[row] = difference;
      if (difference < least) least = difference;
    }
    before = value;
  }
  if (least === Infinity) least = 0;
  let unit = 0;
  let most = 0;
  let isFirst = true;
  for (let row = 0; row < rows; row++) {
    if (isNull(row)) continue;
    const above = isFirst ? 0 : (differences[row] ?? 0) - least;
    isFirst = false;
    if (!Number.isSafeInteger(above)) return undefined;
    differences[row] = above;
    unit = divisor(above, unit);
    if (above > most) most = above;
  }
  unit = Math.max(unit, 1);
  const width = most / unit < 2 ** 8 ? 1 : most / unit < 2 ** 16 ? 2 : 4;
  if (most / unit >= 2 ** 32) return undefined;
  const stored = Buffer.alloc(rows * width);
  for (let row = 0; row < rows; row++) stored.writeUIntLE((differences[row] ?? 0) / unit, row * width, width);
  const encoding = `step ${type} ${first ?? 0} ${least} ${unit}`;
  return { field: { ...field, type: UNSIGNED[width], encoding }, rows, nulls, isNull, buffers: [stored] };
}

function divisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** `fill`: null stands for the value of the row before; no value is null. */
function repeats({ field, rows, nulls, buffers: [offsets, data] }: Column): Column | undefined {
  if (field.type.layout !== 'variable' || !field.nullable || nulls > 0 || offsets === undefined || data === undefined) return undefined;
  const { view, valueAt } = texts(offsets, data);
  const kept = Buffer.alloc(offsets.byteLength);
  const pieces: Uint8Array[] = [];
  const isSame: boolean[] = [];
  let length = 0;
  let before: Uint8Array | undefined;
  for (let row = 0; row < rows; row++) {
    const value = valueAt(row);
    const same = before !== undefined && Buffer.compare(before, value) === 0;
    isSame.push(same);
    if (!same) {
      pieces.push(value);
      length += value.byteLength;
    }
    kept.writeInt32LE(length, 4 * (row + 1));
    before = value;
  }
  // Where most values differ, nothing is won.
  if (pieces.length > rows / 2 || view.getInt32(0, true) !== 0) return undefined;
  const stored = Buffer.concat(pieces);
  return {
    field: { ...field, encoding: 'fill' }, rows, nulls: rows - pieces.length, isNull: (row) => isSame[row] === true,
    buffers: [kept, stored],
  };
}

/** `length TYPE`: all values are of one length, and no offsets are needed. */
function sameLength({ field, rows, nulls, isNull, buffers: [offsets, data] }: Column): Column | undefined {
  const type = (['string', 'binary'] as const).find((name) => arrowTypeKey(ARROW_TYPES[name]) === arrowTypeKey(field.type));
  if (type === undefined || offsets === undefined || data === undefined || nulls > rows / 2) return undefined;
  const width = data.byteLength / (rows - nulls);
  if (!Number.isInteger(width) || width < 1) return undefined;
  const { valueAt } = texts(offsets, data);
  const stored = Buffer.alloc(rows * width);
  for (let row = 0; row < rows; row++) {
    if (isNull(row)) continue;
    const value = valueAt(row);
    if (value.byteLength !== width) return undefined;
    stored.set(value, row * width);
  }
  const fixed: ArrowType = { id: FIXED_SIZE_BINARY, parameters: [width], timezone: null, layout: 'fixed', width };
  return { field: { ...field, type: fixed, encoding: `length ${type}` }, rows, nulls, isNull, buffers: [stored] };
}

function expanded(column: Column): Column {
  const { field, rows, nulls, isNull, buffers: [first, second] } = column;
  const { name, nullable, encoding } = field;
  if (encoding === undefined) return column;
  const [kind, type, ...numbers] = encoding.split(' ');
  const [from = Number.NaN, least = Number.NaN, unit = Number.NaN] = numbers.map(Number);
  if (kind === 'step' && (type === 'long' || type === 'timestamp') && first !== undefined) {
    const values = summed(column, first, from, least, unit);
    return { field: { name, type: ARROW_TYPES[type], nullable }, rows, nulls, isNull, buffers: [values] };
  }
  if (kind === 'fill' && first !== undefined && second !== undefined) {
    return { field: { name, type: field.type, nullable }, rows, nulls: 0, isNull: () => false, buffers: filled(column, first, second) };
  }
  if (kind === 'length' && (type === 'string' || type === 'binary') && first !== undefined) {
    return { field: { name, type: ARROW_TYPES[type], nullable }, rows, nulls, isNull, buffers: apart(column, first) };
  }
  throw new OplogError('unsupported-format', `column "${name}" is encoded as "${encoding}", which is not known`, { column: name });
}

function summed({ field, rows, isNull }: Column, stored: Uint8Array, first: number, least: number, unit: number): Uint8Array {
  const { width, layout } = field.type;
  const isStep = layout === 'fixed' && (width === 1 || width === 2 || width === 4);
  if (!isStep) throw corrupt(`column "${field.name}" has steps of ${width} bytes`);
  const from = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const values = Buffer.alloc(8 * rows);
  let value: number | undefined;
  for (let row = 0; row < rows; row++) {
    if (isNull(row)) continue;
    // In these brackets every sum is a safe integer, as what was written is.
    value = value === undefined ? first : value + (least + unit * from.readUIntLE(row * width, width));
    if (!Number.isSafeInteger(value)) throw corrupt(`column "${field.name}" has a number outside the safe range`);
    values.writeInt32LE(Math.floor(value / 2 ** 32), 8 * row + 4);
    values.writeUInt32LE(value - Math.floor(value / 2 ** 32) * 2 ** 32, 8 * row);
  }
  return values;
}

function filled({ field, rows, isNull }: Column, offsets: Uint8Array, data: Uint8Array): readonly Uint8Array[] {
  const { valueAt } = texts(offsets, data);
  const lengths = Buffer.alloc(4 * (rows + 1));
  const values: Uint8Array[] = [];
  let value: Uint8Array | undefined;
  let length = 0;
  for (let row = 0; row < rows; row++) {
    if (!isNull(row)) value = valueAt(row);
    if (value === undefined) throw corrupt(`column "${field.name}" begins without a value`);
    length += value.byteLength;
    if (length > MOST_BYTES) throw corrupt(`column "${field.name}" expands to more than ${MOST_BYTES} bytes`);
    lengths.writeInt32LE(length, 4 * (row + 1));
    values.push(value);
  }
  return [lengths, Buffer.concat(values)];
}

function apart({ field, rows, isNull }: Column, stored: Uint8Array): readonly Uint8Array[] {
  const { width, layout } = field.type;
  if (layout !== 'fixed') throw corrupt(`column "${field.name}" has values without a common length`);
  const lengths = Buffer.alloc(4 * (rows + 1));
  const values: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    if (!isNull(row)) values.push(stored.subarray(row * width, (row + 1) * width));
    lengths.writeInt32LE(values.length * width, 4 * (row + 1));
  }
  return [lengths, Buffer.concat(values)];
}

/** The values of a column of variable length. */
function texts(offsets: Uint8Array, data: Uint8Array): { readonly view: DataView; readonly valueAt: (row: number) => Uint8Array } {
  const view = viewOf(offsets);
  return {
    view,
    valueAt: (row) => {
      const [from, to] = [view.getInt32(4 * row, true), view.getInt32(4 * (row + 1), true)];
      const isInside = from >= 0 && to >= from && to <= data.byteLength;
      if (!isInside) throw corrupt(`a value is at ${from} to ${to}, its data ends at ${data.byteLength}`);
      return data.subarray(from, to);
    },
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupt(what: string): OplogError {
  return new OplogError('corrupt-record', what);
}
