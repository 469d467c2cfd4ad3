export type { ByteRange, ObjectMeta, ObjectStore, PutOptions, StagedObject } from './object-store.ts';
export { openLocalStore } from './local-store.ts';
export { createLocalTurn, type HeldTurn, type Turn, type TurnOptions } from './local-turn.ts';
export { type LocalIo, nodeIo } from './local-io.ts';
export { storageError } from './storage-error.ts';
export { assertObjectPath, assertObjectPrefix, compareUtf8 } from './object-path.ts';
export { collectLeftovers, type LeftoverOptions, type Leftovers, supportsHardLinks } from './local-leftovers.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { createPrefixedStore } from './prefixed-store.ts';
export { DeltaError, type DeltaErrorCode } from './errors.ts';
export {
  type Action, type AddFile, type CdcFile, type CheckpointMetadata, type CommitInfo, type DeletionVectorDescriptor, type DomainMetadata,
  fileKey, type Metadata, type Protocol, type RemoveFile, removeOf, type SetTransaction, type Sidecar, type TextMap,
} from './action.ts';
export {
  type ArrayType, columnId, columnMappingMode, type ColumnMappingMode, type DataType, type DecimalType, encodeSchema, type MapType,
  physicalName, type PrimitiveType, type StructField, type StructType, walkFields,
} from './schema.ts';
export { type Commit, encodeCommit, readCommit } from './commit-file.ts';
export { commit, type CommitResult, createTable, type CreateTableOptions } from './commit.ts';
export { completeSnapshot, openSnapshot, type OpenOptions, refreshSnapshot, type Snapshot, TAIL_MAX } from './snapshot.ts';
export { decodeChecksum, writeChecksum } from './checksum.ts';
export { createReplay, EMPTY_STATE, type Replay, type TableState } from './replay.ts';
export { readCheckpoint } from './checkpoint-read.ts';
export { type Checkpoint, completeCheckpoints, listLog, type ListedLogFile } from './log-segment.ts';
export { commitPath, LAST_CHECKPOINT_PATH, type LogFile } from './log-path.ts';
export { decodeCommit } from './commit-file.ts';
export { parseJson, stringifyJson } from './json.ts';
export { matchesCrc32, withCrc32 } from './json-crc32.ts';
export { isAbsolutePath } from './table-path.ts';
export { type VersionTime, versionTimes } from './time-travel.ts';
export { type CheckpointOptions, writeCheckpoint, type WrittenCheckpoint } from './checkpoint-write.ts';
export { lastCheckpointChecksum, readLastCheckpoint } from './last-checkpoint.ts';
export { deletionVectorPath, readDeletionVector } from './deletion-vector.ts';
export {
  type ColumnStatistics, decodeStatistics, encodeStatistics, type EncodeStatisticsOptions, type FileStatistics, mayMatch,
  type StatisticsValue, type ValueRange,
} from './stats.ts';
export { planVacuum, vacuum, type VacuumOptions, type VacuumResult } from './vacuum.ts';
export { cleanLog, type LogCleanupOptions, type LogCleanupPlan } from './log-cleanup.ts';
export { fileRetentionMillis, logRetentionMillis } from './retention.ts';
export { cleanLogStep, type LogCleanupStep } from './log-cleanup-step.ts';
