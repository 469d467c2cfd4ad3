import { OplogError } from './errors.ts';

// The part of FlatBuffers that Arrow metadata needs: tables, vectors of tables, strings and scalars.
// https://flatbuffers.dev/internals: every reference is relative and little-endian; a table starts with the distance to its vtable.

/** A field of a table to be written. `null` leaves it out, so that readers see the schema's default. */
export type Slot =
  | { readonly size: 1 | 2 | 4 | 8; readonly value: number }
  | { readonly size: 'ref'; readonly write: (out: FlatWriter) => number }
  | null;

/** A growing buffer written front to back: a table first, then what it refers to. */
export interface FlatWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  length: number;
}

const encoder = new TextEncoder();

/** Writes one FlatBuffer whose root is `table`, padded to a multiple of 8 bytes. */
export function writeFlatBuffer(slots: readonly Slot[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1024);
  const out: FlatWriter = { bytes, view: new DataView(bytes.buffer), length: 0 };
  reserve(out, 4, 4);
  const root = writeTable(out, slots);
  out.view.setUint32(0, root, true);
  reserve(out, 0, 8);
  return out.bytes.slice(0, out.length);
}

/** Writes a table and everything below it; returns its position. */
export function writeTable(out: FlatWriter, slots: readonly Slot[]): number {
  const order = slots
    .map((slot, index) => ({ slot, index, size: slot === null ? 0 : slot.size === 'ref' ? 4 : slot.size }))
    .filter(({ slot }) => slot !== null)
    .sort((a, b) => b.size - a.size);
  const vtableSize = 4 + 2 * slots.length;
  // The table starts 4 bytes before a multiple of 8, so that its fields, largest first, are aligned without gaps.
  const vtable = reserve(out, vtableSize, 2);
  reserve(out, (12 - (out.length % 8)) % 8, 1);
  const tableSize = 4 + order.reduce((sum, { size }) => sum + size, 0);
  const table = reserve(out, tableSize, 4);
  out.view.setUint16(vtable, vtableSize, true);
  out.view.setUint16(vtable + 2, tableSize, true);
  out.view.setInt32(table, table - vtable, true);
  let position = table + 4;
  const references: { readonly position: number; readonly write: (out: FlatWriter) => number }[] = [];
  for (const { slot, index, size } of order) {
    if (slot === null) continue;
    out.view.setUint16(vtable + 4 + 2 * index, position - table, true);
    if (slot.size === 'ref') references.push({ position, write: slot.write });
    else if (slot.size === 1) out.view.setInt8(position, slot.value);
    else if (slot.size === 2) out.view.setInt16(position, slot.value, true);
    else if (slot.size === 4) out.view.setInt32(position, slot.value, true);
    else out.view.setBigInt64(position, BigInt(slot.value), true);
    position += size;
  }
  for (const reference of references) {
    const target = reference.write(out);
    out.view.setUint32(reference.position, target - reference.position, true);
  }
  return table;
}

/** Writes a string; returns its position. */
export function writeString(out: FlatWriter, text: string): number {
  const utf8 = encoder.encode(text);
  const position = reserve(out, 4 + utf8.length + 1, 4);
  out.view.setUint32(position, utf8.length, true);
  out.bytes.set(utf8, position + 4);
  return position;
}

/** Writes a vector of tables; returns its position. */
export function writeTables(out: FlatWriter, tables: readonly (readonly Slot[])[]): number {
  const position = reserve(out, 4 + 4 * tables.length, 4);
  out.view.setUint32(position, tables.length, true);
  tables.forEach((slots, index) => {
    const slot = position + 4 + 4 * index;
    const table = writeTable(out, slots);
    out.view.setUint32(slot, table - slot, true);
  });
  return position;
}

function reserve(out: FlatWriter, size: number, alignment: number): number {
  const position = Math.ceil(out.length / alignment) * alignment;
  out.length = position + size;
  if (out.length > out.bytes.length) {
    const bytes = new Uint8Array(out.length * 2);
    bytes.set(out.bytes);
    out.bytes = bytes;
    out.view = new DataView(bytes.buffer);
  }
  return position;
}

