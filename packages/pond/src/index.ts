export { createPond } from './create-pond.ts';
export { openPond, STORE_DIRECTORY } from './open-pond.ts';
export { createUuid7, isProcessAlive, realEnvironment } from './environment.ts';
export { fsckPondDirectory } from './fsck/fsck.ts';
export { type AppendedBatch, type AppendOptions, type AppendReport, appendRows } from './append-rows.ts';
export type { AppendFormat } from './append-read.ts';
export { appendTabular, type AppendTabularOptions } from './append-tabular.ts';
export { seriesCopier, type SeriesCopier } from './copy-series.ts';
export { assertKind, importRows, type ImportOptions, openRowImporter, type RowImporter, type RowOptions } from './import-rows.ts';
export {
  type ExportedSpan, type ExportedTree, type ExportFormat, type ExportOptions, type ExportReport, exportRows,
} from './export-rows.ts';
export { TEMPORAL_PARTS, type TemporalPart } from './export-partition.ts';
export { parquetNotes } from './parquet-notes.ts';
export { relationOf, type RelationSource, type RowBounds } from './relation.ts';
export { PondError, type PondErrorCode } from './errors.ts';
export type * from './pond.ts';
export type * from './factory.ts';
export type { Dependence, Origin } from './origin.ts';
export { selectOf } from './computing.ts';
export type { TabularContent } from '@duckpond/query';
export type { WD, WritableWD } from '@duckpond/tinyfs';
