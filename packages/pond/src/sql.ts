import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadRecordScan, type Oplog, type OplogView } from '@duckpond/oplog';
import type * as QueryModule from '@duckpond/query';
import type {
  Catalog, DeltaFiles, Engine, EngineOptions, Explanation, HostCatalog, Parameters, QueryOptions, QueryResult, Relation,
} from '@duckpond/query';
import { type FileNode, type NodeReader, openFs } from '@duckpond/tinyfs';
import { type CatalogState, filesOfTarget, pondCatalog, rowsOfTarget } from './catalog.ts';
import { type Computing, createComputing } from './computing.ts';
import { PondError } from './errors.ts';
import type { Factories, FactoryEnvironment } from './factory.ts';
import { createNodeReader } from './node-reader.ts';
import type { At, Setting } from './pond.ts';
import type { RowBounds } from './relation.ts';
import { readSettings } from './settings.ts';
import { parquetBytes } from './parquet-bytes.ts';
import type { Origin } from './origin.ts';
import { openSpills } from './spills.ts';
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

/** `fileBytes`: how large a file becomes; `hasDigest`: whether the rows are summed up. */
export interface DeltaFilesOptions extends SqlOptions {
  readonly fileBytes: number;
  readonly hasDigest?: boolean;
}

/** Files of the host, which go when they are released. */
export interface HeldDeltaFiles extends DeltaFiles {
  release(): Promise<void>;
}

/** What runs the queries of one pond. */
export interface SqlRunner {
  /** A state of the pond with its computed nodes. */
  readerAt(view: OplogView): Promise<NodeReader>;
  origins(targets: readonly string[], options: Pick<SqlOptions, 'at' | 'signal'>): Promise<readonly Origin[]>;
  query(script: string, options: SqlOptions): Promise<QueryResult>;
  explain(script: string, options: ExplainOptions): Promise<Explanation>;
  parquet(script: string, options: ParquetOptions): AsyncIterable<Uint8Array>;
  deltaFiles(script: string, options: DeltaFilesOptions): Promise<HeldDeltaFiles>;
  close(): Promise<void>;
}

/** What a runner needs of its pond. */
export interface SqlContext {
  readonly directory: string;
  readonly storeDirectory: string;
  readonly oplog: Oplog;
  readonly viewAt: (at: At | undefined) => Promise<OplogView>;
  readonly relationOf: (view: OplogView, file: FileNode, bounds: RowBounds) => Promise<Relation>;
  readonly factories: Factories;
  readonly factoryEnvironment: FactoryEnvironment;
}

type Library = typeof QueryModule;

interface Opened {
  readonly engine: Engine;
  readonly release: () => void;
}

interface State {
  readonly computing: Computing;
  readonly catalog: Catalog;
  /** One that may read all that was found so far. */
  readonly engine: () => Promise<Engine>;
  readonly names: ReadonlyMap<string, string>;
  readonly spillDirectory: string;
  readonly release: () => void;
}

interface Prepared {
  readonly engine: Engine;
  readonly query: QueryOptions;
  /** Which files of the host have the content of which paths. */
  readonly names: ReadonlyMap<string, string>;
  readonly spillDirectory: string;
  readonly release: () => void;
  readonly watchedResult: Library['watchedResult'];
}

