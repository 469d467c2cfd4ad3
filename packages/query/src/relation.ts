import type { DeltaSource } from './delta-source.ts';

/** A column of a relation. `type` is DuckDB's name of it: `BIGINT`, `TIMESTAMP WITH TIME ZONE`, `STRUCT(a INTEGER)`. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** One source of rows, as the caller knows it. The columns of its parts are united by name, in the order of first appearance. */
export interface Relation {
  readonly parts: readonly Part[];
  /** The united columns, when the caller knows them: then no part is opened to find out. */
  readonly columns?: readonly Column[];
  /** Only the rows with a time in this range. */
  readonly between?: TimeRange;
  /** Of all these rows, in their order, only so many behind the first `offset`. */
  readonly slice?: { readonly offset: number; readonly limit: number };
}

/** Times in a column of a type of date or timestamp: from `startMicros` on, and before `endMicros`. Microseconds since 1970 UTC. */
export interface TimeRange {
  readonly column: string;
  readonly startMicros?: bigint;
  readonly endMicros?: bigint;
}

export type Part = ParquetPart | ArrowPart | RowsPart | FilePart | DeltaPart | NestedPart | SelectPart;

/** Parquet files of the host, in order. They do not change while the engine is open. */
export interface ParquetPart {
  readonly kind: 'parquet';
  readonly paths: readonly string[];
  /** The files are runs of a series: only rows whose hidden version lies in `from` to `to`, both included, and without that column. */
  readonly versions?: { readonly from: number; readonly to: number };
}

/** Arrow IPC streams in memory, in order. */
export interface ArrowPart {
  readonly kind: 'arrow';
  readonly streams: readonly Uint8Array[];
}

/** Rows made while the query runs. Values are what DuckDB's Node binding takes for the column's type; null is null. */
export interface RowsPart {
  readonly kind: 'rows';
  readonly columns: readonly Column[];
  /** Called once for each scan. Synchronous: a scan happens in DuckDB's callback. */
  readonly rows: () => Iterable<readonly unknown[]>;
}

/** Files of the host in a format that a reader of this package knows (format.ts), with the options of its URL. */
export interface FilePart {
  readonly kind: 'file';
  readonly format: string;
  readonly paths: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** A Delta table wherever the caller has it, with the options of its URL. Tables in directories of the host are `FilePart`s. */
export interface DeltaPart {
  readonly kind: 'delta';
  readonly source: DeltaSource;
  readonly options: Readonly<Record<string, string>>;
}

/** Rows of a query over relations of its own. It is part of the plan of whatever reads it: filters and columns reach its sources. */
export interface SelectPart {
  readonly kind: 'select';
  /** One query as its author wrote it. */
  readonly sql: string;
  /** What the names in the query mean: they are looked up here and nowhere else. */
  readonly catalog: Catalog;
}

/**
 * Rows nested in the values of a binary column: each value is an Arrow IPC stream, and its rows stand beside the other columns of the row
 * it came from.
 */
export interface NestedPart {
  readonly kind: 'nested';
  /** The columns beside the streams. */
  readonly beside: readonly Column[];
  /**
   * The columns of the streams: one that a stream lacks is null there, one that is not listed is left out. Where a name is in
   * `beside`, too, the stream's value counts if it has one.
   */
  readonly columns: readonly Column[];
  /** Called once for each scan. Synchronous: a scan happens in DuckDB's callback. One stream at a time is held. */
  readonly streams: () => Iterable<NestedStream>;
}

export interface NestedStream {
  /** Values of the columns beside, as for `RowsPart`. */
  readonly beside: readonly unknown[];
  readonly stream: Uint8Array;
}

/**
 * From a name as it stands in `FROM` (a path, a glob, a URL, `pond.nodes`) to what it means; undefined when it means nothing. The same
 * relation again, as an object, means the same rows: what was made for it may be used again.
 */
export interface Catalog {
  resolve(name: string, signal?: AbortSignal): Promise<Relation | undefined>;
  /** Qualified names that `information_schema` shows before anything was asked for, such as `pond.nodes`. */
  readonly names?: readonly string[];
}

/** The hidden column of merged runs. */
export const VERSION_COLUMN = '__duckpond_version';
