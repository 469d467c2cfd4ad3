import type { Oplog, OplogView } from '@duckpond/oplog';
import type { Catalog, FormatUrl, Relation, TimeRange } from '@duckpond/query';
import { type FileNode, hasGlobSyntax, isFile, isTinyFsError, type NodePath, quote, type WD, withPath } from '@duckpond/tinyfs';
import { dataFilePart } from './catalog-data-file.ts';
import { deltaParts } from './catalog-delta.ts';
import { unitedRelation } from './catalog-union.ts';
import { lookupName } from './catalog-lookup.ts';
import { PondError } from './errors.ts';
import type { ComputedRows } from './factory.ts';
import { nearestPaths } from './nearest-path.ts';
import type { RowBounds } from './relation.ts';
import type { Spool } from './spool.ts';
import { SYSTEM_TABLES, systemTable, type SystemState } from './system-tables.ts';

/** What the package of queries gives to a catalog: it is loaded when the first query comes. */
export interface CatalogLibrary {
  readonly isUrl: (text: string) => boolean;
  readonly parseFormatUrl: (text: string) => FormatUrl;
  readonly formatOfName: (path: string) => Pick<FormatUrl, 'format' | 'compression'>;
  readonly nearestNames: (name: string, names: readonly string[]) => readonly string[];
}

/** One state of a pond, and how its files become relations. */
export interface CatalogState {
  readonly oplog: Oplog;
  readonly view: OplogView;
  readonly root: WD;
  readonly storeDirectory: string;
  readonly spool: Spool;
  readonly system: SystemState;
  readonly library: CatalogLibrary;
  readonly host: Catalog;
  /** Names beside the paths: what each stands for. */
  readonly tables: Readonly<Record<string, string>>;
  /** Of the table `source`. */
  readonly sourceBounds: RowBounds;
  readonly relationOf: (file: FileNode, bounds: RowBounds) => Promise<Relation>;
  readonly computedRows: (path: string, file: FileNode) => Promise<ComputedRows>;
  /** Takes note of which file of the host has the content of which path, for messages. */
  readonly named: (hostPath: string, pondPath: string) => void;
}

/** The name whose rows `SqlOptions` can bound. */
export const SOURCE = 'source';

/** From names in FROM to relations, all of one state of the pond. */
export function pondCatalog(state: CatalogState): Catalog {
  const names = [...SYSTEM_TABLES, ...Object.keys(state.tables)];
  return {
    names,
    async resolve(name, signal) {
      const table = tableNamed(state.tables, name);
      const bounds = table?.name === SOURCE ? state.sourceBounds : {};
      return (await rowsOfTarget(state, table?.target ?? name, bounds, signal))?.relation;
    },
  };
}

/** SQL does not tell capital letters apart; a name that is spelled alike wins. */
function tableNamed(tables: CatalogState['tables'], name: string): { readonly name: string; readonly target: string } | undefined {
  const own = Object.keys(tables);
  const found = own.find((key) => key === name) ?? own.find((key) => key.toLowerCase() === name.toLowerCase());
  const target = found === undefined ? undefined : tables[found];
  return found === undefined || target === undefined ? undefined : { name: found, target };
}

/** The rows that a path, a pattern, a URL or a system table means; undefined when a name means nothing. */
export async function rowsOfTarget(
  state: CatalogState, target: string, bounds: RowBounds, signal: AbortSignal | undefined,
): Promise<ComputedRows | undefined> {
  const { library } = state;
  if (target.startsWith('/')) return rowsOfPattern(state, { pattern: target, shown: target, options: {} }, bounds, signal);
  if (!library.isUrl(target)) return asRows(await systemTable(target, state.system));
  const { host, path, format, compression, kind, options } = library.parseFormatUrl(target);
  if (host) return asRows(await state.host.resolve(target, signal));
  const reading = {
    pattern: path, shown: target, options,
    ...(format === undefined ? {} : { format }), ...(compression === undefined ? {} : { compression }),
    ...(kind === undefined ? {} : { kind }),
  };
  return format === 'delta' ? { relation: await relationOfDelta(state, reading, bounds) } : rowsOfPattern(state, reading, bounds, signal);
}

