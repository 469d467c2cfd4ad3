import type { Globals } from '../catalog/globals.ts';
import type { Command } from '../command.ts';
import type { Output } from '../effects.ts';
import { CliError } from '../errors.ts';
import type { Rows } from './rows.ts';

/** The formats of rows. A command may add `text`, its own lines for people, or `raw`, bytes as they are. */
export const ROW_FORMATS = ['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'parquet', 'arrow', 'xlsx'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Writes all rows to an output; an empty result still has its header. */
export type RowWriter = (rows: Rows, out: Output) => Promise<void>;

/** Each writer with its library is loaded only when its format is asked for. */
const WRITERS: Readonly<Record<RowFormat, () => Promise<RowWriter>>> = {
  table: async () => (await import('./table.ts')).writeTable,
  csv: async () => (await import('./csv.ts')).writeCsv,
  tsv: async () => (await import('./tsv.ts')).writeTsv,
  json: async () => (await import('./json.ts')).writeJson,
  ndjson: async () => (await import('./json.ts')).writeNdjson,
  markdown: async () => (await import('./markdown.ts')).writeMarkdown,
  parquet: async () => (await import('./parquet.ts')).writeParquet,
  arrow: async () => (await import('./arrow.ts')).writeArrow,
  xlsx: async () => (await import('./xlsx.ts')).writeXlsx,
};

/**
 * The format that the user asked for; undefined when that is left to the command.
 *
 * @throws CliError `usage` when the command has no such format
 */
export function chooseFormat(command: Command, globals: Pick<Globals, 'format' | 'json'>): string | undefined {
  if (globals.json && globals.format !== undefined && globals.format !== 'json') {
    throw new CliError('usage', `Cannot print as "${globals.format}" and as "json": one of --format and --json was wanted`);
  }
  const format = globals.json ? 'json' : globals.format;
  const formats = command.formats ?? [];
  if (format === undefined || formats.includes(format)) return format;
  throw new CliError('usage', formats.length === 0
    ? `Cannot print "${command.name}" as "${format}": it has no formats`
    : `Cannot print "${command.name}" as "${format}": ${formats.length > 1 ? 'one of ' : ''}${formats.join(', ')} was wanted`);
}

export function isRowFormat(text: string): text is RowFormat {
  return (ROW_FORMATS as readonly string[]).includes(text);
}

/**
 * Prints rows in a format.
 *
 * @throws CliError `usage` when binary output would go to a terminal
 */
export async function writeRows(rows: Rows, format: RowFormat, out: Output): Promise<void> {
  refuseTerminal(format, out);
  const write = await WRITERS[format]();
  await write(rows, out);
}

/** @throws CliError `usage` when a format is binary and the output a terminal */
export function refuseTerminal(format: RowFormat, out: Output): void {
  if ((format === 'parquet' || format === 'arrow' || format === 'xlsx') && out.isTty) {
    throw new CliError('usage', `Cannot print "${format}" on a terminal: it is binary, a file or a pipe was wanted`);
  }
}
