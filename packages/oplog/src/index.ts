export { OplogError, type OplogErrorCode, isCode } from './errors.ts';
export { carried, type Carried, type CarriedValue } from './carried.ts';
export { type ColumnSpecs, type ColumnType, defineShape, deltaSchemaString, type NewRowOf, type RowOf, type Shape } from './shape.ts';
export { decodeIpc, encodeIpc } from './ipc.ts';
export {
  type ColumnFilter, encodeParquet, type EncodeParquet, loadParquetEncoder, type ParquetEncodeOptions, type ParquetReadOptions,
  type ParquetSource, readParquet, type RowFilter,
} from './parquet.ts';
export { decodeEntries, encodeEntries, Entry, type NewEntry } from './entry.ts';
export { expandIpc } from './ipc-compact.ts';
export { type NewRecord, Record } from './record.ts';
export { loadRecordScan, type ScannedRecord, type ScanRecords } from './record-scan.ts';
export { SETTINGS_ID, SYSTEM_PART } from './reserved-ids.ts';
export { ENGINE, type Environment } from './environment.ts';
export { type ChangeCounts, type TransactionFacts, transactionFactsOf } from './commit-info.ts';
export type { NameFact, NodeFact } from './fact.ts';
export { type Row, type RecordKind, rowsOfRecord } from './row.ts';
export { dataFileFacts, type DataFileFacts } from './data-file.ts';
export type { FactSource } from './view.ts';
export type { StoredContent } from './blob.ts';
export { blobPath } from './blob.ts';
export type { NodeChange, VersionBounds } from './next-version.ts';
export { endOfRuns, liveRuns, type NewRun, type RunFact, type Span, spansOf } from './run.ts';
export { decodeColumns, type RowFacts, type StoredColumn, type VersionRows, type WidenType } from './tabular.ts';
export { findRuns, rowsOfVersions } from './series.ts';
export { rowsOfPart } from './records-source.ts';
export { Transaction } from './transaction.ts';
export { createOplog, type CreateOplogOptions } from './create-oplog.ts';
export { Oplog, type OplogView, viewOf } from './oplog.ts';
export type { CommitOutcome } from './writer.ts';
export { FORMAT, type Head } from './head.ts';
export { blobOfRun } from './check/check-runs.ts';
export { checkStore, type StoreCheck } from './check/check-store.ts';
export type { Finding, Severity, VersionRef } from './check/finding.ts';
export type { BlobUse } from './check/history.ts';
export type { CheckOptions } from './check/inspection.ts';
export { repairDerived } from './check/repair.ts';
export { rebuildDataFiles } from './check/rebuild-data-files.ts';
// A pond is a directory, and its package sees the object store through this one only.
export {
  collectLeftovers, createLocalTurn, type LocalIo, nodeIo, type ObjectMeta, type ObjectStore, openLocalStore, storageError,
  supportsHardLinks, type Turn,
} from '@duckpond/delta';
export type { MaintainReport } from './maintain-by-hand.ts';
export { MAINTENANCE_SETTINGS } from './maintenance-settings.ts';
export type { PurgeTarget } from './purge.ts';
