import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pond, RowImporter, TabularContent } from '@duckpond/pond';
import { formatOfName, quoteIdentifier } from '@duckpond/query';
import { FactoryError } from '../errors.ts';
import { findLayout, type Layout, namedColumns } from './layout.ts';
import { firstLines, type RejectedRow, spoolRows } from './spooled-rows.ts';
import { detectEncoding } from './text-encoding.ts';
import { spooledCatalog, spooledTables, type TypedColumn, typeRows, type TypeOptions } from './typed-rows.ts';

/** How delimited text is to be read, where it does not tell itself. */
export interface TextOptions extends Omit<TypeOptions, 'signal'> {
  readonly encoding: string | undefined;
  readonly delimiter: string | undefined;
  /** Lines before the header; found when it is not told. */
  readonly preambleLines: number | undefined;
  readonly hasHeader: boolean;
  /** Where units stand: behind the names, in brackets; in a row under the header; nowhere. */
  readonly units: 'in-name' | 'row' | 'none';
  readonly nulls: readonly string[];
}

/** What a file is taken for. */
export interface ReadTable {
  readonly encoding: string;
  readonly layout: Layout;
  readonly columns: readonly TypedColumn[];
  readonly times: string | undefined;
  readonly rejected: readonly RejectedRow[];
  /** Rows that fit; undefined when there are none. */
  readonly content: TabularContent | undefined;
}

const LOOKED_AT = 200;
/** What an empty file is taken for. */
const NOTHING: Omit<ReadTable, 'encoding'> = {
  layout: { delimiter: ',', preambleLines: 0, fields: 0 }, columns: [], times: undefined, rejected: [], content: undefined,
};

/** Reads delimited text of any make. `importer.directory` has what is made on the way. @throws FactoryError `bad-input`, QueryError */
export async function readText(
  pond: Pick<Pond, 'sqlParquet'>, importer: RowImporter, file: string, options: TextOptions, signal: AbortSignal | undefined,
  stored?: StoredRows,
): Promise<ReadTable> {
  const aborts = signal === undefined ? {} : { signal };
  const encoding = options.encoding ?? await detectEncoding(file);
  const lines = await firstLines(file, encoding, LOOKED_AT);
  const layout = findLayout(lines, {
    decimal: options.decimal, ...(options.delimiter === undefined ? {} : { delimiter: options.delimiter }),
    ...(options.preambleLines === undefined ? {} : { preambleLines: options.preambleLines }),
  });
  if (layout === undefined) {
    if (lines.every((line) => line.trim() === '')) return { ...NOTHING, encoding };
    throw new FactoryError('bad-input', `Cannot read "${file}": no line of it has two fields, a table was wanted`, { file });
  }
  const scratch = await mkdtemp(join(importer.directory, 'file-'));
  const spooled = await spoolRows(file, join(scratch, 'rows.csv'), {
    encoding, layout, hasHeader: options.hasHeader, hasUnitsRow: options.units === 'row', nulls: options.nulls, ...aborts,
  });
  const header = spooled.header ?? Array.from({ length: layout.fields }, () => '');
  const named = namedColumns(header, options.units === 'row' ? spooled.units ?? [] : options.units === 'in-name' ? 'in-name' : undefined);
  const typed = await typeRows(importer.engine, file, spooled, named, { ...options, ...aborts });
  const rejected = [...spooled.rejected, ...typed.rejected].sort((a, b) => a.line - b.line);
  const { columns, timeColumn, times } = typed;
  const isEmpty = spooled.rows === typed.rejected.length;
  const path = join(scratch, 'rows.parquet');
  if (!isEmpty && stored === undefined) {
    await importer.engine.copyToParquet({ sql: typed.select, query: { catalog: spooledCatalog(spooled) } }, path, aborts);
  } else if (!isEmpty && stored !== undefined) {
    const select = newRows(typed.select, outputs(columns, timeColumn), stored);
    const tables = { ...spooledTables(spooled), stored: stored.path };
    await pipeline(pond.sqlParquet(select, { tables, ...aborts }), createWriteStream(path));
  }
  const content = isEmpty ? undefined : await contentOf(importer, path, columns, timeColumn, signal);
  await rm(scratch, { recursive: true });
  return { encoding, layout, columns, times, rejected, content };
}

/** Rows that are there already: only others are wanted. */
export interface StoredRows {
  readonly path: string;
  readonly columns: readonly string[];
}

function outputs(columns: readonly TypedColumn[], timeColumn: string | undefined): readonly string[] {
  return [...(timeColumn === undefined ? [] : [timeColumn]), ...columns.flatMap(({ name, type }) => (type === 'time' ? [] : [name]))];
}

/** A column that is not stored yet makes a row new when it has a value there. */
function newRows(select: string, names: readonly string[], stored: StoredRows): string {
  const known = new Set(stored.columns.map((name) => name.toLowerCase()));
  const same = names.map((name) => (known.has(name.toLowerCase())
    ? `k.${quoteIdentifier(name)} IS NOT DISTINCT FROM n.${quoteIdentifier(name)}` : `n.${quoteIdentifier(name)} IS NULL`));
  return `SELECT n.* FROM (${select}) n WHERE NOT EXISTS (SELECT 1 FROM stored k WHERE ${same.join(' AND ')})`;
}

async function contentOf(
  importer: RowImporter, path: string, columns: readonly TypedColumn[], timeColumn: string | undefined, signal: AbortSignal | undefined,
): Promise<TabularContent> {
  const withUnit = columns.filter(({ type }) => type !== 'time');
  const units = Object.fromEntries(withUnit.flatMap(({ name, unit }) => (unit === undefined ? [] : [[name, unit]])));
  return importer.read({ kind: 'file', format: 'parquet', paths: [path], options: {} }, {
    units, ...(timeColumn === undefined ? {} : { timeColumn }), ...(signal === undefined ? {} : { signal }),
  });
}

/** Reads a file of another tabular format by its name. @throws FactoryError `bad-input`, QueryError */
export async function readOther(
  importer: RowImporter, file: string, timeColumn: string | undefined, signal: AbortSignal | undefined,
): Promise<TabularContent> {
  const { format } = formatOfName(file);
  if (format === undefined) {
    const message = `Cannot read "${basename(file)}" as rows: its name tells no format, "as: data" or another name was wanted`;
    throw new FactoryError('bad-input', message, { file });
  }
  return importer.read({ kind: 'file', format, paths: [file], options: {} }, {
    ...(timeColumn === undefined ? {} : { timeColumn }), ...(signal === undefined ? {} : { signal }),
  });
}
