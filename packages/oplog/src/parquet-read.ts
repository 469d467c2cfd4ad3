import { gunzipSync } from 'node:zlib';
import type * as HyparquetModule from 'hyparquet';
import type {
  AsyncBuffer, DecodedArray, FileMetaData, ParquetQueryFilter, ParquetRowRange, ParquetScan, SchemaElement,
} from 'hyparquet';
import { carried, type Carried, type CarriedValue } from './carried.ts';
import { OplogError } from './errors.ts';
import { compareKeys } from './key-order.ts';
import { checkFooter, checkRegions, checkThrift, type Region, regionsOf } from './parquet-check.ts';
import { type Column, type RowOf, type Shape } from './shape.ts';

/** The bytes of a Parquet file. `slice` is asked for ranges inside the file and may answer at once. */
export interface ParquetSource {
  /** Names the file in errors. */
  readonly label: string;
  readonly byteLength: number;
  slice(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** One of the listed values, or a range with inclusive bounds; null matches neither. Strings are ordered by their UTF-8 bytes. */
export type ColumnFilter<V> = readonly V[] | { readonly min?: V; readonly max?: V };

type Comparable<V> = Extract<NonNullable<V>, string | number | bigint>;

/** Conditions by row key, all of which must hold. */
export type RowFilter<T extends Shape> = { readonly [K in keyof T['specs'] & keyof RowOf<T>]?: ColumnFilter<Comparable<RowOf<T>[K]>> };

export interface ParquetReadOptions<T extends Shape, K extends keyof T['specs']> {
  /** The keys to read; all of the shape unless told. */
  readonly columns?: readonly K[];
  /** Which rows. Row groups and pages that cannot have any are not read. */
  readonly filter?: RowFilter<T>;
  /** Keep the columns that the shape does not have under the `carried` key, for rewriting. Left out unless told. */
  readonly carry?: boolean;
}

type Scalar = string | number | bigint;
type AnyFilter = Readonly<Record<string, ColumnFilter<Scalar> | undefined>>;

interface AnyOptions {
  readonly columns?: readonly string[];
  readonly filter?: AnyFilter;
  readonly carry?: boolean;
}

type Hyparquet = Pick<typeof HyparquetModule, 'parquetMetadata' | 'parquetScan' | 'snappyUncompress'>;
type MutableRow = { [key: string]: unknown; [carried]?: CarriedValue[] };

interface Condition {
  readonly column: Column;
  readonly matches: (value: unknown) => boolean;
}

interface OpenFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

const MAGIC = 0x31524150;
/** Enough for the footer and the page indexes of a file of 16 MB. */
const TAIL_BYTES = 65_536;
/** Matching rows that are this close are read as one range. */
const MAX_GAP_ROWS = 64;

/** Footers of sources that are still referenced, so that looking something up twice parses them once. */
const opened = new WeakMap<ParquetSource, Promise<OpenFile>>();

/**
 * Reads rows of a Parquet file in their order in the file. Columns that the file does not have are null.
 * Binary values may be views of a page. Throws `corrupt-record` for what is not a whole Parquet file,
 * `unsupported-format` for a column of another type than the shape's.
 */
export async function readParquet<T extends Shape, K extends keyof T['specs'] = keyof T['specs']>(
  shape: T, source: ParquetSource, options: ParquetReadOptions<T, K> = {},
): Promise<(Pick<RowOf<T>, K & keyof RowOf<T>> & Carried)[]> {
  try {
    const hyparquet = await import('hyparquet');
    return await read(hyparquet, shape, source, options as AnyOptions) as unknown as (Pick<RowOf<T>, K & keyof RowOf<T>> & Carried)[];
  } catch (error) {
    // An error of the file system has a code and is the caller's; whatever else hyparquet throws says that the bytes are wrong.
    const own = error instanceof OplogError;
    if (!own && error instanceof Error && 'syscall' in error) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const data = { ...(own ? error.data : {}), label: source.label, sizeBytes: source.byteLength };
    throw new OplogError(own ? error.code : 'corrupt-record', `Cannot read "${source.label}" as Parquet: ${why}`, data, { cause: error });
  }
}

async function read(hyparquet: Hyparquet, shape: Shape, source: ParquetSource, options: AnyOptions): Promise<MutableRow[]> {
  const { file, metadata } = await openOnce(hyparquet, source);
  const leaves = topLevelLeaves(metadata);
  const wanted = shape.columns.filter(({ key }) => options.columns === undefined || options.columns.includes(key));
  const conditions = conditionsOf(shape, options.filter ?? {});
  for (const { column } of conditions) {
    if (!leaves.has(column.name)) return [];
  }
  const extra = options.carry === true ? carriedFields(metadata, leaves, shape) : [];
  const present = wanted.filter(({ name }) => leaves.has(name));
  for (const column of wanted) {
    if (!column.nullable && !leaves.has(column.name)) throw corrupt(`column "${column.name}" is absent`);
  }
  const names = new Set([...present, ...conditions.map(({ column }) => column), ...extra].map(({ name }) => name));
  const pruningFilter = pruningOf(shape, options.filter ?? {});
  const scan = await hyparquet.parquetScan({
    file, metadata, columns: [...names], utf8: false, parsers: PARSERS, compressors: compressors(hyparquet), geoparquet: false,
    ...(pruningFilter === null ? {} : { pruningFilter, usePageIndex: true }),
  });
  const template: MutableRow = Object.fromEntries(wanted.map(({ key }) => [key, null]));
  const rows: MutableRow[] = [];
  for (const range of scan.ranges) {
    for (const run of await matchingRuns(scan, range, conditions)) {
      await readRun(scan, run, { rows, template, present, extra });
    }
  }
  return rows;
}

interface Run {
  readonly rowStart: number;
  readonly rowEnd: number;
  /** Which rows of the run match; `null` for all. */
  readonly selected: readonly number[] | null;
}

/** Evaluates the conditions on their columns alone, so that wide columns are read only around matching rows. */
async function matchingRuns(scan: ParquetScan, range: ParquetRowRange, conditions: readonly Condition[]): Promise<Run[]> {
  if (conditions.length === 0) return [{ ...range, selected: null }];
  const count = range.rowEnd - range.rowStart;
  let selected: number[] | null = null;
  for (const { column, matches } of conditions) {
    const values = await columnData(scan, column.name, range);
    const convert = READINGS[column.type];
    const candidates: readonly number[] = selected ?? Array.from({ length: count }, (_, index) => index);
    selected = candidates.filter((index) => {
      const value: unknown = values[index] ?? null;
      return value !== null && matches(convert(value, column));
    });
    if (selected.length === 0) return [];
  }
  const runs: { rowStart: number; rowEnd: number; selected: number[] }[] = [];
  for (const index of selected ?? []) {
    const row = range.rowStart + index;
    const last = runs.at(-1);
    if (last !== undefined && row - last.rowEnd <= MAX_GAP_ROWS) {
      last.selected.push(row - last.rowStart);
      last.rowEnd = row + 1;
    } else {
      runs.push({ rowStart: row, rowEnd: row + 1, selected: [0] });
    }
  }
  return runs;
}

interface Target {
  readonly rows: MutableRow[];
  readonly template: MutableRow;
  readonly present: readonly Column[];
  readonly extra: readonly SchemaElement[];
}

async function readRun(scan: ParquetScan, run: Run, { rows, template, present, extra }: Target): Promise<void> {
  const first = rows.length;
  const count = run.selected?.length ?? run.rowEnd - run.rowStart;
  for (let index = 0; index < count; index += 1) rows.push({ ...template });
  for (const column of present) {
    const values = await columnData(scan, column.name, run);
    const convert = READINGS[column.type];
    for (let index = 0; index < count; index += 1) {
      const value: unknown = values[run.selected?.[index] ?? index] ?? null;
      const row = rows[first + index];
      if (value === null && !column.nullable) throw corrupt(`column "${column.name}" has a null`);
      if (value !== null && row !== undefined) row[column.key] = convert(value, column);
    }
  }
  for (const field of extra) {
    const values = await columnData(scan, field.name, run);
    for (let index = 0; index < count; index += 1) {
      const value: unknown = values[run.selected?.[index] ?? index] ?? null;
      const row = rows[first + index];
      if (value !== null && row !== undefined) (row[carried] ??= []).push({ format: 'parquet', name: field.name, field, value });
    }
  }
}

async function columnData(scan: ParquetScan, column: string, { rowStart, rowEnd }: ParquetRowRange): Promise<DecodedArray> {
  const values = await scan.readColumn({ column, rowStart, rowEnd });
  if (values.length !== rowEnd - rowStart) {
    throw corrupt(`column "${column}" has ${values.length} values for ${rowEnd - rowStart} rows`);
  }
  return values;
}

function openOnce(hyparquet: Hyparquet, source: ParquetSource): Promise<OpenFile> {
  const known = opened.get(source);
  if (known !== undefined) return known;
  const opening = openFile(hyparquet, source);
  opened.set(source, opening);
  opening.catch(() => opened.delete(source));
  return opening;
}

async function openFile(hyparquet: Hyparquet, source: ParquetSource): Promise<OpenFile> {
  const size = source.byteLength;
  if (!(size >= 12)) throw corrupt(`it has ${size} bytes, at least 12 were wanted`);
  let tailStart = Math.max(0, size - TAIL_BYTES);
  let tail = await sliceOf(source, tailStart, size);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (view.getUint32(tail.length - 4, true) !== MAGIC) throw corrupt('it does not end in PAR1');
  const metadataBytes = view.getUint32(tail.length - 8, true);
  if (metadataBytes > size - 12) throw corrupt(`it claims a footer of ${metadataBytes} bytes, the file has ${size}`);
  const metadataStart = size - 8 - metadataBytes;
  if (metadataStart < tailStart) {
    tailStart = metadataStart;
    tail = await sliceOf(source, tailStart, size);
  }
  const footer = tail.subarray(metadataStart - tailStart);
  checkThrift(footer.subarray(0, metadataBytes));
  const metadata = hyparquet.parquetMetadata(footer, { parsers: FOOTER_PARSERS, geoparquet: false });
  checkFooter(metadata, size);
  return { metadata, file: checkedFile(source, tail, tailStart, regionsOf(metadata)) };
}

/** The file as hyparquet reads it: from the tail where possible, and every page and index checked before it is decoded. */
function checkedFile(source: ParquetSource, tail: Uint8Array, tailStart: number, regions: readonly Region[]): AsyncBuffer {
  const size = source.byteLength;
  return {
    byteLength: size,
    async slice(start: number, end: number = size): Promise<ArrayBuffer> {
      if (!(start >= 0 && end >= start && end <= size)) throw corrupt(`it refers to bytes ${start} to ${end}, it has ${size}`);
      const bytes = start >= tailStart ? tail.subarray(start - tailStart, end - tailStart) : await sliceOf(source, start, end);
      checkRegions(regions, bytes, start);
      const { buffer } = bytes;
      if (buffer instanceof ArrayBuffer && bytes.byteOffset === 0 && bytes.byteLength === buffer.byteLength) return buffer;
      return new Uint8Array(bytes).buffer;
    },
  };
}

async function sliceOf(source: ParquetSource, start: number, end: number): Promise<Uint8Array> {
  const bytes = await source.slice(start, end);
  if (bytes.length !== end - start) throw corrupt(`${bytes.length} bytes came from ${start} to ${end}`);
  return bytes;
}

/** What pages are compressed with. */
export function compressors(hyparquet: Pick<Hyparquet, 'snappyUncompress'>): { SNAPPY: Decompress; GZIP: Decompress } {
  return {
    SNAPPY: (input, size) => {
      const output = new Uint8Array(size);
      if (size > 0) hyparquet.snappyUncompress(input, output);
      return output;
    },
    GZIP: (input, size) => gunzipSync(input, { maxOutputLength: Math.max(size, 1) }),
  };
}

export type Decompress = (input: Uint8Array, size: number) => Uint8Array;

const lenientText = new TextDecoder();
const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Times stay numbers in the column's own unit or µs, and invalid UTF-8 is an error. */
export const PARSERS = {
  timestampFromMilliseconds: (millis: bigint): bigint => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint): bigint => micros,
  timestampFromNanoseconds: (nanos: bigint): bigint => {
    if (nanos % 1000n !== 0n) throw new OplogError('unsupported-format', 'a timestamp has nanoseconds, whole microseconds were wanted');
    return nanos / 1000n;
  },
  dateFromDays: (days: number): number => days,
  stringFromBytes: (bytes: Uint8Array): string => strictText.decode(bytes),
};

/** Bounds in a footer may be cut inside a character or be those of bytes. */
export const FOOTER_PARSERS: typeof PARSERS = {
  ...PARSERS,
  timestampFromNanoseconds: (nanos: bigint): bigint => nanos / 1000n,
  stringFromBytes: (bytes: Uint8Array): string => lenientText.decode(bytes),
};

/** A stored value as the value of a column of a shape. */
export const READINGS: Readonly<Record<Column['type'], (value: unknown, column: Column) => unknown>> = {
  string: (value, column) => {
    if (value instanceof Uint8Array) return strictText.decode(value);
    return typeof value === 'string' ? value : mismatch(column);
  },
  long: (value, column) => {
    const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : mismatch(column);
    if (!Number.isSafeInteger(number)) throw corrupt(`column "${column.name}" has a number outside the safe range`);
    return number;
  },
  integer: (value, column) => (typeof value === 'number' && Number.isInteger(value) ? value : mismatch(column)),
  timestamp: (value, column) => (typeof value === 'bigint' ? value : mismatch(column)),
  binary: (value, column) => (value instanceof Uint8Array ? value : mismatch(column)),
  boolean: (value, column) => (typeof value === 'boolean' ? value : mismatch(column)),
  double: (value, column) => (typeof value === 'number' ? value : mismatch(column)),
};

function mismatch(column: Column): never {
  throw unsupported(column.name, `is of another type, ${column.type} was wanted`);
}

function topLevelLeaves(metadata: FileMetaData): Map<string, SchemaElement> {
  const leaves = new Map<string, SchemaElement>();
  for (let index = 1, end = 1 + (metadata.schema[0]?.num_children ?? 0); index < end && index < metadata.schema.length; index += 1) {
    const element = metadata.schema[index];
    if (element === undefined) break;
    if (element.type === undefined) end = metadata.schema.length;
    else leaves.set(element.name, element);
  }
  return leaves;
}

/** The columns to carry along; a nested one, or one that would not come back the same, is refused. */
function carriedFields(metadata: FileMetaData, leaves: ReadonlyMap<string, SchemaElement>, shape: Shape): SchemaElement[] {
  const nested = metadata.schema.slice(1).find(({ type }) => type === undefined);
  if (nested !== undefined) throw unsupported(nested.name, 'is nested, a flat one was wanted');
  return [...leaves.values()].filter(({ name }) => !shape.byName.has(name)).map((element) => {
    const logical = element.logical_type?.type ?? element.converted_type;
    const plain = ['BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY'].includes(element.type ?? '');
    const known = logical === undefined || ['STRING', 'UTF8', 'DATE', 'INTEGER'].includes(logical) || /^U?INT_\d+$/.test(logical)
      || (element.logical_type?.type === 'TIMESTAMP' && element.logical_type.unit === 'MICROS');
    if (!plain || !known || element.repetition_type === 'REPEATED') {
      throw unsupported(element.name, `is of type ${logical ?? element.type}, which cannot be carried along`);
    }
    return { ...element, repetition_type: 'OPTIONAL' };
  });
}

function conditionsOf(shape: Shape, filter: AnyFilter): Condition[] {
  return shape.columns.flatMap((column): Condition[] => {
    const wanted = filter[column.key];
    if (wanted === undefined) return [];
    if (isList(wanted)) {
      const values = new Set<unknown>(wanted);
      return [{ column, matches: (value) => values.has(value) }];
    }
    const { min, max } = wanted;
    const matches = (value: unknown): boolean =>
      (min === undefined || compare(value, min) >= 0) && (max === undefined || compare(value, max) <= 0);
    return [{ column, matches }];
  });
}

function isList(filter: ColumnFilter<Scalar>): filter is readonly Scalar[] {
  return Array.isArray(filter);
}

function compare(a: unknown, b: Scalar): number {
  if (typeof a === 'string' && typeof b === 'string') return compareKeys(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === 'bigint' && typeof b === 'bigint' ? (a < b ? -1 : a > b ? 1 : 0) : Number.NaN;
}

/** The same conditions for hyparquet, which prunes with them; it has longs as bigint. */
function pruningOf(shape: Shape, filter: AnyFilter): ParquetQueryFilter | null {
  const filters = shape.columns.flatMap((column): ParquetQueryFilter[] => {
    const wanted = filter[column.key];
    if (wanted === undefined) return [];
    const physical = (value: Scalar): Scalar => (column.type === 'long' && typeof value === 'number' ? BigInt(value) : value);
    if (isList(wanted)) return [{ [column.name]: { $in: wanted.map(physical) } }];
    const { min, max } = wanted;
    const lower = min === undefined ? {} : { $gte: physical(min) };
    const upper = max === undefined ? {} : { $lte: physical(max) };
    return [{ [column.name]: { ...lower, ...upper } }];
  });
  return filters.length === 0 ? null : { $and: filters };
}

function corrupt(what: string): OplogError {
  return new OplogError('corrupt-record', what);
}

function unsupported(column: string, why: string): OplogError {
  return new OplogError('unsupported-format', `column "${column}" ${why}`, { column });
}
