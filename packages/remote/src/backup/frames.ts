import { compress, decompress } from '@mongodb-js/zstd';
import { RemoteError } from '../errors.ts';

/** zstd in independent frames (RFC 8878), one after the other, so that memory stays flat and `zstd -d` reads them. */

export const FRAME_BYTES: number = 4 * 1024 * 1024;
const LEVEL = 1;
/** A frame that this version made is not larger; nor is one of anybody else that it reads. */
const MOST_FRAME_BYTES = 64 * 1024 * 1024;

/** Gathers chunks into pieces of `sizeBytes`; the last one may be smaller. */
export async function* pieces(source: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength;) {
      const piece = chunk.subarray(at, at + sizeBytes - pendingBytes);
      at += piece.byteLength;
      pending.push(piece);
      pendingBytes += piece.byteLength;
      if (pendingBytes < sizeBytes) continue;
      yield Buffer.concat(pending, pendingBytes);
      pending = [];
      pendingBytes = 0;
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending, pendingBytes);
}

/** Each frame is compressed while the one before is on its way. */
export async function* compressFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ready: Promise<Buffer> | undefined;
  for await (const piece of pieces(source, FRAME_BYTES)) {
    const next = compress(piece, LEVEL);
    next.catch(() => undefined);
    if (ready !== undefined) yield await ready;
    ready = next;
  }
  yield await (ready ?? compress(Buffer.alloc(0), LEVEL));
}

/** @throws RemoteError `corrupt-object` naming `label` */
export async function* decompressFrames(source: AsyncIterable<Uint8Array>, label: string): AsyncGenerator<Uint8Array> {
  let pending: Buffer = Buffer.alloc(0);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let wantedBytes = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    waitingBytes += chunk.byteLength;
    if (waitingBytes < wantedBytes) continue;
    pending = Buffer.concat([pending, ...waiting]);
    waiting = [];
    waitingBytes = 0;
    for (;;) {
      const length = frameLength(pending, label);
      if (length === undefined) {
        if (pending.byteLength > MOST_FRAME_BYTES) throw damaged(label);
        // Looking again at every small chunk would cost the square of the frame.
        wantedBytes = Math.min(pending.byteLength, FRAME_BYTES / 4);
        break;
      }
      yield await inflate(pending.subarray(0, length), label);
      pending = pending.subarray(length);
      wantedBytes = 0;
      if (pending.byteLength === 0) break;
    }
  }
  pending = Buffer.concat([pending, ...waiting]);
  while (pending.byteLength > 0) {
    const length = frameLength(pending, label);
    if (length === undefined) throw damaged(label);
    yield await inflate(pending.subarray(0, length), label);
    pending = pending.subarray(length);
  }
}

async function inflate(frame: Buffer, label: string): Promise<Buffer> {
  try {
    return await decompress(frame);
  } catch (error) {
    throw damaged(label, { cause: error });
  }
}

const MAGIC = 0xfd2fb528;
const LEAST_FRAME_BYTES = 6;
const DICTIONARY_BYTES = [0, 1, 2, 4];

/** How long the frame is that the bytes begin with; undefined when it is not all there. */
function frameLength(bytes: Buffer, label: string): number | undefined {
  if (bytes.byteLength < LEAST_FRAME_BYTES) return undefined;
  if (bytes.readUInt32LE(0) !== MAGIC) throw damaged(label);
  const descriptor = bytes.readUInt8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (isSingle ? 1 : 0) : 2 ** sizeCode;
  let at = 5 + (isSingle ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.byteLength) return undefined;
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) !== 0;
    const kind = (header >> 1) & 3;
    if (kind === 3) throw damaged(label);
    at += 3 + (kind === 1 ? 1 : header >> 3);
  }
  const end = at + ((descriptor & 4) === 0 ? 0 : 4);
  return end > bytes.byteLength ? undefined : end;
}

function damaged(label: string, options?: ErrorOptions): RemoteError {
  return new RemoteError(
    'corrupt-object', `Cannot read "${label}": it is not as it was written, zstd frames were wanted`, { label }, options,
  );
}
