import type { FilePart, Part, Relation } from '@duckpond/query';

/** Relations one after the other, united by name. Neighbouring files that are read alike become one part, which is read at once. */
export function unitedRelation(relations: readonly Relation[]): Relation {
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
  return { parts };
}

function isReadAlike(a: FilePart, b: FilePart): boolean {
  const options = (part: FilePart): string => JSON.stringify(Object.entries(part.options).sort(([x], [y]) => (x < y ? -1 : 1)));
  return a.format === b.format && options(a) === options(b);
}
