import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellJson } from './cell.ts';
import type { Column, Row, Rows } from './rows.ts';

/** An array of one object a row, keyed by column; every column is in every row, absent values are null. */
export async function writeJson({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  const object = objectWriter(columns);
  let separator = '[\n';
  for await (const row of rows) {
    const full = block.add(`${separator}${object(row)}`);
    if (full !== undefined) await full;
    separator = ',\n';
  }
  await block.add(separator === '[\n' ? '[]\n' : '\n]\n');
  await block.flush();
}

/** The same objects, one a line. */
export async function writeNdjson({ columns, rows }: Rows, out: Output): Promise<void> {
  const block = createBlock(out);
  const object = objectWriter(columns);
  for await (const row of rows) {
    const full = block.add(`${object(row)}\n`);
    if (full !== undefined) await full;
  }
  await block.flush();
}

function objectWriter(columns: readonly Column[]): (row: Row) => string {
  const keys = columns.map((column) => ({ key: JSON.stringify(column.name), type: column.type }));
  return (row) => `{${keys.map(({ key, type }, index) => `${key}:${cellJson(row[index], type)}`).join(',')}}`;
}
