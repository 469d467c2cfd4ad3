import type { FileMetaData, RowGroup } from 'hyparquet';
import { OplogError } from './errors.ts';

// hyparquet trusts the counts in a file: a list, a page or a run may claim 2^31 values in a few bytes, and it would allocate them.
// Everything it is handed goes through here first. https://parquet.apache.org/docs/file-format/, Thrift compact protocol.

const MAX_DEPTH = 16;
/** Row groups of all common writers are smaller (pyarrow 2^20 rows, Spark 128 MB). */
const MAX_GROUP_ROWS = 2 ** 22;
/** A row of a required column takes at least a bit, and gzip reaches 1,032:1. */
const MAX_ROWS_PER_BYTE = 64;
const MIN_ROWS = 65_536;
const MAX_RATIO = { snappy: 32, gzip: 1040 } as const;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

interface Cursor {
  readonly bytes: Uint8Array;
  position: number;
}

/** Called with each integer of the struct and of the structs in it: field, or 100 * outer field + field. */
type IntegerVisitor = (field: number, value: number) => void;

/** Walks one Thrift struct; returns where it ends. Throws when it ends outside, is nested too deeply or claims more than it can have. */
export function checkThrift(bytes: Uint8Array, start: number = 0, visit: IntegerVisitor = ignore): number {
  const cursor = { bytes, position: start };
  checkStruct(cursor, 0, 0, visit);
  return cursor.position;
}

function ignore(): void {
  // Only the walk matters.
}

function checkStruct(cursor: Cursor, depth: number, outer: number, visit: IntegerVisitor): void {
  if (depth > MAX_DEPTH) throw corrupt('its metadata is nested too deeply');
  for (let field = 0; ;) {
    const header = byte(cursor);
    const type = header & 0x0f;
    if (type === 0) return;
    field = header >> 4 === 0 ? zigzag(varint(cursor)) : field + (header >> 4);
    const path = outer * 100 + field;
    if (type === 1 || type === 2) continue;
    if (type === 4 || type === 5 || type === 6) {
      const value = zigzag(varint(cursor));
      if (depth < 2) visit(path, value);
    } else {
      checkElement(cursor, type, depth, depth === 0 ? field : 0, visit);
    }
  }
}

function checkElement(cursor: Cursor, type: number, depth: number, outer: number, visit: IntegerVisitor): void {
  switch (type) {
    case 1: case 2: case 3: skip(cursor, 1); return;
    case 4: case 5: case 6: varint(cursor); return;
    case 7: skip(cursor, 8); return;
    case 8: skip(cursor, varint(cursor)); return;
    case 9: {
      const header = byte(cursor);
      const size = header >> 4 === 15 ? varint(cursor) : header >> 4;
      if (size > cursor.bytes.length - cursor.position) throw corrupt(`a list in its metadata claims ${size} elements`);
      if (depth >= MAX_DEPTH) throw corrupt('its metadata is nested too deeply');
      for (let index = 0; index < size; index += 1) checkElement(cursor, header & 0x0f, depth + 1, 0, ignore);
      return;
    }
    case 12: checkStruct(cursor, depth + 1, outer, outer === 0 ? ignore : visit); return;
    default: throw corrupt(`its metadata has a field of type ${type}`);
  }
}

function byte(cursor: Cursor): number {
  const value = cursor.bytes[cursor.position];
  if (value === undefined) throw corrupt('its metadata ends too early');
  cursor.position += 1;
  return value;
}

function skip(cursor: Cursor, size: number): void {
  cursor.position += size;
  if (cursor.position > cursor.bytes.length) throw corrupt('its metadata ends too early');
}

function varint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 70; scale *= 128) {
    const next = byte(cursor);
    value += (next & 0x7f) * scale;
    if (next < 0x80) return value;
  }
  throw corrupt('its metadata has a number of more than 10 bytes');
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Checks the counts of the footer against each other and against the size of the file. */
export function checkFooter(metadata: FileMetaData, sizeBytes: number): void {
  const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (total !== Number(metadata.num_rows)) throw corrupt(`its row groups have ${total} rows, the footer says ${metadata.num_rows}`);
  if (total > MIN_ROWS + MAX_ROWS_PER_BYTE * sizeBytes) throw corrupt(`it claims ${total} rows in ${sizeBytes} bytes`);
  const leaves = metadata.schema.filter(({ type }) => type !== undefined).length;
  for (const group of metadata.row_groups) checkGroup(group, leaves, sizeBytes);
}

