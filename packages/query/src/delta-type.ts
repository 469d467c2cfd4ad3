import type { DataType, StructField, StructType } from '@duckpond/delta';
import { quoteIdentifier } from './identifier.ts';

/** Types of Delta as types of DuckDB, and values of nested types under the names of the table. */

/** What a field is called in a data file; undefined when the file has no such field. */
export type NamesInFile = (field: StructField) => string | undefined;

type Primitive = Extract<DataType, string>;

const PRIMITIVES: Readonly<Record<Primitive, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  // As DuckDB types a bare NULL.
  void: 'INTEGER',
};

/** DuckDB's name of the type; fields of structs are called as `nameOf` says, as in the table unless given. */
export function deltaTypeName(type: DataType, nameOf: NamesInFile = ({ name }) => name): string {
  if (typeof type === 'string') return PRIMITIVES[type];
  switch (type.type) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'struct': {
      // DuckDB has no struct without fields, and Spark writes none.
      if (type.fields.length === 0) return PRIMITIVES.void;
      const fields = type.fields.map((field, at) => `${quoteIdentifier(nameOf(field) ?? absentName(type, nameOf, at))} ${
        deltaTypeName(field.type, nameOf)}`);
      return `STRUCT(${fields.join(', ')})`;
    }
    case 'array':
      return `${deltaTypeName(type.elementType, nameOf)}[]`;
    case 'map':
      return `MAP(${deltaTypeName(type.keyType, nameOf)}, ${deltaTypeName(type.valueType, nameOf)})`;
  }
}

/** A value of the type as in the file, with the names of the table: `value` itself where they are the same. */
export function renamedValue(type: DataType, nameOf: NamesInFile, value: string, depth: number = 0): string {
  if (typeof type === 'string' || !isRenamed(type, nameOf)) return value;
  const item = `v${depth}`;
  const renamed = (inner: DataType, of: string): string => renamedValue(inner, nameOf, of, depth + 1);
  switch (type.type) {
    case 'decimal':
      return value;
    case 'struct': {
      const fields = type.fields.map((field, at) => {
        const name = quoteIdentifier(nameOf(field) ?? absentName(type, nameOf, at));
        return `${quoteIdentifier(field.name)} := ${renamed(field.type, `(${value}).${name}`)}`;
      });
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
    }
    case 'array':
      return `list_transform(${value}, lambda ${item}: ${renamed(type.elementType, item)})`;
    case 'map': {
      const entry = `struct_pack(k := ${renamed(type.keyType, `(${item}).key`)}, v := ${renamed(type.valueType, `(${item}).value`)})`;
      return `map_from_entries(list_transform(map_entries(${value}), lambda ${item}: ${entry}))`;
    }
  }
}

function isRenamed(type: DataType, nameOf: NamesInFile): boolean {
  if (typeof type === 'string') return false;
  switch (type.type) {
    case 'decimal': return false;
    case 'struct': return type.fields.some((field) => nameOf(field) !== field.name || isRenamed(field.type, nameOf));
    case 'array': return isRenamed(type.elementType, nameOf);
    case 'map': return isRenamed(type.keyType, nameOf) || isRenamed(type.valueType, nameOf);
  }
}

/** A name that no field of the struct has in the file: DuckDB fills a field that it does not find with null. */
function absentName({ fields }: StructType, nameOf: NamesInFile, at: number): string {
  const taken = new Set(fields.map((field) => nameOf(field)?.toLowerCase()));
  for (let attempt = at; ; attempt += fields.length) {
    const name = `absent_${attempt}`;
    if (!taken.has(name)) return name;
  }
}
