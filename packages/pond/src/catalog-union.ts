import type { Column, FilePart, Part, Relation, TimeRange } from '@duckpond/query';
import { quote } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';

/**
 * Relations one after the other, united by name. Neighbouring files that are read alike become one part, which is read at once.
 *
 * @throws PondError `not-tabular` when rows are wanted by time and the relations keep it in different columns
 */
export function unitedRelation(shown: string, relations: readonly Relation[]): Relation {
  const [only] = relations;
  if (only !== undefined && relations.length === 1) return only;
  const parts: Part[] = [];
  for (const part of relations.flatMap((relation) => relation.parts)) {
    const last = parts.at(-1);
    if (part.kind === 'file' && last?.kind === 'file' && isReadAlike(part, last)) {
      parts[parts.length - 1] = { ...last, paths: [...last.paths, ...part.paths] };
    } else {
      parts.push(part);
    }
  }
  const columns = unitedColumns(relations);
  const between = commonRange(shown, relations);
  return { parts, ...(columns === undefined ? {} : { columns }), ...(between === undefined ? {} : { between }) };
}

/** The columns of all, when all are known and agree on types; undefined when they have to be looked at. */
function unitedColumns(relations: readonly Relation[]): readonly Column[] | undefined {
  const byName = new Map<string, Column>();
  for (const { columns } of relations) {
    if (columns === undefined) return undefined;
    for (const column of columns) {
      const known = byName.get(column.name.toLowerCase());
      if (known !== undefined && known.type !== column.type) return undefined;
      if (known === undefined) byName.set(column.name.toLowerCase(), column);
    }
  }
  return [...byName.values()];
}

function commonRange(shown: string, relations: readonly Relation[]): TimeRange | undefined {
  const ranges = relations.flatMap(({ between }) => (between === undefined ? [] : [between]));
  const columns = [...new Set(ranges.map(({ column }) => column))];
  if (columns.length > 1) {
    const names = columns.map(quote).join(' and ');
    throw new PondError(
      'not-tabular', `Cannot query ${quote(shown)} by time: the times are in ${names}, one column was wanted`, { columns },
    );
  }
  return ranges[0];
}

function isReadAlike(a: FilePart, b: FilePart): boolean {
  const options = (part: FilePart): string => JSON.stringify(Object.entries(part.options).sort(([x], [y]) => (x < y ? -1 : 1)));
  return a.format === b.format && options(a) === options(b);
}
