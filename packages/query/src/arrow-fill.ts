import type Bindings from '@duckdb/node-bindings';
import type { Vector } from '@duckdb/node-bindings';
import type { ArrowColumn } from './arrow-ipc-read.ts';
import type { TimeUnit } from './arrow-schema.ts';
import { fillTextRun } from './arrow-text-heap.ts';
import { QueryError } from './errors.ts';
import { gather } from './arrow-gather.ts';

type Native = typeof Bindings;

const STRING_BYTES = 16;
const INLINE_LENGTH = 12;
const ASCII_END = 0x80;
const DAY_MS = 86_400_000n;
const PER_SECOND: Readonly<Record<TimeUnit, bigint>> = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n };
const MICROS = 1_000_000n;

/**
 * Copies rows `from` to `from + count` of an Arrow column into the beginning of a vector of the type that `duckdbTypeOf` says. Layouts that
 * both share are copied as they are.
 */
export function fillVector(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  if (column.dictionary !== undefined) {
    fillVector(native, vector, gather(column, column.dictionary, from, count), 0, count);
    return;
  }
  const { type } = column.field;
  const fixed = (bytes: number): void => copyFixed(native, vector, column, from * bytes, count * bytes);
  fillValidity(native, vector, column, from, count);
  switch (type.kind) {
    case 'null': return;
    case 'bool': return copy(native, vector, bits(data(column), from, count));
    case 'int': return fixed(type.bits / 8);
    case 'float': return type.bits === 16 ? copy(native, vector, halves(column, from, count)) : fixed(type.bits / 8);
    case 'decimal': return fillDecimal(native, vector, column, from, count);
    case 'date':
      if (type.unit === 'day') return fixed(4);
      return copy(native, vector, Int32Array.from(longs(column, from, count), (ms) => Number(floorDiv(ms, DAY_MS))));
    case 'time':
      if (type.unit === 'us' || type.unit === 'ns') return fixed(8);
      return copy(native, vector, BigInt64Array.from(ints(column, from, count), (value) => toMicros(BigInt(value), type.unit)));
    case 'timestamp':
      if (!type.zone || type.unit === 'us') return fixed(8);
      return copy(native, vector, longs(column, from, count).map((value) => toMicros(value, type.unit)));
    case 'duration': return copy(native, vector, intervals(count, (at) => [0, 0, toMicros(long(column, from + at), type.unit)]));
    case 'interval': return fillInterval(native, vector, column, from, count);
    case 'utf8': case 'binary': case 'large-utf8': case 'large-binary': case 'utf8-view': case 'binary-view': case 'fixed-binary':
      return fillTexts(native, vector, column, from, count);
    case 'list': case 'large-list': case 'map': return fillList(native, vector, column, from, count);
    case 'fixed-list': {
      const [child] = column.children;
      if (child === undefined) return;
      fillVector(native, native.array_vector_get_child(vector), masked(child, column, type.size), from * type.size, count * type.size);
      return;
    }
    case 'struct':
      column.children.forEach((child, at) => {
        fillVector(native, native.struct_vector_get_child(vector, at), masked(child, column, 1), from, count);
      });
      return;
    case 'unsupported': return;
  }
}

function fillValidity(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  const validity = column.field.type.kind === 'null' ? new Uint8Array((count + 7) >> 3) : column.validity;
  if (validity === undefined || count === 0) return;
  native.vector_ensure_validity_writable(vector);
  const bitmap = column.field.type.kind === 'null' ? validity : shifted(validity, from, count);
  native.copy_data_to_vector_validity(vector, 0, bitmap.buffer as ArrayBuffer, bitmap.byteOffset, bitmap.byteLength);
}

/** A child whose rows are null where its parent is: DuckDB wants that of structs and arrays. */
function masked(child: ArrowColumn, { validity, length }: ArrowColumn, size: number): ArrowColumn {
  if (validity === undefined) return child;
  const own = child.validity;
  const mask = new Uint8Array((length * size + 7) >> 3);
  if (size === 1) {
    for (let at = 0; at < mask.length; at += 1) mask[at] = (validity[at] ?? 0) & (own?.[at] ?? 255);
  } else {
    for (let row = 0; row < length * size; row += 1) {
      const parent = Math.floor(row / size);
      const valid = ((validity[parent >> 3] ?? 0) >> (parent & 7)) & ((own?.[row >> 3] ?? 255) >> (row & 7)) & 1;
      mask[row >> 3] = (mask[row >> 3] ?? 0) | (valid << (row & 7));
    }
  }
  return { ...child, validity: mask };
}

/** The bits from `from` on, beginning at the first bit of a byte. */
function shifted(bitmap: Uint8Array, from: number, count: number): Uint8Array {
  const shift = from & 7;
  const start = from >> 3;
  const bytes = (count + 7) >> 3;
  if (shift === 0) return bitmap.subarray(start, start + bytes);
  const out = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 1) out[at] = ((bitmap[start + at] ?? 0) >> shift) | ((bitmap[start + at + 1] ?? 0) << (8 - shift));
  return out;
}

