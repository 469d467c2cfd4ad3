import type Bindings from '@duckdb/node-bindings';
import type { Vector } from '@duckdb/node-bindings';

const INITIAL_BYTES = 4096;

/** Bytes that grow. */
export class ByteBuffer {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length - bytes.length);
  }

  /** Room at the end, to be written before the next push. */
  reserve(size: number): DataView {
    this.#grow(size);
    return new DataView(this.#bytes.buffer, this.#length - size, size);
  }

  /** A copy of what was gathered; the buffer begins anew. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #grow(size: number): void {
    this.#length += size;
    if (this.#length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length - size));
    this.#bytes = grown;
  }
}

/** Bits that grow, least significant first. */
export class BitBuffer {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  #zeros = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies of a vector's validity; each returns the test of a row. */
  open(bindings: typeof Bindings, vector: Vector, size: number): (from: number, count: number) => (row: number) => boolean {
    const words = (size + 63) >> 6;
    const bitmap: Uint8Array | null = size === 0 ? null : bindings.vector_get_validity(vector, words * 8);
    const isValid = bitmap === null ? () => true : (row: number): boolean => (((bitmap[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    return (from, count) => {
      this.#grow(count);
      if (bitmap !== null && from % 8 === 0 && this.#length % 8 === 0) this.#copy(bitmap, from, count);
      else for (let at = 0; at < count; at += 1) this.#set(this.#length + at, isValid(from + at));
      this.#length += count;
      return isValid;
    };
  }

  /** Bytes of 0 and 1 as bits. */
  pushBytes(bytes: Uint8Array, from: number, count: number): void {
    this.#grow(count);
    for (let at = 0; at < count; at += 1) this.#set(this.#length + at, bytes[from + at] === 1);
    this.#length += count;
  }

  /** The node and the validity bitmap of a column; the bitmap is left out when there is no null. */
  take({ nodes, buffers }: { readonly nodes: number[]; readonly buffers: Uint8Array[] }): void {
    nodes.push(this.#length, this.#zeros);
    const { bits } = { bits: this.#zeros === 0 ? new Uint8Array(0) : this.#bytes.slice(0, (this.#length + 7) >> 3) };
    buffers.push(bits);
    this.#reset();
  }

  takeBits(): Uint8Array {
    const bits = this.#bytes.slice(0, (this.#length + 7) >> 3);
    this.#reset();
    return bits;
  }

  #reset(): void {
    this.#bytes.fill(0, 0, (this.#length + 7) >> 3);
    this.#length = 0;
    this.#zeros = 0;
  }

  #copy(bitmap: Uint8Array, from: number, count: number): void {
    const bytes = (count + 7) >> 3;
    const start = this.#length >> 3;
    for (let at = 0; at < bytes; at += 1) {
      const left = count - at * 8;
      const byte = (bitmap[(from >> 3) + at] ?? 0) & (left >= 8 ? 255 : (1 << left) - 1);
      this.#bytes[start + at] = byte;
      this.#zeros += Math.min(8, left) - ones(byte);
    }
  }

  #set(at: number, bit: boolean): void {
    if (bit) this.#bytes[at >> 3] = (this.#bytes[at >> 3] ?? 0) | (1 << (at & 7));
    else this.#zeros += 1;
  }

  #grow(count: number): void {
    const needed = ((this.#length + count + 7) >> 3) + 1;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

function ones(byte: number): number {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}
