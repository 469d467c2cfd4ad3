import type * as Api from '@duckdb/node-api';
import type Bindings from '@duckdb/node-bindings';

/** DuckDB's two modules: the API, and the bindings below it for what has to be fast. */
export interface DuckDB {
  readonly api: typeof Api;
  readonly bindings: typeof Bindings;
}

/** Loads DuckDB; the only place that does. */
export async function loadDuckDB(): Promise<DuckDB> {
  const [api, bindings] = await Promise.all([import('@duckdb/node-api'), import('@duckdb/node-bindings')]);
  return { api, bindings: bindings.default };
}
