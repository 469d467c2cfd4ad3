import { closeSync, openSync, readSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordUnit, type TextRecord, textRecords } from './append-records.ts';

/** Rows that are committed together: a file that DuckDB reads. */
export interface Batch {
  readonly path: string;
  /** The line before its first one. */
  readonly lineBefore: number;
  readonly startedMillis: number;
  readonly records: number;
  readonly lines: number;
  readonly bytes: number;
  /** At least as long as its longest record. */
  readonly longestBytes: number;
  readonly isOpen: boolean;
  add(unit: RecordUnit): void;
  /** Closes the file; nothing can be added then. */
  seal(end?: Uint8Array): void;
  remove(): void;
}

export interface BatchOptions {
  readonly directory: string;
  readonly number: number;
  readonly extension: string;
  /** What the file begins with. */
  readonly head: readonly Uint8Array[];
  readonly lineBefore: number;
  readonly startedMillis: number;
}

export function openBatch({ directory, number, extension, head, lineBefore, startedMillis }: BatchOptions): Batch {
  const path = join(directory, `batch-${number}.${extension}`);
  const file = openSync(path, 'wx', 0o600);
  let isSealed = false;
  const counts = { records: 0, lines: 0, bytes: 0, longestBytes: 0, isOpen: false };
  const put = (chunks: readonly Uint8Array[]): void => {
    const whole = chunks.filter((chunk) => chunk.length > 0);
    const size = sizeOf(whole);
    if (whole.length === 0 || writevSync(file, whole) === size) return;
    throw new Error(`The file "${path}" took less than it was given`);
  };
  const seal = (): void => {
    if (!isSealed) closeSync(file);
    isSealed = true;
  };
  put(head);
  return {
    path, lineBefore, startedMillis,
    get records() { return counts.records; },
    get lines() { return counts.lines; },
    get bytes() { return counts.bytes; },
    get longestBytes() { return counts.longestBytes; },
    get isOpen() { return counts.isOpen; },
    add(unit) {
      put(unit.chunks);
      const size = sizeOf(unit.chunks);
      counts.records += unit.records;
      counts.lines += unit.lines;
      counts.bytes += size;
      counts.isOpen = unit.isOpen === true;
      // A record of several chunks is longer than what is in the last of them.
      const longest = unit.records <= 1 ? size : Math.min(size, sizeOf(unit.chunks.slice(0, -1)) + 65_536);
      counts.longestBytes = Math.max(counts.longestBytes, longest);
    },
    seal(end) {
      if (!isSealed && end !== undefined) put([end]);
      seal();
    },
    remove() {
      seal();
      rmSync(path, { force: true });
    },
  };
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

const READ_BYTES = 1024 * 1024;

/** The records of a file of lines, read while they are asked for. */
export function* recordsOfFile(path: string, hasQuotes: boolean): Generator<TextRecord, void, void> {
  const file = openSync(path, 'r');
  try {
    yield* textRecords(chunksOf(file), hasQuotes);
  } finally {
    closeSync(file);
  }
}

function* chunksOf(file: number): Generator<Uint8Array, void, void> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const count = readSync(file, buffer, 0, READ_BYTES, null);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}
