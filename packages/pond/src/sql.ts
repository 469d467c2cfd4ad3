import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadRecordScan, type Oplog, type OplogView } from '@duckpond/oplog';
import type * as QueryModule from '@duckpond/query';
import type { Catalog, Engine, EngineOptions, Explanation, Parameters, QueryOptions, QueryResult, Relation } from '@duckpond/query';
import { type FileNode, openFs } from '@duckpond/tinyfs';
import { type CatalogState, pondCatalog } from './catalog.ts';
import { PondError } from './errors.ts';
import { createNodeReader } from './node-reader.ts';
import type { At, Setting } from './pond.ts';
import type { RowBounds } from './relation.ts';
import { readSettings } from './settings.ts';
import { openSpool } from './spool.ts';
import { withNames } from './sql-result.ts';
import type { SystemState } from './system-tables.ts';
import { indexTree } from './tree-index.ts';

/** How a query runs. The bounds are for the table that is called `source`. */
export interface SqlOptions extends RowBounds {
  /** Values for `?` and `$1` (a list) or `$name` (a record). */
  readonly params?: Parameters;
  readonly at?: At;
  /** Names beside the paths: each stands for a path, a pattern or a URL. */
  readonly tables?: Readonly<Record<string, string>>;
  /** Ends the query, also while its rows are read: what waits for it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Settings that win over what the pond stores, by key. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** `analyze`: the query is run, and the plan says what was read. */
export interface ExplainOptions extends SqlOptions {
  readonly analyze?: boolean;
}

/** `metadata`: what the footer of the file says by key. */
export interface ParquetOptions extends SqlOptions {
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What runs the queries of one pond. */
export interface SqlRunner {
  query(script: string, options: SqlOptions): Promise<QueryResult>;
  explain(script: string, options: ExplainOptions): Promise<Explanation>;
  parquet(script: string, options: ParquetOptions): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What a runner needs of its pond. */
export interface SqlContext {
  readonly directory: string;
  readonly storeDirectory: string;
  readonly oplog: Oplog;
  readonly viewAt: (at: At | undefined) => Promise<OplogView>;
  readonly relationOf: (view: OplogView, file: FileNode, bounds: RowBounds) => Promise<Relation>;
}

type Library = typeof QueryModule;

interface Prepared {
  readonly engine: Engine;
  readonly query: QueryOptions;
  /** Which files of the host have the content of which paths. */
  readonly names: ReadonlyMap<string, string>;
  readonly spillDirectory: string;
  readonly release: () => void;
  readonly watchedResult: Library['watchedResult'];
}

const COPY_BYTES = 256 * 1024;

/** Loads nothing and makes nothing before the first query. */
export function createSqlRunner(context: SqlContext): SqlRunner {
  const { directory, storeDirectory, oplog } = context;
  const cache = resolve(directory, 'cache');
  const spool = openSpool(cache, oplog.environment.uuid());
  /** By what they were opened with. */
  const engines = new Map<string, Promise<Engine>>();
  let isOpen = true;

  /** The engine for settings; one that may read more is opened for its query alone. */
  async function engineFor(library: Library, settings: readonly Setting[], readable: Pick<EngineOptions, 'readablePaths'> & {
    readonly directories: readonly string[];
  }): Promise<{ readonly engine: Engine; readonly release: () => void }> {
    const spillDirectory = resolve(directory, valueOf(settings, 'sql.spill_directory'));
    const threads = valueOf(settings, 'sql.threads');
    const options: EngineOptions = {
      readableDirectories: [resolve(storeDirectory), spool.directory, spillDirectory, ...readable.directories],
      readablePaths: readable.readablePaths ?? [],
      spillDirectory,
      memoryLimit: valueOf(settings, 'sql.memory_limit'),
      ...(threads === 'auto' ? {} : { threads: Number(threads) }),
      readers: library.FORMAT_READERS,
    };
    const open = async (): Promise<Engine> => {
      await mkdir(spillDirectory, { recursive: true });
      return library.openEngine(options);
    };
    if (readable.directories.length > 0 || (readable.readablePaths ?? []).length > 0) {
      const engine = await open();
      return { engine, release: () => { engine.close(); } };
    }
    const key = JSON.stringify([spillDirectory, threads, options.memoryLimit]);
    let shared = engines.get(key);
    if (shared === undefined) {
      shared = open();
      engines.set(key, shared);
      shared.catch(() => engines.delete(key));
    }
    return { engine: await shared, release: () => undefined };
  }

  /** A script's engine and catalog, in one state of the pond. The caller releases them. */
  async function prepare(script: string, options: SqlOptions): Promise<Prepared> {
    if (!isOpen) throw new PondError('closed', 'Cannot query the pond: it is closed, an open one was wanted', { directory });
    options.signal?.throwIfAborted();
    const [library, view] = await Promise.all([import('@duckpond/query'), context.viewAt(options.at)]);
    const tables = options.tables ?? {};
    const [settings, host] = await Promise.all([settingsOf(view, options.settings), library.hostCatalog(script, { tables })]);
    const names = new Map<string, string>();
    const root = await openFs(createNodeReader(oplog, view)).root();
    const state: CatalogState = {
      oplog, view, root, spool, library, host, tables, storeDirectory: resolve(storeDirectory),
      system: systemState(context, view, settings),
      sourceBounds: options,
      relationOf: (file, bounds) => context.relationOf(view, file, bounds),
      named: (hostPath, pondPath) => void names.set(hostPath, pondPath),
    };
    const opening = engineFor(library, settings, { readablePaths: host.paths, directories: host.directories });
    // DuckDB opens on threads of its own: meanwhile the tables are looked up that the script seems to name.
    const catalog = lookedUpBefore(pondCatalog(state), [...library.likelyTables(script), ...Object.keys(tables)], options.signal);
    const { engine, release } = await opening;
    const query: QueryOptions = {
      catalog,
      ...(options.params === undefined ? {} : { params: options.params }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const { watchedResult } = library;
    return { engine, query, names, release, watchedResult, spillDirectory: resolve(directory, valueOf(settings, 'sql.spill_directory')) };
  }

  return {
    async query(script, options) {
      const { engine, query, names, release, watchedResult } = await prepare(script, options);
      try {
        return watchedResult(await engine.query(script, query), { done: release, failed: (error) => withNames(error, names) });
      } catch (error) {
        release();
        throw withNames(error, names);
      }
    },

    async explain(script, options) {
      const { engine, query, names, release } = await prepare(script, options);
      try {
        return await engine.explain(script, { ...query, ...(options.analyze === undefined ? {} : { analyze: options.analyze }) });
      } catch (error) {
        throw withNames(error, names);
      } finally {
        release();
      }
    },

    async *parquet(script, options) {
      const { engine, query, names, release, spillDirectory } = await prepare(script, options);
      const path = join(spillDirectory, `${oplog.environment.uuid()}.parquet`);
      try {
        await engine.copyToParquet({ sql: script, query }, path, {
          ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        });
        for await (const chunk of createReadStream(path, { highWaterMark: COPY_BYTES })) yield chunk as Uint8Array;
      } catch (error) {
        throw withNames(error, names);
      } finally {
        await rm(path, { force: true });
        release();
      }
    },

    async close() {
      if (!isOpen) return;
      isOpen = false;
      const opened = await Promise.allSettled(engines.values());
      engines.clear();
      for (const engine of opened) if (engine.status === 'fulfilled') engine.value.close();
      await spool.close();
    },
  };
}

/** A catalog that has begun to look up some names. What it finds, or throws, counts only when it is asked for the name. */
function lookedUpBefore(catalog: Catalog, names: readonly string[], signal: AbortSignal | undefined): Catalog {
  const before = new Map(names.map((name) => [name, catalog.resolve(name, signal)]));
  for (const found of before.values()) found.catch(() => undefined);
  return { ...catalog, resolve: (name, ownSignal) => before.get(name) ?? catalog.resolve(name, ownSignal) };
}

function valueOf(settings: readonly Setting[], key: string): string {
  return settings.find((setting) => setting.key === key)?.value ?? '';
}

/** The settings of a state, some of them replaced. @throws PondError `invalid-setting` */
async function settingsOf(view: OplogView, own: SqlOptions['settings'] = {}): Promise<readonly Setting[]> {
  return (await readSettings(view)).map((setting) => {
    const value = own[setting.key];
    if (value === undefined) return setting;
    if (setting.accepts(value)) return { ...setting, value, origin: 'option' };
    throw new PondError(
      'invalid-setting', `Cannot use "${setting.key}": "${value}" is given, ${setting.wanted} was wanted`, { key: setting.key, value },
    );
  });
}

function systemState({ oplog, storeDirectory }: SqlContext, view: OplogView, settings: readonly Setting[]): SystemState {
  let tree: ReturnType<typeof indexTree> | undefined;
  return {
    oplog, view, storeDirectory: join(storeDirectory),
    tree: () => (tree ??= indexTree(view)),
    settings: () => Promise.resolve(settings),
    scan: loadRecordScan,
  };
}
