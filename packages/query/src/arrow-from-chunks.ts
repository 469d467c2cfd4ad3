import type * as Api from '@duckdb/node-api';
import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import { type ArrowBatchParts, arrowBuilder, TYPE_ID } from './arrow-builders.ts';
import {
  encodeFlatBuffer, type FlatNode, type FlatSlot, int16, int32, int64, longs, ref, table, tables, text, uint8,
} from './arrow-flatbuffer-write.ts';
import { ARROW_TYPE, DUCKDB_TYPE_KEY } from './arrow-schema.ts';
import type { DuckDB } from './duckdb.ts';

/** Columns of a stream: names may repeat. */
export interface ArrowStreamColumns {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
}

const CONTINUATION = 0xffffffff;
const VERSION_5 = 4;
const MESSAGE = { schema: 1, batch: 3 } as const;
const BATCH_ROWS = 64 * 1024;
const BATCH_BYTES = 16 * 1024 * 1024;
const UNIT = { s: 0, ms: 1, us: 2, ns: 3 } as const;
const MONTH_DAY_NANO = 2;
const DOUBLE_PRECISION = 2;
const SINGLE_PRECISION = 1;

/**
 * Chunks as an uncompressed Arrow IPC stream, piece by piece: the schema, batches of up to 65,536 rows or about 16 MiB, the end. A column
 * whose type Arrow does not have says DuckDB's name of it in the field's metadata under `duckdb.type`.
 */
export async function* arrowFromChunks(
  duckdb: DuckDB, { names, types }: ArrowStreamColumns, chunks: AsyncIterable<DuckDBDataChunk>,
): AsyncGenerator<Uint8Array, void, void> {
  const { bindings } = duckdb;
  yield message(MESSAGE.schema, schemaTable(names, types), []);
  const builders = types.map((type) => arrowBuilder(duckdb, type));
  let rows = 0;
  const flush = (): Uint8Array => {
    const parts: ArrowBatchParts = { nodes: [], buffers: [] };
    for (const builder of builders) builder.take(parts);
    const batch = batchMessage(rows, parts);
    rows = 0;
    return batch;
  };
  for await (const chunk of chunks) {
    const count = chunk.rowCount;
    builders.forEach((builder, at) => builder.open(bindings.data_chunk_get_vector(chunk.chunk, at), count)(0, count));
    rows += count;
    if (rows >= BATCH_ROWS || builders.reduce((sum, { byteLength }) => sum + byteLength, 0) >= BATCH_BYTES) yield flush();
  }
  if (rows > 0) yield flush();
  const end = new DataView(new ArrayBuffer(8));
  end.setUint32(0, CONTINUATION, true);
  yield new Uint8Array(end.buffer);
}

function batchMessage(rows: number, { nodes, buffers }: ArrowBatchParts): Uint8Array {
  const places: number[] = [];
  let end = 0;
  for (const { length } of buffers) {
    places.push(end, length);
    end += padded(length);
  }
  return message(MESSAGE.batch, table(int64(rows), longs(nodes, 2), longs(places, 2)), buffers);
}

