import { type FlatReader, readInteger, readText, type Slot, type Table, writeString } from './flatbuffer.ts';
import { type ColumnType } from './shape.ts';

/** `Type` of Arrow's Schema.fbs, the flat ones. */
const INT = 2;
const FLOAT = 3;
const BINARY = 4;
const UTF8 = 5;
const BOOL = 6;
const DECIMAL = 7;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;
const INTERVAL = 11;
const FIXED_SIZE_BINARY = 15;
const DURATION = 18;
const LARGE_BINARY = 19;
const LARGE_UTF8 = 20;

const NAMES = [
  'none', 'null', 'int', 'float', 'binary', 'utf8', 'bool', 'decimal', 'date', 'time', 'timestamp', 'interval', 'list', 'struct', 'union',
  'fixed-size binary', 'fixed-size list', 'map', 'duration', 'large binary', 'large utf8', 'large list', 'run-end encoded', 'binary view',
  'utf8 view', 'list view', 'large list view',
];

/** The integer parameters of each type's table, in slot order: size in bytes and default. */
const PARAMETERS: Readonly<Record<number, readonly (readonly [size: 1 | 2 | 4, absent: number])[]>> = {
  [INT]: [[4, 0], [1, 0]],
  [FLOAT]: [[2, 0]],
  [BINARY]: [],
  [UTF8]: [],
  [BOOL]: [],
  [DECIMAL]: [[4, 0], [4, 0], [4, 128]],
  [DATE]: [[2, 1]],
  [TIME]: [[2, 1], [4, 32]],
  [TIMESTAMP]: [[2, 0]],
  [INTERVAL]: [[2, 0]],
  [FIXED_SIZE_BINARY]: [[4, 0]],
  [DURATION]: [[2, 1]],
  [LARGE_BINARY]: [],
  [LARGE_UTF8]: [],
};

/** How values lie in the body: one bit each, `width` bytes each, or behind 32-bit or 64-bit offsets. */
export type ArrowLayout = 'bits' | 'fixed' | 'variable' | 'large';

/** A flat Arrow type: the union tag, its parameters in slot order and, for timestamps, the time zone. */
export interface ArrowType {
  readonly id: number;
  readonly parameters: readonly number[];
  readonly timezone: string | null;
  readonly layout: ArrowLayout;
  /** Bytes per value when the layout is fixed, otherwise 0. */
  readonly width: number;
}

/** What the decoder makes of the stored bytes of a column. */
export type ArrowReading =
  | 'utf8' | 'binary' | 'bool' | 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64'
  | 'float32' | 'float64' | 'micros' | 'millis' | 'seconds';

const MICROSECOND = 2;

/** The Arrow type that is written for each column type. */
export const ARROW_TYPES: Readonly<Record<ColumnType, ArrowType>> = {
  string: { id: UTF8, parameters: [], timezone: null, layout: 'variable', width: 0 },
  long: { id: INT, parameters: [64, 1], timezone: null, layout: 'fixed', width: 8 },
  integer: { id: INT, parameters: [32, 1], timezone: null, layout: 'fixed', width: 4 },
  timestamp: { id: TIMESTAMP, parameters: [MICROSECOND], timezone: 'UTC', layout: 'fixed', width: 8 },
  binary: { id: BINARY, parameters: [], timezone: null, layout: 'variable', width: 0 },
  boolean: { id: BOOL, parameters: [], timezone: null, layout: 'bits', width: 0 },
  double: { id: FLOAT, parameters: [2], timezone: null, layout: 'fixed', width: 8 },
};

/** A name for messages. */
export function arrowTypeName(id: number): string {
  return NAMES[id] ?? `type ${id}`;
}

/** The same for equal types, different for different ones. */
export function arrowTypeKey(type: ArrowType): string {
  return `${type.id}:${type.parameters.join(':')}:${type.timezone ?? ''}`;
}

/** Reads a field's type; `null` when it is nested, dictionary-like or unknown, or its parameters make no sense. */
export function readArrowType(reader: FlatReader, id: number, table: Table | null): ArrowType | null {
  const shapes = PARAMETERS[id];
  if (shapes === undefined) return null;
  const parameters = shapes.map(([size, absent], slot) => (table === null ? absent : readInteger(reader, table, slot, size, absent)));
  const timezone = id === TIMESTAMP && table !== null ? readText(reader, table, 1) : null;
  if (id === BOOL) return { id, parameters, timezone, layout: 'bits', width: 0 };
  if (id === UTF8 || id === BINARY) return { id, parameters, timezone, layout: 'variable', width: 0 };
  if (id === LARGE_UTF8 || id === LARGE_BINARY) return { id, parameters, timezone, layout: 'large', width: 0 };
  const width = fixedWidth(id, parameters);
  return width === null ? null : { id, parameters, timezone, layout: 'fixed', width };
}

/** The table of a type, for the schema message. */
export function arrowTypeSlots(type: ArrowType): Slot[] {
  const slots: Slot[] = (PARAMETERS[type.id] ?? []).map(([size], slot) => ({ size, value: type.parameters[slot] ?? 0 }));
  const { timezone } = type;
  if (timezone !== null) slots.push({ size: 'ref', write: (out) => writeString(out, timezone) });
  return slots;
}

/** How a stored column is read as a column of ours; `null` when that would lose or change values. */
export function arrowReading(stored: ArrowType, wanted: ColumnType): ArrowReading | null {
  const first = stored.parameters[0] ?? 0;
  switch (wanted) {
    case 'string': return stored.id === UTF8 || stored.id === LARGE_UTF8 ? 'utf8' : null;
    case 'binary': return [BINARY, LARGE_BINARY, FIXED_SIZE_BINARY].includes(stored.id) ? 'binary' : null;
    case 'boolean': return stored.id === BOOL ? 'bool' : null;
    case 'long': return stored.id === INT ? intReading(stored) : null;
    case 'integer': return stored.id === INT && first <= 32 ? intReading(stored) : null;
    case 'double': return stored.id !== FLOAT || first === 0 ? null : first === 1 ? 'float32' : 'float64';
    case 'timestamp': return stored.id === TIMESTAMP ? (['seconds', 'millis', 'micros'] as const)[first] ?? null : null;
  }
}

function intReading(type: ArrowType): ArrowReading | null {
  const signed = type.parameters[1] !== 0;
  switch (type.width) {
    case 1: return signed ? 'int8' : 'uint8';
    case 2: return signed ? 'int16' : 'uint16';
    case 4: return signed ? 'int32' : 'uint32';
    case 8: return signed ? 'int64' : 'uint64';
    default: return null;
  }
}

function fixedWidth(id: number, parameters: readonly number[]): number | null {
  const first = parameters[0] ?? 0;
  const bytes = (bits: number, allowed: readonly number[]): number | null => (allowed.includes(bits) ? bits / 8 : null);
  switch (id) {
    case INT: return bytes(first, [8, 16, 32, 64]);
    case FLOAT: return [2, 4, 8][first] ?? null;
    case DECIMAL: return bytes(parameters[2] ?? 0, [32, 64, 128, 256]);
    case DATE: return [4, 8][first] ?? null;
    case TIME: return bytes(parameters[1] ?? 0, [32, 64]);
    case TIMESTAMP: return first >= 0 && first <= 3 ? 8 : null;
    case DURATION: return first >= 0 && first <= 3 ? 8 : null;
    case INTERVAL: return [4, 8, 16][first] ?? null;
    case FIXED_SIZE_BINARY: return first >= 0 ? first : null;
    default: return null;
  }
}
