import { dirname, type WD } from '@duckpond/tinyfs';

const MOST_NAMES = 1000;

/** Paths of the tree that a missing one may have been meant to be: entries with a similar name, where its parents lead. */
export async function nearestPaths(
  root: WD, path: string, rank: (name: string, names: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  let directory = dirname(path);
  while (directory !== '/' && !await root.exists(directory)) directory = dirname(directory);
  const names: string[] = [];
  try {
    for await (const entry of root.list(directory)) {
      names.push(entry.path);
      if (names.length >= MOST_NAMES) break;
    }
  } catch {
    return []; // The parent is a file.
  }
  const prefix = directory === '/' ? '/' : `${directory}/`;
  const name = path.slice(prefix.length).split('/')[0] ?? '';
  const byName = new Map(names.map((full) => [full.slice(full.lastIndexOf('/') + 1), full]));
  return rank(name, [...byName.keys()]).flatMap((near) => byName.get(near) ?? []);
}
