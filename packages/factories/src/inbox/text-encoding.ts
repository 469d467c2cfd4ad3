import { open } from 'node:fs/promises';

const SAMPLE_BYTES = 1024 * 1024;

/**
 * The encoding of a text file: what its byte order mark says, UTF-8 when its first megabyte is that, else Windows-1252, which every
 * sequence of bytes is. Text without a mark whose every second byte is zero is UTF-16.
 */
export async function detectEncoding(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    return encodingOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Pure. */
export function encodingOf(bytes: Uint8Array): string {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  const zeros = (from: number): number => bytes.filter((byte, at) => at % 2 === from && byte === 0).length;
  if (bytes.length >= 4 && zeros(1) > bytes.length / 4) return 'utf-16le';
  if (bytes.length >= 4 && zeros(0) > bytes.length / 4) return 'utf-16be';
  try {
    // What is cut at the end of the sample is no fault of the text.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** @returns whether the platform can read this encoding */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== '';
  } catch {
    return false;
  }
}

/** The text of bytes, piece by piece, without a byte order mark. */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
