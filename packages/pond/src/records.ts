import type { Oplog, OplogView, Row } from '@duckpond/oplog';
import { ROOT_ID } from '@duckpond/tinyfs';
import type { RecordInfo, RecordOptions } from './pond.ts';

/**
 * The operation log up to a state, oldest first: one row per transaction, part and node, rebuilt from the entries, so
 * that it is the same before and after records are merged.
 */
export async function* recordsOf(oplog: Oplog, view: OplogView, options: RecordOptions): AsyncGenerator<RecordInfo> {
  if (options.limit === undefined) {
    const rows: Row[] = [];
    for (const add of view.files.values()) for (const row of await oplog.reader.rows(add, { txnAtMost: view.txnSeq })) rows.push(row);
    rows.sort((a, b) => a.txnSeq - b.txnSeq);
    for (let start = 0; start < rows.length;) {
      let end = start + 1;
      while (end < rows.length && rows[end]?.txnSeq === rows[start]?.txnSeq) end++;
      yield* recordsOfTransaction(rows.slice(start, end), options);
      start = end;
    }
    return;
  }
  const newest: RecordInfo[] = [];
  for await (const rows of newestTransactions(oplog, view)) {
    newest.unshift(...recordsOfTransaction(rows, options));
    if (newest.length >= options.limit) break;
  }
  yield* newest.slice(Math.max(0, newest.length - options.limit));
}

/** The rows of each transaction, newest first: from the commit files while they last, then from the data files. */
async function* newestTransactions(oplog: Oplog, view: OplogView): AsyncGenerator<readonly Row[]> {
  let next = view.txnSeq;
  if (view.txnSeq === oplog.head.txnSeq) {
    for await (const { facts, rows } of oplog.recentTransactions()) {
      if (facts.txnSeq !== next) break;
      next--;
      yield rows;
    }
  }
  if (next < 1) return;
  const byTransaction = new Map<number, Row[]>();
  for (const add of view.files.values()) {
    for (const row of await oplog.reader.rows(add, { txnAtMost: next })) {
      const rows = byTransaction.get(row.txnSeq);
      if (rows === undefined) byTransaction.set(row.txnSeq, [row]);
      else rows.push(row);
    }
  }
  for (; next > 0; next--) {
    const rows = byTransaction.get(next);
    if (rows !== undefined) yield rows;
  }
}

function recordsOfTransaction(rows: readonly Row[], options: RecordOptions): RecordInfo[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    // Runs are derived, and superseded ones are dropped when records are merged.
    if (row.recordKind === 'run') continue;
    const key = `${row.partId} ${row.nodeId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const records = [...groups.values()].map((group) => recordOf(group.sort(compareChanges), options));
  return records.sort((a, b) => order(a) - order(b) || compare(a.partId, b.partId) || compare(a.nodeId, b.nodeId));
}

/** Changes of names before versions of nodes, names sorted: a merge keeps no other order. */
function compareChanges(a: Row, b: Row): number {
  if (a.recordKind !== b.recordKind) return a.recordKind === 'directory' ? -1 : 1;
  return a.recordKind === 'directory' ? compare(a.entry.name ?? '', b.entry.name ?? '') : a.version - b.version;
}

/** Directories from the root, then their nodes, the audit record last. */
function order(record: RecordInfo): number {
  return record.kind === 'transaction' ? 2 : record.partId === ROOT_ID && record.nodeId === ROOT_ID ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function recordOf(group: readonly Row[], options: RecordOptions): RecordInfo {
  const newest = group.reduce((a, b) => (b.version >= a.version ? b : a));
  const node = group.findLast((row) => row.recordKind === 'node');
  const kind = newest.recordKind === 'transaction' ? 'transaction' : node?.entry.kind ?? 'directory';
  return {
    partId: newest.partId,
    nodeId: newest.nodeId,
    txnSeq: newest.txnSeq,
    version: newest.version,
    timestampMicros: newest.timestampMicros,
    kind: isKind(kind) ? kind : 'data',
    sizeBytes: kind === 'directory' || kind === 'symlink' ? undefined : node?.entry.sizeBytes ?? undefined,
    ...(options.entries === true ? { entries: group.map(plainEntry) } : {}),
  };
}

function isKind(kind: string): kind is RecordInfo['kind'] {
  return ['directory', 'symlink', 'data', 'table', 'series', 'settings', 'transaction'].includes(kind);
}

const LEFT_OUT = new Set(['nodeId', 'txnSeq', 'version', 'timestampMicros', 'inline']);

/** What versions of a series lose when their rows are merged. */
const LEFT_OUT_OF_SERIES = new Set(['sha256', 'blob', 'chain']);

/**
 * The entry without what is null and without its place, which the record has; bytes as hex; content, which may be elsewhere, is
 * left out.
 */
function plainEntry(row: Row): { readonly [key: string]: string | number | bigint | boolean } {
  const plain: { [key: string]: string | number | bigint | boolean } = {};
  const mayBeMerged = row.entry.kind === 'series' && row.entry.rowCount != null;
  for (const [key, value] of Object.entries(row.entry) as [string, unknown][]) {
    if (value === null || value === undefined || LEFT_OUT.has(key) || (mayBeMerged && LEFT_OUT_OF_SERIES.has(key))) continue;
    if (value instanceof Uint8Array) plain[key] = Buffer.from(value).toString('hex');
    else if (
      typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ) plain[key] = value;
  }
  return plain;
}
