import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { processDirectoryName, removeLeftovers } from './process-directory.ts'

/** Where content that is not a file of its own is put so that DuckDB can read it. Each process has its own below `cache/spool`. */
export interface Spool {
  readonly directory: string;
  /** The file with that content, made from `chunks` unless it is there already. `key` names the content: the same key, the same bytes. */
  file(key: string, chunks: () => AsyncIterable<Uint8Array>): Promise<string>;
  /** Removes the directory of this process. */
  close(): Promise<void>;
}

/** Makes nothing on disk before the first file. What processes left that are gone is removed then. `uuid` tells spools of one process apart. */
export function openSpool(cacheDirectory: string, uuid: string): Spool {
  const root = join(cacheDirectory, 'spool');
  const directory = join(root, processDirectoryName(uuid.slice(-12)));
  const files = new Map<string, Promise<string>>();
  let opening: Promise<void> | undefined;

  async function write(key: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
    await (opening ??= open());
    const path = join(directory, createHash('sha256').update(key).digest('hex'));
    const temporary = `${path}.tmp`;
    try {
      await pipeline(chunks, createWriteStream(temporary, { mode: 0o600 }));
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return path;
  }

  async function open(): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeLeftovers(root);
  }

  return {
    directory,
    file(key, chunks) {
      let file = files.get(key);
      if (file === undefined) {
        file = write(key, chunks());
        files.set(key, file);
        file.catch(() => files.delete(key));
      }
      return file;
    },
    async close() {
      await Promise.allSettled(files.values());
      files.clear();
      if (opening !== undefined) await rm(directory, { recursive: true, force: true });
      opening = undefined;
    },
  };
}
