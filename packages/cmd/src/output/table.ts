import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellText } from './cell.ts';
import { printable } from './printable.ts';
import type { Column, Row, Rows } from './rows.ts';
import { cutToWidth, loadWide, textWidth } from './width.ts';

/** So many rows, or so much text, are held back to find the widths of the columns; what follows must do with them. */
const SAMPLE_ROWS = 1000;
const SAMPLE_LENGTH = 4 * 1024 * 1024;
/** No column of a terminal becomes narrower than this, as long as all of them fit. */
const NARROWEST = 4;

/**
 * The form of Arrow's pretty printer: borders, a row of names, a row of types, then one line a row, to the left.
 * On a terminal cells are cut with `…` until a line fits; elsewhere they are whole.
 */
export async function writeTable({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  const heads = [columns.map((column) => printable(column.name)), columns.map(typeName)];
  let sample: string[][] | undefined = [];
  let sampleLength = 0;
  let widths: readonly number[] = [];
  let border = '';

  const begin = async (lines: readonly string[][]): Promise<void> => {
    if (![...heads, ...lines].flat().every(isAscii)) await loadWide();
    const natural = columns.map((_, index) => [...heads, ...lines].reduce((most, line) => Math.max(most, textWidth(line[index] ?? '')), 0));
    widths = out.columns === undefined ? natural : fit(natural, out.columns - columns.length * 3 - 1);
    border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
    await block.add(border + heads.map((head) => tableLine(head, widths, out.isTty)).join('') + border);
    for (const line of lines) await block.add(tableLine(line, widths, out.isTty));
  };

  for await (const row of rows) {
    const line = columns.map(({ type }, index) => printable(cellText(row[index], type)));
    if (sample === undefined) {
      if (!line.every(isAscii)) await loadWide();
      const full = block.add(tableLine(line, widths, out.isTty));
      if (full !== undefined) await full;
      continue;
    }
    sample.push(line);
    sampleLength += line.reduce((sum, text) => sum + text.length, 0);
    if (sample.length >= SAMPLE_ROWS || sampleLength >= SAMPLE_LENGTH) {
      await begin(sample);
      sample = undefined;
    }
  }
  if (sample !== undefined) await begin(sample);
  await block.add(border);
  await block.flush();
}

/** A table whose rows come by and by; it has no lower border. */
export interface OpenTable {
  /** One more row; the text is written before the promise resolves. */
  row(row: Row): Promise<void>;
}

/** Prints the head of a table and its first rows, which tell the widths of the columns. */
export async function openTable(columns: readonly Column[], first: readonly Row[], out: Output): Promise<OpenTable> {
  const linesOf = (row: Row): string[] => columns.map(({ type }, index) => printable(cellText(row[index], type)));
  const lines = first.map(linesOf);
  const heads = [columns.map((column) => printable(column.name)), columns.map(typeName)];
  if (![...heads, ...lines].flat().every(isAscii)) await loadWide();
  const natural = columns.map((_, index) => [...heads, ...lines].reduce((most, line) => Math.max(most, textWidth(line[index] ?? '')), 0));
  const widths = out.columns === undefined ? natural : fit(natural, out.columns - columns.length * 3 - 1);
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  await out.write(border + heads.map((head) => tableLine(head, widths, out.isTty)).join('') + border
    + lines.map((line) => tableLine(line, widths, out.isTty)).join(''));
  return {
    async row(row) {
      const line = linesOf(row);
      if (!line.every(isAscii)) await loadWide();
      await out.write(tableLine(line, widths, out.isTty));
    },
  };
}

function typeName(column: Column): string {
  return printable(column.label ?? column.type);
}

function isAscii(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text);
}

function tableLine(cells: readonly string[], widths: readonly number[], cut: boolean): string {
  const padded = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = cut ? cutToWidth(cell, width) : cell;
    return ` ${text}${' '.repeat(Math.max(0, width - textWidth(text)))} `;
  });
  return `|${padded.join('|')}|\n`;
}

/** Takes cells away from the widest columns first until the sum is at most `room`. */
export function fit(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  const narrowest = Math.max(1, Math.min(NARROWEST, Math.floor(room / natural.length)));
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    const next = Math.max(narrowest, ...widths.filter((width) => width < widest));
    const members = widths.flatMap((width, index) => (width === widest ? [index] : []));
    const step = Math.min(widest - next, Math.floor(excess / members.length));
    const cut = step > 0 ? members : members.slice(0, excess);
    for (const index of cut) widths[index] = widest - Math.max(1, step);
    excess -= cut.length * Math.max(1, step);
  }
  return widths;
}
