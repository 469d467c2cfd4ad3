import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { decodeText } from './text-encoding.ts';
import type { Layout } from './layout.ts';

/** A row that cannot be taken, by the line of its file on which it begins, counted from 1. */
export interface RejectedRow {
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

/** The rows of a file as a plain CSV of texts: `line`, `raw`, `c0`, `c1`, … in UTF-8, empty fields null. */
export interface SpooledRows {
  readonly path: string;
  readonly header: readonly string[] | undefined;
  /** The row under the header, when units stand there. */
  readonly units: readonly string[] | undefined;
  readonly fields: number;
  readonly rows: number;
  readonly rejected: readonly RejectedRow[];
}

export interface SpoolOptions {
  readonly encoding: string;
  readonly layout: Layout;
  readonly hasHeader: boolean;
  readonly hasUnitsRow: boolean;
  /** Texts that mean that there is no value. */
  readonly nulls: readonly string[];
  readonly signal?: AbortSignal;
}

const LONGEST_TEXT = 2000;
const LONGEST_RECORD = 16 * 1024 * 1024;
const FLUSH_CHARS = 256 * 1024;

/** Writes the rows of a delimited file to `path`. Rows with more or fewer fields than the others are rejected. */
export async function spoolRows(file: string, path: string, options: SpoolOptions): Promise<SpooledRows> {
  const { encoding, layout, hasHeader, hasUnitsRow, signal } = options;
  const { parse } = await import('csv-parse');
  const nulls = new Set(options.nulls.map((text) => text.toLowerCase()));
  const parser = parse({
    delimiter: layout.delimiter, relax_column_count: true, relax_quotes: true, raw: true, info: true, skip_empty_lines: true,
    max_record_size: LONGEST_RECORD, record_delimiter: ['\r\n', '\n', '\r'],
  });
  const source = Readable.from(behindLines(decodeText(createReadStream(file), encoding), layout.preambleLines));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const out = createWriteStream(path);
  let text = `line,raw,${Array.from({ length: layout.fields }, (_, at) => `c${at}`).join(',')}\n`;
  let [header, units]: [readonly string[] | undefined, readonly string[] | undefined] = [undefined, undefined];
  let rows = 0;
  let lineBefore = layout.preambleLines;
  const rejected: RejectedRow[] = [];
  const cell = (value: string): string => {
    const clean = value.trim();
    return clean === '' || nulls.has(clean.toLowerCase()) ? '' : quoted(clean);
  };
  for await (const item of parser) {
    signal?.throwIfAborted();
    const { record, raw } = item as { readonly record: readonly string[]; readonly raw: string };
    // Empty lines before a row belong to it.
    const [blank = ''] = /^[\r\n]*/.exec(raw) ?? [];
    const line = lineBefore + linesIn(blank) + 1;
    lineBefore += linesIn(raw);
    const shown = raw.trim().slice(0, LONGEST_TEXT);
    if (hasHeader && header === undefined) header = record;
    else if (hasUnitsRow && units === undefined) units = record;
    else if (record.length !== layout.fields && !isPadded(record, layout.fields)) {
      const count = record.length === 1 ? '1 field' : `${record.length} fields`;
      rejected.push({ line, reason: `${count}, ${layout.fields} were wanted`, text: shown });
    } else {
      const cells = Array.from({ length: layout.fields }, (_, at) => cell(record[at] ?? ''));
      if (cells.every((one) => one === '')) continue;
      text += `${line},${quoted(shown)},${cells.join(',')}\n`;
      rows++;
      if (text.length < FLUSH_CHARS) continue;
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'finish');
  return { path, header, units, fields: layout.fields, rows, rejected };
}

/** Lines that end in delimiters have empty fields behind the last one. */
function isPadded(record: readonly string[], fields: number): boolean {
  return record.length > fields && record.slice(fields).every((value) => value.trim() === '');
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function linesIn(text: string): number {
  return text.split(/\r\n|\n|\r/).length - 1;
}

/** A text without its first lines. */
async function* behindLines(pieces: AsyncIterable<string>, lines: number): AsyncGenerator<string, void, void> {
  let [left, held] = [lines, ''];
  for await (const piece of pieces) {
    if (left === 0) {
      yield held + piece;
      held = '';
      continue;
    }
    held += piece;
    for (let end = endOfLine(held); left > 0 && end !== undefined; end = endOfLine(held)) {
      held = held.slice(end);
      left--;
    }
  }
  if (left === 0 && held !== '') yield held;
}

/** Behind the first line end; a carriage return at the very end may be half of one. */
function endOfLine(text: string): number | undefined {
  const at = text.search(/[\r\n]/);
  if (at < 0 || (text[at] === '\r' && at === text.length - 1)) return undefined;
  return text.startsWith('\r\n', at) ? at + 2 : at + 1;
}

/** The first lines of a file, as far as a sample reaches. */
export async function firstLines(file: string, encoding: string, count: number): Promise<readonly string[]> {
  let text = '';
  for await (const piece of decodeText(createReadStream(file, { end: 1024 * 1024 }), encoding)) {
    text += piece;
    if (text.split(/\r\n|\n|\r/).length > count) break;
  }
  const lines = text.split(/\r\n|\n|\r/);
  return (lines.at(-1) === '' ? lines.slice(0, -1) : lines).slice(0, count);
}
