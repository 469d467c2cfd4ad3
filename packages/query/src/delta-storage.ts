import type * as Api from '@duckdb/node-api';
import type { DuckDBType } from '@duckdb/node-api';
import type { DataType } from '@duckpond/delta';

// Numbers of DuckDB's types in the binding: its module is loaded by the engine alone.
const PRIMITIVES: Readonly<Record<number, DataType>> = {
  1: 'boolean', 2: 'byte', 3: 'short', 4: 'integer', 5: 'long',
  // Without a sign: the next larger type with one.
  6: 'short', 7: 'integer', 8: 'long', 9: { type: 'decimal', precision: 20, scale: 0 },
  10: 'float', 11: 'double', 13: 'date', 18: 'binary',
  // Any timestamp is one in UTC: tables of reader version 1 have no other.
  12: 'timestamp', 20: 'timestamp', 21: 'timestamp', 22: 'timestamp', 31: 'timestamp',
  16: { type: 'decimal', precision: 38, scale: 0 }, 32: { type: 'decimal', precision: 38, scale: 0 },
  // A bare NULL.
  36: 'boolean',
};
const TYPE = { DECIMAL: 19, LIST: 24, STRUCT: 25, MAP: 26, ARRAY: 33 } as const;

/**
 * The type of Delta (reader version 1) that a column of DuckDB is stored as; `deltaTypeName` of it is what to cast to. What has no
 * counterpart (UUID, TIME, INTERVAL, ENUM, BIT, UNION, …) is text, as DuckDB prints it. docs/lake.md has the table.
 */
export function deltaStorageType(type: DuckDBType): DataType {
  const id: number = type.typeId;
  switch (id) {
    case TYPE.DECIMAL: {
      const { width, scale } = type as Api.DuckDBDecimalType;
      return { type: 'decimal', precision: width, scale };
    }
    case TYPE.LIST: case TYPE.ARRAY: {
      const { valueType } = type as Api.DuckDBListType;
      return { type: 'array', elementType: deltaStorageType(valueType), containsNull: true };
    }
    case TYPE.MAP: {
      const { keyType, valueType } = type as Api.DuckDBMapType;
      return { type: 'map', keyType: deltaStorageType(keyType), valueType: deltaStorageType(valueType), valueContainsNull: true };
    }
    case TYPE.STRUCT: {
      const { entryNames, entryTypes } = type as Api.DuckDBStructType;
      const fields = entryTypes.map((entry, at) => (
        { name: entryNames[at] ?? '', type: deltaStorageType(entry), nullable: true, metadata: {} }));
      return { type: 'struct', fields };
    }
    default: return PRIMITIVES[id] ?? 'string';
  }
}
