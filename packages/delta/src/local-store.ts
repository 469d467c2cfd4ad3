import { dirname, join, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DurableDirectories } from './durable-directories.ts';
import { DeltaError } from './errors.ts';
import { allocateBytes, linkIfAbsent, POOL_BYTES, readFully, writeFully } from './local-file.ts';
import { type FileStatus, type LocalIo, nodeIo } from './local-io.ts';
import { LocalStagedObject } from './local-staged-object.ts';
import { assertObjectPath, assertObjectPrefix, compareUtf8 } from './object-path.ts';
import type { ByteRange, ObjectMeta, ObjectStore, PutOptions, StagedObject } from './object-store.ts';
import { errnoOf, ignoreErrno, storageError } from './storage-error.ts';
import { temporaryName, temporaryOwner } from './temporary-name.ts';

const CHUNK_BYTES = 1 << 20;
/** How many objects are listed before others get a turn on the event loop. */
const LISTED_IN_A_ROW = 1024;

/**
 * Objects as the files of a directory, which is made by the first write if it is absent. Any number of stores, in any number of
 * processes of one machine, may be open on it. The file system must have hard links (`supportsHardLinks`).
 *
 * Every error of the file system other than absence is a `DeltaError` with code `storage`, and in `data` the path, the
 * operation and the errno. Symbolic links are followed by name but not listed.
 */
export function openLocalStore(directory: string, io: LocalIo = nodeIo): ObjectStore {
  return new LocalStore(resolve(directory), io);
}

class LocalStore implements ObjectStore {
  readonly #root: string;
  /** The root and a slash. */
  readonly #prefix: string;
  readonly #io: LocalIo;
  readonly #directories: DurableDirectories;
  /** Made for the first write: a store that is only read needs none. */
  #token: string | undefined;
  #temporaries = 0;

