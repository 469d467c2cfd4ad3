import type { TabularColumn } from '@duckpond/tinyfs';

/** The attribute of a table or series that says what people said of its columns; the shape is that of a Parquet file's metadata. */
export const COLUMN_NOTES = 'duckpond.columns';

/** Columns with the units and descriptions that were set later than the rows came; an empty text takes one away. */
export function withNotes(columns: readonly TabularColumn[], text: string | undefined): readonly TabularColumn[] {
  if (text === undefined) return columns;
  const notes = notesOf(text);
  return columns.map((column) => {
    const note = Object.hasOwn(notes, column.name) ? notes[column.name] : undefined;
    return isRecord(note) ? noted(column, note) : column;
  });
}

function noted({ unit, description, ...column }: TabularColumn, note: Readonly<Record<string, unknown>>): TabularColumn {
  const said = (before: string | undefined, now: unknown): string => (typeof now === 'string' ? now : before ?? '');
  const [ownUnit, ownDescription] = [said(unit, note['unit']), said(description, note['description'])];
  return { ...column, ...(ownUnit === '' ? {} : { unit: ownUnit }), ...(ownDescription === '' ? {} : { description: ownDescription }) };
}

/** What cannot be read says nothing. */
function notesOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && isRecord(value['columns']) ? value['columns'] : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