function message(type: number, header: FlatNode, buffers: readonly Uint8Array[]): Uint8Array {
  const bodyLength = buffers.reduce((sum, { length }) => sum + padded(length), 0);
  const metadata = encodeFlatBuffer(table(int16(VERSION_5), uint8(type), ref(header), int64(bodyLength)));
  const bytes = new Uint8Array(8 + metadata.length + bodyLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setInt32(4, metadata.length, true);
  bytes.set(metadata, 8);
  let at = 8 + metadata.length;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += padded(buffer.length);
  }
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function schemaTable(names: readonly string[], types: readonly DuckDBType[]): FlatNode {
  return table(int16(0), tables(names.map((name, at) => fieldTable(name, types[at], true))));
}

function fieldTable(name: string, type: DuckDBType | undefined, isTop: boolean, isNullable = true): FlatNode {
  const { id, body, children } = typeTable(type);
  const stored = type !== undefined && (isTop ? losesType(type) : type.typeId as number === TYPE_ID.HUGEINT);
  const pair = stored ? tables([table(text(DUCKDB_TYPE_KEY), text(type.toString()))]) : undefined;
  return table(text(name), uint8(isNullable ? 1 : 0), uint8(id), ref(body), undefined, tables(children), pair);
}

interface TypeTable { readonly id: number; readonly body: FlatNode; readonly children: readonly FlatNode[] }

function typeTable(type: DuckDBType | undefined): TypeTable {
  const leaf = (id: number, ...slots: readonly (FlatSlot | undefined)[]): TypeTable => ({ id, body: table(...slots), children: [] });
  const int = (bits: number, signed: boolean): TypeTable => leaf(ARROW_TYPE.int, int32(bits), uint8(signed ? 1 : 0));
  const timestamp = (unit: number): TypeTable => leaf(ARROW_TYPE.timestamp, int16(unit));
  switch (type?.typeId as number | undefined) {
    case TYPE_ID.BOOLEAN: return leaf(ARROW_TYPE.bool);
    case TYPE_ID.TINYINT: return int(8, true);
    case TYPE_ID.SMALLINT: return int(16, true);
    case TYPE_ID.INTEGER: return int(32, true);
    case TYPE_ID.BIGINT: return int(64, true);
    case TYPE_ID.UTINYINT: return int(8, false);
    case TYPE_ID.USMALLINT: return int(16, false);
    case TYPE_ID.UINTEGER: return int(32, false);
    case TYPE_ID.UBIGINT: return int(64, false);
    case TYPE_ID.FLOAT: return leaf(ARROW_TYPE.float, int16(SINGLE_PRECISION));
    case TYPE_ID.DOUBLE: return leaf(ARROW_TYPE.float, int16(DOUBLE_PRECISION));
    case TYPE_ID.HUGEINT: return leaf(ARROW_TYPE.decimal, int32(38), int32(0), int32(128));
    case TYPE_ID.DECIMAL: {
      const { width, scale } = type as Api.DuckDBDecimalType;
      return leaf(ARROW_TYPE.decimal, int32(width), int32(scale), int32(128));
    }
    case TYPE_ID.BLOB: return leaf(ARROW_TYPE.binary);
    case TYPE_ID.DATE: return leaf(ARROW_TYPE.date, int16(0));
    case TYPE_ID.TIME: return leaf(ARROW_TYPE.time, int16(UNIT.us), int32(64));
    case TYPE_ID.TIME_NS: return leaf(ARROW_TYPE.time, int16(UNIT.ns), int32(64));
    case TYPE_ID.TIMESTAMP_S: return timestamp(UNIT.s);
    case TYPE_ID.TIMESTAMP_MS: return timestamp(UNIT.ms);
    case TYPE_ID.TIMESTAMP: return timestamp(UNIT.us);
    case TYPE_ID.TIMESTAMP_NS: return timestamp(UNIT.ns);
    case TYPE_ID.TIMESTAMP_TZ: return leaf(ARROW_TYPE.timestamp, int16(UNIT.us), text('UTC'));
    case TYPE_ID.INTERVAL: return leaf(ARROW_TYPE.interval, int16(MONTH_DAY_NANO));
    case TYPE_ID.SQLNULL: return leaf(ARROW_TYPE.null);
    case TYPE_ID.LIST: return { ...leaf(ARROW_TYPE.list), children: [fieldTable('item', (type as Api.DuckDBListType).valueType, false)] };
    case TYPE_ID.ARRAY: {
      const { valueType, length } = type as Api.DuckDBArrayType;
      return { ...leaf(ARROW_TYPE.fixedList, int32(length)), children: [fieldTable('item', valueType, false)] };
    }
    case TYPE_ID.STRUCT: {
      const { entryNames, entryTypes } = type as Api.DuckDBStructType;
      return { ...leaf(ARROW_TYPE.struct), children: entryNames.map((name, at) => fieldTable(name, entryTypes[at], false)) };
    }
    case TYPE_ID.MAP: {
      const { keyType, valueType } = type as Api.DuckDBMapType;
      const pair = [fieldTable('key', keyType, false, false), fieldTable('value', valueType, false)];
      const entries = table(text('entries'), uint8(0), uint8(ARROW_TYPE.struct), ref(table()), undefined, tables(pair));
      return { ...leaf(ARROW_TYPE.map, uint8(0)), children: [entries] };
    }
    default: return leaf(ARROW_TYPE.utf8);
  }
}

/** Types whose text DuckDB reads back, and that Arrow does not have; UNION, VARIANT and GEOMETRY stay text. */
const PRINTED: ReadonlySet<number> = new Set([23, 27, 29, 30, 32, 35]);

function losesType(type: DuckDBType): boolean {
  const id = type.typeId as number;
  switch (id) {
    case TYPE_ID.LIST: case TYPE_ID.ARRAY: return losesType((type as Api.DuckDBListType).valueType);
    case TYPE_ID.MAP: return losesType((type as Api.DuckDBMapType).keyType) || losesType((type as Api.DuckDBMapType).valueType);
    case TYPE_ID.STRUCT: return (type as Api.DuckDBStructType).entryTypes.some(losesType);
    default: return id === TYPE_ID.HUGEINT || PRINTED.has(id);
  }
}
