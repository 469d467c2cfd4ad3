import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Catalog, FilePart, Relation, TabularColumn } from '@duckpond/query';
import { type Batch, recordsOfFile } from './append-batch.ts';
import type { RowImporter } from './import-rows.ts';

/** A record that cannot be stored. */
export interface Rejected {
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

/** Of a record's text so much is kept. */
const TEXT_BYTES = 64 * 1024;
const SHOWN = 60;
/** For so many rows of a batch the reason is asked of DuckDB. */
const MOST_REASONS = 20;
const FLUSH_BYTES = 1024 * 1024;

/** The text of a record, as much of it as is kept. */
export function textOf(bytes: Buffer): string {
  return bytes.subarray(0, TEXT_BYTES).toString('utf8');
}

/** Lines that are no JSON objects. */
export async function findBadJson(importer: RowImporter, path: string, signal: AbortSignal | undefined): Promise<readonly Rejected[]> {
  const rejected: Rejected[] = [];
  for (const { line, bytes } of recordsOfFile(path, false)) {
    if (!isUtf8(bytes)) rejected.push({ line, reason: 'it is not UTF-8', text: textOf(bytes) });
  }
  const sql = `SELECT line, coalesce(TRY(json_type("text")), '') FROM lines
    WHERE trim("text") <> '' AND coalesce(TRY(json_type("text")), '') <> 'OBJECT'`;
  const seen = new Set(rejected.map(({ line }) => line));
  for (const [line, type] of await rowsOf(importer, sql, textRows(path, seen), {}, signal)) {
    const reason = type === '' ? 'it is not JSON' : `it is a JSON ${jsonWord(String(type))}, an object was wanted`;
    rejected.push({ line: Number(line), reason, text: '' });
  }
  return withTexts(path, rejected);
}

function jsonWord(type: string): string {
  return type === 'VARCHAR' ? 'string' : type === 'ARRAY' || type === 'BOOLEAN' || type === 'NULL' ? type.toLowerCase() : 'number';
}

/** Lines with a value that has not the type of its column. */
export async function findBadValues(
  importer: RowImporter, path: string, columns: readonly TabularColumn[], known: readonly Rejected[], signal: AbortSignal | undefined,
): Promise<readonly Rejected[]> {
  const rejected = new Map<number, Rejected>();
  const seen = new Set(known.map(({ line }) => line));
  for (const { name, type } of columns) {
    const sql = `SELECT line, CAST(value AS VARCHAR)
      FROM (SELECT line, json_extract("text", $pointer) AS value FROM lines WHERE trim("text") <> '')
      WHERE value IS NOT NULL AND json_type(value) <> 'NULL' AND TRY(json_transform_strict(value, $structure)) IS NULL`;
    const params = { pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, structure: JSON.stringify(type) };
    for (const [line, value] of await rowsOf(importer, sql, textRows(path, seen), params, signal)) {
      const reason = `column "${name}": ${shorten(String(value))} is not ${type}`;
      if (!rejected.has(Number(line))) rejected.set(Number(line), { line: Number(line), reason, text: '' });
    }
  }
  return withTexts(path, [...rejected.values()]);
}

const LINE_COLUMN = '__duckpond_line';
/** Only columns that a query looks at are converted: it looks at all of them. */
const KEPT_LINES = `SELECT CAST("${LINE_COLUMN}" AS BIGINT), hash(row) FROM lines AS row`;

/** Records that DuckDB's reader leaves out with these options. */
export async function findRejectedCsv(
  importer: RowImporter, batch: Batch, header: string, options: FilePart['options'], format: string,
  signal: AbortSignal | undefined,
): Promise<readonly Rejected[]> {
  const numbered = `${batch.path}.numbered.csv`;
  const delimiter = options['delim'] === 'tab' ? '\t' : options['delim'] ?? ',';
  try {
    let isHeader = true;
    writeRecords(numbered, recordsOfFile(batch.path, true), ({ line, bytes }) => {
      const prefix = isHeader ? LINE_COLUMN : String(line);
      isHeader = false;
      return Buffer.concat([Buffer.from(`${prefix}${delimiter}`), bytes]);
    });
    const relation: Relation = { parts: [{ kind: 'file', format, paths: [numbered], options: { ...options, ignore_errors: 'true' } }] };
    const kept = new Set<number>();
    for (const [line] of await rowsOf(importer, KEPT_LINES, relation, {}, signal)) kept.add(Number(line));
    const rejected: Rejected[] = [];
    for (const { line, bytes } of recordsOfFile(batch.path, true)) {
      // An empty line is no row.
      if (line === 1 || kept.has(line) || bytes.length === 0) continue;
      const reason = !isUtf8(bytes) ? 'it is not UTF-8'
        : rejected.length >= MOST_REASONS ? 'it does not fit the columns' : await reasonOf(importer, batch, header, bytes, options, format);
      rejected.push({ line, reason, text: textOf(bytes) });
    }
    return rejected;
  } finally {
    rmSync(numbered, { force: true });
  }
}

/** What DuckDB says about one record alone. */
async function reasonOf(
  importer: RowImporter, batch: Batch, header: string, bytes: Buffer, options: FilePart['options'], format: string,
): Promise<string> {
  const path = `${batch.path}.one.csv`;
  try {
    writeRecords(path, [Buffer.from(header), bytes], (record) => record);
    const part: Relation = { parts: [{ kind: 'file', format, paths: [path], options }] };
    await rowsOf(importer, 'SELECT max(hash(COLUMNS(*))) FROM lines', part, {}, undefined);
    return 'it does not fit the columns';
  } catch (error) {
    return reasonIn(error);
  } finally {
    rmSync(path, { force: true });
  }
}

/** What an error says about a row, without the file and the way out, which is not the user's here. */
export function reasonIn(error: unknown): string {
  const message = error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error);
  const [, column, what] = /^Cannot read ".*?"(?: line \d+)?(?: (column ".*?"))?(?: byte \d+)?: (.*?)(?: \(\?.*\))?$/.exec(message) ?? [];
  return column === undefined ? what ?? message : `${column}: ${what ?? ''}`;
}

