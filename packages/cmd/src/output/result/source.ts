/** A column as the engine names it; `type` is DuckDB's text. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}

/** A vector of a chunk, as much of DuckDB's Node binding as encoders need. */
export interface ResultVector {
  /** The value of the binding for the column's type; null is null. */
  getItem(row: number): unknown;
}

export interface ResultChunk {
  readonly rowCount: number;
  getColumnVector(column: number): ResultVector;
}

/** What the writers take of a query's result. Read once, by one of its streams. */
export interface ResultSource {
  readonly columns: readonly ResultColumn[];
  /** Chunks in order. A chunk stays as it is while the next one is being fetched. */
  chunks(): AsyncIterable<ResultChunk>;
  /** The result as one Arrow IPC stream. */
  arrow?(): AsyncIterable<Uint8Array>;
  /** The result as one Parquet file. */
  parquet?(): AsyncIterable<Uint8Array>;
}

/** What lies under a vector of fixed-width values or texts. */
export interface RawVector {
  /** The memory of the values, in DuckDB's layout. */
  readonly bytes: DataView;
  /** One bit a row, set when the row has a value; undefined when all have. */
  readonly valid: Uint8Array | undefined;
}

/** The memory of a vector of values of a width; undefined when the binding holds it in another way. */
export function rawVector(vector: ResultVector, width: number, rows: number): RawVector | undefined {
  const { items, dataView, validity } = vector as { items?: unknown; dataView?: unknown; validity?: unknown };
  const view = ArrayBuffer.isView(items) ? items : dataView;
  if (!ArrayBuffer.isView(view) || view.byteLength < rows * width) return undefined;
  if (typeof validity !== 'object' || validity === null) return undefined;
  const { data, offset } = validity as { data?: unknown; offset?: unknown };
  if (offset !== 0 || data !== null && !ArrayBuffer.isView(data)) return undefined;
  return {
    bytes: new DataView(view.buffer, view.byteOffset, view.byteLength),
    valid: data === null ? undefined : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
