import { createHash } from 'node:crypto';
import type { Row } from '../row.ts';

/** A digest over a set of rows that does not depend on their order or on the records that they are packed in. */
export interface RowDigest {
  readonly count: number;
  /** The SHA-256 of the rows, XORed. */
  readonly bits: Uint8Array;
}

export const NO_ROWS: RowDigest = { count: 0, bits: new Uint8Array(32) };

export function withRow(digest: RowDigest, row: Row): RowDigest {
  // Runs are derived, and superseded ones are dropped.
  if (row.recordKind === 'run') return digest;
  const bits = Uint8Array.from(createHash('sha256').update(textOf(row)).digest());
  for (const [index, byte] of digest.bits.entries()) bits[index] = (bits[index] ?? 0) ^ byte;
  return { count: digest.count + 1, bits };
}

export function isSameDigest(a: RowDigest, b: RowDigest): boolean {
  return a.count === b.count && Buffer.compare(a.bits, b.bits) === 0;
}

/** Where an entry is may be said by itself or by its record; content has a hash of its own, which counts, also when it was purged. */
const LEFT_OUT: ReadonlySet<string> = new Set(['nodeId', 'txnSeq', 'version', 'timestampMicros', 'inline', 'blob', 'purged']);

/** What merged versions of a series lose. */
const LEFT_OUT_OF_SERIES: ReadonlySet<string> = new Set(['sha256', 'chain']);

function textOf({ partId, recordKind, nodeId, txnSeq, version, timestampMicros, entry }: Row): string {
  const mayBeMerged = entry.kind === 'series' && typeof entry.rowCount === 'number';
  const fields = Object.entries(entry as { readonly [key: string]: unknown })
    .filter(([key, value]) => value !== null && value !== undefined && !LEFT_OUT.has(key))
    .filter(([key]) => !mayBeMerged || !LEFT_OUT_OF_SERIES.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value)]);
  return JSON.stringify([partId, recordKind, nodeId, txnSeq, version, String(timestampMicros), fields]);
}
