import { close, open, read } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;

/** Opens a file of the host, so that it is known to be readable before anything is done with it. */
export function openHostFile(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
}

/** The bytes of an open file in chunks of their own; it is closed at the end, whatever happens. Errors name the path. */
export async function* readOpenFile(descriptor: number, path: string): AsyncIterable<Uint8Array> {
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const count = await readInto(descriptor, buffer, path);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    await new Promise<void>((resolve) => {
      close(descriptor, () => resolve());
    });
  }
}

function readInto(descriptor: number, buffer: Uint8Array, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, count) => {
      if (error === null) resolve(count);
      else reject(Object.assign(error, { path }));
    });
  });
}
