import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { formatOfName } from '../file-extension.ts';
import { type Compression, COMPRESSIONS } from '../format-url.ts';
import type { ScanSession } from '../scan-session.ts';
import { checkWhole, readBytes } from './decompress.ts';
import { literalPath } from './literal-path.ts';
import { type Options, wordOption, wrongOption } from './options.ts';
import { badInput } from './read-error.ts';
import { spoolOf } from './spool.ts';

/** One file of the host as its options and its name describe it. */
export interface InputFile {
  readonly path: string;
  readonly compression?: Compression;
  readonly sizeBytes: number;
}

/** Files as DuckDB's own readers take them. */
export interface NativeInputs {
  /** With their patterns made literal; empty files are left out. */
  readonly paths: readonly string[];
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** The encoding that DuckDB has to be told; undefined for UTF-8. */
  readonly encoding?: string;
}

/** What DuckDB decodes by itself; everything else is turned into UTF-8 first. */
const NATIVE_ENCODINGS: Readonly<Record<string, string | undefined>> = {
  'utf-8': undefined, 'utf8': undefined, 'latin-1': 'latin-1', 'latin1': 'latin-1', 'iso-8859-1': 'latin-1',
};

/** Looks at files: whether they are there, and how they are compressed. @throws QueryError `bad-input` */
export async function inputFiles(format: string, paths: readonly string[], options: Options): Promise<readonly InputFile[]> {
  const forced = wordOption(format, options, 'compression', [...COMPRESSIONS, 'none']);
  return Promise.all(paths.map(async (path) => {
    const found = await stat(path).catch((error: unknown) => {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      throw badInput(path, { what: isMissing ? 'there is no such file' : String(error) });
    });
    if (found.isDirectory()) {
      throw badInput(path, { what: 'it is a directory, a file was wanted', hint: `${path}/* names the files in it` });
    }
    const compression = forced === 'none' ? undefined : forced ?? formatOfName(path).compression;
    return { path, sizeBytes: found.size, ...(compression === undefined ? {} : { compression }) };
  }));
}

/** Files of rows, without the empty ones; all of them empty is `bad-input`. */
export async function filledFiles(format: string, paths: readonly string[], options: Options): Promise<readonly InputFile[]> {
  const files = await inputFiles(format, paths, options);
  const filled = files.filter(({ sizeBytes }) => sizeBytes > 0);
  if (filled.length === 0) throw badInput(paths[0], { what: `it is empty, ${format === 'csv' ? 'a header or rows' : 'rows'} were wanted` });
  return filled;
}

/** Makes files readable for DuckDB: what it cannot decompress or decode is written to the session's spool. */
export async function nativeInputs(
  session: ScanSession, format: string, paths: readonly string[], options: Options, extension: string,
): Promise<NativeInputs> {
  const files = await filledFiles(format, paths, options);
  const encoding = options['encoding']?.toLowerCase();
  const decode = encoding !== undefined && !Object.hasOwn(NATIVE_ENCODINGS, encoding);
  const [first] = files;
  const same = files.every(({ compression }) => compression === first?.compression);
  const native = !decode && same && first?.compression !== 'bzip2';
  const known = encoding === undefined || decode ? undefined : NATIVE_ENCODINGS[encoding];
  if (native) {
    for (const { path, compression } of files) {
      if (compression === 'gzip' || compression === 'zstd') await checkWhole(path, compression, session.signal);
    }
  }
  const readable = native
    ? files.map(({ path }) => path)
    : await spoolAll(session, files, extension, decode ? encoding : undefined, format, options);
  const compression = native && (first?.compression === 'gzip' || first?.compression === 'zstd') ? first.compression : 'none';
  return { paths: readable.map(literalPath), compression, ...(known === undefined ? {} : { encoding: known }) };
}

async function spoolAll(
  session: ScanSession, files: readonly InputFile[], extension: string, encoding: string | undefined, format: string, options: Options,
): Promise<readonly string[]> {
  const decode = encoding === undefined ? undefined : await decoderOf(encoding, format, options);
  const paths: string[] = [];
  for (const { path, compression } of files) {
    if (compression === undefined && decode === undefined) {
      paths.push(path);
      continue;
    }
    const spooled = spoolOf(session).path(path, extension);
    const bytes = readBytes(path, compression, session.signal);
    await pipeline(decode === undefined ? bytes : decode(bytes), createWriteStream(spooled), { signal: session.signal });
    paths.push(spooled);
  }
  return paths;
}

type Decode = (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<string>;

async function decoderOf(encoding: string, format: string, options: Options): Promise<Decode> {
  const { default: iconv } = await import('iconv-lite');
  if (!iconv.encodingExists(encoding)) {
    throw wrongOption(format, options, 'encoding', 'utf-8, utf-16, latin-1, windows-1252 or another known one');
  }
  return async function* decode(bytes) {
    const decoder = iconv.getDecoder(encoding);
    for await (const piece of bytes) yield decoder.write(Buffer.from(piece));
    yield decoder.end() ?? '';
  };
}

/** Files without any compression: those that have one are decompressed into the session's spool. Paths are as the host has them. */
export async function plainFiles(
  session: ScanSession, format: string, paths: readonly string[], options: Options, extension: string,
): Promise<readonly string[]> {
  return spoolAll(session, await filledFiles(format, paths, options), extension, undefined, format, options);
}
