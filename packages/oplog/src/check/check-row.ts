import { createHash } from 'node:crypto';
import type { Row } from '../row.ts';
import { refOf } from './history.ts';
import type { Inspection } from './inspection.ts';

const KINDS: ReadonlySet<string> = new Set(['directory', 'symlink', 'data', 'table', 'series', 'settings']);
const OPERATIONS: ReadonlySet<string> = new Set(['insert', 'delete', 'rename']);

/** One row by itself: known kinds, what its kind must have, and content that matches its SHA-256. */
export function checkRow(inspection: Inspection, file: string, row: Row): void {
  const what = faultOf(row);
  if (what === undefined) return;
  const message = `Cannot read version ${row.version} of node ${row.nodeId} in "${file}": ${what}`;
  inspection.report({ severity: 'damaged', file, message, uses: [refOf(row)] });
}

function faultOf(row: Row): string | undefined {
  const { entry } = row;
  switch (row.recordKind) {
    case 'transaction':
      return typeof entry.uuid !== 'string' ? 'it is the audit record of a transaction without its UUID, one was wanted' : undefined;
    case 'directory':
      if ((entry.name ?? '') === '') return 'it changes a name without saying which, one was wanted';
      if ((entry.childId ?? '') === '') return 'it changes a name without saying which node it is, one was wanted';
      if (!OPERATIONS.has(entry.operation ?? '')) return `its operation is "${entry.operation ?? ''}", insert, delete or rename was wanted`;
      return KINDS.has(entry.childKind ?? '') ? undefined : `its child is of kind "${entry.childKind ?? ''}", a known kind was wanted`;
    case 'run':
      return runFault(row);
    case 'node':
      return KINDS.has(entry.kind ?? '') ? contentFault(row) : `it is of kind "${entry.kind ?? ''}", a known kind was wanted`;
  }
}

function runFault({ entry, version }: Row): string | undefined {
  const { versionMin, versionTxnSeq, sha256, sizeBytes, rowCount, blob } = entry;
  const hasFirst = typeof versionMin === 'number' && versionMin >= 1 && versionMin <= version;
  if (!hasFirst) return 'it is a run without its first version, one was wanted';
  if (typeof versionTxnSeq !== 'number') return 'it is a run without the transaction of its last version, one was wanted';
  if (blob !== true) return undefined;
  const isNamed = sha256?.byteLength === 32 && typeof sizeBytes === 'number' && typeof rowCount === 'number';
  return isNamed ? undefined : 'it is a run without SHA-256, size or rows, all were wanted';
}

function contentFault({ entry, version }: Row): string | undefined {
  const { kind, sizeBytes, sha256, inline, blob, purged, factory, target, rowCount } = entry;
  if (purged === true) return inline == null && blob !== true ? undefined : 'it is purged and has content, none was wanted';
  if (kind === 'symlink' && version > 0 && (target ?? '') === '') return 'it is a symlink without a target, one was wanted';
  if (inline instanceof Uint8Array) {
    if (sizeBytes !== inline.byteLength) return `it has ${inline.byteLength} bytes, its size says ${sizeBytes ?? 'nothing'}`;
    const holds = sha256 instanceof Uint8Array && createHash('sha256').update(inline).digest().equals(sha256);
    return holds ? undefined : 'its bytes do not match its SHA-256, the bytes as written were wanted';
  }
  if (blob === true) {
    const isNamed = sha256?.byteLength === 32 && typeof sizeBytes === 'number';
    return isNamed ? undefined : 'it is a blob without SHA-256 or size, both were wanted';
  }
  // The rows of a merged version are in a run: whether there is one shows only all history together.
  if (kind === 'series' && typeof rowCount === 'number') return undefined;
  const isEmpty = typeof factory === 'string' || (sizeBytes ?? 0) === 0;
  return isEmpty ? undefined : `it has a size of ${sizeBytes} bytes and no content, the bytes were wanted`;
}