/** A FlatBuffer inside `view`, to be read with every reference checked. */
export interface FlatReader {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/** A table whose vtable has been checked. */
export interface Table {
  readonly position: number;
  readonly vtable: number;
  readonly slots: number;
  readonly size: number;
}

export function readRoot(reader: FlatReader): Table {
  return readTable(reader, reader.start + u32(reader, reader.start));
}

/** The position of a field of `size` bytes, or 0 when it is absent. */
export function fieldPosition(reader: FlatReader, table: Table, slot: number, size: number): number {
  if (slot >= table.slots) return 0;
  const offset = reader.view.getUint16(table.vtable + 4 + 2 * slot, true);
  if (offset === 0) return 0;
  if (offset < 4 || offset + size > table.size) throw malformed(`field ${slot} of a metadata table lies outside it`);
  return table.position + offset;
}

/** An integer field of 1, 2 or 4 bytes. */
export function readInteger(reader: FlatReader, table: Table, slot: number, size: 1 | 2 | 4, absent: number): number {
  const position = fieldPosition(reader, table, slot, size);
  if (position === 0) return absent;
  if (size === 1) return reader.view.getInt8(position);
  return size === 2 ? reader.view.getInt16(position, true) : reader.view.getInt32(position, true);
}

/** A 64-bit integer field, which must be a safe integer. */
export function readLong(reader: FlatReader, table: Table, slot: number): number {
  const position = fieldPosition(reader, table, slot, 8);
  return position === 0 ? 0 : safeLong(reader.view, position);
}

/** The int64 at `position` as a number. */
export function safeLong(view: DataView, position: number): number {
  const value = view.getInt32(position + 4, true) * 4294967296 + view.getUint32(position, true);
  if (!Number.isSafeInteger(value)) throw malformed('a 64-bit number in the metadata is outside the safe range');
  return value;
}

export function readReference(reader: FlatReader, table: Table, slot: number): Table | null {
  const position = fieldPosition(reader, table, slot, 4);
  return position === 0 ? null : readTable(reader, position + u32(reader, position));
}

export function readText(reader: FlatReader, table: Table, slot: number): string | null {
  const vector = readVector(reader, table, slot, 1);
  if (vector === null) return null;
  return Buffer.from(reader.view.buffer, reader.view.byteOffset + vector.position, vector.length).toString('utf8');
}

/** A vector's first element and length, all of which lie inside the buffer; `null` when absent. */
export function readVector(
  reader: FlatReader, table: Table, slot: number, elementSize: number,
): { readonly position: number; readonly length: number } | null {
  const field = fieldPosition(reader, table, slot, 4);
  if (field === 0) return null;
  const start = field + u32(reader, field);
  const length = u32(reader, start);
  if (start + 4 + length * elementSize > reader.end) throw malformed(`a metadata vector of ${length} elements ends outside the message`);
  return { position: start + 4, length };
}

/** The tables of a vector of tables. */
export function readTables(reader: FlatReader, table: Table, slot: number): Table[] {
  const vector = readVector(reader, table, slot, 4);
  if (vector === null) return [];
  return Array.from({ length: vector.length }, (_, index) => {
    const position = vector.position + 4 * index;
    return readTable(reader, position + u32(reader, position));
  });
}

function readTable(reader: FlatReader, position: number): Table {
  const vtable = position - i32(reader, position);
  if (vtable < reader.start || vtable + 4 > reader.end) throw malformed('a metadata table refers outside the message');
  const vtableSize = reader.view.getUint16(vtable, true);
  const size = reader.view.getUint16(vtable + 2, true);
  if (vtableSize < 4 || vtable + vtableSize > reader.end || size < 4 || position + size > reader.end) {
    throw malformed('a metadata table ends outside the message');
  }
  return { position, vtable, slots: (vtableSize - 4) >> 1, size };
}

function malformed(what: string): OplogError {
  return new OplogError('corrupt-record', `Cannot read Arrow metadata: ${what}`);
}

function u32(reader: FlatReader, position: number): number {
  return inside(reader, position).getUint32(position, true);
}

function i32(reader: FlatReader, position: number): number {
  return inside(reader, position).getInt32(position, true);
}

function inside(reader: FlatReader, position: number): DataView {
  if (position < reader.start || position + 4 > reader.end) throw malformed('a metadata reference points outside the message');
  return reader.view;
}
