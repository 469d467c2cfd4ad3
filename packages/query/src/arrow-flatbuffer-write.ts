/** A FlatBuffer that is to be written: tables with slots, vectors of tables, vectors of structs, texts. */
export type FlatNode =
  | { readonly kind: 'table'; readonly slots: readonly (FlatSlot | undefined)[] }
  | { readonly kind: 'tables'; readonly items: readonly FlatNode[] }
  | { readonly kind: 'longs'; readonly values: readonly number[]; readonly perItem: number }
  | { readonly kind: 'text'; readonly text: string };

export type FlatSlot =
  | { readonly bytes: 1 | 2 | 4; readonly value: number }
  | { readonly bytes: 8; readonly value: number }
  | { readonly ref: FlatNode };

export const table = (...slots: readonly (FlatSlot | undefined)[]): FlatNode => ({ kind: 'table', slots });
export const uint8 = (value: number): FlatSlot => ({ bytes: 1, value });
export const int16 = (value: number): FlatSlot => ({ bytes: 2, value });
export const int32 = (value: number): FlatSlot => ({ bytes: 4, value });
export const int64 = (value: number): FlatSlot => ({ bytes: 8, value });
export const ref = (node: FlatNode): FlatSlot => ({ ref: node });
export const text = (value: string): FlatSlot => ({ ref: { kind: 'text', text: value } });
export const tables = (items: readonly FlatNode[]): FlatSlot => ({ ref: { kind: 'tables', items } });
/** A vector of structs of `perItem` 64-bit integers. */
export const longs = (values: readonly number[], perItem: number): FlatSlot => ({ ref: { kind: 'longs', values, perItem } });

const ENCODER = new TextEncoder();

/** The bytes of a FlatBuffer: what refers comes before what it refers to, and everything is aligned to its size. */
export function encodeFlatBuffer(root: FlatNode): Uint8Array {
  let bytes = new Uint8Array(1024);
  let view = new DataView(bytes.buffer);
  let length = 0;

  const take = (size: number, align: number, before = 0): number => {
    while ((length + before) % align !== 0) length += 1;
    const start = length;
    length += size;
    if (length > bytes.length) {
      const grown = new Uint8Array(Math.max(length, bytes.length * 2));
      grown.set(bytes);
      bytes = grown;
      view = new DataView(bytes.buffer);
    }
    return start;
  };

  const point = (from: number, node: FlatNode): void => {
    const target = write(node);
    view.setUint32(from, target - from, true);
  };

  const write = (node: FlatNode): number => {
    switch (node.kind) {
      case 'text': {
        const encoded = ENCODER.encode(node.text);
        const start = take(4 + encoded.length + 1, 4);
        view.setUint32(start, encoded.length, true);
        bytes.set(encoded, start + 4);
        return start;
      }
      case 'longs': {
        const start = take(4 + node.values.length * 8, 8, 4);
        view.setUint32(start, node.values.length / node.perItem, true);
        node.values.forEach((value, at) => view.setBigInt64(start + 4 + at * 8, BigInt(value), true));
        return start;
      }
      case 'tables': {
        const start = take(4 + node.items.length * 4, 4);
        view.setUint32(start, node.items.length, true);
        node.items.forEach((item, at) => point(start + 4 + at * 4, item));
        return start;
      }
      case 'table': return writeTable(node.slots);
    }
  };

  const writeTable = (slots: readonly (FlatSlot | undefined)[]): number => {
    const vtable = take(4 + slots.length * 2, 2);
    const start = take(4, 8);
    view.setInt32(start, start - vtable, true);
    const pending: (readonly [number, FlatNode])[] = [];
    slots.forEach((slot, at) => {
      if (slot === undefined) return;
      const size = 'ref' in slot ? 4 : slot.bytes;
      const position = take(size, size);
      view.setUint16(vtable + 4 + at * 2, position - start, true);
      if ('ref' in slot) pending.push([position, slot.ref]);
      else if (slot.bytes === 1) view.setUint8(position, slot.value);
      else if (slot.bytes === 2) view.setInt16(position, slot.value, true);
      else if (slot.bytes === 4) view.setInt32(position, slot.value, true);
      else view.setBigInt64(position, BigInt(slot.value), true);
    });
    view.setUint16(vtable, 4 + slots.length * 2, true);
    view.setUint16(vtable + 2, length - start, true);
    for (const [position, node] of pending) point(position, node);
    return start;
  };

  const head = take(4, 4);
  point(head, root);
  take(0, 8);
  return bytes.subarray(0, length);
}
