import type { FlatBuffer } from './arrow-flatbuffer.ts';

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** A type of Arrow, as far as it is read here. */
export type ArrowType =
  | { readonly kind: 'null' | 'bool' | 'utf8' | 'binary' | 'large-utf8' | 'large-binary' | 'utf8-view' | 'binary-view' }
  | { readonly kind: 'list' | 'large-list' | 'struct' | 'map' }
  | { readonly kind: 'int'; readonly bits: number; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly bits: number; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date'; readonly unit: 'day' | 'ms' }
  | { readonly kind: 'time'; readonly unit: TimeUnit }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly zone: boolean }
  | { readonly kind: 'duration'; readonly unit: TimeUnit }
  | { readonly kind: 'interval'; readonly unit: 'months' | 'day-time' | 'month-day-nano' }
  | { readonly kind: 'fixed-binary'; readonly bytes: number }
  | { readonly kind: 'fixed-list'; readonly size: number }
  | { readonly kind: 'unsupported'; readonly name: string };

export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** The values are indexes into the dictionary of this id; `type` is that of its values. */
  readonly dictionary?: { readonly id: number; readonly index: Extract<ArrowType, { kind: 'int' }> };
  /** DuckDB's name of the type, when Arrow has none that says the same. */
  readonly duckdbType?: string;
}

/** The key of a field's metadata that holds DuckDB's name of its type. */
export const DUCKDB_TYPE_KEY = 'duckdb.type';

/** Numbers of the types in Arrow's `Schema.fbs`. */
export const ARROW_TYPE = {
  null: 1, int: 2, float: 3, binary: 4, utf8: 5, bool: 6, decimal: 7, date: 8, time: 9, timestamp: 10, interval: 11, list: 12, struct: 13,
  union: 14, fixedBinary: 15, fixedList: 16, map: 17, duration: 18, largeBinary: 19, largeUtf8: 20, largeList: 21, runEnd: 22,
  binaryView: 23, utf8View: 24,
} as const;

export const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];

const INTERVAL_UNITS = ['months', 'day-time', 'month-day-nano'] as const;

/** Slots of the table `Field`. */
export const FIELD = { name: 0, nullable: 1, typeType: 2, type: 3, dictionary: 4, children: 5, metadata: 6 } as const;

const SIMPLE: ReadonlyMap<number, ArrowType['kind']> = new Map<number, ArrowType['kind']>([
  [ARROW_TYPE.null, 'null'], [ARROW_TYPE.binary, 'binary'], [ARROW_TYPE.utf8, 'utf8'], [ARROW_TYPE.bool, 'bool'], [ARROW_TYPE.list, 'list'],
  [ARROW_TYPE.struct, 'struct'], [ARROW_TYPE.map, 'map'], [ARROW_TYPE.largeBinary, 'large-binary'], [ARROW_TYPE.largeUtf8, 'large-utf8'],
  [ARROW_TYPE.largeList, 'large-list'], [ARROW_TYPE.binaryView, 'binary-view'], [ARROW_TYPE.utf8View, 'utf8-view'],
]);

/** The fields of a schema table. */
export function readFields(buffer: FlatBuffer, schema: number): readonly ArrowField[] {
  return tables(buffer, buffer.field(schema, 1)).map((field) => readField(buffer, field));
}

function readField(buffer: FlatBuffer, field: number): ArrowField {
  const name = buffer.field(field, FIELD.name);
  const typeType = buffer.field(field, FIELD.typeType);
  const type = buffer.field(field, FIELD.type);
  const dictionary = buffer.field(field, FIELD.dictionary);
  const duckdbType = metadata(buffer, buffer.field(field, FIELD.metadata)).get(DUCKDB_TYPE_KEY);
  return {
    name: name === 0 ? '' : buffer.text(name),
    type: readType(buffer, typeType === 0 ? 0 : buffer.uint8(typeType), type === 0 ? 0 : buffer.follow(type)),
    children: tables(buffer, buffer.field(field, FIELD.children)).map((child) => readField(buffer, child)),
    ...(dictionary === 0 ? {} : { dictionary: readDictionary(buffer, buffer.follow(dictionary)) }),
    ...(duckdbType === undefined ? {} : { duckdbType }),
  };
}

function readDictionary(buffer: FlatBuffer, table: number): NonNullable<ArrowField['dictionary']> {
  const id = buffer.field(table, 0);
  const index = buffer.field(table, 1);
  const type = index === 0 ? undefined : readType(buffer, ARROW_TYPE.int, buffer.follow(index));
  return { id: id === 0 ? 0 : buffer.int64(id), index: type?.kind === 'int' ? type : { kind: 'int', bits: 32, signed: true } };
}

function readType(buffer: FlatBuffer, type: number, table: number): ArrowType {
  const at = (slot: number): number => (table === 0 ? 0 : buffer.field(table, slot));
  const int16 = (slot: number, otherwise: number): number => (at(slot) === 0 ? otherwise : buffer.int16(at(slot)));
  const int32 = (slot: number, otherwise: number): number => (at(slot) === 0 ? otherwise : buffer.int32(at(slot)));
  const unit = (slot: number, otherwise: number): TimeUnit => TIME_UNITS[int16(slot, otherwise)] ?? 'ms';
  switch (type) {
    case ARROW_TYPE.int: return { kind: 'int', bits: int32(0, 0), signed: at(1) !== 0 && buffer.uint8(at(1)) !== 0 };
    case ARROW_TYPE.float: return { kind: 'float', bits: ([16, 32, 64] as const)[int16(0, 0)] ?? 64 };
    case ARROW_TYPE.decimal: return { kind: 'decimal', precision: int32(0, 0), scale: int32(1, 0), bits: int32(2, 128) };
    case ARROW_TYPE.date: return { kind: 'date', unit: int16(0, 1) === 0 ? 'day' : 'ms' };
    case ARROW_TYPE.time: return { kind: 'time', unit: unit(0, 1) };
    case ARROW_TYPE.timestamp: return { kind: 'timestamp', unit: unit(0, 0), zone: at(1) !== 0 };
    case ARROW_TYPE.duration: return { kind: 'duration', unit: unit(0, 1) };
    case ARROW_TYPE.interval: return { kind: 'interval', unit: INTERVAL_UNITS[int16(0, 0)] ?? 'months' };
    case ARROW_TYPE.fixedBinary: return { kind: 'fixed-binary', bytes: int32(0, 0) };
    case ARROW_TYPE.fixedList: return { kind: 'fixed-list', size: int32(0, 0) };
    default: {
      const kind = SIMPLE.get(type);
      return kind === undefined ? { kind: 'unsupported', name: `type ${type}` } : { kind } as ArrowType;
    }
  }
}

function metadata(buffer: FlatBuffer, position: number): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const table of tables(buffer, position)) {
    const [key, value] = [buffer.field(table, 0), buffer.field(table, 1)];
    if (key !== 0 && value !== 0) pairs.set(buffer.text(key), buffer.text(value));
  }
  return pairs;
}

function tables(buffer: FlatBuffer, position: number): readonly number[] {
  return position === 0 ? [] : buffer.items(position, 4).map((item) => buffer.follow(item));
}
