import { createHash } from 'node:crypto';

/**
 * A checkpoint of ours carries the SHA-256 of its own bytes in the key-value metadata of its footer, computed while zeros stand in the
 * place of the digits. Parquet itself would read many a flipped byte as another value, and after a log cleanup nothing else says so.
 */
const KEY = 'duckpond.seal';
const PREFIX = 'sha256:';
const DIGITS = 64;

/** What to put into the metadata of a file that is to be sealed. */
export const UNSEALED: { readonly key: string; readonly value: string } = { key: KEY, value: PREFIX + '0'.repeat(DIGITS) };

/** Puts the digits in, in place. */
export function sealFile(bytes: Uint8Array): void {
  const start = digitsIn(bytes);
  if (start !== undefined) bytes.set(Buffer.from(hashWithout(bytes, start)), start);
}

/** False when the bytes are not those that were sealed; true also when there is no seal, as in files of other writers. */
export function matchesSeal(bytes: Uint8Array): boolean {
  const start = digitsIn(bytes);
  return start === undefined || hashWithout(bytes, start) === Buffer.from(bytes.subarray(start, start + DIGITS)).toString('latin1');
}

/** Where the digits are. In the encoded metadata a field header and a length stand between key and value. */
function digitsIn(bytes: Uint8Array): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const key = buffer.lastIndexOf(KEY, undefined, 'latin1');
  const prefix = key < 0 ? -1 : buffer.indexOf(PREFIX, key + KEY.length, 'latin1');
  const start = prefix + PREFIX.length;
  return prefix < 0 || prefix > key + KEY.length + 4 || start + DIGITS > bytes.byteLength ? undefined : start;
}

function hashWithout(bytes: Uint8Array, start: number): string {
  const zeros = '0'.repeat(DIGITS);
  return createHash('sha256').update(bytes.subarray(0, start)).update(zeros).update(bytes.subarray(start + DIGITS)).digest('hex');
}
