import { DeltaError } from './errors.ts';

/** The symbolic errno (`ENOENT`) of what `node:fs` threw; `undefined` for every other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Runs a step of cleaning up, whose failure must not hide what went before: the file it leaves is collected later. */
export function ignoreErrno(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full, free some space and try again',
  EDQUOT: 'the disk quota is used up, free some space or raise the quota and try again',
  EROFS: 'the file system is read-only, mount it for writing or use another directory',
  EACCES: 'permission denied, run as the owner of the file or change its permissions and those of its directories',
  EPERM: 'operation not permitted, check the owner, the attributes and the kind of the file system',
  EMFILE: 'too many open files, raise the limit (ulimit -n)',
  ENFILE: 'too many open files on this machine, raise its limit (fs.file-max)',
  EIO: 'the disk reported an error, check the disk before anything is written again',
  ENAMETOOLONG: 'the name is too long for the file system, a shorter one was expected',
  ENOTDIR: 'a file stands where a directory was expected',
  EISDIR: 'a directory stands where a file was expected',
  EXDEV: 'it is on another file system, one file system for the whole store was expected',
};

/**
 * Turns an error of `node:fs` into a `storage` error that says what to do; every other error is handed back as it is.
 *
 * @param shown what the message calls it, when that is more than `path`
 */
export function storageError(error: unknown, verb: string, path: string, shown: string = path): unknown {
  const errno = errnoOf(error);
  if (!(error instanceof Error) || errno === undefined) return error;
  const operation = 'syscall' in error ? error.syscall : verb;
  const advice = WHAT_TO_DO[errno] ?? error.message;
  const message = `Cannot ${verb} ${JSON.stringify(shown)}: ${advice} (${errno})`;
  return new DeltaError('storage', message, { path, operation, errno }, { cause: error });
}
