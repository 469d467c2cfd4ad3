import { rm, stat } from 'node:fs/promises';
import { QueryError, queryFailed } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import { relationSelect } from './relation-view.ts';
import type { Relation } from './relation.ts';
import { prepareScript, type QueryOptions, requireQuery, type ScriptHost } from './script.ts';
import { openSession, type Session } from './session.ts';
import { bindParameters, type Parameters } from './parameters.ts';
import { stepper, type Stepper } from './stepper.ts';
import { nestingIn } from './views.ts';
import { storageType } from './storage-type.ts';
import { parseTypeName } from './type-name.ts';

/** The rows to write: those of a relation, or of the last statement of a script. */
export type ParquetSource =
  | { readonly relation: Relation }
  | { readonly sql: string; readonly query: Omit<QueryOptions, 'signal'> };

export interface ParquetOptions {
  /** Rows of a row group; DuckDB's own number otherwise. */
  readonly rowGroupRows?: number;
  /** Key-value metadata of the file: units and descriptions of columns. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For what the pond keeps: the encodings of Parquet 2, a third smaller and faster both ways. Files for others have those of Parquet 1. */
  readonly isKept?: boolean;
  readonly signal?: AbortSignal;
}

export interface ParquetFile {
  readonly rowCount: number;
  readonly sizeBytes: number;
}

/** Writes rows to a Parquet file, zstd, in their order. What an error leaves behind is removed. */
export async function copyToParquet(
  host: ScriptHost, source: ParquetSource, path: string, options: ParquetOptions = {},
): Promise<ParquetFile> {
  const { signal } = options;
  if ('relation' in source) {
    return withSession(host, signal, async (session, steps) => {
      const { nest } = nestingIn(session, host.readers);
      const select = await relationSelect({ duckdb: host.duckdb, session, readers: host.readers, nest }, source.relation);
      return copySelect(session, steps, select, path, options);
    });
  }
  const query: QueryOptions = { ...source.query, ...(signal === undefined ? {} : { signal }) };
  const { session, steps, last, release } = await prepareScript(host, source.sql, query);
  try {
    if (last.kind !== 'query') throw new QueryError('not-a-query', 'Cannot write a file: the last statement has no rows, wanted a query');
    await steps.step(() => requireQuery(session, last));
    const select = await steps.step(() => withoutHugeIntegers(session, last.body, query.params));
    return await copySelect(session, steps, select, path, options, query.params);
  } finally {
    await release();
  }
}

/** The rows of a query with DECIMAL(38,0) for integers of 128 bits, which DuckDB would round to DOUBLE in Parquet. */
async function withoutHugeIntegers(session: Session, body: string, params: Parameters | undefined): Promise<string> {
  // Types may depend on what is bound.
  const prepared = await session.connection.prepare(`DESCRIBE SELECT * FROM (${body}\n)`);
  bindParameters(prepared, params, session.duckdb.api);
  const columns = (await (await prepared.run()).getRows()).map(([name, type]) => ({ name: String(name), type: String(type) }));
  prepared.destroySync();
  if (!columns.some(({ type }) => type.includes('HUGEINT'))) return `SELECT * FROM (${body}\n)`;
  const expressions = columns.map(({ name, type }, at) => {
    if (!type.includes('HUGEINT')) return `c${at} AS ${quoteIdentifier(name)}`;
    const stored = storageType(session.duckdb, parseTypeName(session.duckdb, type));
    return `CAST(c${at} AS ${stored.toString()}) AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${expressions.join(', ')} FROM (${body}\n) AS q(${columns.map((_, at) => `c${at}`).join(', ')})`;
}

/** Runs an action in a session of its own. */
export async function withSession<T>(
  host: ScriptHost, signal: AbortSignal | undefined, action: (session: Session, steps: Stepper) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const session = await openSession(host, signal);
  const steps = stepper(session.connection, signal);
  try {
    return await action(session, steps);
  } finally {
    steps.end();
    await session.close();
  }
}

/** Writes the rows of a SELECT of this package's own making; with `expectedRows`, that many or none. */
export async function copySelect(
  session: Session, steps: Stepper, select: string, path: string,
  { rowGroupRows, metadata, expectedRows, isKept }: ParquetOptions & { readonly expectedRows?: number }, params?: Parameters,
): Promise<ParquetFile> {
  const { api } = session.duckdb;
  const settings = ['FORMAT parquet', 'COMPRESSION zstd', `PARQUET_VERSION ${isKept === true ? 'V2' : 'V1'}`];
  if (rowGroupRows !== undefined) settings.push(`ROW_GROUP_SIZE ${await session.bind(rowGroupRows)}`);
  if (metadata !== undefined && Object.keys(metadata).length > 0) {
    settings.push(`KV_METADATA ${await session.bind(api.structValue({ ...metadata }))}`);
  }
  const sql = `COPY (${select}) TO (${await session.bind(path)}) (${settings.join(', ')})`;
  try {
    const rowCount = await steps.step(async () => {
      const prepared = await session.connection.prepare(sql);
      bindParameters(prepared, params, api);
      const rows = await (await prepared.run()).getRows();
      prepared.destroySync();
      return Number(rows[0]?.[0] ?? 0);
    });
    if (expectedRows !== undefined && rowCount !== expectedRows) {
      throw new QueryError('query-failed', `Cannot write "${path}": it got ${rowCount} rows, wanted ${expectedRows}`);
    }
    return { rowCount, sizeBytes: (await stat(path)).size };
  } catch (error) {
    await rm(path, { force: true });
    session.signal?.throwIfAborted();
    throw queryFailed(error);
  }
}
