import type { Context } from '../context.ts';
import { createBlock } from './block.ts';
import { chooseFormat, isRowFormat, writeRows } from './format.ts';
import { jsonText } from './cell.ts';
import type { Rows } from './rows.ts';

/** Prints rows in the format that was asked for, otherwise as the command's own text. */
export async function emitRows(context: Context, rows: Rows, text: () => AsyncIterable<string> | Iterable<string>): Promise<void> {
  const format = chooseFormat(context.command, context.globals);
  if (format !== undefined && isRowFormat(format)) await writeRows(rows, format, context.out);
  else await emitLines(context, text());
}

/** Prints rows in the format that was asked for, otherwise as a table. */
export async function emitTable(context: Context, rows: Rows): Promise<void> {
  const format = chooseFormat(context.command, context.globals) ?? 'table';
  if (isRowFormat(format)) await writeRows(rows, format, context.out);
}

/** Prints lines as they come. */
export async function emitLines(context: Pick<Context, 'out'>, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const block = createBlock(context.out);
  for await (const line of lines) {
    const full = block.add(`${line}\n`);
    if (full !== undefined) await full;
  }
  await block.flush();
}

/** Prints one report: an object with `--json`, otherwise `Label: value` lines. */
export async function emitReport(
  context: Context,
  facts: Readonly<Record<string, unknown>>,
  text: Iterable<readonly [label: string, value: string]>,
): Promise<void> {
  if (chooseFormat(context.command, context.globals) === 'json') {
    await context.out.write(`${jsonText(facts)}\n`);
    return;
  }
  const pairs = [...text];
  const width = Math.max(...pairs.map(([label]) => label.length));
  await emitLines(context, pairs.map(([label, value]) => `${`${label}:`.padEnd(width + 1)} ${value}`));
}
