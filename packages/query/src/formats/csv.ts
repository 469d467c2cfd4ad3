import { stat } from 'node:fs/promises';
import { quoteIdentifier } from '../identifier.ts';
import type { ScanSession } from '../scan-session.ts';
import { inputFiles, type NativeInputs, nativeInputs } from './inputs.ts';
import { booleanOption, checkOptions, integerOption, type Options, typesOption } from './options.ts';
import { readBytes } from './decompress.ts';
import { findRaggedLine } from './ragged.ts';
import { badInput, readError } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { spoolOf } from './spool.ts';

// From the names in a URL to DuckDB's.
const TEXT_OPTIONS: Readonly<Record<string, string>> = {
  delim: 'delim', sep: 'delim', delimiter: 'delim', quote: 'quote', escape: 'escape', nullstr: 'nullstr', comment: 'comment',
  dateformat: 'dateformat', timestampformat: 'timestampformat', decimal_separator: 'decimal_separator', thousands: 'thousands',
};
const BOOLEAN_OPTIONS = ['header', 'null_padding', 'ignore_errors', 'all_varchar', 'strict_mode', 'normalize_names'] as const;
const KNOWN = [
  ...Object.keys(TEXT_OPTIONS), ...BOOLEAN_OPTIONS, 'skip', 'sample_size', 'max_line_size', 'types', 'columns', 'encoding', 'compression',
];
const CANDIDATES = [',', ';', '\t', '|'];
const LARGE_LINE = 2_000_000;
// Twice the longest line that DuckDB takes unless told.
const SMALL_BYTES = 4_194_304;

/**
 * Delimited text, by DuckDB's reader and sniffer. `types=a:BIGINT,b:VARCHAR` sets types of columns, `columns=…` names and types of all of them.
 * Lines are skipped only when `skip` says so, and lines of other lengths are an error: the sniffer alone would leave out whatever does not fit.
 * Names that repeat become `a`, `a_1`.
 */
export function delimitedReader(format: 'csv' | 'tsv'): FormatReader {
  return { format, select: (session, paths, options) => selectDelimited(format, session, paths, options) };
}

async function selectDelimited(format: 'csv' | 'tsv', session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions(format, options, KNOWN);
  const inputs = await nativeInputs(session, format, paths, options, 'csv');
  const given = delimiterOf(options) ?? (format === 'tsv' ? '\t' : undefined);
  const select = `SELECT * FROM read_csv(${await parametersOf(format, session, inputs, options, given, await areSmall(paths))})`;
  if (Object.hasOwn(options, 'columns') || booleanOption(format, options, 'null_padding') === true) return select;
  try {
    const columns = await session.columnsOf(select);
    const only = columns.length === 1 ? columns[0] : undefined;
    const suspect = columns.some(({ name }) => CANDIDATES.some((delimiter) => name.includes(delimiter)))
      || only?.type === 'VARCHAR';
    if (given === undefined && suspect) await refuseRagged(format, paths, options, undefined, session.signal);
  } catch (error) {
    const understood = readError(error, spoolOf(session).original);
    if (understood?.message.includes('no delimiter') === true) await refuseRagged(format, paths, options, given, session.signal);
    throw understood ?? error;
  }
  return select;
}

async function areSmall(paths: readonly string[]): Promise<boolean> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.every((size) => size <= SMALL_BYTES);
}

function delimiterOf(options: Options): string | undefined {
  const text = options['delim'] ?? options['sep'] ?? options['delimiter'];
  return text === '\\t' || text === 'tab' ? '\t' : text;
}

async function parametersOf(
  format: string, session: ScanSession, inputs: NativeInputs, options: Options, delimiter: string | undefined, isSmall: boolean,
): Promise<string> {
  const parameters = [await session.bindTexts(inputs.paths), ...(inputs.paths.length > 1 ? ['union_by_name = true'] : [])];
  const add = async (name: string, value: string | number | boolean | undefined): Promise<void> => {
    if (value !== undefined) parameters.push(`${name} = ${await session.bind(typeof value === 'number' ? BigInt(value) : value)}`);
  };
  for (const [name, theirs] of Object.entries(TEXT_OPTIONS)) if (theirs !== 'delim') await add(theirs, options[name]);
  for (const name of BOOLEAN_OPTIONS) await add(name, booleanOption(format, options, name));
  const maxLine = integerOption(format, options, 'max_line_size', 1);
  await add('delim', delimiter);
  await add('skip', integerOption(format, options, 'skip', 0) ?? 0);
  await add('sample_size', integerOption(format, options, 'sample_size', -1));
  await add('max_line_size', maxLine);
  // Without this DuckDB takes buffers of sixteen times the longest line.
  if (maxLine !== undefined && maxLine > LARGE_LINE) await add('buffer_size', maxLine * 2 + 1024);
  // Each file of a query holds a buffer of 32 MB from its first look on, however small it is: many files in one query would be too many.
  else if (maxLine === undefined && inputs.compression === 'none' && isSmall) await add('buffer_size', SMALL_BYTES);
  await add('encoding', inputs.encoding);
  await add('compression', inputs.compression);
  for (const name of ['types', 'columns']) {
    const types = typesOption(format, options, name);
    if (types !== undefined) parameters.push(`${name} = ${await structOf(session, types)}`);
  }
  return parameters.join(', ');
}

/** A struct of texts as SQL: the keys are identifiers, the values bound. */
export async function structOf(session: ScanSession, entries: ReadonlyMap<string, string>): Promise<string> {
  const fields: string[] = [];
  for (const [name, value] of entries) fields.push(`${quoteIdentifier(name)} := ${await session.bind(value)}`);
  return `struct_pack(${fields.join(', ')})`;
}

/** Looks for the line whose number of fields is another than that of the first line, and says so. */
async function refuseRagged(
  format: string, paths: readonly string[], options: Options, given: string | undefined, signal: AbortSignal | undefined,
): Promise<void> {
  const skip = integerOption(format, options, 'skip', 0) ?? 0;
  for (const { path, compression } of await inputFiles(format, paths, options)) {
    const found = await findRaggedLine(readBytes(path, compression, signal), {
      delimiters: given === undefined ? CANDIDATES : [given], quote: options['quote'] ?? '"', escape: options['escape'] ?? '"', skip,
    });
    if (found === undefined) continue;
    const { line, fields, expected } = found;
    const hint = fields > expected && expected === 1
      ? `?skip=${line - 1} begins with it`
      : '?null_padding=true fills short rows with nulls, ?ignore_errors=true skips rows of another length, ?delim= names another delimiter';
    const what = `it has ${fields} ${fields === 1 ? 'field' : 'fields'}, ${expected} were wanted as in the first line`;
    throw badInput(path, { line, what, hint });
  }
}
