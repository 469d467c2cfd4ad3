export type {
  ArrowPart, Catalog, Column, DeltaPart, FilePart, NestedPart, NestedStream, ParquetPart, Part, Relation, RowsPart, SelectPart,
  TimeRange,
} from './relation.ts';
export { VERSION_COLUMN } from './relation.ts';
export { INLINE_BYTES, type TabularColumn, type TabularContent, type TabularFacts } from './tabular-facts.ts';
export { type Engine, type EngineOptions, openEngine } from './engine.ts';
export type { IngestOptions } from './ingest.ts';
export { isQueryError, QueryError, type QueryErrorCode } from './errors.ts';
export type { FormatReader } from './formats/reader.ts';
export { quoteIdentifier, quoteQualified } from './identifier.ts';
export type { Parameters } from './parameters.ts';
export type { QueryResult } from './query-result.ts';
export { type ResultWatch, watchedResult } from './watched-result.ts';
export type { ArrowTable, ScanSession } from './scan-session.ts';
export type { Value } from './values.ts';
export { nearestNames } from './views.ts';
export { arrowSelect } from './relation-view.ts';
export {
  type Compression, COMPRESSIONS, type Format, FORMATS, type FormatUrl, isUrl, parseFormatUrl, printFormatUrl, type TabularKind,
} from './format-url.ts';
export { formatOfName, type NamedFormat } from './file-extension.ts';
export { FORMAT_READERS } from './formats/readers.ts';
export { type HostCatalog, hostCatalog, type HostCatalogOptions, isHostUrl, likelyTables } from './host-catalog.ts';
export type { DeltaCopyOptions, DeltaFile, DeltaFiles } from './delta-copy.ts';
export { deltaColumns } from './delta-scan.ts';
export { type DeltaSource, hostDeltaSource } from './delta-source.ts';
export { createDeltaReader, openDeltaTable } from './delta-table.ts';
export type { QueryOptions } from './script.ts';
export type { Explanation } from './explain.ts';
export type { ParquetFile, ParquetOptions, ParquetSource } from './parquet-copy.ts';
export type { MergeOptions, VersionContent } from './run-file.ts';
export { evolve, type Evolution } from './schema-evolution.ts';
export { checkWhole, readBytes } from './formats/decompress.ts';
export { readError } from './formats/read-error.ts';
export { commonType } from './type-lattice.ts';
export { findTimeColumn } from './time-column.ts';
