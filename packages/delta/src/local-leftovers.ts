import { join } from 'node:path';
import { type LocalIo, nodeIo } from './local-io.ts';
import { ignoreErrno, errnoOf, storageError } from './storage-error.ts';
import { temporaryName, temporaryOwner } from './temporary-name.ts';

export interface LeftoverOptions {
  readonly isAlive: (processId: number) => boolean;
  readonly nowMillis: number;
  /** From this age a temporary file goes even if a process with its number is alive: numbers are used again. */
  readonly abandonedAfterMillis?: number;
}

export interface Leftovers {
  /** Paths relative to the store, in no particular order. */
  readonly paths: readonly string[];
  readonly sizeBytes: number;
}

const HOUR_MILLIS = 3_600_000;

/**
 * Removes the temporary files that dead processes left in the directory of a store.
 *
 * Process numbers mean nothing to another machine or container: call it only where those that write into the store run.
 * A writer that loses its temporary file nevertheless gets an error, and no object is damaged.
 */
export async function collectLeftovers(directory: string, options: LeftoverOptions, io: LocalIo = nodeIo): Promise<Leftovers> {
  const { isAlive, nowMillis, abandonedAfterMillis = HOUR_MILLIS } = options;
  const paths: string[] = [];
  let sizeBytes = 0;
  try {
    for (const { path, owner } of temporaryFiles(directory, '', io)) {
      const status = io.stat(join(directory, path));
      if (!status || (isAlive(owner) && nowMillis - status.modifiedMillis < abandonedAfterMillis)) continue;
      io.unlink(join(directory, path));
      paths.push(path);
      sizeBytes += status.sizeBytes;
    }
  } catch (error) {
    throw storageError(error, 'remove leftovers of', directory);
  }
  return { paths, sizeBytes };
}

function* temporaryFiles(root: string, directory: string, io: LocalIo): Generator<{ path: string; owner: number }, void, undefined> {
  for (const { name, kind } of io.readdir(join(root, directory))) {
    const path = directory === '' ? name : `${directory}/${name}`;
    const owner = temporaryOwner(name);
    if (kind === 'directory') yield* temporaryFiles(root, path, io);
    else if (kind === 'file' && owner !== undefined) yield { path, owner };
  }
}

const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** Whether the file system of an existing directory can create a file if absent: FAT, exFAT and some network mounts cannot. */
export async function supportsHardLinks(directory: string, io: LocalIo = nodeIo): Promise<boolean> {
  const token = io.randomToken();
  const from = join(directory, temporaryName(io.processId, token, 1));
  const to = join(directory, temporaryName(io.processId, token, 2));
  try {
    io.close(io.open(from, 'create'));
    try {
      io.link(from, to);
      return isRefused(() => { io.link(from, to); });
    } catch (error) {
      if (WITHOUT_LINKS.has(errnoOf(error) ?? '')) return false;
      throw error;
    } finally {
      for (const path of [to, from]) ignoreErrno(() => { io.unlink(path); });
    }
  } catch (error) {
    throw storageError(error, 'try a hard link in', directory);
  }
}

function isRefused(link: () => void): boolean {
  try {
    link();
    return false;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return true;
    throw error;
  }
}
