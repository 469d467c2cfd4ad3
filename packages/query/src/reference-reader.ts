import type { DuckDBConnection } from '@duckdb/node-api';
import { type References, referencesOf } from './references.ts';
import type { Statement } from './statements.ts';

/** The tables that a statement names. */
export type ReferenceReader = (statement: Statement) => Promise<References>;

const MOST_TEXTS = 64;
const MOST_CHARACTERS = 16_384;

/** Has DuckDB parse statements on a connection; what it said of the texts that came last is known. */
export function referenceReader(connection: DuckDBConnection): ReferenceReader {
  const known = new Map<string, References>();
  const serialize = async (query: string): Promise<string> => {
    const rows = await (await connection.run('SELECT json_serialize_sql($1::VARCHAR)', [query])).getRows();
    return String(rows[0]?.[0] ?? '');
  };
  return async (statement) => {
    const { body } = statement;
    const before = known.get(body);
    const references = before ?? await referencesOf(statement, serialize);
    known.delete(body);
    if (body.length <= MOST_CHARACTERS) known.set(body, references);
    const [oldest] = known.keys();
    if (known.size > MOST_TEXTS && oldest !== undefined) known.delete(oldest);
    return references;
  };
}
