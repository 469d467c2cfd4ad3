import type * as Api from '@duckdb/node-api';
import type { DuckDBType } from '@duckdb/node-api';
import type { Vector } from '@duckdb/node-bindings';
import { BitBuffer, ByteBuffer } from './arrow-buffers.ts';
import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';

/** A column of a batch in the making. */
export interface ArrowBuilder {
  /** Copies of rows of a vector that has `size` of them. */
  open(vector: Vector, size: number): (from: number, count: number) => void;
  readonly length: number;
  readonly byteLength: number;
  /** Hands over what was gathered, depth first, and begins anew. */
  take(out: ArrowBatchParts): void;
}

/** Nodes and buffers of a batch in Arrow's order. */
export interface ArrowBatchParts {
  readonly nodes: number[];
  readonly buffers: Uint8Array[];
}

/** Numbers of DuckDB's types in the binding. */
export const TYPE_ID = {
  BOOLEAN: 1, TINYINT: 2, SMALLINT: 3, INTEGER: 4, BIGINT: 5, UTINYINT: 6, USMALLINT: 7, UINTEGER: 8, UBIGINT: 9, FLOAT: 10, DOUBLE: 11,
  TIMESTAMP: 12, DATE: 13, TIME: 14, INTERVAL: 15, HUGEINT: 16, VARCHAR: 17, BLOB: 18, DECIMAL: 19, TIMESTAMP_S: 20, TIMESTAMP_MS: 21,
  TIMESTAMP_NS: 22, LIST: 24, STRUCT: 25, MAP: 26, TIMESTAMP_TZ: 31, ARRAY: 33, SQLNULL: 36, TIME_NS: 39,
} as const;

const ID = TYPE_ID;
const STRING_BYTES = 16;
const INLINE_LENGTH = 12;
const MAX_OFFSET = 2 ** 31 - 1;
const ENCODER = new TextEncoder();

/** Bytes a value has in DuckDB and in Arrow alike. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [ID.TINYINT, 1], [ID.UTINYINT, 1], [ID.SMALLINT, 2], [ID.USMALLINT, 2], [ID.INTEGER, 4], [ID.UINTEGER, 4],
  [ID.BIGINT, 8], [ID.UBIGINT, 8], [ID.FLOAT, 4], [ID.DOUBLE, 8], [ID.DATE, 4], [ID.TIME, 8],
  [ID.TIME_NS, 8], [ID.TIMESTAMP, 8], [ID.TIMESTAMP_TZ, 8], [ID.TIMESTAMP_S, 8],
  [ID.TIMESTAMP_MS, 8], [ID.TIMESTAMP_NS, 8], [ID.HUGEINT, 16],
]);

/** A builder of columns of a type. */
export function arrowBuilder(duckdb: DuckDB, type: DuckDBType): ArrowBuilder {
  const fixed = FIXED.get(type.typeId);
  if (fixed !== undefined) {
    return plain(duckdb, fixed, (data, from, count, out) => out.push(data.subarray(from * fixed, (from + count) * fixed)));
  }
  switch (type.typeId as number) {
    case ID.BOOLEAN: return booleans(duckdb);
    case ID.DECIMAL: return decimals(duckdb, (type as Api.DuckDBDecimalType).width);
    case ID.INTERVAL: return plain(duckdb, 16, pushIntervals);
    case ID.VARCHAR: case ID.BLOB: return texts(duckdb);
    case ID.LIST: return lists(duckdb, arrowBuilder(duckdb, (type as Api.DuckDBListType).valueType));
    case ID.MAP: {
      const { keyType, valueType } = type as Api.DuckDBMapType;
      return lists(duckdb, structs(duckdb, [keyType, valueType]));
    }
    case ID.STRUCT: return structs(duckdb, (type as Api.DuckDBStructType).entryTypes);
    case ID.ARRAY: return arrays(duckdb, type as Api.DuckDBArrayType);
    case ID.SQLNULL: return nulls();
    default: return printed(duckdb, type);
  }
}

type Push = (data: Uint8Array, from: number, count: number, out: ByteBuffer, isValid: (row: number) => boolean) => void;

