import { QueryError } from './errors.ts';
import type { Column } from './relation.ts';

/** Units of event times that are whole numbers. */
export type EpochUnit = 's' | 'ms' | 'us' | 'ns';

/** The event time column of some rows: `unit` when its values count from 1970 instead of being dates or timestamps. */
export interface TimeColumn {
  readonly name: string;
  readonly unit?: EpochUnit;
}

/** The least and the greatest value of a column of whole numbers; undefined when it has none. */
export type WholeRange = (name: string) => Promise<{ readonly least: bigint; readonly greatest: bigint } | undefined>;

const NAMES = [
  'timestamp', 'time', 'ts', 'datetime', 'date', 'eventtime', 'timestamputc', 'timeutc', 'datetimeutc', 'observedat', 'recordedat',
  'epoch', 'unixtime',
];
const TIMESTAMP = /^TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?$/;
const WHOLE = /^U?(INTEGER|BIGINT)$/;
const UNITS = 's|sec|secs|seconds|ms|millis|milliseconds|us|micros|microseconds|ns|nanos|nanoseconds';
const SUFFIX = new RegExp(`^(.*?)(?:[_ (]+|(?<=[a-z])(?=[A-Z]))(${UNITS})\\)?$`);
const UNIT_OF: Readonly<Record<string, EpochUnit>> = { s: 's', m: 'ms', u: 'us', n: 'ns' };
const PER_SECOND: Readonly<Record<EpochUnit, bigint>> = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n };
// Numbers that mean anything else rarely lie between these as seconds, and the ranges of the units do not overlap.
const [YEAR_1980, YEAR_2100] = [315_532_800n, 4_102_444_800n];

/**
 * Finds the event time column. With `wanted` it is that one. Otherwise it is the first of these that there is:
 *
 * 1. a column whose name, without regard to case, spaces and `_`, is timestamp, time, ts, datetime, date, event_time, timestamp_utc, time_utc,
 *    datetime_utc, observed_at, recorded_at, epoch or unix_time, in this order, and that is a DATE or TIMESTAMP of any kind, or holds whole numbers
 *    (INTEGER, BIGINT) that all lie between 1980 and 2100 as seconds, milliseconds, microseconds or nanoseconds since 1970. A unit at the end of
 *    the name (`time_ms`, `ts (s)`) counts as part of the unit, not of the name;
 * 2. the first TIMESTAMP column of any kind;
 * 3. the first DATE column.
 *
 * Throws `bad-input` when `wanted` is no such column.
 */
export async function findTimeColumn(columns: readonly Column[], range: WholeRange, wanted?: string): Promise<TimeColumn | undefined> {
  if (wanted !== undefined) return wantedColumn(columns, range, wanted);
  for (const name of NAMES) {
    for (const column of columns) {
      if (plain(bare(column.name).name) !== name) continue;
      if (isTime(column.type)) return { name: column.name };
      const unit = await wholeUnit(column, range);
      if (unit !== undefined) return { name: column.name, unit };
    }
  }
  const first = columns.find(({ type }) => TIMESTAMP.test(type)) ?? columns.find(({ type }) => type === 'DATE');
  return first === undefined ? undefined : { name: first.name };
}

async function wantedColumn(columns: readonly Column[], range: WholeRange, wanted: string): Promise<TimeColumn> {
  const column = columns.find(({ name }) => name === wanted) ?? columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const about = `Cannot use "${wanted}" as time column`;
  if (column === undefined) {
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    throw new QueryError('bad-input', `${about}: there is no such column, one of ${names} was wanted`, { column: wanted });
  }
  if (isTime(column.type)) return { name: column.name };
  const unit = await wholeUnit(column, range);
  if (unit !== undefined) return { name: column.name, unit };
  const hint = `?types=${column.name}:TIMESTAMP reads it as one`;
  throw new QueryError('bad-input', `${about}: it is ${column.type}, dates, timestamps or whole numbers since 1970 were wanted (${hint})`, {
    column: wanted, hint,
  });
}

function isTime(type: string): boolean {
  return TIMESTAMP.test(type) || type === 'DATE';
}

async function wholeUnit(column: Column, range: WholeRange): Promise<EpochUnit | undefined> {
  if (!WHOLE.test(column.type)) return undefined;
  const found = await range(column.name);
  if (found === undefined) return undefined;
  const named = bare(column.name).unit;
  const units: readonly EpochUnit[] = named === undefined ? ['s', 'ms', 'us', 'ns'] : [named];
  return units.find((unit) => found.least >= YEAR_1980 * PER_SECOND[unit] && found.greatest <= YEAR_2100 * PER_SECOND[unit]);
}

/** Microseconds since 1970 of a count in a unit. */
export function epochMicros(value: bigint, unit: EpochUnit): bigint {
  return unit === 'ns' ? (value - ((value % 1000n) + 1000n) % 1000n) / 1000n : value * (1_000_000n / PER_SECOND[unit]);
}

function bare(name: string): { readonly name: string; readonly unit?: EpochUnit } {
  const [, stem, suffix] = SUFFIX.exec(name.trim()) ?? [];
  if (stem === undefined || stem === '' || suffix === undefined) return { name };
  const unit = suffix.startsWith('mic') ? 'us' : UNIT_OF[suffix.charAt(0)];
  return unit === undefined ? { name } : { name: stem, unit };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
