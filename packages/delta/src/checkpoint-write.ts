import type { AddFile, DeletionVectorDescriptor, Metadata, Protocol, RemoveFile, SetTransaction } from './action.ts';
import { CHECKPOINT_COLUMNS, CHECKPOINT_SCHEMA } from './checkpoint-schema.ts';
import { sealFile, UNSEALED } from './checkpoint-seal.ts';
import { assertWritable } from './features.ts';
import type { Fields } from './fields.ts';
import { writeLastCheckpoint } from './last-checkpoint.ts';
import { classicCheckpointPath } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';
import { fileRetentionMillis } from './retention.ts';
import { completeSnapshot, type Snapshot } from './snapshot.ts';
import { encodePath } from './table-path.ts';

/** Writing classic checkpoints, field for field as Spark does. */

export interface CheckpointOptions {
  /** With it, tombstones older than the table's retention are left out; without it, all are kept. */
  readonly nowMillis?: number;
}

export interface WrittenCheckpoint {
  readonly path: string;
  readonly version: number;
  readonly sizeBytes: number;
}

/** Writes the checkpoint of the snapshot's version and points `_last_checkpoint` to it. */
export async function writeCheckpoint(store: ObjectStore, snapshot: Snapshot, options: CheckpointOptions = {}): Promise<WrittenCheckpoint> {
  assertWritable(snapshot.protocol, snapshot.metadata, snapshot.schema);
  const complete = await completeSnapshot(store, snapshot);
  const rows = checkpointRows(complete, options.nowMillis);
  const bytes = await encodeRows(rows);
  const path = classicCheckpointPath(snapshot.version);
  await store.put(path, bytes);
  await writeLastCheckpoint(store, {
    version: snapshot.version, size: rows.length, sizeInBytes: bytes.length, numOfAddFiles: complete.files.size,
  });
  return { path, version: snapshot.version, sizeBytes: bytes.length };
}

/** One action a row: all of its columns but one are null. */
export function checkpointRows(snapshot: Snapshot, nowMillis?: number): Fields[] {
  const oldest = nowMillis === undefined ? -Infinity : nowMillis - fileRetentionMillis(snapshot.metadata);
  return [
    { protocol: protocolRow(snapshot.protocol) },
    { metaData: metadataRow(snapshot.metadata) },
    ...[...snapshot.transactions.values()].map((transaction) => ({ txn: transactionRow(transaction) })),
    ...[...snapshot.domainMetadata.values()].map((domainMetadata) => ({ domainMetadata })),
    ...[...snapshot.tombstones.values()]
      .filter((remove) => (remove.deletionTimestamp ?? 0) > oldest)
      .map((remove) => ({ remove: removeRow(remove) })),
    ...[...snapshot.files.values()].map((add) => ({ add: addRow(add) })),
  ];
}

async function encodeRows(rows: readonly Fields[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const bytes = new Uint8Array(parquetWriteBuffer({
    schema: [...CHECKPOINT_SCHEMA],
    columnData: CHECKPOINT_COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) })),
    createdBy: 'duckpond',
    kvMetadata: [UNSEALED],
  }));
  sealFile(bytes);
  return bytes;
}

/** Features belong to version 3 and 7: null below, a list at them. Spark reads neither a missing nor a surplus list. */
function protocolRow({ minReaderVersion, minWriterVersion, readerFeatures, writerFeatures }: Protocol): Fields {
  return {
    minReaderVersion,
    minWriterVersion,
    readerFeatures: minReaderVersion === 3 ? readerFeatures ?? [] : null,
    writerFeatures: minWriterVersion === 7 ? writerFeatures ?? [] : null,
  };
}

function metadataRow(metadata: Metadata): Fields {
  return { ...metadata, createdTime: long(metadata.createdTime) };
}

function transactionRow({ appId, version, lastUpdated }: SetTransaction): Fields {
  return { appId, version: long(version), lastUpdated: long(lastUpdated) };
}

function addRow(add: AddFile): Fields {
  return { ...add, ...fileRow(add), modificationTime: long(add.modificationTime), dataChange: false };
}

function removeRow({ stats: _stats, tags: _tags, ...remove }: RemoveFile): Fields {
  return { ...remove, ...fileRow(remove), deletionTimestamp: long(remove.deletionTimestamp), dataChange: false };
}

function fileRow(file: Omit<RemoveFile, 'dataChange'>): Fields {
  return {
    path: encodePath(file.path),
    size: long(file.size),
    deletionVector: file.deletionVector === undefined ? null : vectorRow(file.deletionVector),
    baseRowId: long(file.baseRowId),
    defaultRowCommitVersion: long(file.defaultRowCommitVersion),
  };
}

function vectorRow(vector: DeletionVectorDescriptor): Fields {
  return { ...vector, cardinality: long(vector.cardinality) };
}

function long(value: number | bigint | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
