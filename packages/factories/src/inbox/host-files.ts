import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { literalPrefix, matchGlob, parseGlob } from '@duckpond/tinyfs';
import { FactoryError } from '../errors.ts';

/** A file of the host that a pattern matches. */
export interface HostFile {
  readonly path: string;
  /** Behind the part of the pattern that has no wildcard. */
  readonly relative: string;
  readonly captures: readonly string[];
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
}

/**
 * The regular files that an absolute pattern matches, by path. Links are not followed: whoever may write into the directory must not be
 * able to have other files of the host taken in.
 *
 * @throws FactoryError `bad-input`
 */
export async function hostFiles(pattern: string): Promise<readonly HostFile[]> {
  const glob = parseGlob(pattern);
  const prefix = literalPrefix(glob);
  // A pattern without a wildcard is one file.
  const base = `/${prefix.slice(0, Math.min(prefix.length, glob.parts.length - 1)).join('/')}`;
  const files: HostFile[] = [];
  const visit = async (directory: string, isBase: boolean): Promise<void> => {
    for (const entry of await entriesOf(directory, isBase ? pattern : undefined)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) await visit(path, false);
      const captures = entry.isFile() ? matchGlob(glob, path) : undefined;
      if (captures === undefined) continue;
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() !== true) continue;
      files.push({
        path, captures, relative: path.slice(base.length).replace(/^\//, ''),
        sizeBytes: facts.size, modifiedMillis: Math.trunc(facts.mtimeMs),
      });
    }
  };
  await visit(base, true);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What is gone meanwhile has no entries; the directory of the pattern has to be there. */
async function entriesOf(directory: string, pattern: string | undefined): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (pattern === undefined) return [];
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isGone ? 'it is not there' : error instanceof Error ? error.message : String(error);
    const message = `Cannot look for "${pattern}": the directory "${directory}" cannot be read, ${why}`;
    throw new FactoryError('bad-input', message, { pattern }, { cause: error });
  }
}
