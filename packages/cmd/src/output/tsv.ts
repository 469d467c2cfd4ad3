import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellText } from './cell.ts';
import type { Rows } from './rows.ts';
import { escapeTsv } from './text-escape.ts';

/** One line a row with a header; tab, line ends and backslash as `\t`, `\n`, `\r`, `\\`; null is an empty field. */
export async function writeTsv({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  await block.add(`${columns.map((column) => escapeTsv(column.name)).join('\t')}\n`);
  for await (const row of rows) {
    const full = block.add(`${columns.map(({ type }, index) => escapeTsv(cellText(row[index], type))).join('\t')}\n`);
    if (full !== undefined) await full;
  }
  await block.flush();
}
