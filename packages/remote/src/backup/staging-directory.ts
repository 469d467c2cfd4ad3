import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files that are being put together before they get their place: durable as a whole, at the end. */
export interface StagingDirectory {
  readonly directory: string;
  /** Whether the file is there as it should be, from an attempt before. */
  has(path: string, sizeBytes: number, sha256: string): Promise<boolean>;
  /** Writes a file whole or not at all. */
  write(path: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  remove(path: string): Promise<void>;
  /** Paths of all files. */
  list(): AsyncIterable<string>;
  /** Everything survives a power cut from here on. */
  sync(): Promise<void>;
}

const SYNCED_AT_ONCE = 16;

export function openStagingDirectory(directory: string): StagingDirectory {
  let temporaries = 0;
  const made = new Set<string>();

  async function makeParent(file: string): Promise<void> {
    const parent = dirname(file);
    if (made.has(parent)) return;
    await mkdir(parent, { recursive: true });
    made.add(parent);
  }

  return {
    directory,
    async has(path, sizeBytes, sha256) {
      const file = join(directory, path);
      const found = await stat(file).catch(() => undefined);
      if (found?.isFile() !== true || found.size !== sizeBytes) return false;
      const digest = createHash('sha256');
      const handle = await open(file, 'r');
      for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) digest.update(chunk);
      return digest.digest('hex') === sha256;
    },
    async write(path, source) {
      const file = join(directory, path);
      await makeParent(file);
      const temporary = `${file}.${++temporaries}.part`;
      const handle = await open(temporary, 'w');
      try {
        for await (const chunk of source) {
          for (let at = 0; at < chunk.byteLength;) at += (await handle.write(chunk, at)).bytesWritten;
        }
      } catch (error) {
        await handle.close();
        await rm(temporary, { force: true });
        throw error;
      }
      await handle.close();
      await rename(temporary, file);
    },
    remove: (path) => rm(join(directory, path), { force: true }),
    list: () => filesBelow(directory, ''),
    async sync() {
      const directories = new Set(['']);
      let batch: string[] = [];
      const flush = async (): Promise<void> => {
        await Promise.all(batch.map((path) => fsync(join(directory, path))));
        batch = [];
      };
      for await (const path of filesBelow(directory, '')) {
        for (let at = dirname(path); at !== '.'; at = dirname(at)) directories.add(at);
        batch.push(path);
        if (batch.length >= SYNCED_AT_ONCE) await flush();
      }
      await flush();
      for (const path of directories) await fsync(join(directory, path));
    },
  };
}

async function* filesBelow(root: string, below: string): AsyncGenerator<string> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true }).catch(() => [])) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else yield path;
  }
}

/** Of a file or a directory. */
export async function fsync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
