import { isUtf8 } from 'node:buffer';
import type Bindings from '@duckdb/node-bindings';
import type { Vector } from '@duckdb/node-bindings';

/** DuckDB's `string_t`: the length, then up to 12 bytes in place, or the first 4 and the address of all. */
const STRING_BYTES = 16;
const INLINE_LENGTH = 12;
const PREFIX_BYTES = 4;

/** Texts that lie one after the other, as Arrow has them. */
export interface TextRun {
  readonly bytes: Uint8Array;
  /** Where each row begins in `bytes`, and at the end where the last one ends; rising. */
  readonly offsets: Int32Array | Float64Array;
  /** Whether the texts have to be UTF-8. */
  readonly isText: boolean;
  readonly isNull: (row: number) => boolean;
}

/**
 * Fills a vector with texts of any length by handing their bytes over once: DuckDB copies them all into the vector's memory as one text,
 * and the rows are laid out here with addresses in it. False, and nothing is filled, when that would not be right: bytes that are not
 * UTF-8, offsets inside a character, or another layout than expected. Then texts are to be handed over one by one.
 */
export function fillTextRun(native: typeof Bindings, vector: Vector, run: TextRun): boolean {
  const { bytes, offsets, isText } = run;
  const count = offsets.length - 1;
  const first = offsets[0] ?? 0;
  const last = offsets[count] ?? 0;
  if (last - first <= INLINE_LENGTH || first < 0 || last > bytes.length) return false;
  const all = bytes.subarray(first, last);
  if (!isRising(offsets) || (isText && !(isUtf8(all) && beginsCharacters(bytes, offsets, last)))) return false;
  native.vector_assign_string_element_len(vector, 0, all);
  const address = addressOf(native.vector_get_data(vector, STRING_BYTES), all);
  const out = new Uint8Array(count * STRING_BYTES);
  // The first row is overwritten in any case, so that it does not keep all the texts.
  if (address !== undefined) layOut(new DataView(out.buffer), out, run, address);
  native.copy_data_to_vector(vector, 0, out.buffer, 0, out.byteLength);
  return address !== undefined;
}

function layOut(view: DataView, out: Uint8Array, { bytes, offsets, isNull }: TextRun, address: bigint): void {
  const count = offsets.length - 1;
  const base = Number(address);
  const first = offsets[0] ?? 0;
  let start = first;
  for (let row = 0; row < count; row += 1) {
    const end = offsets[row + 1] ?? 0;
    const length = end - start;
    if (length > 0 && !isNull(row)) {
      const at = row * STRING_BYTES;
      const inPlace = length > INLINE_LENGTH ? PREFIX_BYTES : length;
      view.setUint32(at, length, true);
      for (let byte = 0; byte < inPlace; byte += 1) out[at + 4 + byte] = bytes[start + byte] ?? 0;
      if (length > INLINE_LENGTH) {
        const place = base + (start - first);
        view.setUint32(at + 8, place % 0x100000000, true);
        view.setUint32(at + 12, Math.floor(place / 0x100000000), true);
      }
    }
    start = end;
  }
}

/** The address that DuckDB gave to a text; undefined when its string is not laid out as this file knows it. */
function addressOf(string: Uint8Array, text: Uint8Array): bigint | undefined {
  const view = new DataView(string.buffer, string.byteOffset, STRING_BYTES);
  if (view.getUint32(0, true) !== text.length) return undefined;
  for (let byte = 0; byte < PREFIX_BYTES; byte += 1) if (string[4 + byte] !== text[byte]) return undefined;
  const address = view.getBigUint64(8, true);
  // Numbers are exact up to here, and no machine of today has addresses above it.
  return address > 0n && address + BigInt(text.length) < BigInt(Number.MAX_SAFE_INTEGER) ? address : undefined;
}

function isRising(offsets: TextRun['offsets']): boolean {
  for (let at = 1; at < offsets.length; at += 1) if ((offsets[at] ?? 0) < (offsets[at - 1] ?? 0)) return false;
  return true;
}

/** Whether no row begins inside a character of valid UTF-8. */
function beginsCharacters(bytes: Uint8Array, offsets: TextRun['offsets'], last: number): boolean {
  for (const offset of offsets) if (offset < last && ((bytes[offset] ?? 0) & 0xc0) === 0x80) return false;
  return true;
}
