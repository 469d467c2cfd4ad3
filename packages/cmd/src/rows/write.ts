import type { TabularColumn } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { chooseFormat, isRowFormat, refuseTerminal, type RowFormat } from '../output/format.ts';
import { querySource } from '../output/result/query-source.ts';
import { writeResult } from '../output/result/write.ts';
import type { Queries, RowQuery } from './session.ts';

/** The key under which a Parquet file says what people say about its columns. */
const NOTES_KEY = 'duckpond.columns';

/** The format of rows that was asked for, else what a command prints by itself. */
export function rowFormat(context: Context, otherwise: RowFormat): RowFormat {
  const format = chooseFormat(context.command, context.globals);
  return format !== undefined && isRowFormat(format) ? format : otherwise;
}

/** Runs a query and prints its rows as they come; Parquet says what is known of the columns. */
export async function writeQuery(
  context: Context, queries: Queries, query: RowQuery, format: RowFormat, columns?: () => Promise<readonly TabularColumn[]>,
): Promise<void> {
  refuseTerminal(format, context.out);
  if (format === 'parquet') {
    const metadata = columns === undefined ? {} : notesOf(await columns());
    for await (const chunk of queries.parquet(query, metadata)) await context.out.write(chunk);
    return;
  }
  const result = await queries.query(query);
  try {
    await writeResult(querySource(result, { arrow: () => result.arrow() }), format, context.out);
  } finally {
    await result.close();
  }
}

function notesOf(columns: readonly TabularColumn[]): Readonly<Record<string, string>> {
  const notes = columns.flatMap(({ name, unit, description }) => (
    unit === undefined && description === undefined
      ? [] : [[name, { ...(unit === undefined ? {} : { unit }), ...(description === undefined ? {} : { description }) }] as const]));
  return notes.length === 0 ? {} : { [NOTES_KEY]: JSON.stringify({ columns: Object.fromEntries(notes) }) };
}
