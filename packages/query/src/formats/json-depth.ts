import type { Compression } from '../format-url.ts';
import { readBytes } from './decompress.ts';
import { badInput } from './read-error.ts';

/** DuckDB goes down a value by recursion: a few thousand levels end the process. */
const MOST_LEVELS = 1_000;

/**
 * Refuses JSON whose values are nested too deep. Of lines only those are looked into that are long enough for it, so that ordinary
 * ones cost little.
 *
 * @throws QueryError `bad-input`
 */
export async function assertShallow(
  path: string, compression: Compression | undefined, format: 'json' | 'ndjson', signal: AbortSignal | undefined,
): Promise<void> {
  const levels = createLevels();
  for await (const piece of readBytes(path, compression, signal)) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const isTooDeep = format === 'json' ? levels.scan(bytes, 0, bytes.length) : scanLongLines(levels, bytes);
    if (!isTooDeep) continue;
    throw badInput(path, { what: `its values are nested more than ${MOST_LEVELS} levels deep, fewer were wanted` });
  }
}

const NEWLINE = 0x0a;

/** What a short line leaves open at the end of a piece is missed: at most as many levels again. */
function scanLongLines(levels: Levels, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.lastIndexOf(NEWLINE, Math.min(at + MOST_LEVELS, bytes.length) - 1);
    if (newline >= at) {
      levels.reset();
      at = newline + 1;
      continue;
    }
    const next = bytes.indexOf(NEWLINE, at);
    const end = next < 0 ? bytes.length : next;
    if (levels.scan(bytes, at, end)) return true;
    at = end;
  }
  return false;
}

interface Levels {
  /** Whether a value is too deep. Goes on where the last call ended. */
  scan(bytes: Uint8Array, from: number, to: number): boolean;
  /** A new value begins. */
  reset(): void;
}

function createLevels(): Levels {
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  return {
    scan(bytes, from, to) {
      for (let i = from; i < to; i++) {
        const byte = bytes[i];
        if (isText) {
          if (isEscaped) isEscaped = false;
          else if (byte === 0x5c) isEscaped = true;
          else if (byte === 0x22) isText = false;
        } else if (byte === 0x22) isText = true;
        else if (byte === 0x7b || byte === 0x5b) {
          depth++;
          if (depth > MOST_LEVELS) return true;
        } else if (byte === 0x7d || byte === 0x5d) depth--;
      }
      return false;
    },
    reset() {
      depth = 0;
      isText = false;
      isEscaped = false;
    },
  };
}
