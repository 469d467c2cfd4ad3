/** Names for the keys of an object: what was there before gets `_1`, `_2`, …, as DuckDB does. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const given = new Set(names);
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; used.has(unique) || unique !== name && given.has(unique); count++) unique = `${name}_${count}`;
    used.add(unique);
    return unique;
  });
}
