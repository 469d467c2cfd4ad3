import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { SaxesTagPlain } from 'saxes';
import type { Entry, Options as ZipOptions, ZipFile } from 'yauzl';
import { badInput } from './read-error.ts';

/** A part of a workbook is refused when it grows beyond this, or more than `MAX_RATIO` times its packed size: what no spreadsheet does. */
const MAX_PART_BYTES = 8 * 1024 ** 3;
const MAX_RATIO = 500;
const RATIO_APPLIES_FROM = 16 * 1024 * 1024;

/** The parts of a workbook, which is a zip file. */
export interface WorkbookParts {
  readonly names: readonly string[];
  /** The XML of a part, in pieces; undefined when there is no such part. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  close(): void;
}

/** Opens a workbook of the host. @throws QueryError `bad-input` */
export async function openWorkbook(path: string, original: string): Promise<WorkbookParts> {
  // CommonJS: in a bundle only its default export is there.
  const { default: yauzl } = await import('yauzl');
  const open = promisify(yauzl.open.bind(yauzl)) as (path: string, options: ZipOptions) => Promise<ZipFile>;
  const zip = await open(path, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw notXlsx(original, error);
  });
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName.replace(/^\//, '').toLowerCase(), entry);
      zip.readEntry();
    });
    zip.once('end', resolve);
    zip.once('error', (error: unknown) => reject(notXlsx(original, error)));
    zip.readEntry();
  });
  const openEntry = promisify<Entry, Readable>((entry, done) => zip.openReadStream(entry, done));
  return {
    names: [...entries.keys()],
    close: () => zip.close(),
    read: async (name) => {
      const entry = entries.get(name.toLowerCase());
      if (entry === undefined) return undefined;
      const stream = await openEntry(entry).catch((error: unknown) => {
        throw notXlsx(original, error);
      });
      return limited(stream, entry.compressedSize, name, original);
    },
  };
}

async function* limited(stream: Readable, packed: number, name: string, original: string): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > MAX_PART_BYTES || (size > RATIO_APPLIES_FROM && size > packed * MAX_RATIO)) {
        const megabytes = Math.floor(size / 1024 / 1024);
        const what = `its part "${name}" grows to more than ${megabytes} MB out of ${packed} bytes, which no spreadsheet does`;
        throw badInput(original, { what });
      }
      yield piece;
    }
  } catch (error) {
    throw error instanceof Error && error.name === 'QueryError' ? error : notXlsx(original, error);
  } finally {
    stream.destroy();
  }
}

function notXlsx(original: string, error: unknown): Error {
  const said = error instanceof Error ? error.message : String(error);
  return badInput(original, { what: `it is not xlsx, is damaged or was cut off: ${said}` }, { cause: error });
}

/** What a caller wants to know of an XML document; names come without their prefix. */
export interface XmlHandler {
  open?(name: string, attribute: (name: string) => string | undefined): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Reads XML piece by piece; what a step found can be taken between the pieces. @throws QueryError `bad-input` */
export async function* readXml(bytes: AsyncIterable<Uint8Array>, handler: XmlHandler, original: string): AsyncGenerator<void> {
  // CommonJS: in a bundle only its default export is there.
  const { default: { SaxesParser } } = await import('saxes');
  const parser = new SaxesParser({ xmlns: false });
  let failed: Error | undefined;
  parser.on('error', (error) => {
    failed ??= error;
  });
  parser.on('opentag', (tag: SaxesTagPlain) => handler.open?.(local(tag.name), (name) => tag.attributes[name]));
  parser.on('text', (text) => handler.text?.(text));
  parser.on('cdata', (text) => handler.text?.(text));
  parser.on('closetag', (tag) => handler.close?.(local(tag.name)));
  const decoder = new TextDecoder();
  for await (const piece of bytes) {
    parser.write(decoder.decode(piece, { stream: true }));
    if (failed !== undefined) throw notXlsx(original, failed);
    yield;
  }
  parser.write(decoder.decode()).close();
  if (failed !== undefined) throw notXlsx(original, failed);
  yield;
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
