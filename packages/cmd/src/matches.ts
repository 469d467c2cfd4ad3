import { hasGlobSyntax, type NodePath, type WD } from '@duckpond/tinyfs';
import { CliError, isError } from './errors.ts';
import { nearest } from './nearest.ts';

export interface MatchOptions {
  readonly hidden?: boolean;
  /** Whether a literal path that is a link stands for its target. Default false. */
  readonly follow?: boolean;
}

/** What a pattern matches, sorted; a literal path matches itself or is an error that names the nearest name. */
export async function* matches(root: WD, pattern: string, { hidden = false, follow = false }: MatchOptions = {}): AsyncIterable<NodePath> {
  if (hasGlobSyntax(pattern)) yield* root.glob(pattern, { hidden });
  else yield await getNode(root, pattern, follow);
}

/** As `matches`, for commands that change: no match is an error. */
export async function allMatches(root: WD, patterns: readonly string[], options: MatchOptions = {}): Promise<readonly NodePath[]> {
  const found = new Map<string, NodePath>();
  for (const pattern of patterns) {
    let some = false;
    for await (const match of matches(root, pattern, options)) {
      some = true;
      found.set(match.path, match);
    }
    if (!some) throw new CliError('failed', `Cannot find "${pattern}": nothing matches it`);
  }
  return [...found.values()];
}

/** One node by its literal path. @throws TinyFsError `not-found`, with a hint when another name is near */
export async function getNode(root: WD, path: string, follow: boolean): Promise<NodePath> {
  try {
    return await root.get(path, { follow });
  } catch (error) {
    if (!isError(error, 'TinyFsError', 'not-found')) throw error;
    const guess = await nearestPath(root, path);
    if (guess === undefined || guess === path) throw error;
    throw new CliError('failed', error.message, `did you mean "${guess}"?`, { cause: error });
  }
}

/** The existing path that differs in one component, the first that is missing. */
async function nearestPath(root: WD, path: string): Promise<string | undefined> {
  const names = path.split('/').filter((name) => name !== '');
  let directory = '/';
  for (const name of names) {
    const next = `${directory === '/' ? '' : directory}/${name}`;
    if (await root.exists(next).catch(() => false)) {
      directory = next;
      continue;
    }
    const siblings: string[] = [];
    try {
      for await (const { path: sibling } of root.list(directory)) siblings.push(sibling.slice(sibling.lastIndexOf('/') + 1));
    } catch {
      return undefined;
    }
    const guess = nearest(name, siblings);
    return guess === undefined ? undefined : `${directory === '/' ? '' : directory}/${guess}`;
  }
  return undefined;
}
