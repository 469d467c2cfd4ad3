import { open } from 'node:fs/promises';
import { arrowSelect } from '../relation-view.ts';
import type { ScanSession } from '../scan-session.ts';
import { uncompressedArrow } from './arrow-uncompress.ts';
import { plainFiles } from './inputs.ts';
import { checkOptions, type Options } from './options.ts';
import { badInput, readError } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { spoolOf } from './spool.ts';

/** Larger files would not fit beside everything else on a machine of 1 GB. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Arrow IPC, streams and files (Feather 2), with or without compressed buffers. A file is held in memory while it is read. */
export const arrowReader: FormatReader = { format: 'arrow', select: selectArrow };

async function selectArrow(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('arrow', options, ['compression']);
  const streams: Uint8Array[] = [];
  for (const path of await plainFiles(session, 'arrow', paths, options, 'arrow')) {
    const original = spoolOf(session).original(path);
    try {
      const bytes = await readWhole(path, original);
      if (isMagic(bytes.subarray(0, 6)) && !isMagic(bytes.subarray(-6))) throw badInput(original, { what: 'it was cut off: its end is not that of an Arrow file' });
      streams.push(await uncompressedArrow(bytes));
      session.arrow(streams.slice(-1));
    } catch (error) {
      const understood = readError(error);
      const what = error instanceof Error ? error.message.replace(/^Cannot read[^:]*: /, '') : String(error);
      throw understood !== undefined && understood.message.includes(original) ? understood : badInput(original, { what: `it is not Arrow IPC or was cut off: ${what}` });
    }
    session.signal?.throwIfAborted();
  }
  return arrowSelect(session.arrow(streams));
}

async function readWhole(path: string, original: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) {
      throw badInput(original, { what: `it has ${size} bytes, at most ${MAX_BYTES} of Arrow were wanted`, hint: 'split it, or store it as Parquet' });
    }
    // Not from the pool of small buffers: buffers of columns begin at multiples of 8.
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(size - at, 64 * 1024 * 1024), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

function isMagic(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString('latin1') === 'ARROW1';
}
