import { gzipSync } from 'node:zlib';
import type * as HyparquetWriter from 'hyparquet-writer';
import { carried, type CarriedValue } from './carried.ts';
import { OplogError } from './errors.ts';
import { type ParquetField, parquetFields, parquetSchemaOf } from './parquet-schema.ts';
import { encodeSmallParquet } from './parquet-small.ts';
import { type Column, type NewRowOf, type Shape } from './shape.ts';

export interface ParquetEncodeOptions {
  /** snappy is faster for small files; gzip (level 1, native) is smaller and faster for large ones. */
  readonly codec: 'snappy' | 'gzip';
  /** Rows of a row group, 20,000 unless told. */
  readonly rowGroupRows?: number;
  /** Bytes of a page before compression, 65,536 unless told. */
  readonly pageSizeBytes?: number;
}

/**
 * Encodes at least one row as a Parquet file; columns that are null in all rows are left out, as Delta allows. Synchronous.
 * Throws `invalid-transaction` for a value that its column cannot hold.
 */
export type EncodeParquet = <T extends Shape>(
  shape: T, rows: readonly NewRowOf<T>[], options: ParquetEncodeOptions,
) => Uint8Array<ArrayBuffer>;

type Row = Readonly<Record<PropertyKey, unknown>>;
type Writer = Pick<typeof HyparquetWriter, 'parquetWriteBuffer'>;

/** Up to here a file is read whole and the statistics of its `add` action say what it has: Parquet's own would cost more than the rows. */
const SMALL_ROWS = 100;
const ROW_GROUP_ROWS = 20_000;
const PAGE_SIZE_BYTES = 65_536;
/** The default of 16 would make all UUIDv7 of one millisecond look the same. */
const STATISTICS_BYTES = 64;

/** Loads the writer, which is not on the path of opening and listing. Loading it again costs nothing. */
export async function loadParquetEncoder(): Promise<EncodeParquet> {
  const writer = await import('hyparquet-writer');
  return (shape, rows, options) => encode(writer, shape, rows, options);
}

/** The same for callers that encode once. */
export async function encodeParquet<T extends Shape>(
  shape: T, rows: readonly NewRowOf<T>[], options: ParquetEncodeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const isPlain = options.codec === 'snappy' && options.rowGroupRows === undefined && options.pageSizeBytes === undefined;
  const small = isPlain ? encodeSmallParquet(shape, rows) : undefined;
  if (small !== undefined) return small;
  const encodeNow = await loadParquetEncoder();
  return encodeNow(shape, rows, options);
}

function encode(writer: Writer, shape: Shape, rows: readonly Row[], options: ParquetEncodeOptions): Uint8Array<ArrayBuffer> {
  // parquet-rs, and with it delta-rs, cannot read a file of 0 rows.
  if (rows.length === 0) {
    throw new OplogError('invalid-transaction', `Cannot encode ${shape.name} as Parquet: there are 0 rows, at least 1 was wanted`);
  }
  const fields = parquetFields(shape);
  const own = shape.columns.flatMap((column, index) => {
    const field = fields[index];
    return field === undefined ? [] : [{ field, values: columnValues(shape, column, rows) }];
  });
  const used = own.filter(({ field, values }) => field.repetition_type === 'REQUIRED' || values.some((value) => value !== null));
  const columns = [...(used.length > 0 ? used : own.slice(0, 1)), ...carriedColumns(shape, rows)];
  const buffer = writer.parquetWriteBuffer({
    schema: parquetSchemaOf(columns.map(({ field }) => field)),
    columnData: columns.map(({ field, values }) => {
      const ordered = field.type !== 'BYTE_ARRAY' || field.converted_type === 'UTF8';
      return {
        name: field.name,
        data: values,
        // A dictionary would merge -0 and 0, and put so many rows into a page that a page index finds little.
        encoding: 'PLAIN' as const,
        statistics: ordered && rows.length > SMALL_ROWS,
        columnIndex: ordered && rows.length > SMALL_ROWS,
      };
    }),
    codec: options.codec === 'gzip' ? 'GZIP' : 'SNAPPY',
    compressors: { GZIP: (input) => gzipSync(input, { level: 1 }) },
    rowGroupSize: options.rowGroupRows ?? ROW_GROUP_ROWS,
    pageSize: options.pageSizeBytes ?? PAGE_SIZE_BYTES,
    statisticsTruncateLength: STATISTICS_BYTES,
    createdBy: 'duckpond',
  });
  return new Uint8Array(buffer);
}

function columnValues(shape: Shape, column: Column, rows: readonly Row[]): unknown[] {
  const convert = CONVERSIONS[column.type];
  return rows.map((row) => {
    const value = row[column.key] ?? null;
    if (value === null && column.nullable) return null;
    const converted = value === null ? undefined : convert(value);
    if (converted === undefined) {
      const message = `Cannot encode "${shape.name}.${column.key}": it is ${String(value).slice(0, 80)}, a ${column.type} was wanted`;
      throw new OplogError('invalid-transaction', message, { shape: shape.name, column: column.name });
    }
    return converted;
  });
}

/** `undefined` for what a column cannot hold. */
const CONVERSIONS: Readonly<Record<Column['type'], (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined),
  long: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined),
  integer: (value) => (typeof value === 'number' && (value | 0) === value ? value : undefined),
  timestamp: (value) => (typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : undefined),
  binary: (value) => (value instanceof Uint8Array ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  double: (value) => (typeof value === 'number' ? value : undefined),
};

/** The columns that rows read with `carry` bring along. */
function carriedColumns(shape: Shape, rows: readonly Row[]): { readonly field: ParquetField; readonly values: unknown[] }[] {
  const found = new Map<string, { readonly field: ParquetField; readonly values: unknown[] }>();
  rows.forEach((row, index) => {
    const values = row[carried] as readonly CarriedValue[] | undefined;
    for (const value of values ?? []) {
      const column = found.get(value.name);
      const clash = value.format !== 'parquet' ? 'it was read from an Arrow stream'
        : shape.byName.has(value.name) ? 'the shape has a column of this name'
        : column !== undefined && JSON.stringify(column.field) !== JSON.stringify(value.field) ? 'two rows give it different types' : null;
      if (value.format !== 'parquet' || clash !== null) {
        const message = `Cannot carry the column "${value.name}" of ${shape.name} along: ${clash ?? 'its format differs'}`;
        throw new OplogError('unsupported-format', message, { shape: shape.name, column: value.name });
      }
      const target = column ?? { field: value.field, values: rows.map(() => null) };
      target.values[index] = value.value;
      found.set(value.name, target);
    }
  });
  return [...found.values()];
}
