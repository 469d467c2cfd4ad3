import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { ArrowBytes } from '../arrow-bytes.ts';
import type { ScanSession } from '../scan-session.ts';

const READ_BYTES = 256 * 1024 * 1024;

/** Reads files in pieces, synchronously: scans happen in DuckDB's callback. One file is open at a time, until the session ends. */
export function fileBytesOf(session: ScanSession): (path: string) => ArrowBytes {
  let current: { readonly path: string; readonly file: number } | undefined;
  const close = (): void => {
    if (current !== undefined) closeSync(current.file);
    current = undefined;
  };
  const open = (path: string): number => {
    if (current?.path === path) return current.file;
    close();
    current = { path, file: openSync(path, 'r') };
    return current.file;
  };
  session.atClose(close);
  return (path) => {
    const { size } = statSync(path);
    return {
      size,
      read: (from, to) => {
        const file = open(path);
        // Not from the pool of small buffers: buffers of columns begin at multiples of 8.
        const bytes = new Uint8Array(to - from);
        for (let at = 0; at < bytes.length;) {
          const count = readSync(file, bytes, at, Math.min(bytes.length - at, READ_BYTES), from + at);
          if (count === 0) throw new RangeError(`it has ${fstatSync(file).size} bytes by now, ${size} were wanted`);
          at += count;
        }
        return bytes;
      },
    };
  };
}