/** The batch's file again without some of its records. */
export function writeWithout(
  path: string, rejected: readonly Rejected[], { hasQuotes, header }: { readonly hasQuotes: boolean; readonly header: 0 | 1 },
): string {
  const cleaned = `${path}.cleaned.${path.slice(path.lastIndexOf('.') + 1)}`;
  const left = new Set(rejected.map(({ line }) => line));
  writeRecords(cleaned, recordsOfFile(path, hasQuotes), ({ line, bytes }) => (left.has(line) && line > header ? undefined : bytes));
  return cleaned;
}

function writeRecords<T>(path: string, records: Iterable<T>, bytesOf: (record: T) => Buffer | undefined): void {
  const file = openSync(path, 'w', 0o600);
  try {
    let waiting: Buffer[] = [];
    let size = 0;
    const flush = (): void => {
      const all = Buffer.concat(waiting);
      for (let at = 0; at < all.length;) at += writeSync(file, all, at);
      waiting = [];
      size = 0;
    };
    for (const record of records) {
      const bytes = bytesOf(record);
      if (bytes === undefined) continue;
      waiting.push(bytes, Buffer.from('\n'));
      size += bytes.length + 1;
      if (size > FLUSH_BYTES) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

/** Lines as rows that are made while the query runs. */
function textRows(path: string, left: ReadonlySet<number>): Relation {
  function* rows(): Generator<readonly unknown[]> {
    for (const { line, bytes } of recordsOfFile(path, false)) if (!left.has(line)) yield [BigInt(line), bytes.toString('utf8')];
  }
  return { parts: [{ kind: 'rows', columns: [{ name: 'line', type: 'BIGINT' }, { name: 'text', type: 'VARCHAR' }], rows }] };
}

async function rowsOf(
  importer: RowImporter, sql: string, lines: Relation, params: Readonly<Record<string, string>>, signal: AbortSignal | undefined,
): Promise<readonly (readonly unknown[])[]> {
  const catalog: Catalog = { resolve: (name) => Promise.resolve(name === 'lines' ? lines : undefined) };
  const result = await importer.engine.query(sql, {
    catalog, ...(Object.keys(params).length === 0 ? {} : { params }), ...(signal === undefined ? {} : { signal }),
  });
  const rows: (readonly unknown[])[] = [];
  for await (const row of result.rows()) rows.push(row);
  return rows;
}

function withTexts(path: string, rejected: readonly Rejected[]): readonly Rejected[] {
  const wanted = new Map(rejected.map((one) => [one.line, one]));
  const found: Rejected[] = [];
  for (const { line, bytes } of recordsOfFile(path, false)) {
    const one = wanted.get(line);
    if (one !== undefined) found.push({ ...one, text: textOf(bytes) });
  }
  return found;
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
