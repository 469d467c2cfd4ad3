import { createDeltaReader } from './delta-table.ts';
import type { FormatReader } from './formats/reader.ts';
import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import {
  type Column, type DeltaPart, type FilePart, type ParquetPart, type Part, type Relation, type SelectPart, type TimeRange,
  VERSION_COLUMN,
} from './relation.ts';
import type { ArrowTable, ScanSession } from './scan-session.ts';
import { parseTypeName } from './type-name.ts';

/** What a SELECT over a relation needs besides it. */
export interface RelationContext {
  readonly duckdb: DuckDB;
  readonly session: ScanSession;
  readonly readers: ReadonlyMap<string, FormatReader>;
  /** Makes what a nested query needs; the returned SELECT stands for its rows. */
  readonly nest: (part: SelectPart) => Promise<string>;
}

/** A column whose type is text that DuckDB itself printed: safe in SQL. */
interface Known {
  readonly name: string;
  readonly sqlType: string;
}

/** The SELECT that a relation is: its parts united by name, in order. With known columns no part is opened to find them. */
export async function relationSelect(context: RelationContext, relation: Relation): Promise<string> {
  const { between, slice } = relation;
  const all = await allRows(context, relation);
  const select = between === undefined ? all : await timeSelect(context, all, relation.columns, between);
  return slice === undefined ? select : `SELECT * FROM (${select}) LIMIT ${whole(slice.limit)} OFFSET ${whole(slice.offset)}`;
}

function whole(count: number): string {
  if (Number.isSafeInteger(count) && count >= 0) return String(count);
  throw new QueryError('bad-input', `Cannot take ${count} rows: a whole number from 0 on was wanted`);
}

async function allRows(context: RelationContext, { columns, parts }: Relation): Promise<string> {
  if (columns === undefined || columns.length === 0) {
    const selects: string[] = [];
    for (const part of parts) selects.push(...await partSelects(context, part));
    if (selects.length === 0) throw new QueryError('bad-input', 'Cannot query a relation: it has no parts and no columns, wanted either');
    return united(selects, 'UNION ALL BY NAME');
  }
  const known = columns.map(({ name, type }) => ({ name, sqlType: parseTypeName(context.duckdb, type).toString() }));
  const selects: string[] = [];
  for (const part of parts) selects.push(...await knownSelects(context, part, columns, known));
  return selects.length === 0 ? emptySelect(known) : united(selects, 'UNION ALL');
}

/** The bounds take the type of the column, so that DuckDB can compare them with what Parquet files say of their row groups. */
async function timeSelect(
  { duckdb, session }: RelationContext, select: string, columns: readonly Column[] | undefined, range: TimeRange,
): Promise<string> {
  const { column, startMicros, endMicros } = range;
  const cannot = (what: string): QueryError => (
    new QueryError('bad-input', `Cannot take rows by their time: ${what}, a date or timestamp was wanted`, { column }));
  const found = (columns ?? await session.columnsOf(select)).find(({ name }) => name.toLowerCase() === column.toLowerCase());
  if (found === undefined) throw cannot(`there is no column "${column}"`);
  const { api } = duckdb;
  const type = parseTypeName(duckdb, found.type).toString();
  if (!/^(DATE|TIMESTAMP)/.test(type)) throw cannot(`the column "${column}" is ${type}`);
  const bound = async (micros: bigint): Promise<string> => {
    const value = await session.bind(new api.DuckDBTimestampTZValue(micros), api.TIMESTAMPTZ);
    // A day begins before a time within it.
    return type === 'DATE' ? `CAST(${value} AS TIMESTAMP)` : `CAST(${value} AS ${type})`;
  };
  const conditions = [
    ...(startMicros === undefined ? [] : [`${quoteIdentifier(found.name)} >= ${await bound(startMicros)}`]),
    ...(endMicros === undefined ? [] : [`${quoteIdentifier(found.name)} < ${await bound(endMicros)}`]),
  ];
  return conditions.length === 0 ? select : `SELECT * FROM (${select}) WHERE ${conditions.join(' AND ')}`;
}

/** A SELECT over Arrow data, united by name. */
export function arrowSelect(tables: readonly ArrowTable[]): string {
  return united(arrowSelects(tables), 'UNION ALL BY NAME');
}

function arrowSelects(tables: readonly ArrowTable[]): readonly string[] {
  return tables.map(({ source, columns }) =>
    `SELECT ${columns.map(({ name, sql }) => `${sql} AS ${quoteIdentifier(name)}`).join(', ')} FROM ${source}`);
}

async function partSelects({ session, readers, nest }: RelationContext, part: Part): Promise<readonly string[]> {
  switch (part.kind) {
    case 'parquet': return part.paths.length === 0 ? [] : [await parquetSelect(session, part)];
    case 'arrow': return arrowSelects(session.arrow(part.streams));
    case 'rows': return [`SELECT * FROM ${session.rows(part)}`];
    case 'nested': return [session.nested(part)];
    case 'select': return [await nest(part)];
    case 'delta': return [await deltaReader(part).select(session, [part.source.name], part.options)];
    case 'file': return part.paths.length === 0 ? [] : [await readerOf(part, readers).select(session, part.paths, part.options)];
  }
}

async function parquetSelect(session: ScanSession, part: ParquetPart): Promise<string> {
  const files = await session.bindTexts(part.paths);
  const source = `read_parquet(${files}${part.paths.length > 1 ? ', union_by_name = true' : ''})`;
  if (part.versions === undefined) return `SELECT * FROM ${source}`;
  return `SELECT * EXCLUDE (${quoteIdentifier(VERSION_COLUMN)}) FROM ${source} WHERE ${await versionFilter(session, part.versions)}`;
}

