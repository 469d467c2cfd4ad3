import type { DuckDBDataChunk, DuckDBType, DuckDBTableFunction } from '@duckdb/node-api';
import type { DuckDB } from './duckdb.ts';
import { quoteIdentifier } from './identifier.ts';

/** Something made in JavaScript that DuckDB can scan. */
export interface ScanSource {
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[];
  /** Rows in all, when known. */
  readonly rowCount?: number;
  /** Begins a scan of the columns with these indexes. */
  open(columns: readonly number[]): Scan;
}

export interface Scan {
  /** Sets the chunk's row count and fills its columns; a row count of 0 ends the scan. */
  next(chunk: DuckDBDataChunk): void;
}

/**
 * The sources of an engine, by keys of its own. One table function of DuckDB serves all of them. A key is no secret: queries of one engine
 * may read the same things.
 */
export interface ScanRegistry {
  readonly tableFunction: DuckDBTableFunction;
  /** Adds a source; the returned expression stands for it in FROM. */
  add(source: ScanSource): { readonly key: string; readonly sql: string };
  remove(key: string): void;
}

const FUNCTION_NAME = '__duckpond_scan';

interface Bound { readonly source: ScanSource }
interface Opened { readonly scan: Scan }

/** The registry of a new engine. */
export function scanRegistry({ api }: DuckDB): ScanRegistry {
  const sources = new Map<string, ScanSource>();
  let added = 0;
  const tableFunction = api.DuckDBTableFunction.create({
    name: FUNCTION_NAME,
    parameterTypes: [api.VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction: (info) => {
      const key = info.getParameter(0);
      const source = typeof key === 'string' ? sources.get(key) : undefined;
      if (source === undefined) throw new Error('Cannot scan: the source is gone');
      for (const { name, type } of source.columns) info.addResultColumn(name, type);
      if (source.rowCount !== undefined) info.setCardinality(source.rowCount, true);
      info.setBindData({ source } satisfies Bound);
    },
    initFunction: (info) => {
      const { source } = info.bindData as Bound;
      info.setMaxThreads(1);
      info.setInitData({ scan: source.open(info.getColumnIndexes()) } satisfies Opened);
    },
    mainFunction: (info, chunk) => {
      (info.initData as Opened).scan.next(chunk);
    },
  });
  return {
    tableFunction,
    add: (source) => {
      added += 1;
      const key = String(added);
      sources.set(key, source);
      return { key, sql: `${quoteIdentifier(FUNCTION_NAME)}('${key}')` };
    },
    remove: (key) => void sources.delete(key),
  };
}