function bits(bitmap: Uint8Array, from: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) out[at] = ((bitmap[(from + at) >> 3] ?? 0) >> ((from + at) & 7)) & 1;
  return out;
}

function data(column: ArrowColumn): Uint8Array {
  return column.buffers[0] ?? new Uint8Array(0);
}

function copyFixed(native: Native, vector: Vector, column: ArrowColumn, from: number, bytes: number): void {
  const buffer = data(column);
  if (from + bytes > buffer.length) throw tooShort(column);
  native.copy_data_to_vector(vector, 0, buffer.buffer as ArrayBuffer, buffer.byteOffset + from, bytes);
}

function copy(native: Native, vector: Vector, values: ArrayBufferView): void {
  native.copy_data_to_vector(vector, 0, values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
}

function view(column: ArrowColumn, bytes: number, from: number, count: number): DataView {
  const buffer = data(column);
  if ((from + count) * bytes > buffer.length) throw tooShort(column);
  return new DataView(buffer.buffer, buffer.byteOffset + from * bytes, count * bytes);
}

function longs(column: ArrowColumn, from: number, count: number): BigInt64Array {
  const values = view(column, 8, from, count);
  return BigInt64Array.from({ length: count }, (_, at) => values.getBigInt64(at * 8, true));
}

function long(column: ArrowColumn, at: number): bigint {
  return view(column, 8, at, 1).getBigInt64(0, true);
}

function ints(column: ArrowColumn, from: number, count: number): number[] {
  const values = view(column, 4, from, count);
  return Array.from({ length: count }, (_, at) => values.getInt32(at * 4, true));
}

function halves(column: ArrowColumn, from: number, count: number): Float32Array {
  const values = view(column, 2, from, count);
  return Float32Array.from({ length: count }, (_, at) => {
    const half = values.getUint16(at * 2, true);
    const [sign, exponent, fraction] = [half >> 15 === 0 ? 1 : -1, (half >> 10) & 31, half & 1023];
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

/** Decimals lie in 2, 4, 8 or 16 bytes by their width in DuckDB; Arrow's are of any length: the low bytes are the same. */
function fillDecimal(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  const { type } = column.field;
  if (type.kind !== 'decimal') return;
  const source = type.bits / 8;
  const target = column.field.duckdbType === 'HUGEINT' || type.precision > 18 ? 16 : type.precision > 9 ? 8 : type.precision > 4 ? 4 : 2;
  const buffer = data(column);
  if ((from + count) * source > buffer.length) throw tooShort(column);
  if (source === target) return copyFixed(native, vector, column, from * source, count * source);
  const out = new Uint8Array(count * target);
  for (let at = 0; at < count; at += 1) {
    const start = (from + at) * source;
    for (let byte = 0; byte < target; byte += 1) {
      out[at * target + byte] = byte < source ? buffer[start + byte] ?? 0 : (buffer[start + source - 1] ?? 0) > 127 ? 255 : 0;
    }
  }
  copy(native, vector, out);
}

function fillInterval(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  const { type } = column.field;
  if (type.kind !== 'interval') return;
  const bytes = type.unit === 'months' ? 4 : type.unit === 'day-time' ? 8 : 16;
  const values = view(column, bytes, from, count);
  copy(native, vector, intervals(count, (row) => {
    const at = row * bytes;
    if (type.unit === 'months') return [values.getInt32(at, true), 0, 0n];
    if (type.unit === 'day-time') return [0, values.getInt32(at, true), BigInt(values.getInt32(at + 4, true)) * 1000n];
    return [values.getInt32(at, true), values.getInt32(at + 4, true), floorDiv(values.getBigInt64(at + 8, true), 1000n)];
  }));
}

function intervals(count: number, at: (row: number) => readonly [number, number, bigint]): DataView {
  const out = new DataView(new ArrayBuffer(count * 16));
  for (let row = 0; row < count; row += 1) {
    const [months, days, micros] = at(row);
    out.setInt32(row * 16, months, true);
    out.setInt32(row * 16 + 4, days, true);
    out.setBigInt64(row * 16 + 8, micros, true);
  }
  return out;
}

/** Short ASCII texts are laid out here as DuckDB has them; others are handed over one by one, and DuckDB checks their encoding. */
function fillTexts(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  const isText = column.field.type.kind.includes('utf8');
  if (fillContiguous(native, vector, column, from, count, isText)) return;
  const span = spans(column);
  const out = new Uint8Array(count * STRING_BYTES);
  const others: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const row = from + at;
    if (column.validity !== undefined && (((column.validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) continue;
    const { bytes, start, end } = span(row);
    const length = end - start;
    if (length > INLINE_LENGTH) {
      others.push(at);
      continue;
    }
    const target = at * STRING_BYTES;
    let high = 0;
    for (let byte = 0; byte < length; byte += 1) {
      const value = bytes[start + byte] ?? 0;
      high |= value;
      out[target + 4 + byte] = value;
    }
    if (isText && high >= ASCII_END) {
      others.push(at);
      out.fill(0, target, target + STRING_BYTES);
    } else {
      out[target] = length;
    }
  }
  copy(native, vector, out);
  for (const at of others) {
    const { bytes, start, end } = span(from + at);
    native.vector_assign_string_element_len(vector, at, bytes.subarray(start, end));
  }
}

/** Texts that lie one after the other and are not all short are handed over together. */
function fillContiguous(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number, isText: boolean): boolean {
  const { kind } = column.field.type;
  const [offsetBytes, bytes] = column.buffers;
  if ((kind !== 'utf8' && kind !== 'binary') || offsetBytes === undefined || bytes === undefined) return false;
  if (offsetBytes.length < (from + count + 1) * 4 || offsetBytes.byteOffset % 4 !== 0) return false;
  const offsets = new Int32Array(offsetBytes.buffer, offsetBytes.byteOffset + from * 4, count + 1);
  // Short texts fit into their rows, and cost least there.
  if ((offsets[count] ?? 0) - (offsets[0] ?? 0) < count * 4) return false;
  const { validity } = column;
  const isNull = validity === undefined ? () => false
    : (row: number): boolean => (((validity[(from + row) >> 3] ?? 0) >> ((from + row) & 7)) & 1) === 0;
  return fillTextRun(native, vector, { bytes, offsets, isText, isNull });
}

interface Span { bytes: Uint8Array; start: number; end: number }

/** Where a row's bytes lie. The same object is given every time. */
function spans(column: ArrowColumn): (row: number) => Span {
  const { type } = column.field;
  const [first = new Uint8Array(0), ...rest] = column.buffers;
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const result: Span = { bytes: first, start: 0, end: 0 };
  const within = (bytes: Uint8Array, start: number, end: number): Span => {
    if (start < 0 || end < start || end > bytes.length) throw tooShort(column);
    result.bytes = bytes;
    result.start = start;
    result.end = end;
    return result;
  };
  if (type.kind === 'fixed-binary') return (row) => within(first, row * type.bytes, (row + 1) * type.bytes);
  if (type.kind === 'utf8-view' || type.kind === 'binary-view') {
    return (row) => {
      const at = row * STRING_BYTES;
      if (at + STRING_BYTES > first.length) throw tooShort(column);
      const length = view.getInt32(at, true);
      if (length <= INLINE_LENGTH) return within(first, at + 4, at + 4 + length);
      const start = view.getInt32(at + 12, true);
      return within(rest[view.getInt32(at + 8, true)] ?? new Uint8Array(0), start, start + length);
    };
  }
  const offset = offsets(column, type.kind.startsWith('large'));
  const values = rest[0] ?? new Uint8Array(0);
  return (row) => within(values, offset(row), offset(row + 1));
}

function offsets(column: ArrowColumn, large: boolean): (row: number) => number {
  const buffer = data(column);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const width = large ? 8 : 4;
  return (row) => {
    // Without rows Arrow lets the offsets be missing.
    if (column.length === 0) return 0;
    if ((row + 1) * width > buffer.length) throw tooShort(column);
    return large ? Number(view.getBigInt64(row * 8, true)) : view.getInt32(row * 4, true);
  };
}

function fillList(native: Native, vector: Vector, column: ArrowColumn, from: number, count: number): void {
  const [child] = column.children;
  if (child === undefined) throw tooShort(column);
  const offset = offsets(column, column.field.type.kind === 'large-list');
  const first = offset(from);
  const last = offset(from + count);
  if (first < 0 || last < first || last > child.length) throw tooShort(column);
  const entries = new BigUint64Array(count * 2);
  for (let at = 0; at < count; at += 1) {
    const start = offset(from + at);
    const end = offset(from + at + 1);
    if (start < first || end < start || end > last) throw tooShort(column);
    entries[at * 2] = BigInt(start - first);
    entries[at * 2 + 1] = BigInt(end - start);
  }
  native.list_vector_reserve(vector, last - first);
  native.list_vector_set_size(vector, last - first);
  if (last > first) fillVector(native, native.list_vector_get_child(vector), child, first, last - first);
  copy(native, vector, entries);
}

function toMicros(value: bigint, unit: TimeUnit): bigint {
  return unit === 'ns' ? floorDiv(value, 1000n) : value * (MICROS / PER_SECOND[unit]);
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function tooShort(column: ArrowColumn): QueryError {
  return new QueryError(
    'bad-input', `Cannot read the Arrow column "${column.field.name}": a buffer is too short, wanted ${column.length} rows`,
  );
}
