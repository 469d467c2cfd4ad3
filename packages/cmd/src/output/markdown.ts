import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellText } from './cell.ts';
import { printable } from './printable.ts';
import { type Column, isNumeric, type Rows } from './rows.ts';

/** A GitHub table: numbers to the right, pipes and backslashes escaped, line ends as `<br>`. */
export async function writeMarkdown({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  await block.add(`${line(columns.map((column) => column.name))}${line(columns.map(rule))}`);
  for await (const row of rows) {
    const full = block.add(line(columns.map(({ type }, index) => cellText(row[index], type))));
    if (full !== undefined) await full;
  }
  await block.flush();
}

function rule({ type }: Column): string {
  return isNumeric(type) ? '---:' : '---';
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(escape).join(' | ')} |\n`;
}

function escape(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((part) => printable(part.replace(/[\\|<&*_`[\]]/g, (mark) => (mark === '<' ? '&lt;' : mark === '&' ? '&amp;' : `\\${mark}`))))
    .join('<br>');
}
