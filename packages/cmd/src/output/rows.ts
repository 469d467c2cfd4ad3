/**
 * How the values of a column are held: `long` bigint of any size or safe integer, `decimal` its exact text, `timestamp` bigint
 * microseconds UTC, `datetime` the same without a zone, `date` its text, `json` any plain value, `jsontext` JSON that is text already.
 */
export type ColumnType =
  | 'string' | 'long' | 'decimal' | 'double' | 'boolean' | 'timestamp' | 'datetime' | 'date' | 'binary' | 'json' | 'jsontext';

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

/** Whether the values of a column are numbers, which tables put to the right. */
export function isNumeric(type: ColumnType): boolean {
  return type === 'long' || type === 'double' || type === 'decimal';
}
