import type * as Api from '@duckdb/node-api';
import type { DuckDBType, DuckDBValue, DuckDBVector } from '@duckdb/node-api';

/**
 * A value of a row, by the type of its column:
 *
 * | DuckDB | here |
 * |---|---|
 * | BOOLEAN, VARCHAR, ENUM | boolean, string |
 * | TINYINT to INTEGER, UTINYINT to UINTEGER, FLOAT, DOUBLE | number |
 * | BIGINT, UBIGINT, HUGEINT, UHUGEINT, BIGNUM | bigint |
 * | TIMESTAMP, TIMESTAMP WITH TIME ZONE, TIME | bigint, microseconds (since 1970, UTC for the one with a zone; since midnight) |
 * | TIMESTAMP_S, TIMESTAMP_MS, TIMESTAMP_NS, TIME_NS | bigint in the unit of the name |
 * | DECIMAL, UUID, DATE, TIME WITH TIME ZONE, BIT | string, as DuckDB prints it; decimals are exact |
 * | INTERVAL | `{ months, days, micros }` |
 * | BLOB | Uint8Array |
 * | LIST, ARRAY | array |
 * | STRUCT | object |
 * | MAP | Map |
 * | UNION | the value of its member |
 */
export type Value =
  | null | boolean | number | bigint | string | Uint8Array | readonly Value[] | ReadonlyMap<Value, Value>
  | { readonly [name: string]: Value };

/** All values of a vector. */
export type VectorReader = (vector: DuckDBVector) => readonly Value[];

// Numbers of DuckDB's types in the binding: its module is loaded by the engine alone.
const TYPE = {
  BIGINT: 5, TIMESTAMP: 12, DATE: 13, TIME: 14, INTERVAL: 15, BLOB: 18, DECIMAL: 19, TIMESTAMP_S: 20, TIMESTAMP_MS: 21, TIMESTAMP_NS: 22,
  LIST: 24, STRUCT: 25, MAP: 26, UUID: 27, UNION: 28, BIT: 29, TIME_TZ: 30, TIMESTAMP_TZ: 31, ARRAY: 33, TIME_NS: 39,
} as const;

/** A reader of vectors of a type. */
export function readerOf(type: DuckDBType): VectorReader {
  const convert = converterOf(type);
  return (vector) => {
    const values: Value[] = [];
    for (let at = 0; at < vector.itemCount; at += 1) {
      const item: DuckDBValue = vector.getItem(at);
      values.push(item === null ? null : convert(item));
    }
    return values;
  };
}

type Convert = (value: DuckDBValue) => Value;

function converterOf(type: DuckDBType): Convert {
  switch (type.typeId as number) {
    case TYPE.TIMESTAMP: case TYPE.TIMESTAMP_TZ: case TYPE.TIME: return (value) => (value as Api.DuckDBTimestampValue).micros;
    case TYPE.TIMESTAMP_S: return (value) => (value as Api.DuckDBTimestampSecondsValue).seconds;
    case TYPE.TIMESTAMP_MS: return (value) => (value as Api.DuckDBTimestampMillisecondsValue).millis;
    case TYPE.TIMESTAMP_NS: case TYPE.TIME_NS: return (value) => (value as Api.DuckDBTimestampNanosecondsValue).nanos;
    case TYPE.DATE: case TYPE.DECIMAL: case TYPE.UUID: case TYPE.BIT: case TYPE.TIME_TZ: return (value) => String(value);
    case TYPE.BLOB: return (value) => (value as Api.DuckDBBlobValue).bytes;
    case TYPE.INTERVAL: return (value) => {
      const { months, days, micros } = value as Api.DuckDBIntervalValue;
      return { months, days, micros };
    };
    case TYPE.LIST: case TYPE.ARRAY: {
      const convert = nullable(converterOf((type as Api.DuckDBListType).valueType));
      return (value) => (value as Api.DuckDBListValue).items.map(convert);
    }
    case TYPE.STRUCT: {
      const { entryNames, entryTypes } = type as Api.DuckDBStructType;
      const converts = entryTypes.map((entry) => nullable(converterOf(entry)));
      return (value) => {
        const { entries } = value as Api.DuckDBStructValue;
        return Object.fromEntries(entryNames.map((name, at) => [name, converts[at]?.(entries[name] ?? null) ?? null]));
      };
    }
    case TYPE.MAP: {
      const map = type as Api.DuckDBMapType;
      const [key, item] = [nullable(converterOf(map.keyType)), nullable(converterOf(map.valueType))];
      return (value) => new Map((value as Api.DuckDBMapValue).entries.map((entry) => [key(entry.key), item(entry.value)]));
    }
    case TYPE.UNION: {
      const union = type as Api.DuckDBUnionType;
      const converts = new Map(union.memberTags.map((tag, at) => [tag, converterOf(union.memberTypes[at] ?? type)]));
      return (value) => {
        const { tag, value: member } = value as Api.DuckDBUnionValue;
        return nullable(converts.get(tag) ?? String)(member);
      };
    }
    default: return (value) => value as Value;
  }
}

function nullable(convert: Convert): Convert {
  return (value) => (value === null ? null : convert(value));
}
