import type { DuckDBType } from '@duckdb/node-api';
import type { ArrowField, ArrowType, TimeUnit } from './arrow-schema.ts';
import type { DuckDB } from './duckdb.ts';
import { QueryError } from './errors.ts';
import { parseTypeName } from './type-name.ts';

const MAX_WIDTH = 38;

/** DuckDB's type of a column as it is scanned. Throws `unsupported-format`. */
export function duckdbTypeOf(duckdb: DuckDB, field: ArrowField): DuckDBType {
  const { api } = duckdb;
  const { type } = field;
  const child = (at: number): DuckDBType => {
    const childField = field.children[at];
    if (childField === undefined) throw unsupported(field, 'a nested type without its values');
    return duckdbTypeOf(duckdb, childField);
  };
  switch (type.kind) {
    case 'null': return api.SQLNULL;
    case 'bool': return api.BOOLEAN;
    case 'int': return integerType(duckdb, field, type);
    case 'float': return type.bits === 64 ? api.DOUBLE : api.FLOAT;
    case 'decimal':
      if (field.duckdbType === 'HUGEINT' && type.bits === 128) return api.HUGEINT;
      if (type.precision > MAX_WIDTH || type.precision < 1 || type.scale < 0 || type.scale > type.precision) {
        throw unsupported(field, `decimal(${type.precision},${type.scale})`);
      }
      return api.DECIMAL(type.precision, type.scale);
    case 'utf8': case 'large-utf8': case 'utf8-view': return api.VARCHAR;
    case 'binary': case 'large-binary': case 'binary-view': case 'fixed-binary': return api.BLOB;
    case 'date': return api.DATE;
    case 'time': return type.unit === 'ns' ? api.TIME_NS : api.TIME;
    case 'timestamp': return type.zone ? api.TIMESTAMPTZ : timestampType(duckdb, type.unit);
    case 'duration': case 'interval': return api.INTERVAL;
    case 'list': case 'large-list': return api.LIST(child(0));
    case 'fixed-list':
      if (type.size < 1) throw unsupported(field, 'fixed-size list of nothing');
      return api.ARRAY(child(0), type.size);
    case 'struct':
      if (field.children.length === 0) throw unsupported(field, 'struct of nothing');
      return api.STRUCT(Object.fromEntries(field.children.map((entry, at) => [entry.name, child(at)])));
    case 'map': {
      const [key, value] = field.children[0]?.children ?? [];
      if (key === undefined || value === undefined) throw unsupported(field, 'map without keys and values');
      return api.MAP(duckdbTypeOf(duckdb, key), duckdbTypeOf(duckdb, value));
    }
    case 'unsupported': throw unsupported(field, type.name);
  }
}

/** The type that DuckDB had when it wrote the column, where the scanned one is another and a cast leads back. */
export function storedTypeOf(duckdb: DuckDB, field: ArrowField): DuckDBType | undefined {
  if (field.duckdbType === undefined) return undefined;
  const stored = parseTypeName(duckdb, field.duckdbType);
  return stored.toString() === duckdbTypeOf(duckdb, field).toString() ? undefined : stored;
}

function integerType({ api }: DuckDB, field: ArrowField, { bits, signed }: Extract<ArrowType, { kind: 'int' }>): DuckDBType {
  const types = signed
    ? { 8: api.TINYINT, 16: api.SMALLINT, 32: api.INTEGER, 64: api.BIGINT }
    : { 8: api.UTINYINT, 16: api.USMALLINT, 32: api.UINTEGER, 64: api.UBIGINT };
  const type = (types as Readonly<Record<number, DuckDBType>>)[bits];
  if (type === undefined) throw unsupported(field, `${bits}-bit integer`);
  return type;
}

function timestampType({ api }: DuckDB, unit: TimeUnit): DuckDBType {
  switch (unit) {
    case 's': return api.TIMESTAMP_S;
    case 'ms': return api.TIMESTAMP_MS;
    case 'us': return api.TIMESTAMP;
    case 'ns': return api.TIMESTAMP_NS;
  }
}

function unsupported(field: ArrowField, name: string): QueryError {
  return new QueryError(
    'unsupported-format', `Cannot read the Arrow column "${field.name}": nothing reads its ${name}, wanted a plain type`,
  );
}
