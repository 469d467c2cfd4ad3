import type { AddFile, ObjectStore } from '@duckpond/delta';
import { dataFileFacts } from './data-file.ts';
import { OplogError } from './errors.ts';
import { sha256 as sha256Of } from './hash-chain.ts';
import type { ParquetSource } from './parquet-read.ts';
import { decodeSmallParquet } from './parquet-small-read.ts';
import { createRecent } from './recent.ts';
import { type NewRecord, Record } from './record.ts';
import { rowsOfRecord, type Row } from './row.ts';

export interface RecordFilter {
  readonly partId?: string;
  /** Of node and run records only those that may hold this node; others are not affected. */
  readonly nodeId?: string;
  readonly txnAtLeast?: number;
  readonly txnAtMost?: number;
}

/** Reads data files. What it has read of small files it keeps for a while: files never change. */
export interface DataReader {
  /** In file order. */
  records(add: AddFile, filter?: RecordFilter): Promise<readonly Record[]>;
  /** In file order; of packed records only the rows that the filter leaves. */
  rows(add: AddFile, filter?: RecordFilter): Promise<Row[]>;
  /** Takes note of a small file that this process has just written, so that merging it need not read it. */
  remember(add: AddFile, records: readonly NewRecord[]): void;
  /** Lets go of a file that is part of the table no more. */
  forget(path: string): void;
}

/** Files up to this size are decoded whole; of larger ones the records of the part that is asked for. */
const WHOLE_DECODE_BYTES = 64 * 1024;
/** Files up to this size are read whole. */
const WHOLE_READ_BYTES = 4 * 1024 * 1024;
/** Of content, as it is once it is decompressed. */
const CONTENT_BYTES = 16 * 1024 * 1024;
/** Of files, as they are on disk. */
const FILE_BYTES = 16 * 1024 * 1024;
/** Decoded rows take several times the bytes that they come from: so many records are kept decoded. */
const DECODED_RECORDS = 128;
/** What the footer of a larger file is taken for. */
const FOOTER_BYTES = 64 * 1024;
/** Larger files are rare, and merging them is. */
const REMEMBERED_BYTES = 64 * 1024;

export function createDataReader(store: ObjectStore): DataReader {
  /** By file, or by file and part. */
  const recent = createRecent<Promise<readonly Record[]>>(CONTENT_BYTES);
  const files = createRecent<Promise<ParquetSource>>(FILE_BYTES);
  /** Oldest first. */
  const rowsOf = new Map<Record, readonly Row[]>();

  function recordsOf(key: string, read: () => Promise<readonly Record[]>): Promise<readonly Record[]> {
    const known = recent.get(key);
    if (known !== undefined) return known;
    const records = read();
    records.then((all) => { recent.put(key, records, contentBytes(all)); }, () => undefined);
    return records;
  }

  function fileOf(add: AddFile): Promise<ParquetSource> {
    const known = files.get(add.path);
    if (known !== undefined) return known;
    const isWhole = add.size <= WHOLE_READ_BYTES;
    const file = isWhole ? readFile(store, add).then((bytes) => sourceOf(add, bytes)) : Promise.resolve(rangedSource(store, add));
    file.then(() => { files.put(add.path, file, isWhole ? add.size : FOOTER_BYTES); }, () => undefined);
    return file;
  }

  function fileRecords(add: AddFile, partId: string | undefined): Promise<readonly Record[]> {
    const isWhole = add.size <= WHOLE_DECODE_BYTES || (partId === undefined && add.size <= WHOLE_READ_BYTES);
    if (isWhole) return recordsOf(add.path, () => readWhole(store, add));
    return recent.get(add.path) ?? recordsOf(`${add.path} ${partId ?? ''}`, async () => readPart(await fileOf(add), partId));
  }

  function decoded(record: Record): readonly Row[] {
    const known = rowsOf.get(record);
    if (known !== undefined) return known;
    const rows = rowsOfRecord(record);
    for (const oldest of rowsOf.keys()) {
      if (rowsOf.size < DECODED_RECORDS) break;
      rowsOf.delete(oldest);
    }
    rowsOf.set(record, rows);
    return rows;
  }

  const reader: DataReader = {
    async records(add, filter = {}) {
      const records = await fileRecords(add, filter.partId);
      return records.filter((record) => mayHold(record, filter));
    },

    remember(add, records) {
      if (add.size <= REMEMBERED_BYTES) recent.put(add.path, Promise.resolve(records.map(complete)), contentBytes(records));
    },

    forget(path) {
      recent.drop(path);
      files.drop(path);
    },

    async rows(add, filter = {}) {
      const { partId, nodeId, txnAtLeast = 0, txnAtMost } = filter;
      const rows = (await reader.records(add, filter)).flatMap(decoded);
      return rows.filter((row) => (partId === undefined || row.partId === partId)
        && row.txnSeq >= txnAtLeast && (txnAtMost === undefined || row.txnSeq <= txnAtMost)
        && (nodeId === undefined || !isOfNodes(row.recordKind) || row.nodeId === nodeId));
    },
  };
  return reader;
}