function asRows(relation: Relation | undefined): ComputedRows | undefined {
  return relation === undefined ? undefined : { relation };
}

/** The files of the pond that a target names; undefined when it is something else, or a table of many files. */
export async function filesOfTarget(state: CatalogState, target: string): Promise<readonly NodePath<FileNode>[] | undefined> {
  const { library } = state;
  if (target.startsWith('/')) return filesOf(state, { pattern: target, shown: target });
  if (!library.isUrl(target)) return undefined;
  const { host, path, format } = library.parseFormatUrl(target);
  return host || format === 'delta' ? undefined : filesOf(state, { pattern: path, shown: target });
}

/** What to read, and how, as far as the name says. */
export interface Reading extends Pick<FormatUrl, 'format' | 'compression' | 'kind' | 'options'> {
  readonly pattern: string;
  /** As the user wrote it. */
  readonly shown: string;
}

async function relationOfDelta(state: CatalogState, reading: Reading, bounds: RowBounds): Promise<Relation> {
  const { pattern, kind, compression } = reading;
  const wrong = (wanted: string): PondError => wrongKind(reading, pattern, 'a Delta table', wanted);
  if (bounds.version !== undefined) throw wrong('its own version, as the option ?version=N of the URL,');
  if (bounds.timeStartMicros !== undefined || bounds.timeEndMicros !== undefined) {
    throw wrong('a series or a table, whose event times are known,');
  }
  if (bounds.last !== undefined) throw wrong('a series or a table, whose rows are counted,');
  if (kind !== undefined) throw wrong(`a ${kind}`);
  if (compression !== undefined) throw wrong(`something compressed with ${compression}`);
  return unitedRelation(reading.shown, (await deltaParts(state, reading)).map((part) => ({ parts: [part] })));
}

async function rowsOfPattern(
  state: CatalogState, reading: Reading, bounds: RowBounds, signal: AbortSignal | undefined,
): Promise<ComputedRows> {
  const all: ComputedRows[] = [];
  const files = await filesOf(state, reading);
  if (bounds.last !== undefined && files.length > 1) throw wrongKind(reading, reading.pattern, 'several files', 'one series or table');
  for (const file of files) {
    signal?.throwIfAborted();
    all.push(await rowsOfFile(state, file, reading, bounds));
  }
  const relation = unitedRelation(reading.shown, all.map((rows) => rows.relation));
  const timeColumn = all[0]?.timeColumn;
  return timeColumn !== undefined && all.every((rows) => rows.timeColumn === timeColumn) ? { relation, timeColumn } : { relation };
}

async function rowsOfFile(
  state: CatalogState, file: NodePath<FileNode>, reading: Reading, bounds: RowBounds,
): Promise<ComputedRows> {
  const { path, node } = file;
  if (bounds.last !== undefined && (node.kind === 'data' || node.computed !== undefined)) {
    throw wrongKind(reading, path, 'not stored as rows', 'a series or a table, whose rows are counted,');
  }
  if (node.kind === 'data') {
    if (reading.kind !== undefined) throw wrongKind(reading, path, 'a data file', `a ${reading.kind}`);
    if (bounds.timeStartMicros !== undefined || bounds.timeEndMicros !== undefined) {
      throw wrongKind(reading, path, 'a data file', 'a series or a table, whose event times are known,');
    }
    return { relation: { parts: [await dataFilePart(state, path, node, reading, bounds.version)] } };
  }
  if (reading.format !== undefined) throw wrongKind(reading, path, `a ${node.kind}`, `a data file in the format ${reading.format}`);
  if (reading.kind !== undefined && reading.kind !== node.kind) throw wrongKind(reading, path, `a ${node.kind}`, `a ${reading.kind}`);
  const { relation, timeColumn } = node.computed === undefined
    ? await storedRows(state, file, reading, bounds) : await computedRows(state, file, reading, bounds);
  const between = timeRange(reading, path, timeColumn, bounds);
  return {
    relation: between === undefined ? relation : { ...relation, between },
    ...(timeColumn === undefined ? {} : { timeColumn }),
  };
}

