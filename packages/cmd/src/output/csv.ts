import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellText } from './cell.ts';
import type { Rows } from './rows.ts';
import { escapeCsv } from './text-escape.ts';

/** RFC 4180 with a header and LF; null is an empty field, empty text is `""`. */
export async function writeCsv({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  await block.add(`${columns.map((column) => escapeCsv(column.name)).join(',')}\n`);
  for await (const row of rows) {
    const full = block.add(`${columns.map(({ type }, index) => {
      const cell = row[index] ?? null;
      return cell === null ? '' : escapeCsv(cellText(cell, type));
    }).join(',')}\n`);
    if (full !== undefined) await full;
  }
  await block.flush();
}
