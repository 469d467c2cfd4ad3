import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { isProcessAlive } from './environment.ts';

/** Where content that is not a file of its own is put so that DuckDB can read it. Each process has its own below `cache/spool`. */
export interface Spool {
  readonly directory: string;
  /** The file with that content, made from `chunks` unless it is there already. `key` names the content: the same key, the same bytes. */
  file(key: string, chunks: () => AsyncIterable<Uint8Array>): Promise<string>;
  /** Removes the directory of this process. */
  close(): Promise<void>;
}

const ABANDONED_MILLIS = 24 * 60 * 60 * 1000;

/** Makes nothing on disk before the first file. What processes left that are gone, or a day ago, is removed then. */
export function openSpool(cacheDirectory: string, nowMillis: () => number): Spool {
  const root = join(cacheDirectory, 'spool');
  const directory = join(root, `${pid}-${randomBytes(6).toString('hex')}`);
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
    await removeLeftovers(root, nowMillis());
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

async function removeLeftovers(root: string, nowMillis: number): Promise<void> {
  for (const name of await readdir(root)) {
    const owner = /^(\d+)-[0-9a-f]{12}$/.exec(name)?.[1];
    if (owner === undefined || Number(owner) === pid) continue;
    const path = join(root, name);
    const age = await stat(path).then(({ mtimeMs }) => nowMillis - mtimeMs, () => 0);
    if (!isProcessAlive(Number(owner)) || age > ABANDONED_MILLIS) await rm(path, { recursive: true, force: true });
  }
}
