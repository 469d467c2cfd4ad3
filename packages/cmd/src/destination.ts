import { joinPath, type Node, type NodePath, type WD } from '@duckpond/tinyfs';
import { CliError, isError } from './errors.ts';
import { nodeName } from './node-row.ts';

/**
 * Where each source goes, as `cp` and `mv` decide it: into the destination when that is a directory or ends in `/`,
 * otherwise under its very name, which only one source can have.
 */
export async function destinations(root: WD, dest: string, sources: readonly NodePath[]): Promise<readonly string[]> {
  const isThere = await isDirectory(root, dest);
  if (dest.endsWith('/') && !isThere) {
    const what = `Cannot put anything into "${dest}": there is no such directory, one was wanted`;
    throw new CliError('failed', what, `pond mkdir -p "${dest}"`);
  }
  if (isThere) return sources.map(({ path }) => joinPath(dest, nodeName(path)));
  if (sources.length > 1) {
    const what = `Cannot put ${sources.length} things at "${dest}": it is no directory, one was wanted`;
    throw new CliError('failed', what, `pond mkdir -p "${dest}"`);
  }
  return [dest];
}

/** The words of `SRC... DEST` taken apart. @throws CliError `usage` */
export function sourcesAndDest(command: string, words: readonly string[]): { readonly sources: readonly string[]; readonly dest: string } {
  const dest = words.at(-1);
  if (dest === undefined || words.length < 2) {
    throw new CliError('usage', `Cannot run "${command}": a source and a destination were wanted`, `pond ${command} --help`);
  }
  return { sources: words.slice(0, -1), dest };
}

export async function isDirectory(root: WD, path: string): Promise<boolean> {
  return (await nodeAt(root, path))?.kind === 'directory';
}

export async function isThere(root: WD, path: string): Promise<boolean> {
  return await nodeAt(root, path) !== undefined;
}

async function nodeAt(root: WD, path: string): Promise<Node | undefined> {
  try {
    const found = await root.lookup(path);
    return found.kind === 'found' ? found.at.node : undefined;
  } catch (error) {
    // What is above it is missing too.
    if (isError(error, 'TinyFsError', 'not-found')) return undefined;
    throw error;
  }
}