async function versionFilter(session: ScanSession, { from, to }: NonNullable<ParquetPart['versions']>): Promise<string> {
  return `${quoteIdentifier(VERSION_COLUMN)} BETWEEN ${await session.bind(from)} AND ${await session.bind(to)}`;
}

async function knownSelects(
  { session, readers, nest }: RelationContext, part: Part, columns: readonly Column[], known: readonly Known[],
): Promise<readonly string[]> {
  switch (part.kind) {
    case 'parquet': return part.paths.length === 0 ? [] : [await knownParquetSelect(session, part, known)];
    case 'arrow': return session.arrow(part.streams).map(({ source, columns: own }) => {
      const expressions = new Map(own.map(({ name, sql }) => [name.toLowerCase(), sql]));
      return `SELECT ${casts(known, expressions)} FROM ${source}`;
    });
    case 'rows': {
      const expressions = new Map(part.columns.map(({ name }) => [name.toLowerCase(), quoteIdentifier(name)]));
      return [`SELECT ${casts(known, expressions)} FROM ${session.rows(part)}`];
    }
    case 'nested': {
      const expressions = new Map([...part.beside, ...part.columns].map(({ name }) => [name.toLowerCase(), quoteIdentifier(name)]));
      return [`SELECT ${casts(known, expressions)} FROM (${session.nested(part)})`];
    }
    case 'file': {
      if (part.paths.length === 0) return [];
      return [knownColumns(known, await readerOf(part, readers).select(session, part.paths, part.options, columns))];
    }
    case 'select': return [knownColumns(known, await nest(part))];
    case 'delta': return [knownColumns(known, await deltaReader(part).select(session, [part.source.name], part.options, columns))];
  }
}

/** A SELECT of a reader with exactly the columns that are known. */
function knownColumns(known: readonly Known[], select: string): string {
  const names = known.map(({ name }) => quoteIdentifier(name)).join(', ');
  const expressions = new Map(known.map(({ name }) => [name.toLowerCase(), quoteIdentifier(name)]));
  const rows = unitedByName([emptySelect(known), select]);
  return `SELECT ${casts(known, expressions)} FROM (SELECT ${names} FROM (${rows}))`;
}

/** The files are read with the columns that are known: absent ones are null, narrower ones are widened, and no file is looked at before. */
async function knownParquetSelect(session: ScanSession, part: ParquetPart, known: readonly Known[]): Promise<string> {
  const files = await session.bindTexts(part.paths);
  const where = part.versions === undefined ? '' : ` WHERE ${await versionFilter(session, part.versions)}`;
  if (part.paths.length === 1) {
    const columns = await columnsOfFile(session, files, known);
    if (columns !== undefined) return `SELECT ${columns} FROM read_parquet(${files})${where}`;
  }
  const version: Known = { name: VERSION_COLUMN, sqlType: 'BIGINT' };
  const schema = await session.bindParquetSchema(part.versions === undefined ? known : [...known, version]);
  const names = known.map(({ name }) => quoteIdentifier(name)).join(', ');
  return `SELECT ${names} FROM read_parquet(${files}, schema = ${schema})${where}`;
}

/**
 * The columns of one file that has them in the types that are known, or not at all. DuckDB gives the row groups of a file to several threads
 * only when it has opened it before, which it does not when it is told the columns. Undefined for a file of other types.
 */
async function columnsOfFile(session: ScanSession, files: string, known: readonly Known[]): Promise<string | undefined> {
  const own = new Map((await session.columnsOf(`FROM read_parquet(${files})`)).map((column) => [column.name.toLowerCase(), column]));
  const columns: string[] = [];
  for (const { name, sqlType } of known) {
    const found = own.get(name.toLowerCase());
    if (found !== undefined && found.type !== sqlType) return undefined;
    const sql = found === undefined ? `CAST(NULL AS ${sqlType})` : quoteIdentifier(found.name);
    columns.push(found?.name === name ? sql : `${sql} AS ${quoteIdentifier(name)}`);
  }
  return columns.join(', ');
}

function casts(known: readonly Known[], expressions: ReadonlyMap<string, string>): string {
  return known.map(({ name, sqlType }) =>
    `CAST(${expressions.get(name.toLowerCase()) ?? 'NULL'} AS ${sqlType}) AS ${quoteIdentifier(name)}`).join(', ');
}

function emptySelect(known: readonly Known[]): string {
  return `SELECT ${casts(known, new Map())} WHERE false`;
}

/** SELECTs of this package's own making, united by name. */
export function unitedByName(selects: readonly string[]): string {
  return united(selects, 'UNION ALL BY NAME');
}

function united(selects: readonly string[], operator: string): string {
  return selects.length === 1 ? selects[0] ?? '' : selects.map((select) => `(${select})`).join(` ${operator} `);
}

function deltaReader({ source }: DeltaPart): FormatReader {
  return createDeltaReader(() => Promise.resolve(source));
}

function readerOf(part: FilePart, readers: ReadonlyMap<string, FormatReader>): FormatReader {
  const reader = readers.get(part.format);
  if (reader !== undefined) return reader;
  const names = [...readers.keys()].sort().join(', ');
  throw new QueryError(
    'unsupported-format',
    `Cannot read "${part.paths[0] ?? ''}": nothing reads the format "${part.format}", wanted one of ${names === '' ? 'none' : names}`,
    { format: part.format },
  );
}
