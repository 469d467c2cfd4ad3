import type { QueryResult } from '@duckpond/query';
import type { ResultSource } from './source.ts';

/** The streams of bytes that an engine makes of the same query, when it can. */
export type EncodedForms = Pick<ResultSource, 'arrow' | 'parquet'>;

/** A query's result as the writers take it. DuckDB's text of a type leaves out that a VARCHAR is JSON; its alias says so. */
export function querySource(result: Pick<QueryResult, 'columns' | 'types' | 'chunks'>, forms: EncodedForms = {}): ResultSource {
  return {
    columns: result.columns.map(({ name, type }, index) => ({ name, type: result.types[index]?.alias === 'JSON' ? 'JSON' : type })),
    chunks: () => result.chunks(),
    ...forms,
  };
}
