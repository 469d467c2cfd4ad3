/** Reads of FlatBuffers, as far as Arrow's metadata needs them. A table is its position; a missing field has the position 0. */
export interface FlatBuffer {
  readonly root: number;
  /** The position of a field's value in its table, 0 when it has its default. */
  field(table: number, slot: number): number;
  /** The table or vector that a field's value points to. */
  follow(position: number): number;
  uint8(position: number): number;
  int16(position: number): number;
  int32(position: number): number;
  /** A 64-bit integer that must be a safe one. */
  int64(position: number): number;
  text(position: number): string;
  /** The positions of a vector's items, each `itemBytes` long. */
  items(position: number, itemBytes: number): readonly number[];
}

const DECODER = new TextDecoder();
const VTABLE_HEAD = 4;

/** A FlatBuffer in bytes. Positions outside of them throw a RangeError. */
export function flatBuffer(bytes: Uint8Array): FlatBuffer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const follow = (position: number): number => position + view.getUint32(position, true);
  return {
    root: follow(0),
    field: (table, slot) => {
      const vtable = table - view.getInt32(table, true);
      const entry = VTABLE_HEAD + 2 * slot;
      const offset = entry < view.getUint16(vtable, true) ? view.getUint16(vtable + entry, true) : 0;
      return offset === 0 ? 0 : table + offset;
    },
    follow,
    uint8: (position) => view.getUint8(position),
    int16: (position) => view.getInt16(position, true),
    int32: (position) => view.getInt32(position, true),
    int64: (position) => {
      const value = Number(view.getBigInt64(position, true));
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is out of range`);
      return value;
    },
    text: (position) => {
      const start = follow(position);
      const length = view.getUint32(start, true);
      if (start + VTABLE_HEAD + length > bytes.length) throw new RangeError('a text is longer than its buffer');
      return DECODER.decode(bytes.subarray(start + VTABLE_HEAD, start + VTABLE_HEAD + length));
    },
    items: (position, itemBytes) => {
      const start = follow(position);
      const count = view.getUint32(start, true);
      if (start + VTABLE_HEAD + count * itemBytes > bytes.length) throw new RangeError('a vector is longer than its buffer');
      return Array.from({ length: count }, (_, at) => start + VTABLE_HEAD + at * itemBytes);
    },
  };
}
