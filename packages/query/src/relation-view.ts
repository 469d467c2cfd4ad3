import { QueryError } from './errors.ts';
import type { FormatReader } from './formats/reader.ts';
import { quoteIdentifier } from './identifier.ts';
import { type Column, type FilePart, type ParquetPart, type Part, type Relation, VERSION_COLUMN } from './relation.ts';
import type { ScanSession } from './scan-session.ts';

/** The SELECT that a relation is: its parts united by name, in order. */
export async function relationSelect(
  session: ScanSession, relation: Relation, readers: ReadonlyMap<string, FormatReader>,
): Promise<string> {
  const selects: string[] = [];
  for (const part of relation.parts) selects.push(await partSelect(session, part, relation.columns, readers));
  if (selects.length === 0) return emptySelect(relation.columns ?? []);
  return selects.length === 1 ? selects[0] ?? '' : selects.map((select) => `(${select})`).join(' UNION ALL BY NAME ');
}

async function partSelect(
  session: ScanSession, part: Part, columns: readonly Column[] | undefined, readers: ReadonlyMap<string, FormatReader>,
): Promise<string> {
  switch (part.kind) {
    case 'parquet': return parquetSelect(session, part);
    case 'arrow': return `SELECT * FROM ${await session.arrow(part.streams)}`;
    case 'rows': return `SELECT * FROM ${session.rows(part)}`;
    case 'file': return readerOf(part, readers).select(session, part.paths, part.options, columns);
  }
}

async function parquetSelect(session: ScanSession, { paths, versions }: ParquetPart): Promise<string> {
  const files = await session.bindTexts(paths);
  const source = `read_parquet(${files}${paths.length > 1 ? ', union_by_name = true' : ''})`;
  if (versions === undefined) return `SELECT * FROM ${source}`;
  const version = quoteIdentifier(VERSION_COLUMN);
  const [from, to] = [await session.bind(BigInt(versions.from)), await session.bind(BigInt(versions.to))];
  return `SELECT * EXCLUDE (${version}) FROM ${source} WHERE ${version} BETWEEN ${from} AND ${to}`;
}

function readerOf(part: FilePart, readers: ReadonlyMap<string, FormatReader>): FormatReader {
  const reader = readers.get(part.format);
  if (reader !== undefined) return reader;
  throw new QueryError(
    'unsupported-format', `Cannot read "${part.paths[0] ?? ''}": nothing reads the format "${part.format}", wanted one of ${
      [...readers.keys()].sort().join(', ') || 'none'}`,
    { format: part.format },
  );
}

function emptySelect(columns: readonly Column[]): string {
  if (columns.length === 0) throw new QueryError('bad-input', 'Cannot query a relation: it has no parts and no columns, wanted either');
  return `SELECT ${columns.map(({ name }) => `NULL AS ${quoteIdentifier(name)}`).join(', ')} WHERE false`;
}
