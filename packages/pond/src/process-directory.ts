import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { isProcessAlive } from './environment.ts';

/** The name of a directory that belongs to this process; what follows the number is of its own choice. */
export function processDirectoryName(distinct: string): string {
  return `${pid}-${distinct}`;
}

/** Makes a directory of this process below `parent`, and removes those of processes that are gone. */
export async function makeProcessDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(parent, processDirectoryName('')));
  await removeLeftovers(parent);
  return directory;
}

/** Removes the directories of processes that are gone. Another process may have the number by now: then theirs stays until that is gone too. */
export async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = /^(\d+)-[0-9a-zA-Z]{6,12}$/.exec(name)?.[1];
    if (owner === undefined || Number(owner) === pid || isProcessAlive(Number(owner))) continue;
    const path = join(parent, name);
    // Somebody else may have removed it in between.
    if (await stat(path).then((found) => found.isDirectory(), () => false)) await rm(path, { recursive: true, force: true });
  }
}