async function storedRows(
  state: CatalogState, { path, node }: NodePath<FileNode>, reading: Reading, bounds: RowBounds,
): Promise<ComputedRows> {
  const timeColumn = node.tabular?.timeColumn;
  // Whoever asks by time is told that there is none before anything is read.
  timeRange(reading, path, timeColumn, bounds);
  const relation = await state.relationOf(node, bounds).catch((error: unknown) => {
    throw withPath(error, node.id, path);
  });
  if (relation.parts.length > 0 || (relation.columns ?? []).length > 0) {
    return timeColumn === undefined ? { relation } : { relation, timeColumn };
  }
  throw new PondError(
    'not-tabular', `Cannot query ${quote(reading.shown)}: ${quote(path)} has no rows yet, at least one version was wanted`,
    { path, isEmpty: true },
  );
}

async function computedRows(
  state: CatalogState, { path, node }: NodePath<FileNode>, reading: Reading, bounds: RowBounds,
): Promise<ComputedRows> {
  if (bounds.version !== undefined) throw wrongKind(reading, path, 'computed and has no versions', 'a stored file');
  try {
    return await state.computedRows(path, node);
  } catch (error) {
    throw withPath(error, node.id, path);
  }
}

function timeRange(
  { shown }: Reading, path: string, column: string | undefined, { timeStartMicros, timeEndMicros }: RowBounds,
): TimeRange | undefined {
  if (timeStartMicros === undefined && timeEndMicros === undefined) return undefined;
  if (column === undefined) {
    throw new PondError('not-tabular', `Cannot query ${quote(shown)} by time: ${quote(path)} has no time column, one was wanted`, { path });
  }
  return {
    column,
    ...(timeStartMicros === undefined ? {} : { startMicros: timeStartMicros }),
    ...(timeEndMicros === undefined ? {} : { endMicros: timeEndMicros }),
  };
}

/** The files that a path leads to, or that a pattern matches; directories among the matches are left out. */
async function filesOf(
  state: CatalogState, { pattern, shown }: Pick<Reading, 'pattern' | 'shown'>,
): Promise<readonly NodePath<FileNode>[]> {
  const { root } = state;
  const isGlob = hasGlobSyntax(pattern);
  const found = await lookupName(root, pattern);
  if (found !== undefined) {
    const { path, node } = found;
    if (isFile(node)) return [{ path, node }];
    const below = quote(`${path === '/' ? '' : path}/*`);
    throw new PondError(
      'not-tabular', `Cannot query ${quote(shown)}: it is a directory, a file or a pattern such as ${below} was wanted`, { path },
    );
  }
  if (!isGlob) throw await missing(state, pattern, shown);
  const files = new Map<string, NodePath<FileNode>>();
  for await (const match of root.glob(pattern)) {
    const target = match.node.kind === 'symlink' ? await followed(root, match.path) : match;
    if (target !== undefined && isFile(target.node)) files.set(target.path, { path: target.path, node: target.node });
  }
  if (files.size === 0) {
    throw new PondError('no-match', `Cannot query ${quote(shown)}: the pattern matches no file, at least one was wanted`, { pattern });
  }
  return [...files.values()];
}

/** Where a link leads; undefined when that is nowhere, which matches nothing. */
async function followed(root: WD, path: string): Promise<NodePath | undefined> {
  try {
    return await root.get(path);
  } catch (error) {
    if (isTinyFsError(error)) return undefined;
    throw error;
  }
}

async function missing({ root, library }: CatalogState, path: string, shown: string): Promise<PondError> {
  const nearest = await nearestPaths(root, path, library.nearestNames);
  const hint = nearest.length === 0 ? 'the path of a file was wanted' : `${nearest.map(quote).join(' or ')} was wanted?`;
  return new PondError('not-found', `Cannot query ${quote(shown)}: there is no entry of that name, ${hint}`, { path, nearest });
}

function wrongKind({ shown }: Reading, path: string, is: string, wanted: string): PondError {
  return new PondError('not-tabular', `Cannot query ${quote(shown)}: ${quote(path)} is ${is}, ${wanted} was wanted`, { path });
}
