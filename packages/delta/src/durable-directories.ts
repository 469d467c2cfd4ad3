import { dirname } from 'node:path';
import type { LocalIo } from './local-io.ts';
import { errnoOf } from './storage-error.ts';
import { DeltaError } from './errors.ts';

/**
 * The directories of one store, made when they are needed, each durable before anything in it is acknowledged.
 *
 * A directory that was found rather than made may be seconds old and not durable (its maker may have died), so its parent is
 * fsynced once by every store that writes into it. The root is made durable only by whoever makes it.
 */
export class DurableDirectories {
  readonly #root: string;
  readonly #io: LocalIo;
  readonly #known = new Set<string>();
  readonly #failed = new Map<string, unknown>();

  constructor(root: string, io: LocalIo) {
    this.#root = root;
    this.#io = io;
  }

  ensure(directory: string): void {
    this.#assertTrusted(directory);
    if (this.#known.has(directory)) return;
    if (directory === this.#root) {
      this.#makeOutside(directory);
    } else {
      const parent = dirname(directory);
      this.ensure(parent);
      this.#make(directory);
      this.sync(parent);
    }
    this.#known.add(directory);
  }

  /** For when somebody removed it behind our back. */
  forget(directory: string): void {
    for (let lost = directory; lost.startsWith(this.#root) && this.#known.delete(lost);) lost = dirname(lost);
  }

  /**
   * Makes the names in a directory durable.
   *
   * A failed fsync leaves it unknown what is on the disk, and the next one may succeed although the names are lost (the kernel
   * reports a lost page once). What is acknowledged later would stand on a gap, so the directory takes no more writes.
   */
  sync(directory: string): void {
    this.#assertTrusted(directory);
    try {
      this.#io.fsyncDirectory(directory);
    } catch (error) {
      this.#distrust(directory, error);
      throw error;
    }
  }

  /** The same in the thread pool, while other calls are made. */
  async syncInPool(directory: string): Promise<void> {
    this.#assertTrusted(directory);
    try {
      await this.#io.fsyncDirectoryInPool(directory);
    } catch (error) {
      this.#distrust(directory, error);
      throw error;
    }
  }

  #distrust(directory: string, error: unknown): void {
    if (!isFailureToOpen(error)) this.#failed.set(directory, error);
  }

  #assertTrusted(directory: string): void {
    if (!this.#failed.has(directory)) return;
    const message = `Cannot write into ${JSON.stringify(directory)}: an earlier fsync of it failed, so that it is unknown what is on `
      + 'the disk, check the disk and start again';
    throw new DeltaError('storage', message, { path: directory, operation: 'fsync', errno: errnoOf(this.#failed.get(directory)) }, {
      cause: this.#failed.get(directory),
    });
  }

  #makeOutside(directory: string): void {
    if (this.#io.stat(directory)?.kind === 'directory') return;
    const parent = dirname(directory);
    if (parent !== directory) this.#makeOutside(parent);
    this.#make(directory);
    this.sync(parent);
  }

  #make(directory: string): void {
    if (this.#io.stat(directory)?.kind === 'directory') return;
    try {
      this.#io.mkdir(directory);
    } catch (error) {
      // Somebody else may have been faster.
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

function isFailureToOpen(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'open';
}
