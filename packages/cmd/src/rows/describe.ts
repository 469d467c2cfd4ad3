import type { FileNode, NodePath, TabularColumn } from '@duckpond/tinyfs';
import { computedFacts } from './computed.ts';
import type { RowSession } from './session.ts';
import { tableName, type Target } from './target.ts';

/** A column, and with statistics the least and the greatest value as DuckDB prints them and about how many there are. */
export interface ColumnFacts {
  readonly name: string;
  readonly type: string;
  readonly nulls?: number;
  readonly unit?: string;
  readonly description?: string;
  readonly min?: string;
  readonly max?: string;
  readonly distinct?: number;
}

/** What is known of a file; undefined is what is not. */
export interface FileFacts {
  readonly path: string;
  readonly kind: string;
  readonly format?: string | undefined;
  readonly rows?: number | undefined;
  readonly versions?: number | undefined;
  readonly sizeBytes?: number | undefined;
  readonly modifiedMicros?: bigint | undefined;
  readonly timeColumn?: string | undefined;
  readonly timeMinMicros?: bigint | undefined;
  readonly timeMaxMicros?: bigint | undefined;
  readonly columns?: readonly ColumnFacts[] | undefined;
}

/** The rows of a URL of the host, or of Delta tables, which have to be looked at. */
export async function describeUrl(rows: RowSession, target: Exclude<Target, { kind: 'pond' }>, stats: boolean): Promise<FileFacts> {
  const { formatOfName, parseFormatUrl } = await import('@duckpond/query');
  const { format } = parseFormatUrl(target.text);
  const columns = await columnsOf(rows, tableName(target));
  const told = format === undefined || format === 'file' ? formatOfName(target.path).format : format;
  const facts = { path: target.text, kind: target.kind === 'host' ? 'host' : 'directory', format: told };
  return stats ? { ...facts, ...await statistics(rows, tableName(target), columns) } : { ...facts, columns };
}

/** What a node says of itself. Only data files that hold rows are opened, and with `stats` all. */
export async function describeFile(
  rows: RowSession, target: Extract<Target, { kind: 'pond' }>, { path, node }: NodePath<FileNode>, stats: boolean,
): Promise<FileFacts> {
  const { tabular } = node;
  const facts: FileFacts = {
    path, kind: node.kind, versions: node.computed === undefined ? node.version : undefined, sizeBytes: node.sizeBytes,
    modifiedMicros: node.modifiedMicros,
    format: node.kind === 'data' ? undefined : 'rows',
    rows: tabular?.rowCount, timeColumn: tabular?.timeColumn, timeMinMicros: tabular?.timeMinMicros, timeMaxMicros: tabular?.timeMaxMicros,
    columns: tabular?.columns.map(columnOf),
  };
  if (node.kind !== 'data' && node.computed === undefined && (tabular !== undefined || node.version === 0)) {
    return stats && node.version > 0 ? { ...facts, ...await statistics(rows, path, facts.columns ?? []) } : facts;
  }
  const format = await formatOf(target, path, node);
  if (node.kind === 'data' && format === undefined) return facts;
  // A URL says how its one file is read; a pattern's files are looked at one by one.
  const name = target.isUrl && target.files.length === 1 ? target.text : path;
  const columns = await columnsOf(rows, name);
  const computed = node.kind !== 'data' && node.computed !== undefined ? await computedFacts(rows, name, columns) : {};
  const known = { ...facts, ...computed, format: format ?? facts.format, columns };
  return stats ? { ...known, ...await statistics(rows, name, columns) } : known;
}

async function formatOf(target: Extract<Target, { kind: 'pond' }>, path: string, node: FileNode): Promise<string | undefined> {
  if (node.kind !== 'data') return undefined;
  const { formatOfName, parseFormatUrl } = await import('@duckpond/query');
  return (target.isUrl ? parseFormatUrl(target.text).format : undefined) ?? formatOfName(path).format;
}

function columnOf({ name, type, nulls, unit, description }: TabularColumn): ColumnFacts {
  return { name, type, nulls, ...(unit === undefined ? {} : { unit }), ...(description === undefined ? {} : { description }) };
}

async function columnsOf(rows: RowSession, source: string): Promise<readonly ColumnFacts[]> {
  const result = await rows.query({ script: 'SELECT * FROM source LIMIT 0', tables: { source } });
  await result.close();
  return result.columns.map(({ name, type }) => ({ name, type }));
}

const PER_COLUMN = 4;

/** One scan: the number of rows, and of each column nulls, the least, the greatest, and about how many values differ. */
async function statistics(
  rows: RowSession, source: string, columns: readonly ColumnFacts[],
): Promise<Pick<FileFacts, 'rows' | 'columns'>> {
  const { quoteIdentifier } = await import('@duckpond/query');
  const expressions = columns.flatMap(({ name }) => {
    const column = quoteIdentifier(name);
    return [
      `count(*) - count(${column})`, `CAST(min(${column}) AS VARCHAR)`, `CAST(max(${column}) AS VARCHAR)`,
      `approx_count_distinct(${column})`,
    ];
  });
  const result = await rows.query({ script: `SELECT ${['count(*)', ...expressions].join(', ')} FROM source`, tables: { source } });
  let found: readonly unknown[] = [];
  for await (const row of result.rows()) found = row;
  return {
    rows: Number(found[0]),
    columns: columns.map((column, index) => {
      const [nulls, min, max, distinct] = found.slice(1 + index * PER_COLUMN, 1 + (index + 1) * PER_COLUMN);
      return {
        ...column, nulls: Number(nulls), distinct: Number(distinct),
        ...(typeof min === 'string' ? { min } : {}), ...(typeof max === 'string' ? { max } : {}),
      };
    }),
  };
}
