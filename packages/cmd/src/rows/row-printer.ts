import type { QueryResult } from '@duckpond/pond';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { querySource } from '../output/result/query-source.ts';
import { resultRows } from '../output/result/rows.ts';
import { writeDelimitedResult } from '../output/result/delimited.ts';
import { writeJsonResult } from '../output/result/json.ts';
import type { Column, Row } from '../output/rows.ts';
import { openTable, type OpenTable } from '../output/table.ts';
import { rowFormat } from './write.ts';

/** Prints results one after the other as if they were one: the header comes once, and again when the columns have changed. */
export interface RowPrinter {
  print(result: QueryResult): Promise<void>;
}

/** @throws CliError `usage` for a format that has an end */
export function createRowPrinter(context: Context): RowPrinter {
  const format = rowFormat(context, 'table');
  let header: string | undefined;
  let table: OpenTable | undefined;
  if (format !== 'table' && format !== 'csv' && format !== 'tsv' && format !== 'ndjson') {
    throw new CliError('usage', `Cannot follow as "${format}": it has an end, one of table, csv, tsv, ndjson was wanted`);
  }
  return {
    async print(result) {
      const source = querySource(result);
      const columns = JSON.stringify(source.columns);
      const isNew = columns !== header;
      header = columns;
      switch (format) {
        case 'ndjson': return writeJsonResult(source, 'ndjson', context.out);
        case 'csv':
        case 'tsv': return writeDelimitedResult(source, format, context.out, { header: isNew });
        case 'table': {
          const rows = resultRows(source);
          if (isNew || table === undefined) table = await beginTable(context, rows.columns, rows.rows);
          else for await (const row of rows.rows) await table.row(row);
        }
      }
    },
  };
}

/** The first rows are there already, and tell the widths of the columns. */
async function beginTable(context: Context, columns: readonly Column[], rows: AsyncIterable<Row> | Iterable<Row>): Promise<OpenTable> {
  const first: Row[] = [];
  for await (const row of rows) first.push(row);
  return openTable(columns, first, context.out);
}
