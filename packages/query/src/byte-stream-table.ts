import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Value, Vector } from '@duckdb/node-bindings';
import { fillVector } from './arrow-fill.ts';
import { type ArrowBatch, type ArrowColumn, readArrowBatches, readArrowFields, schemaMessage } from './arrow-ipc-read.ts';
import type { ArrowField } from './arrow-schema.ts';
import { duckdbTypeOf } from './arrow-types.ts';
import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import type { Column, NestedPart, NestedStream } from './relation.ts';
import type { Scan, ScanSource } from './scans.ts';
import { parseTypeName } from './type-name.ts';

type Part = Omit<NestedPart, 'kind'>;

/** A column of the scan: one beside the streams, or one of theirs. */
type ScanColumn =
  | { readonly kind: 'beside'; readonly at: number; readonly type: DuckDBType }
  | { readonly kind: 'stream'; readonly name: string; readonly type: DuckDBType; readonly typeName: string };

/**
 * Nested Arrow streams as something DuckDB scans: streams are decoded one at a time, and of each only the columns asked for. Buffers that
 * both lay out alike are copied as they are, and a value beside a stream is set once for all its rows.
 */
export function byteStreamSource(duckdb: DuckDB, part: Part): ScanSource {
  const columns = [
    ...part.beside.map(({ type }, at): ScanColumn => ({ kind: 'beside', at, type: parseTypeName(duckdb, type) })),
    ...part.columns.map(({ name, type }): ScanColumn => {
      const parsed = parseTypeName(duckdb, type);
      return { kind: 'stream', name, type: parsed, typeName: parsed.toString() };
    }),
  ];
  return {
    columns: columns.map(({ type }, at) => ({ name: scanName(at), type })),
    open: (wanted) => byteStreamScan(duckdb, part.streams()[Symbol.iterator](), wanted.map((at) => columns[at])),
  };
}

/** The SELECT that gives the columns of a scan their names; `source` is the expression that stands for the scan. */
export function byteStreamSelect({ beside, columns }: Part, source: string): string {
  const own = new Map(columns.map(({ name }, at) => [name, scanName(beside.length + at)]));
  const select = (column: Column, sql: string): string => `${sql} AS ${quoteIdentifier(column.name)}`;
  const places = beside.map((column, at) => {
    const nested = own.get(column.name);
    own.delete(column.name);
    return select(column, nested === undefined ? scanName(at) : `coalesce(${nested}, ${scanName(at)})`);
  });
  const rest = columns.flatMap((column) => {
    const nested = own.get(column.name);
    return nested === undefined ? [] : [select(column, nested)];
  });
  return `SELECT ${[...places, ...rest].join(', ')} FROM ${source}`;
}

function scanName(at: number): string {
  return `c${at}`;
}

function byteStreamScan(duckdb: DuckDB, streams: Iterator<NestedStream>, wanted: readonly (ScanColumn | undefined)[]): Scan {
  const { bindings } = duckdb;
  const capacity = bindings.vector_size();
  let beside: readonly unknown[] = [];
  let batches: Iterator<ArrowBatch> | undefined;
  let batch: { readonly length: number; readonly columns: readonly (ArrowColumn | undefined)[] } | undefined;
  let from = 0;
  /** Of the stream before: most have the same schema, which is then looked at once. */
  let schema: { readonly message: Uint8Array; readonly fields: readonly ArrowField[]; readonly places: readonly number[] } | undefined;

  function schemaOf(stream: Uint8Array): NonNullable<typeof schema> {
    const message = schemaMessage(stream);
    if (schema !== undefined && Buffer.compare(schema.message, message) === 0) return schema;
    const fields = readArrowFields(stream);
    return { message, fields, places: wanted.map((column) => (column?.kind === 'stream' ? placeOf(duckdb, fields, column) : -1)) };
  }

  /** Goes on to the next batch that has rows; false at the end. */
  function advance(): boolean {
    for (;;) {
      if (batch !== undefined && from < batch.length) return true;
      const next = batches?.next();
      if (next !== undefined && next.done !== true) {
        const { length, columns } = next.value;
        batch = { length, columns: schema?.places.map((place) => columns[place]) ?? [] };
        from = 0;
        continue;
      }
      const stream = streams.next();
      if (stream.done === true) return false;
      beside = stream.value.beside;
      schema = schemaOf(stream.value.stream);
      batches = readArrowBatches(stream.value.stream, schema.fields);
      batch = undefined;
    }
  }

  return {
    next(chunk: DuckDBDataChunk): void {
      if (!advance() || batch === undefined) {
        chunk.rowCount = 0;
        return;
      }
      const count = Math.min(capacity, batch.length - from);
      chunk.rowCount = count;
      // A scan for the row count alone asks for a column that is not there.
      const columns = Math.min(wanted.length, chunk.columnCount);
      for (let at = 0; at < columns; at += 1) {
        const column = wanted[at];
        const found = batch.columns[at];
        if (column === undefined) continue;
        const vector = bindings.data_chunk_get_vector(chunk.chunk, at);
        if (found !== undefined) fillVector(bindings, vector, found, from, count);
        else setAll(duckdb, chunk, vector, at, column.type, column.kind === 'beside' ? beside[column.at] : null);
      }
      from += count;
    },
  };
}

/** Where a column is among the fields; -1 when it is not. */
function placeOf(duckdb: DuckDB, fields: readonly ArrowField[], { name, typeName }: ScanColumn & { readonly kind: 'stream' }): number {
  const place = fields.findIndex((field) => field.name === name);
  const found = fields[place];
  if (found === undefined) return -1;
  const type = duckdbTypeOf(duckdb, found).toString();
  if (type === typeName) return place;
  throw new QueryError(
    'schema-conflict', `Cannot read the column "${name}" of a nested stream: it is ${type}, ${typeName} was wanted`, { column: name },
  );
}

/** The same value in all rows. */
function setAll({ api, bindings }: DuckDB, chunk: DuckDBDataChunk, vector: Vector, at: number, type: DuckDBType, value: unknown): void {
  if (value === null || value === undefined) {
    bindings.vector_ensure_validity_writable(vector);
    const none = new Uint8Array((chunk.rowCount + 7) >> 3);
    bindings.copy_data_to_vector_validity(vector, 0, none.buffer, 0, none.byteLength);
    return;
  }
  const constant = constantOf(api, bindings, type, value);
  if (constant !== undefined) bindings.vector_reference_value(vector, constant);
  // The contract of `NestedStream`: a value that DuckDB's binding takes; it checks again against the column's type.
  else chunk.setColumnValues(at, new Array<DuckDBValue>(chunk.rowCount).fill(value as DuckDBValue));
}

function constantOf(api: DuckDB['api'], bindings: DuckDB['bindings'], type: DuckDBType, value: unknown): Value | undefined {
  if (type.typeId === api.DuckDBTypeId.VARCHAR && typeof value === 'string') return bindings.create_varchar(value);
  if (type.typeId === api.DuckDBTypeId.BIGINT && typeof value === 'bigint') return bindings.create_int64(value);
  if (type.typeId === api.DuckDBTypeId.TIMESTAMP_TZ && typeof value === 'object' && value !== null && 'micros' in value) {
    return typeof value.micros === 'bigint' ? bindings.create_timestamp_tz({ micros: value.micros }) : undefined;
  }
  return undefined;
}
