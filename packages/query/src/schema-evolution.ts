import type { TabularColumn } from './tabular-facts.ts';
import { commonType } from './type-lattice.ts';

/** What two schemas have in common, or why they have nothing. */
export type Evolution =
  | { readonly kind: 'merged'; readonly columns: readonly TabularColumn[] }
  | {
    readonly kind: 'contradiction';
    /** The first column that contradicts, as each side has it. */
    readonly before: TabularColumn;
    readonly after: TabularColumn;
    /** Both schemas side by side, a line a column, for people. */
    readonly comparison: string;
  };

/** How many rows each side has: a column that a side lacks is null in all of them. */
export interface RowCounts {
  readonly before: number;
  readonly after: number;
}

/**
 * The columns of a series after rows of the columns `after` were appended to rows of the columns `before`: those of `before` in their
 * order, then new ones, each with the type that holds both (see `commonType`). Names are compared as DuckDB does, without regard to case, and keep
 * their first spelling. Null counts are added up; units and descriptions of `after` win where it has them.
 */
export function evolve(
  before: readonly TabularColumn[], after: readonly TabularColumn[], rows: RowCounts = { before: 0, after: 0 },
): Evolution {
  const later = new Map(after.map((column) => [column.name.toLowerCase(), column]));
  const columns: TabularColumn[] = [];
  for (const column of before) {
    const key = column.name.toLowerCase();
    const next = later.get(key);
    later.delete(key);
    if (next === undefined) {
      columns.push({ ...column, nulls: column.nulls + rows.after });
      continue;
    }
    const type = commonType(column.type, next.type);
    if (type === undefined) return { kind: 'contradiction', before: column, after: next, comparison: compare(before, after) };
    columns.push({ ...column, ...next, name: column.name, type, nulls: column.nulls + next.nulls });
  }
  for (const column of later.values()) columns.push({ ...column, nulls: column.nulls + rows.before });
  return { kind: 'merged', columns };
}

/** Two schemas side by side; `!` marks columns whose types contradict, `+` new ones, `-` missing ones. */
function compare(before: readonly TabularColumn[], after: readonly TabularColumn[]): string {
  const later = new Map(after.map((column) => [column.name.toLowerCase(), column]));
  const known = new Set(before.map(({ name }) => name.toLowerCase()));
  const rows: [string, string, string, string][] = [['', 'column', 'before', 'after']];
  for (const { name, type } of before) {
    const next = later.get(name.toLowerCase());
    const mark = next === undefined ? '-' : commonType(type, next.type) === undefined ? '!' : '';
    rows.push([mark, name, type, next?.type ?? '']);
  }
  for (const { name, type } of after) if (!known.has(name.toLowerCase())) rows.push(['+', name, '', type]);
  const width = (at: 1 | 2): number => Math.max(...rows.map((row) => row[at].length));
  const [names, types] = [width(1), width(2)];
  const lines = rows.map(([mark, name, left, right]) => `${mark.padEnd(2)}${name.padEnd(names)}  ${left.padEnd(types)}  ${right}`);
  return lines.map((line) => line.trimEnd()).join('\n');
}
