import { closeSync, openSync, readSync } from 'node:fs';
import type * as HyparquetModule from 'hyparquet';
import type { ColumnMetaData, DecodedArray, FileMetaData, RowGroup } from 'hyparquet';
import type * as ColumnModule from 'hyparquet/src/column.js';
import type * as ConvertModule from 'hyparquet/src/convert.js';
import type * as SchemaModule from 'hyparquet/src/schema.js';
import { OplogError } from './errors.ts';
import { type Page, pagesAhead } from './page-ahead.ts';
import { checkFooter, checkRegions, checkThrift, type Region, regionsOf } from './parquet-check.ts';
import { compressors, FOOTER_PARSERS, PARSERS, READINGS } from './parquet-read.ts';
import { Record } from './record.ts';
import type { Column } from './shape.ts';

/** A record and its number in its file, from 0. */
export interface ScannedRecord {
  readonly record: Record;
  readonly index: number;
}

/**
 * The records of a data file, read synchronously and a page of content at a time: what a scan in a callback of DuckDB needs. They come
 * in no order: while one page is used, others are decompressed beside it, wherever the caller lets the event loop turn in between.
 * Throws `corrupt-record` for what is not a data file of that size; the file is closed when the generator ends.
 */
export type ScanRecords = (path: string, sizeBytes: number) => Generator<ScannedRecord>;

interface Libraries extends
  Pick<typeof HyparquetModule, 'parquetMetadata' | 'snappyUncompress'>,
  Pick<typeof ColumnModule, 'parquetHeader' | 'readColumn' | 'readPage'>,
  Pick<typeof SchemaModule, 'getSchemaPath'>,
  Pick<typeof ConvertModule, 'DEFAULT_PARSERS'> {}

type Decoder = Parameters<Libraries['readPage']>[2];

/** A column of one row group. */
interface Chunk {
  readonly column: Column;
  readonly decoder: Decoder;
  readonly start: number;
  readonly end: number;
}

const MAGIC = 0x31524150;
const WINDOW_BYTES = 1024 * 1024;
const MOST_HEADER_BYTES = 64 * 1024;

/** Loads the Parquet reader. */
export async function loadRecordScan(): Promise<ScanRecords> {
  const [hyparquet, column, schema, convert] = await Promise.all([
    import('hyparquet'), import('hyparquet/src/column.js'), import('hyparquet/src/schema.js'), import('hyparquet/src/convert.js'),
  ]);
  const { parquetMetadata, snappyUncompress } = hyparquet;
  const { parquetHeader, readColumn, readPage } = column;
  const libraries: Libraries = {
    parquetMetadata, snappyUncompress, parquetHeader, readColumn, readPage, getSchemaPath: schema.getSchemaPath,
    DEFAULT_PARSERS: convert.DEFAULT_PARSERS,
  };
  return (path, sizeBytes) => scanRecords(libraries, path, sizeBytes);
}

function* scanRecords(libraries: Libraries, path: string, sizeBytes: number): Generator<ScannedRecord> {
  let file: SyncFile | undefined;
  try {
    file = openFile(path, sizeBytes);
    const metadata = footerOf(libraries, file);
    const regions = regionsOf(metadata);
    let before = 0;
    for (const group of metadata.row_groups) {
      for (const { record, index } of recordsOf(libraries, file, metadata, group, regions)) yield { record, index: before + index };
      before += Number(group.num_rows);
    }
  } catch (error) {
    const code = error instanceof OplogError ? error.code : 'corrupt-record';
    const why = error instanceof Error ? error.message : String(error);
    throw new OplogError(code, `Cannot read "${path}" as Parquet: ${why}`, { file: path }, { cause: error });
  } finally {
    file?.close();
  }
}

function footerOf({ parquetMetadata }: Libraries, file: SyncFile): FileMetaData {
  const { byteLength } = file;
  if (!(byteLength >= 12)) throw corrupt(`it has ${byteLength} bytes, at least 12 were wanted`);
  const end = file.slice(byteLength - 8, byteLength);
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
  if (view.getUint32(4, true) !== MAGIC) throw corrupt('it does not end in PAR1');
  const metadataBytes = view.getUint32(0, true);
  if (metadataBytes > byteLength - 12) throw corrupt(`it claims a footer of ${metadataBytes} bytes, the file has ${byteLength}`);
  const footer = file.slice(byteLength - 8 - metadataBytes, byteLength);
  checkThrift(footer.subarray(0, metadataBytes));
  const metadata = parquetMetadata(bufferOf(footer), { parsers: FOOTER_PARSERS, geoparquet: false });
  checkFooter(metadata, byteLength);
  return metadata;
}