function checkGroup(group: RowGroup, leaves: number, sizeBytes: number): void {
  const rows = Number(group.num_rows);
  if (rows < 0 || rows > MAX_GROUP_ROWS) throw corrupt(`a row group claims ${rows} rows, at most ${MAX_GROUP_ROWS} were wanted`);
  if (group.columns.length !== leaves) throw corrupt(`a row group has ${group.columns.length} columns, the schema has ${leaves}`);
  for (const chunk of group.columns) {
    const { start, end } = chunkRange(chunk);
    if (!(start >= 4 && end >= start && end <= sizeBytes)) {
      throw corrupt(`a column lies at ${start} to ${end}, the file has ${sizeBytes} bytes`);
    }
    for (const index of indexRanges(chunk)) {
      if (!(index.start >= 4 && index.end >= index.start && index.end <= sizeBytes)) {
        throw corrupt(`an index lies at ${index.start} to ${index.end}, the file has ${sizeBytes} bytes`);
      }
    }
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

type Chunk = RowGroup['columns'][number];

function chunkRange(chunk: Chunk): Range {
  const meta = chunk.meta_data;
  if (meta === undefined) throw corrupt('a column has no metadata');
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  return { start, end: start + Number(meta.total_compressed_size) };
}

function indexRanges(chunk: Chunk): Range[] {
  return [[chunk.column_index_offset, chunk.column_index_length], [chunk.offset_index_offset, chunk.offset_index_length]]
    .filter(([offset]) => offset !== undefined)
    .map(([offset, length]) => ({ start: Number(offset), end: Number(offset) + Number(length) }));
}

/** What a range of the file holds: the pages of a column, or an index. */
export type Region = Range & (
  | { readonly kind: 'index' }
  | { readonly kind: 'pages'; readonly rows: number; readonly ratio: number; readonly optional: boolean }
);

/** The regions of a file in the order of their positions. */
export function regionsOf(metadata: FileMetaData): Region[] {
  const leaves = metadata.schema.filter(({ type }) => type !== undefined);
  return metadata.row_groups.flatMap((group) => group.columns.flatMap((chunk, index): Region[] => {
    const codec = chunk.meta_data?.codec;
    const ratio = codec === 'GZIP' ? MAX_RATIO.gzip : codec === 'SNAPPY' ? MAX_RATIO.snappy : 1;
    const optional = leaves[index]?.repetition_type === 'OPTIONAL';
    return [
      { kind: 'pages', ...chunkRange(chunk), rows: Number(group.num_rows), ratio, optional },
      ...indexRanges(chunk).map((range): Region => ({ kind: 'index', ...range })),
    ];
  })).sort((a, b) => a.start - b.start);
}

/** Checks what `bytes`, read from `start`, have of each region. A region is read from its start or from the start of one of its pages. */
export function checkRegions(regions: readonly Region[], bytes: Uint8Array, start: number): void {
  const end = start + bytes.length;
  for (const region of regions) {
    if (region.start >= end) return;
    if (region.end <= start) continue;
    const from = Math.max(region.start, start) - start;
    const to = Math.min(region.end, end) - start;
    if (region.kind === 'index') {
      if (region.start >= start && region.end <= end) checkThrift(bytes.subarray(from, to));
    } else {
      checkPages(bytes, from, to, region);
    }
  }
}

function checkPages(bytes: Uint8Array, from: number, to: number, region: Region & { kind: 'pages' }): void {
  for (let position = from; position < to;) {
    const page = { type: -1, uncompressed: 0, compressed: 0, values: 0, rows: 0, levels: 0, repetitions: 0 };
    const body = checkThrift(bytes.subarray(0, to), position, (field, value) => {
      if (field === 1) page.type = value;
      else if (field === 2) page.uncompressed = value;
      else if (field === 3) page.compressed = value;
      else if (field === 501 || field === 701 || field === 801) page.values = value;
      else if (field === 803) page.rows = value;
      else if (field === 805) page.levels = value;
      else if (field === 806) page.repetitions = value;
    });
    if (page.compressed < 0 || body + page.compressed > to) throw corrupt(`a page claims ${page.compressed} bytes, ${to - body} are left`);
    if (page.uncompressed < 0 || page.uncompressed > region.ratio * page.compressed + 1024) {
      throw corrupt(`a page of ${page.compressed} bytes claims to hold ${page.uncompressed}`);
    }
    const limit = page.type === DICTIONARY_PAGE ? page.uncompressed : region.rows;
    if (page.values < 0 || page.values > limit || page.rows < 0 || page.rows > limit) {
      throw corrupt(`a page claims ${page.values} values, at most ${limit} were wanted`);
    }
    if (page.type === DATA_PAGE_V2) checkLevels(bytes.subarray(body, body + page.compressed), page, region.optional);
    else if (page.type !== DATA_PAGE && page.type !== DICTIONARY_PAGE) throw corrupt(`a page is of type ${page.type}`);
    position = body + page.compressed;
  }
}

/** The definition levels of an optional flat column, which are not compressed: runs of one bit that add up to the values. */
function checkLevels(
  body: Uint8Array, page: { readonly values: number; readonly levels: number; readonly repetitions: number }, optional: boolean,
): void {
  if (page.repetitions < 0 || page.levels < 0 || page.repetitions + page.levels > body.length) {
    throw corrupt('the levels of a page end outside it');
  }
  if (!optional || page.repetitions > 0) return;
  const cursor = { bytes: body.subarray(0, page.levels), position: 0 };
  let seen = 0;
  while (seen < page.values) {
    const header = varint(cursor);
    const packed = header % 2 === 1;
    const count = packed ? 8 * ((header - 1) / 2) : header / 2;
    skip(cursor, packed ? count / 8 : 1);
    seen += count;
    if (count === 0 || seen > page.values + 7) throw corrupt(`the levels of a page are for ${seen} values, it has ${page.values}`);
  }
}

function corrupt(what: string): OplogError {
  return new OplogError('corrupt-record', what);
}
