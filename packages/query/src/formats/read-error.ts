import { QueryError } from '../errors.ts';
import { pathOfLiteral } from './literal-path.ts';
import { originalPath } from './spool.ts';

/** What is known about a mistake in a file. */
interface Finding {
  readonly what: string;
  readonly hint?: string;
  readonly line?: number;
  readonly column?: string;
  readonly byte?: number;
}

const SHOWN = 120;
const MESSAGE_END = 4_000;
const FILE = /^\s*file\s*=\s*(.+)$/m;
const QUOTED_FILE = /\bfile "([^"]+)"|\bfile '([^']+)'|pattern "([^"]+)"|File '([^']+)'/;

/**
 * What DuckDB says about a file it cannot read, in one line of ours: `Cannot read "F" line 3: it has 1 field, 2 were wanted (hint)`.
 * Undefined for errors that are not about the content of a file.
 *
 * @param original turns the path that DuckDB read into the one that the user knows
 */
export function readError(error: unknown, original: (path: string) => string = originalPath): QueryError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof QueryError && error.code !== 'query-failed') return error;
  const text = withoutMiddle(error.message);
  // Mistakes of the query itself, which may say anything.
  const isAboutTheQuery = /^(Binder|Parser|Catalog|Permission|TransactionContext|Constraint) Error/.test(text);
  if (isAboutTheQuery && !text.includes('COLUMN_TYPES')) return undefined;
  const found = csvFinding(text) ?? jsonFinding(text) ?? parquetFinding(text) ?? otherFinding(text);
  if (found === undefined) return undefined;
  const file = fileOf(text);
  return badInput(file === undefined ? undefined : original(file), found, { cause: error });
}

/** The error for content that its format does not allow. */
export function badInput(file: string | undefined, found: Finding, options?: ErrorOptions): QueryError {
  const where = [
    found.line === undefined ? '' : ` line ${found.line}`,
    found.column === undefined ? '' : ` column ${JSON.stringify(shorten(found.column))}`,
    found.byte === undefined ? '' : ` byte ${found.byte}`,
  ].join('');
  const hint = found.hint === undefined ? '' : ` (${found.hint})`;
  return new QueryError('bad-input', `Cannot read ${JSON.stringify(file ?? 'input')}${where}: ${found.what}${hint}`, {
    ...(file === undefined ? {} : { file }),
    ...(found.line === undefined ? {} : { line: found.line }),
    ...(found.column === undefined ? {} : { column: found.column }),
    ...(found.byte === undefined ? {} : { byte: found.byte }),
    ...(found.hint === undefined ? {} : { hint: found.hint }),
  }, options);
}

/** DuckDB puts the whole line into its message, of whatever length. */
function withoutMiddle(text: string): string {
  return text.length <= 2 * MESSAGE_END ? text : `${text.slice(0, MESSAGE_END)}…${text.slice(-MESSAGE_END)}`;
}

function fileOf(text: string): string | undefined {
  const named = FILE.exec(text)?.[1]?.trim();
  const quoted = QUOTED_FILE.exec(text);
  const raw = named ?? quoted?.[1] ?? quoted?.[2] ?? quoted?.[3] ?? quoted?.[4];
  return raw === undefined ? undefined : pathOfLiteral(raw);
}

