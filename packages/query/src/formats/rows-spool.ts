import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { describeSelect } from '../describe-select.ts';
import { quoteIdentifier } from '../identifier.ts';
import type { ScanSession } from '../scan-session.ts';
import { spoolOf } from './spool.ts';

/** A value that a reader found in its input. */
export type Cell = string | number | boolean | bigint | null | undefined | readonly Cell[];

/** Writes rows found in JavaScript to a file of JSON lines, which DuckDB then reads at its own speed. */
export interface RowsWriter {
  readonly path: string;
  /** Resolves when there is room for more. */
  write(cells: readonly Cell[]): Promise<void>;
  close(): Promise<void>;
}

const BATCH_LENGTH = 256 * 1024;

/** A writer of rows out of the file that the user knows as `source`. */
export function rowsWriter(session: ScanSession, source: string): RowsWriter {
  const path = spoolOf(session).path(source, 'json');
  const file = createWriteStream(path);
  let pending: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const text = pending.join('');
    pending = [];
    length = 0;
    if (!file.write(text)) await once(file, 'drain');
  };
  return {
    path,
    write: async (cells) => {
      const members = cells.flatMap((cell, at) => (cell === null || cell === undefined ? [] : [`"c${at}":${textOf(cell)}`]));
      const line = `{${members.join(',')}}\n`;
      pending.push(line);
      length += line.length;
      if (length >= BATCH_LENGTH) await flush();
    },
    close: async () => {
      if (length > 0) await flush();
      file.end();
      await finished(file);
    },
  };
}

/** JSON with whole numbers of any size; what JSON cannot say (NaN, infinity) is text, which DuckDB casts back. */
function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return 'null';
  if (typeof cell === 'bigint') return String(cell);
  if (typeof cell === 'number' && !Number.isFinite(cell)) return JSON.stringify(String(cell));
  if (typeof cell === 'object') return `[${cell.map(textOf).join(',')}]`;
  return JSON.stringify(cell);
}

/** A SELECT of rows that were written, whose columns have these names and types. */
export async function selectTyped(
  session: ScanSession, paths: readonly string[], columns: readonly { readonly name: string; readonly type: string }[],
): Promise<string> {
  const types: string[] = [];
  for (const [at, { type }] of columns.entries()) types.push(`c${at} := ${await session.bind(type)}`);
  const names = columns.map(({ name }, at) => `c${at} AS ${quoteIdentifier(name)}`);
  const files = await session.bindTexts(paths);
  return `SELECT ${names.join(', ')} FROM read_json(${files}, ${FORMAT}, columns = struct_pack(${types.join(', ')}))`;
}

/** A SELECT of rows that were written, whose columns have these names, and the types that fit all of their values; text fits everything. */
export async function selectGuessed(session: ScanSession, path: string, names: readonly string[]): Promise<string> {
  const source = `read_json(${await session.bindTexts([path])}, ${FORMAT}, sample_size = -1, maximum_depth = 2)`;
  const found = new Map((await describeSelect(session, `SELECT * FROM ${source}`)).map(({ name, type }) => [name, type]));
  const columns = names.map((name, at) => {
    const type = found.get(`c${at}`);
    const value = type === undefined ? 'NULL::VARCHAR' : type === 'JSON' ? `(c${at} ->> '$')` : `c${at}`;
    return `${value} AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${columns.join(', ')} FROM ${source}`;
}

const FORMAT = "format = 'newline_delimited', compression = 'uncompressed'";

/** Names for columns as a header gives them: empty ones are called by their place, repeated ones get `_1`, `_2`, without regard to case. */
export function columnNames(header: readonly (string | undefined)[]): readonly string[] {
  const taken = new Set<string>();
  return header.map((text, at) => {
    const base = text === undefined || text.trim() === '' ? `column${at}` : text.trim();
    let name = base;
    for (let number = 1; taken.has(name.toLowerCase()); number += 1) name = `${base}_${number}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
