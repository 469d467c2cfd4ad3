import type { AddFile, ObjectStore } from '@duckpond/delta';
import { OplogError } from './errors.ts';
import { sha256 } from './hash-chain.ts';
import { compactIpc } from './ipc-compact.ts';
import { encodeParquet } from './parquet-encode.ts';
import { Record, type NewRecord } from './record.ts';
import { SERIES_TAG, seriesTag } from './merged-versions.ts';
import { packRows, type Row } from './row.ts';

const MOST_PARTS_NAMED = 8;

export interface DataFileOptions {
  readonly codec: 'snappy' | 'gzip';
  readonly tier: number;
  /** A UUIDv7: the name of the file. */
  readonly uuid: string;
  readonly nowMillis: number;
  readonly dataChange: boolean;
}

export interface NewDataFile {
  readonly add: AddFile;
  readonly records: readonly NewRecord[];
  /** Resolves when the file is durable: no commit may add it before. */
  readonly durable: Promise<void>;
}

/** Writes rows (see `packRows` for their order) as one Parquet file, which is in the table once a commit adds it. */
export async function writeDataFile(store: ObjectStore, rows: readonly Row[], options: DataFileOptions): Promise<NewDataFile> {
  const { records, bytes } = await encodeDataFile(rows, options.codec);
  const path = `part-${options.uuid}.${options.codec}.parquet`;
  const durable = store.put(path, bytes, { isNew: true });
  durable.catch(() => undefined); // Whoever commits the file gets the failure.
  return { add: addOf(path, bytes, rows, records, options), records, durable };
}

/** The same rows in the same order are the same bytes: a lost file can be made again from copies of its rows. */
export async function encodeDataFile(
  rows: readonly Row[], codec: DataFileOptions['codec'],
): Promise<{ readonly records: readonly NewRecord[]; readonly bytes: Uint8Array }> {
  const records = codec === 'gzip' ? packRows(rows).map(compact) : packRows(rows);
  return { records, bytes: await encodeParquet(Record, records, { codec }) };
}

/** History is read seldom and kept for long. */
function compact(record: NewRecord): NewRecord {
  return { ...record, content: compactIpc(record.content) };
}

function addOf(path: string, bytes: Uint8Array, rows: readonly Row[], records: readonly NewRecord[], options: DataFileOptions): AddFile {
  const range = rangeOf(rows);
  const series = seriesTag(rows);
  const parts = new Set<string>();
  for (const record of records) if (parts.size <= MOST_PARTS_NAMED) parts.add(record.partId);
  return {
    path,
    partitionValues: {},
    size: bytes.byteLength,
    modificationTime: options.nowMillis,
    dataChange: options.dataChange,
    stats: statsOf(records),
    tags: {
      'duckpond.tier': String(options.tier),
      'duckpond.rows': String(rows.length),
      'duckpond.txns': `${range.txnMin}-${range.txnMax}`,
      'duckpond.times': `${range.timeMin}-${range.timeMax}`,
      'duckpond.sha256': sha256(bytes),
      ...(parts.size <= MOST_PARTS_NAMED ? { 'duckpond.parts': [...parts].join(',') } : {}),
      ...(series === undefined ? {} : { [SERIES_TAG]: series }),
    },
  };
}

function rangeOf(rows: readonly Row[]): { txnMin: number; txnMax: number; timeMin: bigint; timeMax: bigint } {
  const first = rows[0];
  if (first === undefined) {
    throw new OplogError('invalid-transaction', 'Cannot write a data file: there are no rows, at least one was wanted');
  }
  let { txnSeq: txnMin, txnSeq: txnMax, timestampMicros: timeMin, timestampMicros: timeMax } = first;
  for (const { txnSeq, timestampMicros } of rows) {
    if (txnSeq < txnMin) txnMin = txnSeq;
    if (txnSeq > txnMax) txnMax = txnSeq;
    if (timestampMicros < timeMin) timeMin = timestampMicros;
    if (timestampMicros > timeMax) timeMax = timestampMicros;
  }
  return { txnMin, txnMax, timeMin, timeMax };
}

/** Per-file statistics of the frozen columns (PROTOCOL.md, "Per-file Statistics"), ids in full, times in milliseconds rounded outwards. */
function statsOf(records: readonly NewRecord[]): string {
  const first = records[0];
  if (first === undefined) return '{"numRecords":0}';
  const { partId, nodeId, txnSeq, version, timestampMicros } = first;
  const least = { partId, nodeId, txnSeq, version, timestampMicros };
  const most = { ...least };
  for (const record of records) {
    if (record.partId < least.partId) least.partId = record.partId;
    if (record.partId > most.partId) most.partId = record.partId;
    if (record.nodeId < least.nodeId) least.nodeId = record.nodeId;
    if (record.nodeId > most.nodeId) most.nodeId = record.nodeId;
    least.txnSeq = Math.min(least.txnSeq, record.txnSeq);
    most.txnSeq = Math.max(most.txnSeq, record.txnSeq);
    least.version = Math.min(least.version, record.version);
    most.version = Math.max(most.version, record.version);
    if (record.timestampMicros < least.timestampMicros) least.timestampMicros = record.timestampMicros;
    if (record.timestampMicros > most.timestampMicros) most.timestampMicros = record.timestampMicros;
  }
  const values = (of: typeof least, roundUpMicros: bigint): { [column: string]: string | number } => ({
    part_id: of.partId, node_id: of.nodeId, txn_seq: of.txnSeq, version: of.version,
    timestamp: new Date(Number((of.timestampMicros + roundUpMicros) / 1000n)).toISOString(),
  });
  return JSON.stringify({
    numRecords: records.length,
    minValues: values(least, 0n),
    maxValues: values(most, 999n),
    nullCount: { part_id: 0, node_id: 0, txn_seq: 0, version: 0, timestamp: 0, content: 0 },
  });
}