/** The records of one row group: the small columns whole, the content page by page. */
function* recordsOf(
  libraries: Libraries, file: SyncFile, metadata: FileMetaData, group: RowGroup, regions: readonly Region[],
): Generator<ScannedRecord> {
  const rows = Number(group.num_rows);
  const chunks = Record.columns.flatMap((column) => chunkOf(libraries, metadata, group, column));
  const values = new Map<string, readonly unknown[] | DecodedArray>();
  let content: Chunk | undefined;
  for (const chunk of chunks) {
    if (chunk.column.key === 'content') content = chunk;
    else values.set(chunk.column.key, wholeColumn(libraries, file, chunk, rows, regions));
  }
  if (content === undefined) throw corrupt('column "content" is absent');
  let seen = 0;
  for (const { row, content: bytes } of contents(libraries, file, content, regions)) {
    const record: { [key: string]: unknown } = { content: bytes };
    for (const column of Record.columns) {
      if (column.key === 'content') continue;
      const value: unknown = values.get(column.key)?.[row] ?? null;
      if (value === null && !column.nullable) throw corrupt(`column "${column.name}" has a null`);
      record[column.key] = value === null ? null : READINGS[column.type](value, column);
    }
    seen++;
    yield { record: record as unknown as Record, index: row };
  }
  if (seen !== rows) throw corrupt(`column "content" has ${seen} values for ${rows} rows`);
}

function chunkOf(libraries: Libraries, metadata: FileMetaData, group: RowGroup, column: Column): Chunk[] {
  const found = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === column.name);
  const meta: ColumnMetaData | undefined = found?.meta_data;
  if (meta === undefined) return [];
  const schemaPath = libraries.getSchemaPath(metadata.schema, [column.name]);
  const element = schemaPath.at(-1)?.element;
  if (element === undefined) return [];
  const decoder: Decoder = {
    pathInSchema: [column.name], type: meta.type, element, schemaPath, codec: meta.codec, utf8: false,
    parsers: { ...libraries.DEFAULT_PARSERS, ...PARSERS }, compressors: compressors(libraries),
  };
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  return [{ column, decoder, start, end: start + Number(meta.total_compressed_size) }];
}

function wholeColumn(
  { readColumn }: Libraries, file: SyncFile, { column, decoder, start, end }: Chunk, rows: number, regions: readonly Region[],
): readonly unknown[] {
  const bytes = file.slice(start, end);
  checkRegions(regions, bytes, start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { data } = readColumn({ view, offset: 0 }, { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows }, decoder);
  const values = data.flatMap((page): unknown[] => Array.from(page as ArrayLike<unknown>));
  if (values.length !== rows) throw corrupt(`column "${column.name}" has ${values.length} values for ${rows} rows`);
  return values;
}

/** The content of the rows of a row group, page by page, in the order in which pages are ready. */
function* contents(
  libraries: Libraries, file: SyncFile, chunk: Chunk, regions: readonly Region[],
): Generator<{ readonly row: number; readonly content: Uint8Array }> {
  const { readPage } = libraries;
  let dictionary: DecodedArray | undefined;
  for (const { header, body, firstRow, inflated } of pagesAhead(pagesOf(libraries, file, chunk, regions), chunk.decoder)) {
    const reader = { view: new DataView(body.buffer, body.byteOffset, body.byteLength), offset: 0 };
    const decoder = inflated === undefined ? chunk.decoder : { ...chunk.decoder, compressors: { GZIP: () => inflated } };
    const { data } = readPage(reader, header, decoder, dictionary, undefined, 0);
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = data;
      continue;
    }
    let row = firstRow;
    for (const value of data ?? []) yield { row: row++, content: contentOf(value) };
  }
}

function* pagesOf({ parquetHeader }: Libraries, file: SyncFile, { start, end }: Chunk, regions: readonly Region[]): Generator<Page> {
  let firstRow = 0;
  for (let position = start; position < end;) {
    const head = file.slice(position, Math.min(end, position + MOST_HEADER_BYTES));
    let compressed = 0;
    const headerBytes = checkThrift(head, 0, (field, value) => { if (field === 3) compressed = value; });
    const pageEnd = position + headerBytes + compressed;
    if (compressed < 0 || pageEnd > end) throw corrupt(`a page claims ${compressed} bytes, ${end - position - headerBytes} are left`);
    const page = file.slice(position, pageEnd);
    checkRegions(regions, page, position);
    const header = parquetHeader({ view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 });
    yield { header, body: page.subarray(headerBytes), firstRow };
    firstRow += header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    position = pageEnd;
  }
}

function contentOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw corrupt('column "content" has a value that is not bytes');
}

/** A file of the host, read through a window so that neighbouring pages cost one read. */
interface SyncFile {
  readonly byteLength: number;
  /** The bytes are not written to again. */
  slice(start: number, end: number): Uint8Array;
  close(): void;
}

function openFile(path: string, byteLength: number): SyncFile {
  const descriptor = openSync(path, 'r');
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  return {
    byteLength,
    slice(start, end) {
      if (!(start >= 0 && end >= start && end <= byteLength)) throw corrupt(`it refers to bytes ${start} to ${end}, it has ${byteLength}`);
      if (start < windowStart || end > windowStart + window.byteLength) {
        window = readFully(descriptor, start, Math.min(byteLength, Math.max(end, start + WINDOW_BYTES)));
        windowStart = start;
      }
      return window.subarray(start - windowStart, end - windowStart);
    },
    close: () => { closeSync(descriptor); },
  };
}

function readFully(descriptor: number, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  for (let done = 0; done < bytes.byteLength;) {
    const read = readSync(descriptor, bytes, done, bytes.byteLength - done, start + done);
    if (read === 0) throw corrupt(`it ends at byte ${start + done}, ${end} were wanted`);
    done += read;
  }
  return bytes;
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function corrupt(what: string): OplogError {
  return new OplogError('corrupt-record', what);
}
