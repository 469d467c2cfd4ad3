import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { checkWhole, readBytes } from '@duckpond/query';
import { FactoryError } from '../errors.ts';

/** A log of the host, or an archive of one. */
export interface HostLog {
  readonly path: string;
  /** Below the directory that all patterns share, without the suffix of a compression. */
  readonly name: string;
  readonly isArchive: boolean;
  readonly compression: 'gzip' | 'zstd' | 'bzip2' | undefined;
  /** Of the file as it is on the host, compressed or not. */
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
  readonly inode: string;
}

/** How much of the beginning, and before a position, tells one log from another. */
export const BLOCK_BYTES = 4096;

/** Where `bytes` of content end, and what is around there. */
export interface Mark {
  readonly bytes: number;
  /** Lower-case hex SHA-256 of the first `BLOCK_BYTES`, or of all there is. */
  readonly head: string;
  /** The same of the last ones before `bytes`. */
  readonly tail: string;
}

/** A log that is read: of a plain file only what is asked for, of a compressed one all before it too. */
export interface OpenLog {
  /** The bytes of its content. */
  readonly bytes: number;
  /** Whether its content begins with what the mark was made of, as far as the two blocks tell. */
  matches(mark: Mark): Promise<boolean>;
  mark(): Promise<Mark>;
  /**
   * The content from a position on, up to `bytes`; fails when the file becomes another one meanwhile.
   *
   * @throws FactoryError `bad-input`
   */
  from(position: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** @throws FactoryError `bad-input` when it is not the file any more that was found; QueryError when an archive is damaged */
export async function openLog(log: HostLog, signal: AbortSignal): Promise<OpenLog> {
  const file = await open(log.path);
  try {
    const { ino, size } = await file.stat({ bigint: true });
    if (String(ino) !== log.inode) throw changed(log);
    return log.compression === undefined ? plainLog(log, file, Number(size), signal) : await compressedLog(log, file, signal);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The open file is what was found, whatever name it gets meanwhile. */
function plainLog(log: HostLog, file: FileHandle, bytes: number, signal: AbortSignal): OpenLog {
  const hash = async (start: number, end: number): Promise<string> => {
    const block = Buffer.alloc(end - start);
    for (let at = 0; at < block.length;) {
      const { bytesRead } = await file.read(block, at, block.length - at, start + at);
      if (bytesRead === 0) return '';
      at += bytesRead;
    }
    return hashOf(block);
  };
  const matches = async (mark: Mark): Promise<boolean> => mark.bytes <= bytes
    && await hash(0, Math.min(BLOCK_BYTES, mark.bytes)) === mark.head
    && await hash(Math.max(0, mark.bytes - BLOCK_BYTES), mark.bytes) === mark.tail;
  return {
    bytes, matches,
    mark: async () => ({
      bytes, head: await hash(0, Math.min(BLOCK_BYTES, bytes)), tail: await hash(Math.max(0, bytes - BLOCK_BYTES), bytes),
    }),
    async *from(position) {
      if (position === bytes) return;
      const head = await hash(0, Math.min(BLOCK_BYTES, bytes));
      const end = new EndKeeper();
      const stream = file.createReadStream({ autoClose: false, start: position, end: bytes - 1, highWaterMark: 1024 * 1024 });
      let at = position;
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        signal.throwIfAborted();
        at += chunk.byteLength;
        end.push(chunk);
        yield chunk;
      }
      // A log that was emptied meanwhile and has grown again: what was read may be of both.
      const { size } = await file.stat();
      const from = bytes - end.bytes.byteLength;
      if (at !== bytes || size < bytes || await hash(0, Math.min(BLOCK_BYTES, bytes)) !== head
        || await hash(from, bytes) !== hashOf(end.bytes)) throw changed(log);
    },
    close: () => file.close(),
  };
}

async function compressedLog(log: HostLog, file: FileHandle, signal: AbortSignal): Promise<OpenLog> {
  const { path, compression } = log;
  if (compression === 'zstd') await checkWhole(path, compression, signal);
  const content = (): AsyncGenerator<Uint8Array> => readBytes(path, compression, signal);
  const markAt = async (bytes: number): Promise<Mark> => {
    const [head, tail] = [createHash('sha256'), new EndKeeper()];
    let at = 0;
    for await (const chunk of content()) {
      const part = chunk.subarray(0, Math.min(chunk.byteLength, bytes - at));
      if (at < BLOCK_BYTES) head.update(part.subarray(0, BLOCK_BYTES - at));
      tail.push(part);
      at += part.byteLength;
      if (at === bytes) break;
    }
    return { bytes: at, head: head.digest('hex'), tail: hashOf(tail.bytes) };
  };
  const whole = await markAt(Number.MAX_SAFE_INTEGER);
  return {
    bytes: whole.bytes,
    async matches(mark) {
      if (mark.bytes > whole.bytes || (mark.bytes >= BLOCK_BYTES && mark.head !== whole.head)) return false;
      const own = mark.bytes === whole.bytes ? whole : await markAt(mark.bytes);
      return own.head === mark.head && own.tail === mark.tail;
    },
    mark: () => Promise.resolve(whole),
    async *from(position) {
      let at = 0;
      for await (const chunk of content()) {
        if (at + chunk.byteLength > position) yield chunk.subarray(Math.max(0, position - at));
        at += chunk.byteLength;
      }
      if (at !== whole.bytes) throw changed(log);
    },
    close: () => file.close(),
  };
}

/** The last `BLOCK_BYTES` of what was pushed. */
class EndKeeper {
  bytes: Uint8Array = new Uint8Array(0);

  push(chunk: Uint8Array): void {
    if (chunk.byteLength >= BLOCK_BYTES) this.bytes = Uint8Array.from(chunk.subarray(chunk.byteLength - BLOCK_BYTES));
    else this.bytes = Uint8Array.from(Buffer.concat([this.bytes, chunk]).subarray(-BLOCK_BYTES));
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Of a log that was rotated or emptied while it was read: the next run finds it as it is then. */
export function isMoving(error: unknown): boolean {
  return error instanceof FactoryError && error.data['isMoving'] === true;
}

function changed({ path }: HostLog): FactoryError {
  const message = `Cannot take "${path}": it was rotated or emptied meanwhile, a log that only grows was wanted`;
  return new FactoryError('bad-input', message, { path, isMoving: true });
}
