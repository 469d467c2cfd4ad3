import type { ArrowBytes } from '../arrow-bytes.ts';
import { arrowCodecs } from '../arrow-ipc-read.ts';
import { arrowSelect } from '../relation-view.ts';
import type { ScanSession } from '../scan-session.ts';
import { bufferDecompressor } from './arrow-decompress.ts';
import { fileBytesOf } from './arrow-files.ts';
import { plainFiles } from './inputs.ts';
import { checkOptions, type Options } from './options.ts';
import { badInput, readError } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { spoolOf } from './spool.ts';

const MAGIC_BYTES = 6;

/**
 * Arrow IPC, streams and files (Feather 2), with or without compressed buffers. Of a file one batch is in memory at a time, and of that only
 * the columns that are asked for.
 */
export const arrowReader: FormatReader = { format: 'arrow', select: selectArrow };

async function selectArrow(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('arrow', options, ['compression']);
  const streams: ArrowBytes[] = [];
  const bytesOf = fileBytesOf(session);
  for (const path of await plainFiles(session, 'arrow', paths, options, 'arrow')) {
    const original = spoolOf(session).original(path);
    try {
      const bytes = bytesOf(path);
      if (isFile(bytes) && !isMagic(bytes, bytes.size - MAGIC_BYTES)) {
        throw badInput(original, { what: 'it was cut off: its end is not that of an Arrow file' });
      }
      const codecs = arrowCodecs(bytes);
      streams.push(codecs.size === 0 ? bytes : { ...bytes, decompress: await bufferDecompressor(codecs) });
      session.arrow(streams.slice(-1));
    } catch (error) {
      const understood = readError(error);
      if (understood?.message.includes(original) === true) throw understood;
      const what = error instanceof Error ? error.message.replace(/^Cannot read[^:]*: /, '') : String(error);
      throw badInput(original, { what: `it is not Arrow IPC or was cut off: ${what}` });
    }
    session.signal?.throwIfAborted();
  }
  return arrowSelect(session.arrow(streams));
}

function isFile(bytes: ArrowBytes): boolean {
  return bytes.size >= MAGIC_BYTES && isMagic(bytes, 0);
}

function isMagic(bytes: ArrowBytes, at: number): boolean {
  return Buffer.from(bytes.read(at, at + MAGIC_BYTES)).toString('latin1') === 'ARROW1';
}
