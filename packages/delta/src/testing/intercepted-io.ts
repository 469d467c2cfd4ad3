import type { LocalIo } from '../local-io.ts';

/** One call of a `LocalIo`; those of the thread pool have the names of their synchronous twins. */
export type IoOperation =
  | { readonly name: 'open'; readonly path: string; readonly mode: 'read' | 'create' }
  | { readonly name: 'read'; readonly path: string; readonly file: number; readonly sizeBytes: number; readonly position: number }
  | { readonly name: 'write'; readonly path: string; readonly file: number; readonly bytes: Uint8Array; readonly position: number }
  | { readonly name: 'fsync' | 'close' | 'fstat'; readonly path: string; readonly file: number }
  | { readonly name: 'link' | 'rename'; readonly path: string; readonly to: string }
  | { readonly name: 'unlink' | 'mkdir' | 'readdir' | 'stat' | 'fsyncDirectory'; readonly path: string };

export interface Interceptor {
  /**
   * Called before an operation. What it throws is thrown instead of doing it.
   *
   * @returns of a write: how many of its bytes to pass on
   */
  readonly before?: (operation: IoOperation) => number | undefined;
  /** Called when an operation was done, with what it returned. What it throws is thrown instead of returning that. */
  readonly after?: (operation: IoOperation, result: unknown) => void;
}

export interface InterceptedIo {
  readonly io: LocalIo;
  /** The files that are open now: descriptors and the paths they were opened by. */
  readonly openFiles: ReadonlyMap<number, string>;
  /** Closes them as the end of a process does; one that the thread pool is busy with, when it is done with it. */
  readonly closeAll: () => void;
}

/** Puts an interceptor around every operation of a `LocalIo`. */
export function interceptIo(inner: LocalIo, { before, after }: Interceptor): InterceptedIo {
  const openFiles = new Map<number, string>();
  const busy = new Map<number, number>();
  let isEnded = false;
  const pathOf = (file: number): string => openFiles.get(file) ?? '';

  function around<T>(operation: IoOperation, perform: (limit: number | undefined) => T): T {
    const result = perform(before?.(operation));
    after?.(operation, result);
    return result;
  }
  /** Closing a descriptor under the thread pool would let it write into whatever file gets the number next. */
  async function aroundPool<T>(
    file: number, operation: IoOperation, perform: (limit: number | undefined) => Promise<T>,
  ): Promise<T> {
    const limit = before?.(operation);
    busy.set(file, (busy.get(file) ?? 0) + 1);
    let result: T;
    try {
      result = await perform(limit);
    } finally {
      busy.set(file, (busy.get(file) ?? 1) - 1);
      if (isEnded) closeAll();
    }
    after?.(operation, result);
    return result;
  }
  function closeAll(): void {
    isEnded = true;
    for (const file of [...openFiles.keys()]) {
      if ((busy.get(file) ?? 0) === 0 && openFiles.delete(file)) inner.close(file);
    }
  }
  const reading = (file: number, buffer: Uint8Array, position: number): IoOperation =>
    ({ name: 'read', path: pathOf(file), file, sizeBytes: buffer.length, position });
  const writing = (file: number, bytes: Uint8Array, position: number): IoOperation =>
    ({ name: 'write', path: pathOf(file), file, bytes, position });

  const io: LocalIo = {
    processId: inner.processId,
    randomToken: () => inner.randomToken(),

    open(path, mode) {
      let file: number | undefined;
      try {
        return around({ name: 'open', path, mode }, () => {
          file = inner.open(path, mode);
          openFiles.set(file, path);
          return file;
        });
      } catch (error) {
        // Nobody has the descriptor when `after` throws.
        if (file !== undefined && openFiles.delete(file)) inner.close(file);
        throw error;
      }
    },
    read: (file, buffer, position) => around(reading(file, buffer, position), () => inner.read(file, buffer, position)),
    write: (file, bytes, position) =>
      around(writing(file, bytes, position), (limit) => inner.write(file, bytes.subarray(0, limit), position)),
    fsync: (file) => { around({ name: 'fsync', path: pathOf(file), file }, () => { inner.fsync(file); }); },
    close(file) {
      around({ name: 'close', path: pathOf(file), file }, () => {
        openFiles.delete(file);
        inner.close(file);
      });
    },
    fstat: (file) => around({ name: 'fstat', path: pathOf(file), file }, () => inner.fstat(file)),

    readInPool: async (file, buffer, position) =>
      aroundPool(file, reading(file, buffer, position), async () => inner.readInPool(file, buffer, position)),
    writeInPool: async (file, bytes, position) =>
      aroundPool(file, writing(file, bytes, position), async (limit) => inner.writeInPool(file, bytes.subarray(0, limit), position)),
    fsyncInPool: async (file) => aroundPool(file, { name: 'fsync', path: pathOf(file), file }, async () => inner.fsyncInPool(file)),

    async fsyncDirectoryInPool(path) {
      const operation: IoOperation = { name: 'fsyncDirectory', path };
      before?.(operation);
      await inner.fsyncDirectoryInPool(path);
      after?.(operation, undefined);
    },

    link: (path, to) => { around({ name: 'link', path, to }, () => { inner.link(path, to); }); },
    rename: (path, to) => { around({ name: 'rename', path, to }, () => { inner.rename(path, to); }); },
    unlink: (path) => { around({ name: 'unlink', path }, () => { inner.unlink(path); }); },
    mkdir: (path) => { around({ name: 'mkdir', path }, () => { inner.mkdir(path); }); },
    readdir: (path) => around({ name: 'readdir', path }, () => inner.readdir(path)),
    stat: (path) => around({ name: 'stat', path }, () => inner.stat(path)),
    fsyncDirectory: (path) => { around({ name: 'fsyncDirectory', path }, () => { inner.fsyncDirectory(path); }); },
  };
  return { io, openFiles, closeAll };
}
