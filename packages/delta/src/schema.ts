import { DeltaError } from './errors.ts';
import { corrupt, FieldReader, isFields, type Place } from './fields.ts';
import { parseJson, stringifyJson } from './json.ts';

/** Schema of a table as `metaData.schemaString` has it (PROTOCOL.md, "Schema Serialization Format"). */

export type PrimitiveType =
  | 'string' | 'long' | 'integer' | 'short' | 'byte' | 'float' | 'double' | 'boolean' | 'binary'
  | 'date'
  /** Microseconds since 1970, UTC. */
  | 'timestamp'
  /** Microseconds of a local time. */
  | 'timestamp_ntz'
  /** A column of nulls that is in no file. */
  | 'void';

export interface DecimalType {
  readonly type: 'decimal';
  readonly precision: number;
  readonly scale: number;
}

export interface StructType {
  readonly type: 'struct';
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ArrayType {
  readonly type: 'array';
  readonly elementType: DataType;
  readonly containsNull: boolean;
}

export interface MapType {
  readonly type: 'map';
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}

export type DataType = PrimitiveType | DecimalType | StructType | ArrayType | MapType;

export type ColumnMappingMode = 'none' | 'name' | 'id';

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveType>([
  'string', 'long', 'integer', 'short', 'byte', 'float', 'double', 'boolean', 'binary', 'date', 'timestamp', 'timestamp_ntz', 'void',
]);
const DECIMAL = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/;

/** @throws DeltaError with the code of `place`; `unsupported-feature` for a type that this package does not know */
export function decodeSchema(schemaString: string, place: Place): StructType {
  let value: unknown;
  try {
    value = parseJson(schemaString);
  } catch (cause) {
    throw corrupt(place, 'field "metaData.schemaString" is no JSON', { cause });
  }
  const type = decodeType(value, 'schema', place);
  if (typeof type === 'object' && type.type === 'struct') return type;
  throw corrupt(place, 'field "metaData.schemaString" is another type, wanted a struct');
}

export function encodeSchema(schema: StructType): string {
  return stringifyJson(typeRecord(schema));
}

function decodeType(value: unknown, name: string, place: Place): DataType {
  if (typeof value === 'string') return decodeNamedType(value, name, place);
  const fields = new FieldReader(value, name, place);
  const type = fields.text('type');
  switch (type) {
    case 'struct': {
      const list = isFields(value) ? value['fields'] : undefined;
      if (!Array.isArray(list)) throw fields.wrong('fields', 'a list');
      return { type, fields: list.map((field: unknown) => decodeField(field, name, place)) };
    }
    case 'array':
      return { type, elementType: typeAt(value, 'elementType', name, place), containsNull: fields.optionalFlag('containsNull') ?? true };
    case 'map':
      return {
        type,
        keyType: typeAt(value, 'keyType', name, place),
        valueType: typeAt(value, 'valueType', name, place),
        valueContainsNull: fields.optionalFlag('valueContainsNull') ?? true,
      };
    default:
      throw unknownType(type, name, place);
  }
}

function typeAt(value: unknown, field: string, name: string, place: Place): DataType {
  return decodeType(isFields(value) ? value[field] : undefined, `${name}.${field}`, place);
}

function decodeField(value: unknown, parent: string, place: Place): StructField {
  const fields = new FieldReader(value, parent, place);
  const name = fields.text('name');
  const metadata = isFields(value) ? value['metadata'] : undefined;
  return {
    name,
    type: decodeType(isFields(value) ? value['type'] : undefined, `${parent}.${name}`, place),
    nullable: fields.optionalFlag('nullable') ?? true,
    metadata: isFields(metadata) ? metadata : {},
  };
}

function decodeNamedType(text: string, name: string, place: Place): DataType {
  if (isPrimitive(text)) return text;
  const decimal = DECIMAL.exec(text);
  if (decimal !== null || text === 'decimal') {
    const precision = Number(decimal?.[1] ?? 10);
    const scale = Number(decimal?.[2] ?? 0);
    if (precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision) return { type: 'decimal', precision, scale };
    throw corrupt(place, `the type of "${name}" is "${text}", wanted 1 to 38 digits and no more of them after the point`);
  }
  throw unknownType(text, name, place);
}

function isPrimitive(text: string): text is PrimitiveType {
  return PRIMITIVES.has(text);
}

function unknownType(type: string, name: string, place: Place): DeltaError {
  return new DeltaError(
    'unsupported-feature',
    `Cannot read "${place.file}": the type of "${name}" is "${type}", wanted one of the types of Delta that DuckPond knows`,
    { file: place.file, feature: type },
  );
}

function typeRecord(type: DataType): unknown {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'decimal': return `decimal(${type.precision},${type.scale})`;
    case 'struct': return {
      type: 'struct',
      fields: type.fields.map(({ name, type: inner, nullable, metadata }) => ({ name, type: typeRecord(inner), nullable, metadata })),
    };
    case 'array': return { type: 'array', elementType: typeRecord(type.elementType), containsNull: type.containsNull };
    case 'map': return {
      type: 'map',
      keyType: typeRecord(type.keyType),
      valueType: typeRecord(type.valueType),
      valueContainsNull: type.valueContainsNull,
    };
  }
}

/** Every field at any depth, with the names that lead to it; elements, keys and values of collections are looked into, too. */
export function* walkFields(type: DataType, parents: readonly string[] = []): Generator<{ path: readonly string[]; field: StructField }> {
  if (typeof type === 'string') return;
  switch (type.type) {
    case 'decimal':
      return;
    case 'struct':
      for (const field of type.fields) {
        const path = [...parents, field.name];
        yield { path, field };
        yield* walkFields(field.type, path);
      }
      return;
    case 'array':
      yield* walkFields(type.elementType, [...parents, 'element']);
      return;
    case 'map':
      yield* walkFields(type.keyType, [...parents, 'key']);
      yield* walkFields(type.valueType, [...parents, 'value']);
      return;
  }
}

/** How columns of the table are found in its files: by their own names, by physical names, or by Parquet field ids. */
export function columnMappingMode(configuration: Readonly<Record<string, string | null>>): ColumnMappingMode {
  const mode = configuration['delta.columnMapping.mode'];
  return mode === 'name' || mode === 'id' ? mode : 'none';
}

/** Name of the column in data files, statistics and partition values: its own unless columns are mapped. */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  const name = field.metadata['delta.columnMapping.physicalName'];
  return mode !== 'none' && typeof name === 'string' ? name : field.name;
}

/** The Parquet field id of a mapped column. */
export function columnId(field: StructField): number | undefined {
  const id = field.metadata['delta.columnMapping.id'];
  return typeof id === 'number' ? id : undefined;
}
