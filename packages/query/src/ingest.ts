import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arrowFromChunks } from './arrow-from-chunks.ts';
import { describeSelect } from './describe-select.ts';
import { QueryError, queryFailed } from './errors.ts';
import { formatOfName } from './file-extension.ts';
import { readError } from './formats/read-error.ts';
import { spoolOf } from './formats/spool.ts';
import { quoteIdentifier } from './identifier.ts';
import { type ColumnNote, NOTES_KEY, parquetFacts } from './parquet-facts.ts';
import { copySelect, type ParquetFile, withSession } from './parquet-copy.ts';
import { readNotes } from './parquet-notes.ts';
import type { FilePart } from './relation.ts';
import type { ScriptHost } from './script.ts';
import type { Session } from './session.ts';
import type { Stepper } from './stepper.ts';
import { storageType } from './storage-type.ts';
import { INLINE_BYTES, type TabularContent, type TabularFacts } from './tabular-facts.ts';
import { parseTypeName } from './type-name.ts';

export interface IngestOptions {
  /** The event time column; found by `findTimeColumn` when it is not named. */
  readonly timeColumn?: string;
  /** Where the Parquet file is made. The engine must be allowed to write there. */
  readonly spillDirectory: string;
  /** By column; they win over what a Parquet file says about itself. Columns that are not there are an error. */
  readonly units?: Readonly<Record<string, string>>;
  readonly descriptions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const ROW_GROUP_ROWS = 122_880;

/**
 * Rows of files as content to be stored: zstd Parquet, written by DuckDB in one pass, or an Arrow IPC stream when that is at most `INLINE_BYTES`.
 * What is known about the rows is read from the footer of what was written. Types that Parquet does not have are stored by `storageType`; a column
 * of JSON without any value has the type `"NULL"`. The receiver removes the file of a content of kind `file`.
 *
 * @throws QueryError `bad-input` with file, line and column where they are known; `unsupported-format`; the signal's reason
 */
export async function ingest(host: ScriptHost, source: FilePart, options: IngestOptions): Promise<TabularContent> {
  const reader = host.readers.get(source.format);
  if (reader === undefined) {
    const known = [...host.readers.keys()].sort().join(', ');
    throw new QueryError('unsupported-format', `Cannot import ${source.format}: the format is not known, one of ${known} was wanted`);
  }
  const path = await newFile(options.spillDirectory);
  return withSession(host, options.signal, async (session, steps) => {
    let kept = false;
    try {
      const select = await reader.select(session, source.paths, source.options);
      const content = await store({ session, steps, path, source, options }, select);
      kept = content.kind === 'file';
      return content;
    } catch (error) {
      options.signal?.throwIfAborted();
      throw readError(error, spoolOf(session).original) ?? queryFailed(error);
    } finally {
      if (!kept) await rm(path, { force: true });
    }
  });
}

/** A new file, empty, in a directory where others may make some too. */
async function newFile(directory: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const path = join(directory, `import-${number}.parquet`);
    try {
      await (await open(path, 'wx')).close();
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

interface Import {
  readonly session: Session;
  readonly steps: Stepper;
  readonly path: string;
  readonly source: FilePart;
  readonly options: IngestOptions;
}

async function store(work: Import, select: string): Promise<TabularContent> {
  const { session, path, source, options } = work;
  const columns = await describeSelect(session, select);
  const notes = await notesOf(session, source, columns.map(({ name }) => name), options);
  const expressions = columns.map(({ name, type }) => {
    const column = quoteIdentifier(name);
    if (type === '"NULL"') return `CAST(${column} AS BOOLEAN) AS ${column}`;
    const before = parseTypeName(session.duckdb, type);
    const after = storageType(session.duckdb, before);
    return after === before ? column : `CAST(${column} AS ${after.toString()}) AS ${column}`;
  });
  const changed = expressions.some((expression) => expression.startsWith('CAST('));
  const written = await copy(work, changed ? `SELECT ${expressions.join(', ')} FROM (${select})` : select, path, notes);
  const facts = await parquetFacts(session, path, { ...options, notes });
  const empty = facts.columns.filter(({ type, nulls }) => type === 'JSON' && nulls === facts.rowCount).map(({ name }) => name);
  const untyped = new Set([...empty, ...columns.filter(({ type }) => type === '"NULL"').map(({ name }) => name)]);
  const typed = facts.columns.map((column) => (untyped.has(column.name) ? { ...column, type: '"NULL"' } : column));
  const named: TabularFacts = { ...facts, columns: typed };
  const { sizeBytes } = empty.length === 0 ? written : await withoutTypes(work, empty, notes);
  const bytes = sizeBytes <= INLINE_BYTES ? await inlineBytes(session, path, options.signal) : undefined;
  return bytes === undefined ? { kind: 'file', path, sizeBytes, facts: named } : { kind: 'inline', bytes, facts: named };
}

async function copy(
  { session, steps }: Import, select: string, path: string, notes: ReadonlyMap<string, ColumnNote>,
): Promise<ParquetFile> {
  return copySelect(session, steps, select, path, {
    rowGroupRows: ROW_GROUP_ROWS, isKept: true,
    ...(notes.size === 0 ? {} : { metadata: { [NOTES_KEY]: JSON.stringify({ columns: Object.fromEntries(notes) }) } }),
  });
}

/** Writes the file anew with columns that have no value as BOOLEAN, which unites with whatever they turn out to be. */
async function withoutTypes(work: Import, names: readonly string[], notes: ReadonlyMap<string, ColumnNote>): Promise<ParquetFile> {
  const { session, path } = work;
  const again = `${path}.typed.parquet`;
  const replaced = names.map((name) => `NULL::BOOLEAN AS ${quoteIdentifier(name)}`).join(', ');
  const file = await copy(work, `SELECT * REPLACE (${replaced}) FROM read_parquet(${await session.bindTexts([path])})`, again, notes);
  await rename(again, path);
  return file;
}

/** The rows of a small Parquet file as Arrow; undefined when that is too large to be inline. */
async function inlineBytes(session: Session, path: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  const result = await session.connection.run(`SELECT * FROM read_parquet(${await session.bindTexts([path])})`);
  const chunks = await result.fetchAllChunks();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const columns = { names: result.columnNames(), types: result.columnTypes() };
  for await (const piece of arrowFromChunks(session.duckdb, columns, fromArray(chunks))) {
    signal?.throwIfAborted();
    size += piece.length;
    if (size > INLINE_BYTES) return undefined;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

async function* fromArray<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** What the file says about its columns, then what the caller says. */
async function notesOf(
  session: Session, source: FilePart, names: readonly string[], { units = {}, descriptions = {} }: IngestOptions,
): Promise<ReadonlyMap<string, ColumnNote>> {
  for (const name of [...Object.keys(units), ...Object.keys(descriptions)]) {
    if (names.includes(name)) continue;
    const wanted = names.map((known) => `"${known}"`).join(', ');
    const message = `Cannot describe column "${name}": there is no such column, one of ${wanted} was wanted`;
    throw new QueryError('bad-input', message, { column: name });
  }
  const own = source.format === 'parquet' && isPlain(source) ? await readNotes(session, source.paths) : new Map<string, ColumnNote>();
  const notes = new Map<string, ColumnNote>();
  for (const name of names) {
    const note: ColumnNote = {
      ...own.get(name),
      ...(Object.hasOwn(units, name) ? { unit: units[name] ?? '' } : {}),
      ...(Object.hasOwn(descriptions, name) ? { description: descriptions[name] ?? '' } : {}),
    };
    if (Object.keys(note).length > 0) notes.set(name, note);
  }
  return notes;
}

function isPlain({ paths, options }: FilePart): boolean {
  return options['compression'] === undefined && paths.every((path) => formatOfName(path).compression === undefined);
}