function plain({ bindings }: DuckDB, width: number, push: Push): ArrowBuilder {
  const validity = new BitBuffer();
  const values = new ByteBuffer();
  return {
    get length() { return validity.length; },
    get byteLength() { return values.length; },
    open: (vector, size) => {
      const valid = validity.open(bindings, vector, size);
      const data = size === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, size * width);
      return (from, count) => {
        push(data, from, count, values, valid(from, count));
      };
    },
    take: (out) => {
      validity.take(out);
      out.buffers.push(values.take());
    },
  };
}

function booleans({ bindings }: DuckDB): ArrowBuilder {
  const validity = new BitBuffer();
  const values = new BitBuffer();
  return {
    get length() { return validity.length; },
    get byteLength() { return values.length >> 3; },
    open: (vector, size) => {
      const valid = validity.open(bindings, vector, size);
      const data = size === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, size);
      return (from, count) => {
        valid(from, count);
        values.pushBytes(data, from, count);
      };
    },
    take: (out) => {
      validity.take(out);
      out.buffers.push(values.takeBits());
    },
  };
}

/** Decimals of every width become the 16 bytes that all readers of Arrow know. */
function decimals(duckdb: DuckDB, width: number): ArrowBuilder {
  const bytes = width > 18 ? 16 : width > 9 ? 8 : width > 4 ? 4 : 2;
  return plain(duckdb, bytes, (data, from, count, out) => {
    if (bytes === 16) return out.push(data.subarray(from * 16, (from + count) * 16));
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const target = out.reserve(count * 16);
    for (let at = 0; at < count; at += 1) {
      const position = (from + at) * bytes;
      const value = bytes === 8
        ? view.getBigInt64(position, true)
        : BigInt(bytes === 4 ? view.getInt32(position, true) : view.getInt16(position, true));
      target.setBigInt64(at * 16, value, true);
      target.setBigInt64(at * 16 + 8, value < 0n ? -1n : 0n, true);
    }
  });
}

function pushIntervals(data: Uint8Array, from: number, count: number, out: ByteBuffer, isValid: (row: number) => boolean): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const target = out.reserve(count * 16);
  for (let at = 0; at < count; at += 1) {
    const position = (from + at) * 16;
    if (!isValid(from + at)) {
      target.setBigInt64(at * 16, 0n, true);
      target.setBigInt64(at * 16 + 8, 0n, true);
      continue;
    }
    const nanos = view.getBigInt64(position + 8, true) * 1000n;
    if (BigInt.asIntN(64, nanos) !== nanos) {
      throw new QueryError(
        'query-failed', 'Cannot write an interval as Arrow: its time is longer than 292 years, wanted it in days or months',
      );
    }
    target.setInt32(at * 16, view.getInt32(position, true), true);
    target.setInt32(at * 16 + 4, view.getInt32(position + 4, true), true);
    target.setBigInt64(at * 16 + 8, nanos, true);
  }
}

/** Values of any length: `open` says how one of them is put behind those before. */
function variableLength(
  { bindings }: DuckDB, open: (vector: Vector, size: number) => (at: number, values: ByteBuffer) => void,
): ArrowBuilder {
  const validity = new BitBuffer();
  const offsets = new ByteBuffer();
  const values = new ByteBuffer();
  return {
    get length() { return validity.length; },
    get byteLength() { return values.length + offsets.length; },
    open: (vector, size) => {
      const valid = validity.open(bindings, vector, size);
      const put = open(vector, size);
      return (from, count) => {
        const isValid = valid(from, count);
        const ends = offsets.reserve(count * 4);
        for (let at = 0; at < count; at += 1) {
          if (isValid(from + at)) put(from + at, values);
          ends.setInt32(at * 4, offset(values.length), true);
        }
      };
    },
    take: (out) => {
      validity.take(out);
      out.buffers.push(withZero(offsets.take()), values.take());
    },
  };
}

function texts(duckdb: DuckDB): ArrowBuilder {
  const { bindings } = duckdb;
  return variableLength(duckdb, (vector, size) => {
    const data = size === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, size * STRING_BYTES);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return (at, values) => {
      const position = at * STRING_BYTES;
      const length = view.getUint32(position, true);
      if (length <= INLINE_LENGTH) values.push(data.subarray(position + 4, position + 4 + length));
      else values.push(bindings.get_data_from_pointer(data.buffer as ArrayBuffer, data.byteOffset + position + 8, length));
    };
  });
}

