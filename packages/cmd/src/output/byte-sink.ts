import type { Output } from '../effects.ts';

const BLOCK_BYTES = 256 * 1024;

/** Bytes on their way to an output: what is before `end` has been written, what is behind is free. */
export interface ByteSink {
  bytes: Buffer;
  end: number;
}

export function createSink(): ByteSink {
  return { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES + BLOCK_BYTES / 4), end: 0 };
}

/** Whether there is enough for an output to take. */
export function isFull(sink: ByteSink): boolean {
  return sink.end >= BLOCK_BYTES;
}

/** Hands the bytes over; the sink goes on with memory of its own. */
export async function flushSink(sink: ByteSink, out: Output): Promise<void> {
  if (sink.end === 0) return;
  const bytes = sink.bytes.subarray(0, sink.end);
  sink.bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES + BLOCK_BYTES / 4);
  sink.end = 0;
  await out.write(bytes);
}

/** Makes room for so many bytes more. */
export function reserve(sink: ByteSink, count: number): void {
  if (sink.end + count <= sink.bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(sink.bytes.length * 2, sink.end + count));
  sink.bytes.copy(larger, 0, 0, sink.end);
  sink.bytes = larger;
}

export function putByte(sink: ByteSink, byte: number): void {
  if (sink.end === sink.bytes.length) reserve(sink, 1);
  sink.bytes[sink.end++] = byte;
}

/** Text of ASCII alone. */
export function putAscii(sink: ByteSink, text: string): void {
  const { length } = text;
  reserve(sink, length);
  const { bytes, end } = sink;
  for (let index = 0; index < length; index++) bytes[end + index] = text.charCodeAt(index);
  sink.end = end + length;
}

export function putText(sink: ByteSink, text: string): void {
  reserve(sink, text.length * 3);
  sink.end += sink.bytes.write(text, sink.end, 'utf8');
}

/** A non-negative safe integer, with zeros before it up to `width` digits. */
export function putDigits(sink: ByteSink, value: number, width: number): void {
  reserve(sink, 20);
  const { bytes } = sink;
  let count = width;
  for (let power = 10 ** width; value >= power && count < 16; power *= 10) count++;
  let at = sink.end + count;
  sink.end = at;
  let high = value;
  let left = count;
  // Whole numbers of 32 bits are divided much faster than doubles.
  while (high >= 2_147_483_648) {
    const next = Math.floor(high / 10);
    bytes[--at] = 48 + (high - next * 10);
    high = next;
    left--;
  }
  let low = high | 0;
  while (left-- > 0) {
    const next = (low / 10) | 0;
    bytes[--at] = 48 + (low - next * 10);
    low = next;
  }
}

/** A safe integer. */
export function putInteger(sink: ByteSink, value: number): void {
  if (value < 0) putByte(sink, 45);
  putDigits(sink, Math.abs(value), 1);
}
