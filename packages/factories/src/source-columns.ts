import type { FactoryContext } from '@duckpond/pond';
import type { Column, Relation } from '@duckpond/query';
import { FactoryError } from './errors.ts';

/** What asks DuckDB about relations. */
export type Asking = Pick<FactoryContext, 'query'>;

/** The columns of a relation, asked of DuckDB when nobody knows them. */
export async function columnsOf({ query }: Asking, relation: Relation): Promise<readonly Column[]> {
  if (relation.columns !== undefined && relation.columns.length > 0) return relation.columns;
  const columns: Column[] = [];
  for await (const [name, type] of (await query('DESCRIBE FROM "rows"', { rows: relation })).rows()) {
    columns.push({ name: String(name), type: String(type) });
  }
  return columns;
}

/** A column by its name, as SQL finds it. */
export function findColumn(columns: readonly Column[], name: string): Column | undefined {
  return columns.find((column) => column.name === name) ?? columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

/**
 * The column of event times of an input: the one that is asked for, else its own, else `timestamp`.
 *
 * @throws FactoryError `bad-input`
 */
export function timeColumnOf(
  target: string, columns: readonly Column[], { wanted, own }: { readonly wanted: string | undefined; readonly own: string | undefined },
): Column {
  const name = wanted ?? own ?? 'timestamp';
  const found = findColumn(columns, name);
  if (found !== undefined) return found;
  const names = columns.map((column) => JSON.stringify(column.name)).join(', ');
  throw new FactoryError('bad-input', `Cannot read ${JSON.stringify(target)} by time: it has no column ${JSON.stringify(name)}, one of `
    + `${names} was wanted as time_column`, { target, column: name });
}