/** Loads nothing and makes nothing before the first query. */
export function createSqlRunner(context: SqlContext): SqlRunner {
  const { directory, storeDirectory, oplog } = context;
  const cache = resolve(directory, 'cache');
  const spool = openSpool(cache, oplog.environment.uuid());
  const spills = openSpills(oplog.environment.uuid());
  /** By what they were opened with. */
  const engines = new Map<string, Promise<Engine>>();
  /** Of states that are read until the end. */
  const releases: (() => void)[] = [];
  let isOpen = true;

  /** The engine for settings; one that may read more is opened for its query alone. */
  async function engineFor(library: Library, settings: readonly Setting[], readable: Pick<EngineOptions, 'readablePaths'> & {
    readonly directories: readonly string[];
  }): Promise<Opened> {
    const spillParent = resolve(directory, valueOf(settings, 'sql.spill_directory'));
    const threads = valueOf(settings, 'sql.threads');
    const options: Omit<EngineOptions, 'spillDirectory'> = {
      readableDirectories: [
        resolve(storeDirectory), spool.directory, spills.directoryIn(spillParent), join(cache, 'computed'), ...readable.directories,
      ],
      readablePaths: readable.readablePaths ?? [],
      memoryLimit: valueOf(settings, 'sql.memory_limit'),
      ...(threads === 'auto' ? {} : { threads: Number(threads) }),
      readers: library.FORMAT_READERS,
    };
    const open = async (areFilesFixed: boolean): Promise<Engine> => {
      // Nothing is waited for before DuckDB opens on threads of its own: names are looked up meanwhile, in one go.
      return library.openEngine({ ...options, areFilesFixed, spillDirectory: spills.ofEngine(spillParent) });
    };
    if (readable.directories.length > 0 || (readable.readablePaths ?? []).length > 0) {
      const engine = await open(false);
      return { engine, release: () => { engine.close(); } };
    }
    // What the pond itself keeps is never changed: blobs, and files of the spool, have the names of their content.
    const key = JSON.stringify([spillParent, threads, options.memoryLimit]);
    let shared = engines.get(key);
    if (shared === undefined) {
      shared = open(true);
      engines.set(key, shared);
      shared.catch(() => engines.delete(key));
    }
    return { engine: await shared, release: () => undefined };
  }

  /** One state of the pond, in which names have a meaning; what the process may read of the host is found on the way. */
  async function openState(library: Library, view: OplogView, options: SqlOptions, script: string): Promise<State> {
    const tables = options.tables ?? {};
    const [settings, scriptHost] = await Promise.all([settingsOf(view, options.settings), library.hostCatalog(script, { tables })]);
    const names = new Map<string, string>();
    const host = growingCatalog(library, scriptHost);
    const opened: Opened[] = [];
    let isReleased = false;
    let newest: { readonly key: string; readonly opening: Promise<Opened> } | undefined;
    const engine = async (): Promise<Engine> => {
      const key = JSON.stringify([host.paths, host.directories]);
      if (newest?.key !== key) {
        newest = { key, opening: engineFor(library, settings, { readablePaths: host.paths, directories: host.directories }) };
        void newest.opening.then((made) => { if (isReleased) made.release(); else opened.push(made); }, () => undefined);
      }
      return (await newest.opening).engine;
    };
    const stateOf = async (computing: Computing, sourceBounds: RowBounds): Promise<CatalogState> => ({
      oplog, view, spool, library, host, tables, sourceBounds,
      root: await openFs(computing.reader).root(),
      storeDirectory: resolve(storeDirectory),
      system: systemState(context, view, settings),
      relationOf: (file, bounds) => context.relationOf(view, file, bounds),
      computedRows: (path, file) => computing.rowsOf(path, file),
      named: (hostPath, pondPath) => void names.set(hostPath, pondPath),
    });
    const spillDirectory = spills.directoryIn(resolve(directory, valueOf(settings, 'sql.spill_directory')));
    const computing = createComputing({
      factories: context.factories,
      reader: createNodeReader(oplog, view),
      environment: context.factoryEnvironment,
      cacheDirectory: join(cache, 'computed'),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      resolve: async (inner, target, bounds) => rowsOfTarget({ ...await stateOf(inner, {}), tables: {} }, target, bounds, options.signal),
      files: async (inner, target) => filesOfTarget(await stateOf(inner, {}), target),
      engine,
      parquet: async function* parquet(sql, catalog) {
        const signal = options.signal === undefined ? {} : { signal: options.signal };
        yield* parquetBytes(await engine(), sql, { catalog }, spillDirectory, oplog.environment.uuid(), signal);
      },
    });
    return {
      computing, engine, names, spillDirectory,
      catalog: pondCatalog(await stateOf(computing, options)),
      release: () => {
        isReleased = true;
        for (const { release } of opened.splice(0)) release();
      },
    };
  }

  /** A script's engine and catalog, in one state of the pond. The caller releases them. */
  async function prepare(script: string, options: SqlOptions): Promise<Prepared> {
    if (!isOpen) throw new PondError('closed', 'Cannot query the pond: it is closed, an open one was wanted', { directory });
    options.signal?.throwIfAborted();
    const [library, view] = await Promise.all([import('@duckpond/query'), context.viewAt(options.at)]);
    const state = await openState(library, view, options, script);
    const { names, release, spillDirectory } = state;
    // DuckDB opens on threads of its own: meanwhile the tables are looked up that the script seems to name.
    const opening = state.engine();
    opening.catch(() => undefined);
    const likely = [...library.likelyTables(script), ...Object.keys(options.tables ?? {})];
    const { catalog, done } = lookedUpBefore(state.catalog, likely, options.signal);
    try {
      await opening;
      // Computed tables may have brought files of the host with them, which have to be told to the engine before it opens.
      if (context.factories.size > 0) await done;
      const query: QueryOptions = {
        catalog,
        ...(options.params === undefined ? {} : { params: options.params }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      };
      return { engine: await state.engine(), query, names, release, spillDirectory, watchedResult: library.watchedResult };
    } catch (error) {
      release();
      throw error;
    }
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
      try {
        yield* parquetBytes(engine, script, query, spillDirectory, oplog.environment.uuid(), options);
      } catch (error) {
        throw withNames(error, names);
      } finally {
        release();
      }
    },

    async deltaFiles(script, options) {
      const { engine, query, names, release, spillDirectory } = await prepare(script, options);
      const directory = join(spillDirectory, oplog.environment.uuid());
      const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
      try {
        await mkdir(spillDirectory, { recursive: true });
        const { fileBytes, hasDigest = false } = options;
        return { ...await engine.copyToDelta(script, query, directory, { fileBytes, hasDigest }), release: remove };
      } catch (error) {
        await remove();
        throw withNames(error, names);
      } finally {
        release();
      }
    },

    async origins(targets, options) {
      const [library, view] = await Promise.all([import('@duckpond/query'), context.viewAt(options.at)]);
      const { computing, release } = await openState(library, view, options, '');
      try {
        const found: Origin[] = [];
        for (const target of targets) {
          options.signal?.throwIfAborted();
          found.push(await computing.origin(target));
        }
        return found;
      } finally {
        release();
      }
    },

    async readerAt(view) {
      const library = await import('@duckpond/query');
      const { computing, release } = await openState(library, view, {}, '');
      releases.push(release);
      return computing.reader;
    },

    async close() {
      if (!isOpen) return;
      isOpen = false;
      for (const release of releases) release();
      const opened = await Promise.allSettled(engines.values());
      engines.clear();
      for (const engine of opened) if (engine.status === 'fulfilled') engine.value.close();
      await Promise.all([spool.close(), spills.close()]);
    },
  };
}

/** A catalog that has begun to look up some names. What it finds, or throws, counts only when it is asked for the name. */
function lookedUpBefore(
  catalog: Catalog, names: readonly string[], signal: AbortSignal | undefined,
): { readonly catalog: Catalog; readonly done: Promise<unknown> } {
  const before = new Map(names.map((name) => [name, catalog.resolve(name, signal)]));
  return {
    catalog: { ...catalog, resolve: (name, ownSignal) => before.get(name) ?? catalog.resolve(name, ownSignal) },
    done: Promise.allSettled(before.values()),
  };
}

/** The files of the host that a script names, and those that computed tables name. */
function growingCatalog(library: Library, script: HostCatalog): HostCatalog {
  const paths = new Set(script.paths);
  const directories = new Set(script.directories);
  return {
    ...script,
    get paths() {
      return [...paths];
    },
    get directories() {
      return [...directories];
    },
    async resolve(name, signal) {
      const known = await library.hostCatalog('', { tables: { name } });
      for (const path of known.paths) paths.add(path);
      for (const path of known.directories) directories.add(path);
      return known.resolve(name, signal);
    },
  };
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
