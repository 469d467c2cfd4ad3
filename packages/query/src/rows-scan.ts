import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import type { DuckDB } from './duckdb.ts';
import type { RowsPart } from './relation.ts';
import type { Scan, ScanSource } from './scans.ts';
import { parseTypeName } from './type-name.ts';

/** Rows made in JavaScript, as something DuckDB scans: a chunk at a time, only the columns asked for. */
export function rowsSource(duckdb: DuckDB, part: Omit<RowsPart, 'kind'>): ScanSource {
  const capacity = duckdb.bindings.vector_size();
  return {
    columns: part.columns.map(({ name, type }) => ({ name, type: parseTypeName(duckdb, type) })),
    open: (columns) => rowsScan(part.rows()[Symbol.iterator](), columns, capacity),
  };
}

function rowsScan(rows: Iterator<readonly unknown[]>, columns: readonly number[], capacity: number): Scan {
  const batch: (readonly unknown[])[] = [];
  return {
    next: (chunk: DuckDBDataChunk): void => {
      batch.length = 0;
      while (batch.length < capacity) {
        const { value, done } = rows.next();
        if (done === true) break;
        batch.push(value);
      }
      chunk.rowCount = batch.length;
      if (batch.length === 0) return;
      columns.forEach((column, at) => {
        // A scan for the row count alone asks for a column that is not there.
        if (at < chunk.columnCount) chunk.setColumnValues(at, batch.map((row) => valueOf(row[column])));
      });
    },
  };
}

/** The contract of `RowsPart`: a value that DuckDB's binding takes; it checks again against the column's type. */
function valueOf(value: unknown): DuckDBValue {
  return (value ?? null) as DuckDBValue;
}
