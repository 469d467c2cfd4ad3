import { close, closeSync, constants, open, openSync, read, readSync } from 'node:fs';

/** A regular file below this size is read in one go, without a turn of the thread pool: that costs more than so many bytes. */
const SMALL_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;

const small = new Uint8Array(SMALL_BYTES);

/**
 * Reads a regular file: at once and whole when it is small, otherwise in chunks as they are asked for; an error of opening is
 * thrown here, and errors name the path. The bytes of a small file are good until the next file is read.
 */
export function readHostFile(path: string): Uint8Array | AsyncIterable<Uint8Array> {
  // What has become a pipe since it was listed must not hold up the process.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let length = 0;
  try {
    for (let count = -1; count !== 0 && length < SMALL_BYTES; length += count) {
      count = readSync(descriptor, small, length, SMALL_BYTES - length, null);
    }
  } catch (error) {
    closeSync(descriptor);
    throw withPath(error, path);
  }
  if (length === SMALL_BYTES) return chunksOf(descriptor, path, small.slice());
  closeSync(descriptor);
  return small.subarray(0, length);
}

/** Reads a pipe to its end; whoever writes to it may come later. */
export async function* readHostPipe(path: string): AsyncIterable<Uint8Array> {
  yield* chunksOf(await openInPool(path), path);
}

/** The bytes of an open file in chunks of their own; it is closed at the end, whatever happens. */
async function* chunksOf(descriptor: number, path: string, first?: Uint8Array): AsyncIterable<Uint8Array> {
  try {
    if (first !== undefined) yield first;
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const count = await readInPool(descriptor, buffer, path);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    await new Promise<void>((resolve) => {
      close(descriptor, () => resolve());
    });
  }
}

function openInPool(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, descriptor) => (error === null ? resolve(descriptor) : reject(error)));
  });
}

function readInPool(descriptor: number, buffer: Uint8Array, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, count) => (error === null ? resolve(count) : reject(withPath(error, path))));
  });
}

/** Errors of reading know only the descriptor. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error;
}