  constructor(root: string, io: LocalIo) {
    this.#root = root;
    this.#prefix = root.endsWith(sep) ? root : `${root}${sep}`;
    this.#io = io;
    this.#directories = new DurableDirectories(root, io);
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const opened = this.#openToRead(path);
    if (!opened) return undefined;
    try {
      const { start, end } = clip(range, opened.sizeBytes);
      const bytes = allocateBytes(end - start);
      const count = await readFully(this.#io, opened.file, bytes, start, bytes.length >= POOL_BYTES);
      return count === bytes.length ? bytes : bytes.subarray(0, count);
    } catch (error) {
      throw this.#failure(error, 'read', path);
    } finally {
      this.#closeRead(opened.file);
    }
  }

  async *read(path: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const opened = this.#openToRead(path);
    if (!opened) throw new DeltaError('not-found', `Cannot read ${JSON.stringify(path)}: there is no such object`, { path });
    try {
      const { start, end } = clip(range, opened.sizeBytes);
      for (let position = start; position < end;) {
        const bytes = allocateBytes(Math.min(CHUNK_BYTES, end - position));
        const count = await readFully(this.#io, opened.file, bytes, position, true);
        if (count === 0) return;
        position += count;
        yield count === bytes.length ? bytes : bytes.subarray(0, count);
      }
    } catch (error) {
      throw this.#failure(error, 'read', path);
    } finally {
      this.#closeRead(opened.file);
    }
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    const file = this.#locate(path);
    try {
      const status = this.#io.stat(file);
      return status?.kind === 'file' ? { path, sizeBytes: status.sizeBytes, modifiedMillis: status.modifiedMillis } : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw this.#failure(error, 'look up', path);
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectMeta, void, undefined> {
    assertObjectPrefix(prefix);
    const start = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    let count = 0;
    for (const meta of this.#walk(start, prefix)) {
      yield meta;
      count += 1;
      if (count % LISTED_IN_A_ROW === 0) await setImmediate();
    }
  }

  async put(path: string, bytes: Uint8Array, options?: PutOptions): Promise<void> {
    const target = this.#locate(path);
    try {
      if (options?.isNew === true && bytes.length < POOL_BYTES) {
        await this.#putNew(target, bytes);
        return;
      }
      const temporary = await this.#writeTemporary(dirname(target), bytes, true);
      this.#rename(temporary, target);
      this.#directories.sync(dirname(target));
    } catch (error) {
      throw this.#failure(error, 'write', path);
    }
  }

  async putIfAbsent(path: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    const target = this.#locate(path);
    try {
      // A race that is lost already should cost neither a write nor an fsync.
      if (this.#io.stat(target)?.kind === 'file') return false;
      const temporary = await this.#writeTemporary(dirname(target), bytes, true);
      let isOurs = false;
      try {
        if (after !== undefined) await after;
        isOurs = linkIfAbsent(this.#io, temporary, target);
      } finally {
        ignoreErrno(() => { this.#io.unlink(temporary); });
      }
      if (isOurs) this.#directories.sync(dirname(target));
      return isOurs;
    } catch (error) {
      throw this.#failure(error, 'create', path);
    }
  }

  /** Under its own name at once: bytes and name become durable at the same time instead of one after the other. */
  async #putNew(target: string, bytes: Uint8Array): Promise<void> {
    const directory = dirname(target);
    const file = this.#create(directory, target);
    let failures: readonly unknown[];
    try {
      await writeFully(this.#io, file, bytes, 0, false);
      // All must have ended before the file is closed.
      const ended = await Promise.allSettled([this.#io.fsyncInPool(file), this.#directories.syncInPool(directory)]);
      failures = ended.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
    } catch (error) {
      failures = [error];
    }
    try {
      this.#io.close(file);
    } catch (error) {
      failures = [...failures, error];
    }
    if (failures.length === 0) return;
    ignoreErrno(() => { this.#io.unlink(target); });
    throw failures[0];
  }

  async putHint(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.#locate(path);
    try {
      this.#rename(await this.#writeTemporary(dirname(target), bytes, false), target);
    } catch (error) {
      throw this.#failure(error, 'write', path);
    }
  }

  async stage(): Promise<StagedObject> {
    try {
      const { file, temporary } = this.#createTemporary(this.#root);
      return new LocalStagedObject(this.#io, this.#directories, (path) => this.#locate(path), temporary, file);
    } catch (error) {
      throw this.#failure(error, 'stage an object in', '');
    }
  }

  /** Not fsynced: a power cut may bring the object back. */
  async delete(path: string): Promise<void> {
    const file = this.#locate(path);
    try {
      this.#io.unlink(file);
    } catch (error) {
      if (!isAbsence(error)) throw this.#failure(error, 'delete', path);
    }
  }

  #locate(path: string): string {
    assertObjectPath(path);
    if (path.includes('.tmp') && path.split('/').some((name) => temporaryOwner(name) !== undefined)) {
      throw new DeltaError('storage', `Cannot use the object path ${JSON.stringify(path)}: the name is that of a temporary file`, { path });
    }
    // A path of the port has nothing to normalize.
    return `${this.#prefix}${path}`;
  }

  /** People look for the file by its whole name. */
  #failure(error: unknown, verb: string, path: string): unknown {
    return storageError(error, verb, path === '' ? this.#root : path, join(this.#root, path));
  }

  #openToRead(path: string): { file: number; sizeBytes: number } | undefined {
    const name = this.#locate(path);
    let file: number | undefined;
    try {
      // Asking first costs microseconds; the exception of an absent file costs a hundred times that in a young process.
      if (this.#io.stat(name) === undefined) return undefined;
      file = this.#io.open(name, 'read');
      const { kind, sizeBytes } = this.#io.fstat(file);
      if (kind === 'file') return { file, sizeBytes };
      this.#closeRead(file);
      return undefined;
    } catch (error) {
      if (file !== undefined) this.#closeRead(file);
      if (isAbsence(error)) return undefined;
      throw this.#failure(error, 'read', path);
    }
  }

  /** What was read is not made wrong by an error of closing. */
  #closeRead(file: number): void {
    ignoreErrno(() => { this.#io.close(file); });
  }

  #createTemporary(directory: string): { file: number; temporary: string } {
    this.#temporaries += 1;
    const temporary = join(directory, temporaryName(this.#io.processId, this.#token ??= this.#io.randomToken(), this.#temporaries));
    return { file: this.#create(directory, temporary), temporary };
  }

  #create(directory: string, path: string): number {
    this.#directories.ensure(directory);
    try {
      return this.#io.open(path, 'create');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.#directories.forget(directory);
      this.#directories.ensure(directory);
      return this.#io.open(path, 'create');
    }
  }

  /** @returns the name of a closed file that holds the bytes; nothing is left of it when it fails */
  async #writeTemporary(directory: string, bytes: Uint8Array, isDurable: boolean): Promise<string> {
    const { file, temporary } = this.#createTemporary(directory);
    const isLarge = bytes.length >= POOL_BYTES;
    let isOpen = true;
    try {
      await writeFully(this.#io, file, bytes, 0, isLarge);
      if (isDurable && isLarge) await this.#io.fsyncInPool(file);
      else if (isDurable) this.#io.fsync(file);
      isOpen = false;
      this.#io.close(file);
      return temporary;
    } catch (error) {
      if (isOpen) ignoreErrno(() => { this.#io.close(file); });
      ignoreErrno(() => { this.#io.unlink(temporary); });
      throw error;
    }
  }

  #rename(temporary: string, target: string): void {
    try {
      this.#io.rename(temporary, target);
    } catch (error) {
      ignoreErrno(() => { this.#io.unlink(temporary); });
      throw error;
    }
  }

  *#walk(directory: string, prefix: string): Generator<ObjectMeta, void, undefined> {
    for (const { name, isDirectory } of this.#names(directory)) {
      const path = directory === '' ? name : `${directory}/${name}`;
      if (!path.startsWith(prefix) || temporaryOwner(name) !== undefined) continue;
      if (isDirectory) {
        yield* this.#walk(path, prefix);
        continue;
      }
      const status = this.#statListed(path);
      if (status?.kind === 'file') yield { path, sizeBytes: status.sizeBytes, modifiedMillis: status.modifiedMillis };
    }
  }

  #statListed(path: string): FileStatus | undefined {
    try {
      return this.#io.stat(join(this.#root, path));
    } catch (error) {
      throw this.#failure(error, 'list', path);
    }
  }

  /** In the order of the paths they begin: a directory `a` comes where `a/` does, after `a-b`. */
  #names(directory: string): readonly { name: string; isDirectory: boolean }[] {
    try {
      return this.#io.readdir(join(this.#root, directory))
        .filter(({ kind }) => kind !== 'other')
        .map(({ name, kind }) => ({ name, isDirectory: kind === 'directory', key: kind === 'directory' ? `${name}/` : name }))
        .sort((a, b) => compareUtf8(a.key, b.key));
    } catch (error) {
      if (isAbsence(error)) return [];
      throw this.#failure(error, 'list', directory);
    }
  }
}

function isAbsence(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

function clip(range: ByteRange | undefined, sizeBytes: number): ByteRange {
  if (!range) return { start: 0, end: sizeBytes };
  const start = Math.min(Math.max(0, range.start), sizeBytes);
  return { start, end: Math.max(start, Math.min(range.end, sizeBytes)) };
}
