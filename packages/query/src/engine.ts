import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { copyToDelta, type DeltaCopyOptions, type DeltaFiles } from './delta-copy.ts';
import { type DuckDB, loadDuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import { explain, type Explanation } from './explain.ts';
import type { FormatReader } from './formats/reader.ts';
import { ingest, type IngestOptions } from './ingest.ts';
import { keptSessions } from './kept-sessions.ts';
import { copyToParquet, type ParquetFile, type ParquetOptions, type ParquetSource } from './parquet-copy.ts';
import { type QueryResult, queryResult } from './query-result.ts';
import { type MergeOptions, mergeVersions, type VersionContent } from './run-file.ts';
import { referenceReader } from './reference-reader.ts';
import { scanRegistry } from './scans.ts';
import { prepareScript, type QueryOptions, requireWhole, type ScriptHost, streamLast } from './script.ts';
import type { FilePart } from './relation.ts';
import type { TabularContent } from './tabular-facts.ts';

export interface EngineOptions {
  /** Directories and files of the host that queries may read; nothing else is open to them. */
  readonly readableDirectories: readonly string[];
  readonly readablePaths?: readonly string[];
  /** Where DuckDB puts what does not fit in memory, and where `copyToParquet` and `mergeVersions` may write. */
  readonly spillDirectory: string;
  /** As DuckDB writes it: `512MB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /**
   * Whether a file of one name is the same file while the engine is open. Then DuckDB keeps what it has read, footers above all; it tells
   * the states of a file apart by the second of their time, which is not enough for files that change.
   */
  readonly areFilesFixed?: boolean;
  /** Readers of the formats that `FilePart` names. */
  readonly readers?: readonly FormatReader[];
}

/** DuckDB, confined and locked. Queries run side by side, each in a session of its own. */
export interface Engine {
  /**
   * Runs the statements of a script in order; the rows are those of the last one. Throws `not-a-query`, `not-found`, `query-failed`,
   * and the signal's reason when it is aborted.
   */
  query(sql: string, options: QueryOptions): Promise<QueryResult>;
  /** The plan of the script's last statement; with `analyze` it is run, and the plan says what was read. */
  explain(sql: string, options: QueryOptions & { readonly analyze?: boolean }): Promise<Explanation>;
  /** Writes a relation, or the rows of a script, to a Parquet file below a directory that the engine may read or spill to. */
  copyToParquet(source: ParquetSource, path: string, options?: ParquetOptions): Promise<ParquetFile>;
  /** Writes the rows of a script as files of a Delta table to a directory below one that the engine may spill to: see `copyToDelta`. */
  copyToDelta(sql: string, query: QueryOptions, directory: string, options: DeltaCopyOptions): Promise<DeltaFiles>;
  /** Writes the rows of consecutive versions of a series to one run file (decision 0008). */
  mergeVersions(versions: readonly VersionContent[], path: string, options?: MergeOptions): Promise<ParquetFile>;
  /** Files of the host as content to be stored: see `ingest`. */
  ingest(source: FilePart, options: IngestOptions): Promise<TabularContent>;
  close(): void;
}

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
  const kept = keptSessions();
  const readers = new Map((options.readers ?? []).map((reader) => [reader.format, reader]));
  const { spillDirectory } = options;
  const host: ScriptHost = { duckdb, instance, scans, spillDirectory, readers, kept, references: referenceReader(setup) };
  let open = true;
  const opened = (): ScriptHost => {
    if (!open) throw new QueryError('closed', 'Cannot query: the engine is closed, wanted an open one');
    return host;
  };
  return {
    query: async (sql, query) => runQuery(opened(), sql, query),
    explain: async (sql, query) => explain(opened(), sql, query),
    copyToParquet: async (source, path, copy) => copyToParquet(opened(), source, path, copy),
    copyToDelta: async (sql, query, directory, copy) => copyToDelta(opened(), sql, query, directory, copy),
    mergeVersions: async (versions, path, merge) => mergeVersions(opened(), versions, path, merge),
    ingest: async (source, options) => ingest(opened(), source, options),
    close: () => {
      if (!open) return;
      open = false;
      kept.close();
      setup.closeSync();
      instance.closeSync();
    },
  };
}

async function confine({ api }: DuckDB, connection: DuckDBConnection, options: EngineOptions): Promise<void> {
  const texts = (values: readonly string[]): DuckDBValue => api.listValue([...values]);
  const set = async (name: string, values: readonly string[]): Promise<void> => {
    if (values.length > 0) await connection.run(`SET ${name} = $1`, [texts(values)]);
  };
  await set('allowed_directories', options.readableDirectories);
  await set('allowed_paths', options.readablePaths ?? []);
  const cache = options.areFilesFixed === true
    ? 'SET GLOBAL parquet_metadata_cache = true' : 'SET GLOBAL enable_external_file_cache = false';
  await connection.run(`SET GLOBAL TimeZone = 'UTC'; ${cache}; SET enable_external_access = false; SET lock_configuration = true`);
}

async function runQuery(host: ScriptHost, sql: string, options: QueryOptions): Promise<QueryResult> {
  const script = await prepareScript(host, sql, options);
  const { session, steps, release } = script;
  let isWhole = false;
  try {
    const result = await steps.step(() => streamLast(script, options));
    return queryResult({
      duckdb: host.duckdb, result, step: steps.step,
      finish: async () => {
        await steps.step(() => requireWhole(script, options));
        isWhole = true;
      },
      interrupt: () => session.connection.interrupt(),
      release: () => release(isWhole),
    });
  } catch (error) {
    await release();
    throw error;
  }
}
