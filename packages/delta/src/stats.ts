import { isFields } from './fields.ts';
import { parseJson, stringifyJson } from './json.ts';
import { compareUtf8 } from './object-path.ts';
import { columnMappingMode, type DataType, physicalName, type StructType } from './schema.ts';
import { dateText, parseDate, parseTimestamp, timestampText } from './stats-time.ts';

/** Statistics of a data file as `add.stats` has them, JSON in a string (PROTOCOL.md, "Per-file Statistics"). */

/** Spark's length of strings in statistics. */
const TEXT_MAX = 32;

/**
 * A value by the type of its column: text for `string`, days since 1970 for `date`, microseconds since 1970 for `timestamp` and
 * `timestamp_ntz`, a number or a `bigint` for numbers. Other types have no bounds here.
 */
export type StatisticsValue = string | number | bigint;

export interface ColumnStatistics {
  readonly min?: StatisticsValue;
  readonly max?: StatisticsValue;
  readonly nullCount?: number;
}

export interface FileStatistics {
  readonly numRecords: number;
  /** By physical name; columns of structs are not looked into. */
  readonly columns: ReadonlyMap<string, ColumnStatistics>;
}

export interface EncodeStatisticsOptions {
  /** How many characters of a string are kept, 32 unless given; `Infinity` keeps all. A cut maximum is rounded up. */
  readonly textMax?: number;
}

export function encodeStatistics(schema: StructType, statistics: FileStatistics, options: EncodeStatisticsOptions = {}): string {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  const textMax = options.textMax ?? TEXT_MAX;
  for (const { name, type } of schema.fields) {
    const column = statistics.columns.get(name);
    if (column === undefined) continue;
    const min = column.min === undefined ? undefined : encodeBound(type, column.min, 'min', textMax);
    const max = column.max === undefined ? undefined : encodeBound(type, column.max, 'max', textMax);
    if (min !== undefined) minValues[name] = min;
    if (max !== undefined) maxValues[name] = max;
    if (column.nullCount !== undefined) nullCount[name] = column.nullCount;
  }
  return stringifyJson({ numRecords: statistics.numRecords, minValues, maxValues, nullCount });
}

/** @returns undefined when the text says nothing: statistics are a help, never needed */
export function decodeStatistics(
  schema: StructType, text: string | undefined, configuration: Readonly<Record<string, string | null>> = {},
): FileStatistics | undefined {
  let value: unknown;
  try {
    value = text === undefined ? undefined : parseJson(text);
  } catch {
    return undefined;
  }
  if (!isFields(value)) return undefined;
  const { numRecords, minValues, maxValues, nullCount } = value;
  if (typeof numRecords !== 'number' || !Number.isSafeInteger(numRecords)) return undefined;
  const columns = new Map<string, ColumnStatistics>();
  const mode = columnMappingMode(configuration);
  for (const field of schema.fields) {
    const name = physicalName(field, mode);
    const min = decodeBound(field.type, isFields(minValues) ? minValues[name] : undefined, 'min');
    const max = decodeBound(field.type, isFields(maxValues) ? maxValues[name] : undefined, 'max');
    const nulls = isFields(nullCount) ? nullCount[name] : undefined;
    columns.set(name, {
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(typeof nulls === 'number' ? { nullCount: nulls } : {}),
    });
  }
  return { numRecords, columns };
}

/** A range of values of one column, both ends in it; without an end it is open. */
export interface ValueRange {
  /** The column's physical name. */
  readonly column: string;
  readonly min?: StatisticsValue;
  readonly max?: StatisticsValue;
}

/** Whether a file may have a row whose value is in the range: `false` only where the statistics prove that it has none. */
export function mayMatch(statistics: FileStatistics | undefined, range: ValueRange): boolean {
  const column = statistics?.columns.get(range.column);
  if (statistics === undefined || column === undefined) return true;
  if (column.nullCount === statistics.numRecords) return false;
  if (range.max !== undefined && column.min !== undefined && isLess(range.max, column.min)) return false;
  if (range.min === undefined || column.max === undefined || !isLess(column.max, range.min)) return true;
  // Some writers cut a maximum without rounding it up: what begins with it may be there.
  return typeof range.min === 'string' && typeof column.max === 'string' && range.min.startsWith(column.max);
}

function isLess(left: StatisticsValue, right: StatisticsValue): boolean {
  if (typeof left === 'string' && typeof right === 'string') return compareUtf8(left, right) < 0;
  if (typeof left === 'string' || typeof right === 'string') return false;
  return left < right;
}

function encodeBound(type: DataType, value: StatisticsValue, end: 'min' | 'max', textMax: number): unknown {
  switch (type) {
    case 'string':
      return typeof value !== 'string' ? undefined : end === 'min' ? cut(value, textMax) : cutUpwards(value, textMax);
    case 'date':
      return typeof value === 'string' ? undefined : dateText(Number(value));
    case 'timestamp':
      return typeof value === 'string' ? undefined : timestampText(BigInt(value), end, 'Z');
    case 'timestamp_ntz':
      return typeof value === 'string' ? undefined : timestampText(BigInt(value), end, '');
    case 'float':
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return typeof value === 'string' ? undefined : value;
    default:
      return undefined;
  }
}

function decodeBound(type: DataType, value: unknown, end: 'min' | 'max'): StatisticsValue | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'date':
      return typeof value === 'string' ? parseDate(value) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof value === 'string' ? parseTimestamp(value, end) : undefined;
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
    case 'float':
    case 'double':
      // Written without a fraction, a large one looks like an exact integer and is none.
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
    default:
      return undefined;
  }
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return [...text].slice(0, characters).join('');
}

/** The shortest text of that length that no text with the same beginning is above; `undefined` when there is none. */
function cutUpwards(text: string, characters: number): string | undefined {
  const kept = cut(text, characters);
  if (kept === text) return text;
  const points = [...kept];
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    if (last < 0x10_ffff) return points.join('') + String.fromCodePoint(last + 1 === 0xd800 ? 0xe000 : last + 1);
  }
  return undefined;
}
