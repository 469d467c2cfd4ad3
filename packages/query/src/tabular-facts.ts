/** A stored column: DuckDB's name of its type, how many of the rows have no value, and what the user says about it. */
export interface TabularColumn {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  readonly unit?: string;
  readonly description?: string;
}

/** What is known about the rows of one version of a table or a series. tinyfs has the same shape: it carries it and does not look. */
export interface TabularFacts {
  readonly columns: readonly TabularColumn[];
  readonly rowCount: number;
  /** The event time column; undefined when there is none. */
  readonly timeColumn?: string;
  /** Bounds of the event times, microseconds since 1970 UTC; undefined when no row has one. */
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** Rows ready to be stored: a small Arrow IPC stream, or a Parquet file of the host that its receiver reads and then removes. */
export type TabularContent =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array; readonly facts: TabularFacts }
  | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number; readonly facts: TabularFacts };

/** Up to this size rows are kept inline as Arrow. */
export const INLINE_BYTES: number = 64 * 1024;