/** Types that Arrow has no layout for, as DuckDB prints them. */
function printed(duckdb: DuckDB, type: DuckDBType): ArrowBuilder {
  return variableLength(duckdb, (vector, size) => {
    const source = size === 0 ? undefined : duckdb.api.DuckDBVector.create(vector, size, type);
    return (at, values) => values.push(ENCODER.encode(String(source?.getItem(at))));
  });
}

function lists({ bindings }: DuckDB, child: ArrowBuilder): ArrowBuilder {
  const validity = new BitBuffer();
  const offsets = new ByteBuffer();
  return {
    get length() { return validity.length; },
    get byteLength() { return offsets.length + child.byteLength; },
    open: (vector, size) => {
      const valid = validity.open(bindings, vector, size);
      const data = size === 0 ? new Uint8Array(0) : bindings.vector_get_data(vector, size * 16);
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const append = size === 0 ? undefined : child.open(bindings.list_vector_get_child(vector), bindings.list_vector_get_size(vector));
      return (from, count) => {
        const isValid = valid(from, count);
        const ends = offsets.reserve(count * 4);
        // Lists that follow each other in the child are copied in one go.
        let [start, end] = [0, 0];
        const before = child.length;
        let gathered = 0;
        for (let at = 0; at < count; at += 1) {
          if (isValid(from + at)) {
            const first = Number(view.getBigUint64((from + at) * 16, true));
            const length = Number(view.getBigUint64((from + at) * 16 + 8, true));
            if (length > 0 && first !== end) {
              if (end > start) append?.(start, end - start);
              start = first;
              end = first;
            }
            end += length;
            gathered += length;
          }
          ends.setInt32(at * 4, offset(before + gathered), true);
        }
        if (end > start) append?.(start, end - start);
      };
    },
    take: (out) => {
      validity.take(out);
      out.buffers.push(withZero(offsets.take()));
      child.take(out);
    },
  };
}

function structs(duckdb: DuckDB, types: readonly DuckDBType[]): ArrowBuilder {
  const { bindings } = duckdb;
  const validity = new BitBuffer();
  const children = types.map((type) => arrowBuilder(duckdb, type));
  return {
    get length() { return validity.length; },
    get byteLength() { return children.reduce((sum, child) => sum + child.byteLength, 0); },
    open: (vector, size) => {
      const valid = validity.open(bindings, vector, size);
      const appends = children.map((child, at) => child.open(bindings.struct_vector_get_child(vector, at), size));
      return (from, count) => {
        valid(from, count);
        for (const append of appends) append(from, count);
      };
    },
    take: (out) => {
      validity.take(out);
      for (const child of children) child.take(out);
    },
  };
}

function arrays(duckdb: DuckDB, { valueType, length: size }: Api.DuckDBArrayType): ArrowBuilder {
  const { bindings } = duckdb;
  const validity = new BitBuffer();
  const child = arrowBuilder(duckdb, valueType);
  return {
    get length() { return validity.length; },
    get byteLength() { return child.byteLength; },
    open: (vector, rows) => {
      const valid = validity.open(bindings, vector, rows);
      const append = child.open(bindings.array_vector_get_child(vector), rows * size);
      return (from, count) => {
        valid(from, count);
        append(from * size, count * size);
      };
    },
    take: (out) => {
      validity.take(out);
      child.take(out);
    },
  };
}

function nulls(): ArrowBuilder {
  let length = 0;
  return {
    get length() { return length; },
    byteLength: 0,
    open: () => (_, count) => { length += count; },
    take: (out) => {
      out.nodes.push(length, length);
      length = 0;
    },
  };
}

function withZero(ends: Uint8Array): Uint8Array {
  const offsets = new Uint8Array(ends.length + 4);
  offsets.set(ends, 4);
  return offsets;
}

function offset(value: number): number {
  if (value <= MAX_OFFSET) return value;
  throw new QueryError(
    'query-failed', `Cannot write an Arrow batch: a column has more than ${MAX_OFFSET} bytes or items, wanted smaller values`,
  );
}
