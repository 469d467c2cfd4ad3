import type { Output } from '../../effects.ts';
import { CliError } from '../../errors.ts';
import { refuseTerminal, type RowFormat, writeRows } from '../format.ts';
import { writeDelimitedResult } from './delimited.ts';
import { writeJsonResult } from './json.ts';
import { resultRows } from './rows.ts';
import type { ResultSource } from './source.ts';

/**
 * Prints the result of a query in a format, once, as it comes.
 *
 * @throws CliError `usage` when binary output would go to a terminal
 */
export async function writeResult(source: ResultSource, format: RowFormat, out: Output): Promise<void> {
  refuseTerminal(format, out);
  switch (format) {
    case 'csv':
    case 'tsv': return writeDelimitedResult(source, format, out);
    case 'json':
    case 'ndjson': return writeJsonResult(source, format, out);
    case 'parquet':
    case 'arrow': return writeBytes(source, format, out);
    case 'table':
    case 'markdown':
    case 'xlsx': return writeRows(resultRows(source), format, out);
  }
}

/** Formats that the engine encodes itself. */
async function writeBytes(source: ResultSource, format: 'parquet' | 'arrow', out: Output): Promise<void> {
  const bytes = source[format]?.();
  if (bytes === undefined) {
    throw new CliError('usage', `Cannot print as "${format}": this result has no such form, another format was wanted`);
  }
  for await (const block of bytes) await out.write(block);
}
