import type * as Api from '@duckdb/node-api';
import type { DuckDBType } from '@duckdb/node-api';
import type { DuckDB } from './duckdb.ts';

// Numbers of DuckDB's types in the binding: its module is loaded by the engine alone.
const TYPE = {
  HUGEINT: 16, TIMESTAMP_S: 20, TIMESTAMP_MS: 21, ENUM: 23, LIST: 24, STRUCT: 25, MAP: 26, UNION: 28, BIT: 29, TIME_TZ: 30,
  UHUGEINT: 32, ARRAY: 33,
  BIGNUM: 35, SQLNULL: 36, VARIANT: 40,
} as const;

/**
 * The type that a column has once it is stored as Parquet, where values and meaning stay the same:
 *
 * | DuckDB | stored |
 * |---|---|
 * | HUGEINT, UHUGEINT | DECIMAL(38,0); Parquet would make it DOUBLE. A value of more digits is an error |
 * | TIMESTAMP_S, TIMESTAMP_MS | TIMESTAMP |
 * | ENUM, BIT, BIGNUM, UNION, VARIANT, TIME WITH TIME ZONE | VARCHAR, as DuckDB prints it |
 * | ARRAY | LIST |
 * | NULL | BOOLEAN, which every other type unites with |
 *
 * The same inside lists, structs and maps. Everything else is stored as it is; then the result is `type` itself.
 */
export function storageType(duckdb: DuckDB, type: DuckDBType): DuckDBType {
  const { api } = duckdb;
  switch (type.typeId as number) {
    case TYPE.HUGEINT: case TYPE.UHUGEINT: return api.DECIMAL(38, 0);
    case TYPE.TIMESTAMP_S: case TYPE.TIMESTAMP_MS: return api.TIMESTAMP;
    case TYPE.ENUM: case TYPE.BIT: case TYPE.BIGNUM: case TYPE.UNION: case TYPE.VARIANT: case TYPE.TIME_TZ: return api.VARCHAR;
    case TYPE.SQLNULL: return api.BOOLEAN;
    case TYPE.ARRAY: return api.LIST(storageType(duckdb, (type as Api.DuckDBArrayType).valueType));
    case TYPE.LIST: {
      const { valueType } = type as Api.DuckDBListType;
      const stored = storageType(duckdb, valueType);
      return stored === valueType ? type : api.LIST(stored);
    }
    case TYPE.MAP: {
      const { keyType, valueType } = type as Api.DuckDBMapType;
      const [key, value] = [storageType(duckdb, keyType), storageType(duckdb, valueType)];
      return key === keyType && value === valueType ? type : api.MAP(key, value);
    }
    case TYPE.STRUCT: {
      const { entryNames, entryTypes } = type as Api.DuckDBStructType;
      const stored = entryTypes.map((entry) => storageType(duckdb, entry));
      if (stored.every((entry, at) => entry === entryTypes[at])) return type;
      return api.STRUCT(Object.fromEntries(entryNames.map((name, at) => [name, stored[at] ?? api.VARCHAR])));
    }
    default: return type;
  }
}
