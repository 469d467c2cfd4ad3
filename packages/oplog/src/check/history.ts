import type { AddFile } from '@duckpond/delta';
import { blobPath } from '../blob.ts';
import { transactionFactsOf, type TransactionFacts } from '../commit-info.ts';
import type { Row } from '../row.ts';
import { MOST_USES, type VersionRef } from './finding.ts';
import { NO_ROWS, type RowDigest, withRow } from './row-digest.ts';

/** A blob that versions name. */
export interface BlobUse {
  readonly path: string;
  readonly sha256: Uint8Array;
  readonly sizeBytes: number;
  readonly uses: readonly VersionRef[];
  readonly useCount: number;
}

/** Everything that the data files say, put together: without the bytes of the contents. */
export interface History {
  readonly add: (file: AddFile, row: Row) => void;
  /** In the order in which they happened. */
  rows(): readonly Row[];
  readonly blobs: ReadonlyMap<string, BlobUse>;
  readonly transactions: ReadonlyMap<number, TransactionFacts>;
  readonly digests: ReadonlyMap<number, RowDigest>;
  /** The data file that holds a transaction's audit record. */
  readonly fileOf: ReadonlyMap<number, string>;
}

/** @param digested the transactions whose rows are to be compared with what their commits repeat */
export function createHistory(digested: ReadonlySet<number>): History {
  const rows: Row[] = [];
  const blobs = new Map<string, BlobUse>();
  const transactions = new Map<number, TransactionFacts>();
  const digests = new Map<number, RowDigest>();
  const fileOf = new Map<number, string>();
  let isSorted = true;

  return {
    blobs, transactions, digests, fileOf,
    add(file, row) {
      if (digested.has(row.txnSeq)) digests.set(row.txnSeq, withRow(digests.get(row.txnSeq) ?? NO_ROWS, row));
      if (row.recordKind === 'transaction') {
        transactions.set(row.txnSeq, transactionFactsOf(row));
        fileOf.set(row.txnSeq, file.path);
        return;
      }
      isSorted = false;
      rows.push(row.entry.inline instanceof Uint8Array ? { ...row, entry: { ...row.entry, inline: null } } : row);
      const { blob, sha256, sizeBytes } = row.entry;
      if (row.recordKind !== 'node' || blob !== true || !(sha256 instanceof Uint8Array) || typeof sizeBytes !== 'number') return;
      const path = blobPath(sha256);
      const { uses, useCount } = blobs.get(path) ?? { uses: [], useCount: 0 };
      blobs.set(path, { path, sha256, sizeBytes, uses: useCount < MOST_USES ? [...uses, refOf(row)] : uses, useCount: useCount + 1 });
    },
    rows() {
      if (!isSorted) rows.sort((a, b) => a.txnSeq - b.txnSeq);
      isSorted = true;
      return rows;
    },
  };
}

export function refOf({ partId, nodeId, version }: Row): VersionRef {
  return { partId, nodeId, version };
}
