import { dirname } from 'node:path';
import type { LocalIo } from './local-io.ts';
import type { StagedObject } from './object-store.ts';
import type { DurableDirectories } from './durable-directories.ts';
import { linkIfAbsent, POOL_BYTES, writeFully } from './local-file.ts';
import { ignoreErrno, storageError } from './storage-error.ts';
import { DeltaError } from './errors.ts';

/** From this age an object is exchanged for the one that is published, well before anything collects it. */
const OLD_MILLIS = 3_600_000;

/** A temporary file on its way to a name. */
export class LocalStagedObject implements StagedObject {
  readonly #io: LocalIo;
  readonly #directories: DurableDirectories;
  readonly #locate: (path: string) => string;
  readonly #temporary: string;
  readonly #file: number;
  #sizeBytes = 0;
  #ended = false;

  constructor(io: LocalIo, directories: DurableDirectories, locate: (path: string) => string, temporary: string, file: number) {
    this.#io = io;
    this.#directories = directories;
    this.#locate = locate;
    this.#temporary = temporary;
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertOpen();
    const position = this.#sizeBytes;
    this.#sizeBytes += chunk.length;
    try {
      await writeFully(this.#io, this.#file, chunk, position, this.#isLarge());
    } catch (error) {
      this.#end();
      throw storageError(error, 'write', this.#temporary);
    }
  }

  async publish(path: string): Promise<boolean> {
    this.#assertOpen();
    const target = this.#locate(path);
    const directory = dirname(target);
    try {
      this.#directories.ensure(directory);
      const there = this.#io.stat(target);
      let isOurs = there?.kind !== 'file';
      if (isOurs) {
        await this.#flush();
        isOurs = linkIfAbsent(this.#io, this.#temporary, target);
      } else if (there !== undefined && this.#io.fstat(this.#file).modifiedMillis - there.modifiedMillis > OLD_MILLIS) {
        // The same bytes with the time of now: an old object that nobody refers to may be about to be collected.
        await this.#flush();
        this.#io.rename(this.#temporary, target);
        isOurs = true;
      }
      this.#end();
      // Also when the object was there: the caller is about to refer to it, and the one who made it may not have come this far.
      this.#directories.sync(directory);
      return isOurs;
    } catch (error) {
      this.#end();
      throw storageError(error, 'publish', path);
    }
  }

  async discard(): Promise<void> {
    this.#end();
  }

  async #flush(): Promise<void> {
    if (this.#isLarge()) await this.#io.fsyncInPool(this.#file);
    else this.#io.fsync(this.#file);
  }

  #isLarge(): boolean {
    return this.#sizeBytes >= POOL_BYTES;
  }

  #assertOpen(): void {
    if (this.#ended) throw new DeltaError('storage', 'Cannot use a staged object: it was already published or discarded', {});
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    ignoreErrno(() => { this.#io.close(this.#file); });
    ignoreErrno(() => { this.#io.unlink(this.#temporary); });
  }
}
