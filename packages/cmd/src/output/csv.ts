import { type Options, stringify } from 'csv-stringify/sync';
import type { Output } from '../effects.ts';
import { cellText } from './cell.ts';
import type { Rows } from './rows.ts';

const BATCH_ROWS = 1000;
const OPTIONS: Options = {
  quoted_match: /^\s|\s$/,
  cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
};

/** RFC 4180 with a header and LF; null is an empty field, empty text is `""`. */
export async function writeCsv({ columns, rows }: Rows, out: Output): Promise<void> {
  let batch: (string | null)[][] = [columns.map((column) => column.name)];
  for await (const row of rows) {
    batch.push(columns.map(({ type }, index) => {
      const cell = row[index] ?? null;
      return cell === null ? null : cellText(cell, type);
    }));
    if (batch.length >= BATCH_ROWS) {
      await out.write(stringify(batch, OPTIONS));
      batch = [];
    }
  }
  if (batch.length > 0) await out.write(stringify(batch, OPTIONS));
}