function csvFinding(text: string): Finding | undefined {
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const at = line === undefined ? {} : { line: Number(line) };
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (fields !== null) {
    const hint = '?null_padding=true fills short rows with nulls, ?ignore_errors=true skips such rows';
    return { ...at, what: `it has ${count(Number(fields[2]), 'field')}, ${fields[1]} were wanted`, hint };
  }
  const convert = /Error when converting column "([\s\S]*?)"\. Could not convert string "([\s\S]*?)"? to '([A-Z][^'\n]*)'/.exec(text);
  if (convert !== null) {
    const [, column = '', value = '', type = ''] = convert;
    const guessed = text.includes('auto-detected') ? ', as the rows before it were' : '';
    const hint = `?types=${column}:VARCHAR takes the column as text, ?sample_size=-1 looks at all rows before it decides`;
    return { ...at, column, what: `"${shorten(value)}" is not ${article(type)} ${type}${guessed}`, hint };
  }
  if (/Invalid unicode|not utf-8 encoded|Invalid UTF8|invalid UTF-8/i.test(text) && !text.includes('JSON')) {
    return { ...at, what: 'it is not UTF-8, which was wanted', hint: '?encoding=latin-1, utf-16, windows-1252 … names another encoding' };
  }
  const size = /Maximum line size of (\d+) bytes exceeded\.(?: Actual Size:(\d+))?/.exec(text);
  if (size !== null) {
    const actual = size[2] === undefined ? 'more' : `${size[2]} bytes`;
    const wanted = Number(size[2] ?? Number(size[1]) * 4) + 1024;
    // While it looks for the dialect DuckDB calls every line the first.
    return {
      ...(line === '1' ? {} : at), what: `a line has ${actual}, at most ${size[1]} were wanted`, hint: `?max_line_size=${wanted} allows it`,
    };
  }
  if (/unterminated quote|Value with unterminated quote|unquoted value/i.test(text)) {
    return { ...at, what: 'a quote is not closed, or text follows a closing quote', hint: '?quote= takes quotes as text' };
  }
  if (text.includes('Error when sniffing file')) {
    return { what: 'no delimiter, quotes and number of columns fit its lines', hint: '?delim=, ?quote=, ?skip= and ?encoding= tell them' };
  }
  const unknown = /COLUMN_TYPES error: Columns with names: "?(.+?)"? do not exist/.exec(text);
  if (unknown !== null) return { what: `it has no column "${unknown[1] ?? ''}", which the option "types" names` };
  return line === undefined ? undefined : { ...at, what: firstLine(text.replace(/^[\s\S]*?Original Line:[^\n]*\n/, '')) };
}

function jsonFinding(text: string): Finding | undefined {
  const malformed = /Malformed JSON in file "[^"]*", at byte (\d+) in (line|record\/value) (\d+): ([^\n]*?)\.?\s*$/m.exec(text);
  if (malformed !== null) {
    const [, byte, unit, number, what = ''] = malformed;
    // DuckDB names the line behind the one that it means; where it counts values it does not.
    const at = unit === 'line' ? { line: Number(number) - 1 } : {};
    const record = unit === 'line' ? '' : ` in value ${number}`;
    return { ...at, byte: Number(byte), what: `it is not JSON${record}: ${what.trim()}`, ...skipHint(unit === 'line') };
  }
  const transform = /JSON transform error in file "[^"]*", in (line|record\/value) (\d+): ([^\n]*)/.exec(text);
  if (transform !== null) {
    const [, unit, number, what = ''] = transform;
    const at = unit === 'line' ? { line: Number(number) } : {};
    const hint = '?types=COLUMN:VARCHAR takes a column as text, ?sample_size=-1 looks at all rows before it decides';
    return { ...at, what: `${unit === 'line' ? '' : `in value ${number}: `}${lower(shorten(what))}`, hint };
  }
  if (text.includes('maximum_object_size')) {
    return { what: 'a value is larger than maximum_object_size', hint: '?maximum_object_size=BYTES allows it' };
  }
  if (text.includes('Expected top-level JSON array')) {
    return { what: 'it is not one JSON array, which was wanted', hint: 'ndjson reads lines' };
  }
  return undefined;
}

function skipHint(lines: boolean): { hint?: string } {
  return lines ? { hint: '?ignore_errors=true skips such lines' } : {};
}

function parquetFinding(text: string): Finding | undefined {
  if (/No magic bytes found at end of file|too small to be a Parquet file|not a Parquet file/i.test(text)) {
    return { what: 'it is not Parquet or was cut off: its end is not a Parquet footer' };
  }
  if (/Failed to read file "[^"]*"|decompression failure|TProtocolException|Corrupt|Could not read enough|TransportException/i.test(text)) {
    return { what: `it is damaged: ${lower(firstLine(text.replace(/^[A-Za-z ]+Error: (Failed to read file "[^"]*": )?/, '')))}` };
  }
  return undefined;
}

function otherFinding(text: string): Finding | undefined {
  if (/No files found that match the pattern/.test(text)) return { what: 'there is no such file' };
  if (/zstd|ZSTD/.test(text) && /decompress|frame|corrupt/i.test(text)) return { what: 'its zstd data is damaged or was cut off' };
  if (/gzip|GZIP|miniz|inflate/.test(text)) return { what: 'its gzip data is damaged or was cut off' };
  return undefined;
}

function firstLine(text: string): string {
  return shorten((text.trim().split('\n')[0] ?? '').replace(/[.\s]+$/, ''));
}

function shorten(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > SHOWN ? `${flat.slice(0, SHOWN)}…` : flat;
}

function lower(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function article(type: string): string {
  return /^[AEIO]/.test(type) ? 'an' : 'a';
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
