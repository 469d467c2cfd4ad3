/** What is done to one file, with the rules of the medium: short transfers, no replacement, large ones in the thread pool. */
import type { LocalIo } from './local-io.ts';
import { errnoOf } from './storage-error.ts';

/** The size from which a file is read, written and fsynced in the thread pool. */
export const POOL_BYTES: number = 1 << 20;

/** Writes all of the bytes; `inPool` when the file is large. */
export async function writeFully(io: LocalIo, file: number, bytes: Uint8Array, position: number, inPool: boolean): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const count = inPool ? await io.writeInPool(file, rest, position + done) : io.write(file, rest, position + done);
    if (count <= 0) throw noProgress();
    done += count;
  }
}

/** Fills the buffer as far as the file reaches, and returns how far that was. */
export async function readFully(io: LocalIo, file: number, buffer: Uint8Array, position: number, inPool: boolean): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const rest = done === 0 ? buffer : buffer.subarray(done);
    const count = inPool ? await io.readInPool(file, rest, position + done) : io.read(file, rest, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/**
 * Gives a file a second name unless that is taken.
 *
 * An error or EEXIST may be the answer to a link that was made (NFS repeats a request whose reply was lost), so the two names
 * are compared before it is believed.
 */
export function linkIfAbsent(io: LocalIo, from: string, to: string): boolean {
  try {
    io.link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const ours = io.stat(from);
    const theirs = io.stat(to);
    if (ours && theirs && ours.device === theirs.device && ours.inode === theirs.inode) return true;
    if (errnoOf(error) === 'EEXIST' && theirs?.kind === 'file') return false;
    throw error;
  }
}

function noProgress(): Error {
  return Object.assign(new Error('ENOSPC: a write transferred nothing'), { code: 'ENOSPC', syscall: 'write' });
}

/** An own, unfilled buffer: not a part of the pool of `Buffer`, whose offsets do not suit typed arrays of wider elements. */
export function allocateBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
}
