/**
 * The raw Snappy format (github.com/google/snappy, format_description.txt), for the pages of small files. Compression is one
 * pass, greedy, with a table of where four bytes were last seen.
 */

const HASH_BITS = 11;
const HASH_SHIFT: number = 32 - HASH_BITS;
const MOST_INPUT_BYTES = 0xffff;
const table: Uint16Array = new Uint16Array(1 << HASH_BITS);

/** The most bytes that compressing so many may take. */
export function snappyBound(inputBytes: number): number {
  return 32 + inputBytes + Math.ceil(inputBytes / 6);
}

/**
 * Compresses at most 65,535 bytes into `out`, which has room for `snappyBound` of them.
 *
 * @returns the position behind the last byte written
 */
export function snappyInto(out: Uint8Array, start: number, input: Uint8Array): number {
  const length = input.length;
  if (length > MOST_INPUT_BYTES) throw new RangeError(`Cannot compress ${length} bytes: at most ${MOST_INPUT_BYTES} were wanted`);
  let at = start;
  for (let rest = length; ; rest >>>= 7) {
    out[at++] = rest < 0x80 ? rest : (rest & 0x7f) | 0x80;
    if (rest < 0x80) break;
  }
  table.fill(0);
  let literal = 0;
  let position = 1;
  // A position of 0 in the table is also what an empty slot says: it is compared like any other.
  while (position + 4 <= length) {
    const word = wordAt(input, position);
    const slot = Math.imul(word, 0x1e35a7bd) >>> HASH_SHIFT;
    const candidate = table[slot] ?? 0;
    table[slot] = position;
    if (wordAt(input, candidate) !== word) {
      // The longer nothing repeats, the larger the steps.
      position += 1 + ((position - literal) >>> 5);
      continue;
    }
    let matched = 4;
    while (position + matched < length && input[candidate + matched] === input[position + matched]) matched += 1;
    at = literalInto(out, at, input, literal, position);
    at = copyInto(out, at, position - candidate, matched);
    position += matched;
    literal = position;
  }
  return literalInto(out, at, input, literal, length);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function literalInto(out: Uint8Array, start: number, input: Uint8Array, from: number, to: number): number {
  if (from === to) return start;
  let at = start;
  const length = to - from - 1;
  if (length < 60) {
    out[at++] = length << 2;
  } else if (length < 0x100) {
    out[at++] = 60 << 2;
    out[at++] = length;
  } else {
    out[at++] = 61 << 2;
    out[at++] = length & 0xff;
    out[at++] = length >>> 8;
  }
  if (length < 32) for (let i = from; i < to; i++) out[at + i - from] = input[i] ?? 0;
  else out.set(input.subarray(from, to), at);
  return at + length + 1;
}

/** Elements of up to 64 bytes with a two-byte offset, or of 4 to 11 bytes with one of 11 bits. */
function copyInto(out: Uint8Array, start: number, offset: number, length: number): number {
  let at = start;
  for (let rest = length; rest > 0;) {
    // No rest of less than four bytes, which the short element cannot say.
    const step = rest <= 64 ? rest : rest < 68 ? 60 : 64;
    if (step >= 4 && step < 12 && offset < 2048) {
      out[at++] = 1 | ((step - 4) << 2) | ((offset >>> 8) << 5);
      out[at++] = offset & 0xff;
    } else {
      out[at++] = 2 | ((step - 1) << 2);
      out[at++] = offset & 0xff;
      out[at++] = offset >>> 8;
    }
    rest -= step;
  }
  return at;
}

/** What was compressed, of at most 65,535 bytes. @throws RangeError for what is no such block */
export function snappyFrom(input: Uint8Array): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++];
    if (byte === undefined || shift > 14) throw new RangeError('there is no length');
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > MOST_INPUT_BYTES) throw new RangeError('it is too long');
  const out = Buffer.allocUnsafe(length);
  let to = 0;
  while (at < input.length) {
    const tag = input[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size === 61) size = (input[at++] ?? 0) + 1;
      else if (size === 62) {
        size = (input[at] ?? 0) + ((input[at + 1] ?? 0) << 8) + 1;
        at += 2;
      }
      if (at + size > input.length || to + size > length) throw new RangeError('a literal is too long');
      out.set(input.subarray(at, at + size), to);
      at += size;
      to += size;
      continue;
    }
    if (kind === 3) throw new RangeError('an offset has four bytes');
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = kind === 1 ? ((tag >>> 5) << 8) | (input[at] ?? 0) : (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    at += kind;
    if (offset === 0 || offset > to || to + size > length) throw new RangeError('a copy is from outside');
    if (offset >= size) {
      out.copyWithin(to, to - offset, to - offset + size);
      to += size;
    } else {
      for (const end = to + size; to < end; to++) out[to] = out[to - offset] ?? 0;
    }
  }
  if (to !== length) throw new RangeError('it ends early');
  return out;
}
