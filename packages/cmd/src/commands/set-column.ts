import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { getNode } from '../matches.ts';
import { nearest } from '../nearest.ts';
import { changePond } from '../open-pond.ts';

export interface ColumnOptions {
  readonly unit: string | undefined;
  readonly description: string | undefined;
  readonly dryRun: boolean;
}

/** The attribute that a node keeps it in; the shape is that of a Parquet file's metadata. */
const NOTES_ATTRIBUTE = 'duckpond.columns';

export async function run(
  context: Context, { path, column }: { path: string; column: string }, { unit, description, dryRun }: ColumnOptions,
): Promise<void> {
  if (unit === undefined && description === undefined) {
    throw new CliError('usage', `Cannot describe "${column}": nothing is said about it, --unit or --description was wanted`);
  }
  await changePond(context, dryRun, async (root) => {
    const { node } = await getNode(root, path, true);
    if (node.kind !== 'table' && node.kind !== 'series') {
      throw new CliError('failed', `Cannot describe a column of "${path}": it is a ${node.kind}, a table or series was wanted`);
    }
    const names = node.tabular?.columns.map(({ name }) => name) ?? [];
    if (!names.includes(column)) {
      const guess = nearest(column, names);
      const hint = guess === undefined ? `'pond describe ${path}' lists them` : `did you mean "${guess}"?`;
      throw new CliError('failed', `Cannot describe "${column}": "${path}" has no such column`, hint);
    }
    const notes = notesOf(node.attributes?.[NOTES_ATTRIBUTE]);
    const note = { ...notes[column], ...(unit === undefined ? {} : { unit }), ...(description === undefined ? {} : { description }) };
    const text = JSON.stringify({ columns: { ...notes, [column]: note } });
    await root.update(path, { attributes: { ...node.attributes, [NOTES_ATTRIBUTE]: text } });
  });
}

function notesOf(text: string | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  const columns = isRecord(value) ? value['columns'] : undefined;
  return isRecord(columns) ? Object.fromEntries(Object.entries(columns).map(([name, note]) => [name, isRecord(note) ? note : {}])) : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
