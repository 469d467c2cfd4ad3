import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ArrowBytes } from './arrow-bytes.ts';
import type { Column, NestedPart, RowsPart } from './relation.ts';

/** A scan of Arrow data: what stands for it in FROM, and its columns, each with the expression that gives it DuckDB's type. */
export interface ArrowTable {
  readonly source: string;
  readonly columns: readonly (Column & { readonly sql: string })[];
}

/** What a reader may do while it makes the views of one query: one connection, whose variables and views nobody else sees. */
export interface ScanSession {
  /** Binds a value to a session variable; the returned SQL expression stands for it. */
  bind(value: DuckDBValue, type?: DuckDBType): Promise<string>;
  /** Binds a list of texts, such as paths. */
  bindTexts(values: readonly string[]): Promise<string>;
  /** Binds columns as `read_parquet` wants its `schema`: by name. */
  bindParquetSchema(columns: readonly { readonly name: string; readonly sqlType: string }[]): Promise<string>;
  /** A table expression over rows that are made while the query runs. */
  rows(part: Omit<RowsPart, 'kind'>): string;
  /** A SELECT over the rows of nested Arrow streams. */
  nested(part: Omit<NestedPart, 'kind'>): string;
  /**
   * Table expressions over Arrow IPC streams or files, in order; consecutive ones of the same columns are one. The bytes must not change
   * until the query is done. `arrowSelect` makes a SELECT of it.
   */
  arrow(streams: readonly (Uint8Array | ArrowBytes)[]): readonly ArrowTable[];
  /** Runs a statement of the caller's own making in this session, and returns all its rows: for sniffing, not for data. */
  all(sql: string): Promise<readonly (readonly DuckDBValue[])[]>;
  /** The columns a SELECT would give. */
  columnsOf(select: string): Promise<readonly Column[]>;
  /** Runs an action when the session is closed, such as removing what a reader put into `spillDirectory`. Synchronous, must not throw. */
  atClose(action: () => void): void;
  /** A directory for what does not fit in memory; files made there are removed by their maker, at the latest when the session closes. */
  readonly spillDirectory: string;
  readonly signal?: AbortSignal;
}
