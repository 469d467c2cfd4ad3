import { blobPath, dataFileFacts, type Oplog, type Row } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';

/** A blob that records name. */
export interface WantedBlob {
  /** Below `store/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Whether the newest state needs it; a superseded run may be gone. */
  readonly isNeeded: boolean;
}

/**
 * The blobs that transactions after `txnSeq` brought. From the commits when they all are there, otherwise from the records, which
 * know less of what has been merged away.
 */
export async function blobsSince(oplog: Oplog, txnSeq: number): Promise<ReadonlyMap<string, WantedBlob>> {
  return (txnSeq > 0 ? await fromCommits(oplog, txnSeq) : undefined) ?? blobsOfRecords(oplog, txnSeq);
}

/** A blob that is gone has been merged into another, and the records of today know that. */
async function fromCommits(oplog: Oplog, txnSeq: number): Promise<Map<string, WantedBlob> | undefined> {
  if (oplog.head.txnSeq === txnSeq) return new Map();
  const blobs = new Map<string, WantedBlob>();
  for await (const { facts, rows } of oplog.recentTransactions()) {
    if (facts.txnSeq <= txnSeq) return blobs;
    for (const row of rows) {
      const blob = blobOf(row);
      if (blob === undefined || blobs.has(blob.path)) continue;
      if (await oplog.store.head(blob.path) === undefined) return undefined;
      blobs.set(blob.path, blob);
    }
    if (facts.txnSeq === txnSeq + 1) return blobs;
  }
  return undefined;
}

/** The blobs that the live data files name, of transactions after `txnSeq` up to another one. */
export async function blobsOfRecords(
  oplog: Oplog, txnSeq: number, txnAtMost: number = Number.MAX_SAFE_INTEGER,
): Promise<Map<string, WantedBlob>> {
  const blobs = new Map<string, WantedBlob>();
  const { snapshot, view } = oplog.head;
  for (const add of snapshot.files.values()) {
    const { txnMin, txnMax } = dataFileFacts(add);
    if (txnMax <= txnSeq || txnMin > txnAtMost) continue;
    for (const row of await oplog.reader.rows(add, { txnAtLeast: txnSeq + 1, txnAtMost })) {
      const blob = row.txnSeq > txnSeq && row.txnSeq <= txnAtMost ? blobOf(row) : undefined;
      if (blob === undefined || blobs.get(blob.path)?.isNeeded === true) continue;
      const isNeeded = row.recordKind !== 'run'
        || (await view.runs(row.partId, row.nodeId)).some(({ sha256 }) => sha256 !== null && hex(sha256) === blob.sha256);
      blobs.set(blob.path, { ...blob, isNeeded });
    }
  }
  return blobs;
}

/** @throws RemoteError `corrupt-pond` */
export function assertThere(blob: WantedBlob, isThere: boolean): boolean {
  if (isThere || !blob.isNeeded) return isThere;
  throw new RemoteError(
    'corrupt-pond', `Cannot push the pond: "store/${blob.path}" is missing, a pond without damage was wanted`, { path: blob.path },
    { hint: "'pond fsck --verbose' names everything that is damaged" },
  );
}

function blobOf({ entry }: Row): WantedBlob | undefined {
  if (entry.blob !== true || entry.sha256 == null || entry.sizeBytes == null) return undefined;
  return { path: blobPath(entry.sha256), sizeBytes: entry.sizeBytes, sha256: hex(entry.sha256), isNeeded: true };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
