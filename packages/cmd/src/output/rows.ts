/** How the values of a column are held: `long` bigint or safe integer, `timestamp` bigint microseconds UTC, `json` any plain value. */
export type ColumnType = 'string' | 'long' | 'double' | 'boolean' | 'timestamp' | 'binary' | 'json';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** How the type is called in the table form, when the source has its own word for it. */
  readonly label?: string;
}

export type Cell = unknown;
export type Row = readonly Cell[];

/** A result with named, typed columns. Rows are read once, in order, and never held as a whole. */
export interface Rows {
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
}
