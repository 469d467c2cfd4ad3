import { lstatSync, mkdirSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { CliError } from '../errors.ts';

/** Takes a piece of a file that is being made; it is on its way to the disk when the promise resolves. */
export type WriteChunk = (chunk: string | Uint8Array) => Promise<void>;

/**
 * Writes a file below a directory of the host: complete or not at all, and never through a link that leads elsewhere.
 *
 * @param name its path below `directory`, components separated by `/`
 */
export function writeHostFile(
  directory: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
  uuid: string,
  onBytes: (count: number) => void = () => undefined,
): Promise<void> {
  return makeHostFile(directory, name, uuid, async (write) => {
    for await (const chunk of content) {
      await write(chunk);
      onBytes(chunk.length);
    }
  });
}

/** As `writeHostFile`, for content that is pushed. */
export async function makeHostFile(
  directory: string, name: string, uuid: string, make: (write: WriteChunk) => Promise<void>,
): Promise<void> {
  const path = safePath(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  refuseLinks(directory, dirname(path));
  refuseDevice(path);
  const temporary = join(dirname(path), `.${uuid}.pond`);
  const file = await open(temporary, 'wx');
  try {
    try {
      await make((chunk) => file.writeFile(chunk).catch((error: unknown) => {
        throw withPath(error, path);
      }));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** What fails on a descriptor does not say of which file. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error && 'syscall' in error ? Object.assign(error, { path }) : error;
}

/** The path of the host for a name of the pond. @throws CliError when it would be outside the directory */
export function safePath(directory: string, name: string): string {
  const root = resolve(directory);
  const path = resolve(root, ...name.split('/').filter((part) => part !== ''));
  const inside = path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
  if (!inside || name.includes('\0') || (sep === '\\' && /[\\:*?"<>|]/.test(name))) {
    throw new CliError('failed', `Cannot write "${name}" below "${directory}": the host has no such name`);
  }
  return path;
}

/** What a link below the directory points to may be anywhere. */
function refuseLinks(directory: string, to: string): void {
  for (let at = to; at.length > resolve(directory).length; at = dirname(at)) {
    if (lstatSync(at).isSymbolicLink()) {
      throw new CliError('failed', `Cannot write into "${at}": it is a link, a directory was wanted`);
    }
  }
}

/** The new file takes the name of an old one; a device or a pipe would be lost by that. */
function refuseDevice(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined || facts.isFile() || facts.isSymbolicLink()) return;
  const what = facts.isDirectory() ? 'it is a directory' : 'it is a device, a pipe or a socket';
  throw new CliError('failed', `Cannot write "${path}": ${what}, a file or a free name was wanted`);
}
