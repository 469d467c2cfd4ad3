import { decodeEntries, encodeEntries, type Entry, type NewEntry } from './entry.ts';
import { OplogError } from './errors.ts';
import { compareKeys } from './key-order.ts';
import type { NewRecord, Record } from './record.ts';
import { transactionUuid } from './transaction-uuid.ts';

/**
 * What a record's entries are about: `directory`: changes of names in a directory; `node`: versions of nodes;
 * `run`: versions of a series whose rows are together in one blob; `transaction`: the audit facts of a transaction.
 */
export type RecordKind = 'directory' | 'node' | 'run' | 'transaction';

/** One entry with its place in the log: the logical row, the same before and after any merging of records. */
export interface Row {
  readonly partId: string;
  readonly recordKind: RecordKind;
  readonly nodeId: string;
  readonly txnSeq: number;
  readonly version: number;
  readonly timestampMicros: bigint;
  readonly entry: NewEntry;
}

/** Bounds of a record that packs many entries: enough to amortise an IPC stream, small enough to find one name cheaply. */
export const ENTRIES_PER_RECORD = 1024;
export const CONTENT_BYTES_PER_RECORD: number = 64 * 1024;
/** The same for texts, which are most often alike and cost little where they are. */
const TEXT_BYTES_PER_RECORD = 4 * 1024 * 1024;

const KIND_RANK: { readonly [kind in RecordKind]: number } = { transaction: 0, directory: 1, node: 2, run: 3 };

/** What rows of one kind in one part are sorted and looked up by. */
export function keyOf(row: Row): string {
  return row.recordKind === 'directory' ? row.entry.name ?? '' : row.nodeId;
}

/** The order of rows in a merged file; rows of one key keep the order in which they happened. */
export function compareRows(a: Row, b: Row): number {
  return compareKeys(a.partId, b.partId)
    || KIND_RANK[a.recordKind] - KIND_RANK[b.recordKind]
    || (a.recordKind === 'transaction' ? 0 : compareKeys(keyOf(a), keyOf(b)))
    || a.txnSeq - b.txnSeq;
}

export function isRecordKind(text: string | null): text is RecordKind {
  return text === 'directory' || text === 'node' || text === 'run' || text === 'transaction';
}

/** The rows of a record. Positions that an entry leaves out are the record's own. */
export function rowsOfRecord(record: Record): Row[] {
  const { kind } = record;
  if (!isRecordKind(kind)) {
    throw new OplogError(
      'unsupported-format', `Cannot read a record of kind "${String(kind)}": this version knows directory, node, run and transaction`,
      { kind },
    );
  }
  const { partId } = record;
  return decodeEntries(record.content).map((entry: Entry): Row => {
    const txnSeq = entry.txnSeq ?? record.txnSeq;
    const version = entry.version ?? record.version;
    const timestampMicros = entry.timestampMicros ?? record.timestampMicros;
    const whole = kind === 'transaction' ? withDerived(entry, txnSeq, timestampMicros) : entry;
    return { partId, recordKind: kind, nodeId: entry.nodeId ?? record.nodeId, txnSeq, version, timestampMicros, entry: whole };
  });
}

/** An audit entry with what is not stored because the rest says it. */
function withDerived(entry: NewEntry, txnSeq: number, timestampMicros: bigint): NewEntry {
  if (entry.uuid != null && entry.startedMicros != null) return entry;
  const startedMicros = entry.startedMicros ?? startOf(entry, timestampMicros);
  return { ...entry, startedMicros, uuid: entry.uuid ?? uuidOf({ ...entry, startedMicros }, txnSeq, timestampMicros) };
}

/** An audit entry without what the rest says. */
function withoutDerived({ entry, txnSeq, timestampMicros }: Row): NewEntry {
  return {
    ...entry,
    uuid: entry.uuid === uuidOf(entry, txnSeq, timestampMicros) ? null : entry.uuid ?? null,
    startedMicros: entry.startedMicros === startOf(entry, timestampMicros) ? null : entry.startedMicros ?? null,
  };
}

function startOf({ durationMicros }: NewEntry, timestampMicros: bigint): bigint {
  return timestampMicros - BigInt(durationMicros ?? 0);
}

