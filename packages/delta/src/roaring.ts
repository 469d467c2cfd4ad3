/**
 * Sets of integers in the portable format of Roaring bitmaps (github.com/RoaringBitmap/RoaringFormatSpec), 64-bit: a number of
 * buckets, each the high 32 bits and a 32-bit bitmap, which is a list of containers of 2^16 integers. Little endian.
 */

const NO_RUNS = 12346;
const WITH_RUNS = 12347;
const OFFSETS_FROM = 4;
const ARRAY_MAX = 4096;
const BITMAP_WORDS = 2048;

/**
 * The integers in ascending order.
 *
 * @throws RangeError for bytes that are not in the format
 */
export function decodeRoaring64(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: number[] = [];
  const buckets = Number(view.getBigUint64(0, true));
  let position = 8;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const base = view.getUint32(position, true) * 2 ** 32;
    if (!Number.isSafeInteger(base + 0xffff_ffff)) throw new RangeError('An integer of the bitmap is beyond 2^53');
    position = readBitmap(view, position + 4, base, values);
  }
  return Float64Array.from(values);
}

/** @returns where the bitmap ends */
function readBitmap(view: DataView, start: number, base: number, values: number[]): number {
  let position = start;
  const cookie = view.getUint32(position, true);
  position += 4;
  const hasRuns = (cookie & 0xffff) === WITH_RUNS;
  if (!hasRuns && cookie !== NO_RUNS) throw new RangeError(`The bitmap begins with ${cookie}, wanted ${NO_RUNS} or ${WITH_RUNS}`);
  const count = hasRuns ? (cookie >>> 16) + 1 : view.getUint32(position, true);
  if (!hasRuns) position += 4;
  const runFlags = position;
  if (hasRuns) position += (count + 7) >>> 3;
  const headers = position;
  position += count * 4;
  if (!hasRuns || count >= OFFSETS_FROM) position += count * 4;
  for (let index = 0; index < count; index++) {
    const high = base + view.getUint16(headers + index * 4, true) * 2 ** 16;
    const cardinality = view.getUint16(headers + index * 4 + 2, true) + 1;
    const isRun = hasRuns && (view.getUint8(runFlags + (index >>> 3)) >>> (index & 7) & 1) === 1;
    if (isRun) position = readRuns(view, position, high, values);
    else if (cardinality <= ARRAY_MAX) position = readArray(view, position, high, cardinality, values);
    else position = readBits(view, position, high, values);
  }
  return position;
}

function readRuns(view: DataView, start: number, high: number, values: number[]): number {
  const runs = view.getUint16(start, true);
  for (let run = 0; run < runs; run++) {
    const first = view.getUint16(start + 2 + run * 4, true);
    const last = first + view.getUint16(start + 4 + run * 4, true);
    for (let low = first; low <= last; low++) values.push(high + low);
  }
  return start + 2 + runs * 4;
}

function readArray(view: DataView, start: number, high: number, cardinality: number, values: number[]): number {
  for (let index = 0; index < cardinality; index++) values.push(high + view.getUint16(start + index * 2, true));
  return start + cardinality * 2;
}

function readBits(view: DataView, start: number, high: number, values: number[]): number {
  for (let word = 0; word < BITMAP_WORDS; word++) {
    let bits = view.getUint32(start + word * 4, true);
    while (bits !== 0) {
      const lowest = 31 - Math.clz32(bits & -bits);
      values.push(high + word * 32 + lowest);
      bits &= bits - 1;
    }
  }
  return start + BITMAP_WORDS * 4;
}