function contentBytes(records: readonly NewRecord[]): number {
  return records.reduce((sum, { content }) => sum + content.byteLength, 0);
}

function complete(record: NewRecord): Record {
  const { kind = null, txnMin = null, keyMin = null, keyMax = null, timeMinMicros = null, timeMaxMicros = null } = record;
  return { ...record, kind, txnMin, keyMin, keyMax, timeMinMicros, timeMaxMicros };
}

function isOfNodes(kind: string | null): boolean {
  return kind === 'node' || kind === 'run';
}

function mayHold(record: Record, { partId, nodeId, txnAtLeast = 0, txnAtMost }: RecordFilter): boolean {
  if (partId !== undefined && record.partId !== partId) return false;
  if (record.txnSeq < txnAtLeast || (txnAtMost !== undefined && (record.txnMin ?? record.txnSeq) > txnAtMost)) return false;
  if (nodeId === undefined || !isOfNodes(record.kind)) return true;
  if (record.keyMin !== null && record.keyMax !== null) return record.keyMin <= nodeId && nodeId <= record.keyMax;
  return record.nodeId === nodeId;
}

async function readWhole(store: ObjectStore, add: AddFile): Promise<readonly Record[]> {
  const bytes = await readFile(store, add);
  // What vouches for files of our own is their hash.
  const small = dataFileFacts(add).sha256 === undefined ? undefined : decodeSmallParquet(Record, bytes);
  return small ?? readPart(sourceOf(add, bytes), undefined);
}

/** @throws OplogError `corrupt-record` unless the file is as it was written */
async function readFile(store: ObjectStore, add: AddFile): Promise<Uint8Array> {
  const bytes = await store.get(add.path);
  if (bytes?.byteLength !== add.size) throw missing(add);
  const { sha256 } = dataFileFacts(add);
  if (sha256 === undefined || sha256Of(bytes) === sha256) return bytes;
  const what = 'its bytes do not match their SHA-256 in the log, the bytes as written were wanted';
  throw new OplogError('corrupt-record', `Cannot read "${add.path}": ${what}`, { file: add.path });
}

async function readPart(source: ParquetSource, partId: string | undefined): Promise<readonly Record[]> {
  const { readParquet } = await import('./parquet-read.ts');
  return readParquet(Record, source, partId === undefined ? {} : { filter: { partId: [partId] } });
}

function sourceOf(add: AddFile, bytes: Uint8Array): ParquetSource {
  return { label: add.path, byteLength: bytes.byteLength, slice: (start, end) => bytes.subarray(start, end) };
}

function rangedSource(store: ObjectStore, add: AddFile): ParquetSource {
  return {
    label: add.path,
    byteLength: add.size,
    async slice(start, end) {
      const bytes = await store.get(add.path, { start, end });
      if (bytes?.byteLength !== Math.min(end, add.size) - start) throw missing(add);
      return bytes;
    },
  };
}

function missing(add: AddFile): OplogError {
  return new OplogError(
    'corrupt-record', `Cannot read "${add.path}": it is missing or not of the ${add.size} bytes that were written`, { file: add.path },
  );
}
