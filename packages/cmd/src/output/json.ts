import type { Output } from '../effects.ts';
import { createBlock } from './block.ts';
import { cellJson } from './cell.ts';
import type { Column, Row, Rows } from './rows.ts';
import { uniqueNames } from './unique-names.ts';

/**
 * An array of one object a row, keyed by column; every column is in every row, absent values are null. The second of two columns of a name
 * is `name_1`.
 */
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
  const names = uniqueNames(columns.map((column) => column.name));
  const keys = columns.map(({ type }, index) => ({ key: JSON.stringify(names[index]), type }));
  return (row) => `{${keys.map(({ key, type }, index) => `${key}:${cellJson(row[index], type)}`).join(',')}}`;
}
