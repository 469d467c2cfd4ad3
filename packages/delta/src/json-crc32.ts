import { crc32 } from 'node:zlib';

/**
 * JSON objects that end in their own checksum: `,"crc32":"<8 hexadecimal digits>"}`, the CRC-32 of the bytes in front of it.
 * Nothing else covers the files that are hints, and a flipped digit in one must not be believed.
 */
const SEAL = /^,"crc32":"([0-9a-f]{8})"\}$/;
const SEAL_BYTES: number = ',"crc32":""}'.length + 8;

/** @param text of a JSON object that is not empty */
export function withCrc32(text: string): Uint8Array {
  const open = Buffer.from(text.slice(0, -1));
  return Buffer.concat([open, Buffer.from(`,"crc32":"${hex(open)}"}`)]);
}

/** Whether the bytes are those that `withCrc32` made. What carries no checksum is of another writer, or damaged twice: not to be believed. */
export function matchesCrc32(bytes: Uint8Array): boolean {
  const open = bytes.subarray(0, Math.max(0, bytes.byteLength - SEAL_BYTES));
  const seal = SEAL.exec(Buffer.from(bytes.subarray(open.byteLength)).toString('latin1'));
  return seal?.[1] === hex(open);
}

function hex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
