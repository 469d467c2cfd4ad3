import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import type { ScanSource } from './scans.ts';

/** Arrow IPC streams, as something DuckDB scans. */
export function arrowSource(_duckdb: DuckDB, streams: readonly Uint8Array[]): ScanSource {
  throw new QueryError('unsupported-format', `Cannot read ${streams.length} Arrow streams: the reader is being built`);
}
