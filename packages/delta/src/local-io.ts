/**
 * The port to the local file system: every durable write of the project goes through it, one syscall a method, so that a
 * test can fail, record or reorder each of them (`testing/faulty-io.ts`, `testing/recorded-io.ts`).
 *
 * The methods are synchronous because a commit made of `fs/promises` calls costs twice as much; those that end in `InPool`
 * are for large files, which must not hold up the event loop, and for fsyncs at the same time. All throw what `node:fs` throws.
 */
import {
  closeSync, fstatSync, fsync, fsyncSync, linkSync, mkdirSync, openSync, read, readdirSync, readSync, renameSync, statSync, type Stats,
  unlinkSync, write, writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { pid } from 'node:process';
import { promisify } from 'node:util';

export type FileKind = 'file' | 'directory' | 'other';

export interface FileStatus {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
  /** Device and inode together identify a file, whatever its names. */
  readonly device: number;
  readonly inode: number;
}

export interface DirectoryEntry {
  readonly name: string;
  /** Symbolic links are not followed: they are `other`. */
  readonly kind: FileKind;
}

export interface LocalIo {
  /** Stands in the names of temporary files, so that those of a dead process can be told from those of a living one. */
  readonly processId: number;
  /** Lower-case hexadecimal digits that no other store, in this process or another, gets. */
  randomToken(): string;

  /** `create` is for writing and fails with EEXIST if the name is taken. */
  open(path: string, mode: 'read' | 'create'): number;
  /** Both return how many bytes were transferred, which may be fewer than asked for. */
  read(file: number, buffer: Uint8Array, position: number): number;
  write(file: number, bytes: Uint8Array, position: number): number;
  fsync(file: number): void;
  close(file: number): void;
  fstat(file: number): FileStatus;

  readInPool(file: number, buffer: Uint8Array, position: number): Promise<number>;
  writeInPool(file: number, bytes: Uint8Array, position: number): Promise<number>;
  fsyncInPool(file: number): Promise<void>;
  fsyncDirectoryInPool(path: string): Promise<void>;

  link(from: string, to: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  mkdir(path: string): void;
  /** In no particular order. */
  readdir(path: string): readonly DirectoryEntry[];
  /** `undefined` if there is nothing; symbolic links are followed. */
  stat(path: string): FileStatus | undefined;
  /** Makes the names in the directory durable: without it a power cut may undo a link, a rename or an unlink. */
  fsyncDirectory(path: string): void;
}

const readPromise = promisify(read);
const writePromise = promisify(write);
const fsyncPromise = promisify(fsync);

export const nodeIo: LocalIo = {
  get processId() {
    return pid;
  },
  randomToken: () => randomBytes(8).toString('hex'),

  open: (path, mode) => openSync(path, mode === 'read' ? 'r' : 'wx'),
  read: (file, buffer, position) => readSync(file, buffer, 0, buffer.length, position),
  write: (file, bytes, position) => writeSync(file, bytes, 0, bytes.length, position),
  fsync: fsyncSync,
  close: closeSync,
  fstat: (file) => fileStatus(fstatSync(file)),

  readInPool: async (file, buffer, position) => (await readPromise(file, buffer, 0, buffer.length, position)).bytesRead,
  writeInPool: async (file, bytes, position) => (await writePromise(file, bytes, 0, bytes.length, position)).bytesWritten,
  fsyncInPool: fsyncPromise,
  async fsyncDirectoryInPool(path) {
    const directory = openSync(path, 'r');
    try {
      await fsyncPromise(directory);
    } finally {
      closeSync(directory);
    }
  },

  link: linkSync,
  rename: renameSync,
  unlink: unlinkSync,
  mkdir: (path) => { mkdirSync(path); },
  readdir: (path) => readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: fileKind(entry) })),
  stat(path) {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && fileStatus(stats);
  },
  fsyncDirectory(path) {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  },
};

function fileStatus(stats: Stats): FileStatus {
  const { size, mtimeMs, dev, ino } = stats;
  return { kind: fileKind(stats), sizeBytes: size, modifiedMillis: Math.floor(mtimeMs), device: dev, inode: ino };
}

function fileKind(entry: Pick<Stats, 'isFile' | 'isDirectory'>): FileKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}
