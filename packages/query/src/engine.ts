import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { type DuckDB, loadDuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';
import { bindParameters, type Parameters } from './parameters.ts';
import { type QueryResult, queryResult } from './query-result.ts';
import type { Catalog } from './relation.ts';
import { scanRegistry } from './scans.ts';
import { openSession, type Session, type SessionHost } from './session.ts';
import { notAQuery, splitStatements, type Statement } from './statements.ts';
import { stepper } from './stepper.ts';
import { viewMaker } from './views.ts';

export interface EngineOptions {
  /** Directories and files of the host that queries may read; nothing else is open to them. */
  readonly readableDirectories: readonly string[];
  readonly readablePaths?: readonly string[];
  /** Where DuckDB puts what does not fit in memory, and where `copyToParquet` and `mergeVersions` may write. */
  readonly spillDirectory: string;
  /** As DuckDB writes it: `512MB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** Readers of the formats that `FilePart` names. */
  readonly readers?: readonly FormatReader[];
}

export interface QueryOptions {
  readonly catalog: Catalog;
  readonly params?: Parameters;
  readonly signal?: AbortSignal;
}

/** DuckDB, confined and locked. Queries run side by side, each in a session of its own. */
export interface Engine {
  /**
   * Runs the statements of a script in order; the rows are those of the last one. Throws `not-a-query`, `not-found`, `query-failed`,
   * and the signal's reason when it is aborted.
   */
  query(sql: string, options: QueryOptions): Promise<QueryResult>;
  /** The engine's own sessions, for the modules of this package. */
  readonly host: SessionHost;
  close(): void;
}

// StatementType of the binding, whose module is not loaded for its names.
const ALLOWED_TYPES: ReadonlySet<number> = new Set([1, 4, 7, 20, 24, 26]);

/** Opens DuckDB in memory: time zone UTC, no extensions from anywhere, nothing readable but what the options say. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const duckdb = await loadDuckDB();
  const instance = await duckdb.api.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: options.spillDirectory,
    preserve_insertion_order: 'true',
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  const scans = scanRegistry(duckdb);
  const setup = await instance.connect();
  setup.registerTableFunction(scans.tableFunction);
  await confine(duckdb, setup, options);
  setup.closeSync();
  const host: SessionHost = { duckdb, instance, scans, spillDirectory: options.spillDirectory };
  const readers = new Map((options.readers ?? []).map((reader) => [reader.format, reader]));
  let open = true;
  return {
    host,
    query: (sql, query) => {
      if (!open) throw new QueryError('closed', 'Cannot query: the engine is closed, wanted an open one');
      return runScript(host, readers, sql, query);
    },
    close: () => {
      if (!open) return;
      open = false;
      instance.closeSync();
    },
  };
}

async function confine({ api }: DuckDB, connection: DuckDBConnection, options: EngineOptions): Promise<void> {
  const texts = (values: readonly string[]): DuckDBValue => api.listValue([...values]);
  const set = async (name: string, values: readonly string[]): Promise<void> => {
    if (values.length > 0) await connection.run(`SET ${name} = $1`, [texts(values)]);
  };
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  await set('allowed_directories', options.readableDirectories);
  await set('allowed_paths', options.readablePaths ?? []);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

async function runScript(
  host: SessionHost, readers: ReadonlyMap<string, FormatReader>, sql: string, options: QueryOptions,
): Promise<QueryResult> {
  options.signal?.throwIfAborted();
  const statements = splitStatements(sql);
  const last = statements.at(-1);
  if (last === undefined) throw new QueryError('query-failed', 'Cannot run an empty script: it has no statement, wanted a query');
  const session = await openSession(host, options.signal);
  const steps = stepper(session.connection, options.signal);
  const release = async (): Promise<void> => {
    steps.end();
    await session.close();
  };
  try {
    const views = viewMaker(session, options.catalog, readers);
    for (const statement of statements.slice(0, -1)) {
      await views.prepare(statement);
      await steps.step(() => runAll(session, statement, options));
    }
    await views.prepare(last);
    const result = await steps.step(() => runLast(session, last, options));
    return queryResult({ duckdb: host.duckdb, result, step: steps.step, interrupt: () => session.connection.interrupt(), release });
  } catch (error) {
    await release();
    throw error;
  }
}

async function runAll(session: Session, statement: Statement, options: QueryOptions): Promise<void> {
  const prepared = await prepareLast(session, statement, options);
  await prepared.run();
  prepared.destroySync();
}

async function runLast(session: Session, statement: Statement, options: QueryOptions): Promise<DuckDBResult> {
  const prepared = await prepareLast(session, statement, options);
  const result = await prepared.stream();
  prepared.destroySync();
  return result;
}

/** The last of what DuckDB makes of a statement (a PIVOT is several); those before it have run. */
async function prepareLast(session: Session, statement: Statement, options: QueryOptions): Promise<DuckDBPreparedStatement> {
  if (statement.kind === 'explain') {
    // EXPLAIN hides what it would run: its body is looked at by itself.
    const body = await session.connection.prepare(statement.body);
    const { statementType } = body;
    body.destroySync();
    if (statementType as number !== 1) throw notAQuery(statement.tokens[0]?.text ?? 'EXPLAIN');
  }
  const extracted = await session.connection.extractStatements(statement.sql);
  for (let at = 0; ; at += 1) {
    const prepared = await extracted.prepare(at);
    if (!ALLOWED_TYPES.has(prepared.statementType)) throw notAQuery(statement.tokens[0]?.text ?? '');
    bindParameters(prepared, options.params, session.duckdb.api);
    if (at === extracted.count - 1) return prepared;
    await prepared.run();
    prepared.destroySync();
  }
}
