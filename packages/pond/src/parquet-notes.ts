import type { TabularColumn } from '@duckpond/tinyfs';

/** The key of a Parquet file's metadata under which it is said what people say about its columns. */
const NOTES_KEY = 'duckpond.columns';

/** Units and descriptions of columns as key-value metadata of a Parquet file, as an import reads them; nothing when there are none. */
export function parquetNotes(columns: readonly TabularColumn[]): Readonly<Record<string, string>> {
  const notes = columns.flatMap(({ name, unit, description }) => (unit === undefined && description === undefined ? [] : [[name, {
    ...(unit === undefined ? {} : { unit }), ...(description === undefined ? {} : { description }),
  }] as const]));
  return notes.length === 0 ? {} : { [NOTES_KEY]: JSON.stringify({ columns: Object.fromEntries(notes) }) };
}