function uuidOf(entry: NewEntry, txnSeq: number, timestampMicros: bigint): string {
  return transactionUuid({
    pondId: entry.pondId ?? '', txnSeq, timestampMicros, startedMicros: entry.startedMicros ?? timestampMicros,
    durationMicros: entry.durationMicros ?? 0, user: entry.user ?? '', host: entry.host ?? '',
    command: entry.command ?? '', changes: entry.changes ?? '',
  });
}

/**
 * Rows as records: neighbours of one part and kind share a record up to the bounds above.
 * `rows` are in the order of `compareRows`, or all of one transaction.
 */
export function packRows(rows: readonly Row[]): NewRecord[] {
  const records: NewRecord[] = [];
  let start = 0;
  let bytes = 0;
  let texts = 0;
  for (let i = 0; i <= rows.length; i++) {
    const row = rows[i];
    const first = rows[start];
    if (first === undefined) break;
    const rowBytes = row?.entry.inline?.byteLength ?? 0;
    const rowTexts = row === undefined ? 0 : textLength(row.entry);
    const fits = row !== undefined
      && row.partId === first.partId
      && row.recordKind === first.recordKind
      && i - start < ENTRIES_PER_RECORD
      && (i === start || (bytes + rowBytes <= CONTENT_BYTES_PER_RECORD && texts + rowTexts <= TEXT_BYTES_PER_RECORD));
    if (fits) {
      bytes += rowBytes;
      texts += rowTexts;
      continue;
    }
    records.push(packOne(rows.slice(start, i)));
    start = i;
    bytes = rowBytes;
    texts = rowTexts;
  }
  return records;
}

function textLength({ schema, config, attributes, command }: NewEntry): number {
  return (schema?.length ?? 0) + (config?.length ?? 0) + (attributes?.length ?? 0) + (command?.length ?? 0);
}

function packOne(rows: readonly Row[]): NewRecord {
  const first = rows[0];
  if (first === undefined) throw new OplogError('invalid-transaction', 'Cannot pack a record: it has no rows, at least one was wanted');
  const newest = rows.reduce((a, b) => (b.txnSeq > a.txnSeq ? b : a));
  const txnMin = rows.reduce((least, row) => Math.min(least, row.txnSeq), first.txnSeq);
  const sameNode = rows.every((row) => row.nodeId === first.nodeId);
  const version = rows.reduce((most, row) => Math.max(most, row.version), first.version);
  const sameVersion = rows.every((row) => row.version === version);
  const folded = txnMin !== newest.txnSeq;
  const keys = rows.map(keyOf);
  const isAudit = first.recordKind === 'transaction';
  const needsKeys = rows.length > 1 && !isAudit;
  const entries = rows.map((row): NewEntry => ({
    ...(isAudit ? withoutDerived(row) : row.entry),
    nodeId: sameNode ? null : row.nodeId,
    txnSeq: folded ? row.txnSeq : null,
    version: sameVersion ? null : row.version,
    timestampMicros: folded ? row.timestampMicros : null,
  }));
  const eventTimes = rows.flatMap(({ entry }) => (
    entry.timeMinMicros == null || entry.timeMaxMicros == null ? [] : [entry.timeMinMicros, entry.timeMaxMicros]));
  return {
    partId: first.partId,
    nodeId: sameNode ? first.nodeId : first.partId,
    txnSeq: newest.txnSeq,
    version,
    timestampMicros: newest.timestampMicros,
    content: encodeEntries(entries),
    kind: first.recordKind,
    txnMin: folded ? txnMin : null,
    keyMin: needsKeys ? keys.reduce((a, b) => (compareKeys(a, b) <= 0 ? a : b)) : null,
    keyMax: needsKeys ? keys.reduce((a, b) => (compareKeys(a, b) >= 0 ? a : b)) : null,
    timeMinMicros: eventTimes.length === 0 ? null : eventTimes.reduce((a, b) => (a < b ? a : b)),
    timeMaxMicros: eventTimes.length === 0 ? null : eventTimes.reduce((a, b) => (a > b ? a : b)),
  };
}
