import type { TabularColumn } from '@duckpond/tinyfs';

/** The parts of a time that can name directories, each with those before it. */
export const TEMPORAL_PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
export type TemporalPart = (typeof TEMPORAL_PARTS)[number];

/** Rows whose times lie in one year, month and so on. */
export interface Partition {
  /** Undefined for rows without a time. */
  readonly startMicros: bigint | undefined;
  readonly rows: number;
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** The directories of a partition as Hive names them; numbers are not padded. */
export function partitionPath(startMicros: bigint | undefined, finest: TemporalPart): string {
  const parts = TEMPORAL_PARTS.slice(0, TEMPORAL_PARTS.indexOf(finest) + 1);
  if (startMicros === undefined) return parts.map((part) => `${part}=__HIVE_DEFAULT_PARTITION__`).join('/');
  const date = new Date(Number(startMicros / 1000n));
  const values: Readonly<Record<TemporalPart, number>> = {
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
  };
  return parts.map((part) => `${part}=${values[part]}`).join('/');
}

const MILLIS: Readonly<Record<string, number>> = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000 };

/** Where the partition of a time begins. */
export function partitionStart(micros: bigint, finest: TemporalPart): bigint {
  const millis = Number((micros - ((micros % 1000n) + 1000n) % 1000n) / 1000n);
  const fixed = MILLIS[finest];
  if (fixed !== undefined) return BigInt(Math.floor(millis / fixed) * fixed) * 1000n;
  const date = new Date(millis);
  date.setUTCHours(0, 0, 0, 0);
  if (finest === 'year') date.setUTCMonth(0, 1);
  else date.setUTCDate(1);
  return BigInt(date.getTime()) * 1000n;
}

/** Where the next partition begins. */
export function partitionEnd(startMicros: bigint, finest: TemporalPart): bigint {
  const start = Number(startMicros / 1000n);
  const fixed = MILLIS[finest];
  if (fixed !== undefined) return BigInt(start + fixed) * 1000n;
  const date = new Date(start);
  if (finest === 'year') date.setUTCFullYear(date.getUTCFullYear() + 1);
  else date.setUTCMonth(date.getUTCMonth() + 1);
  return BigInt(date.getTime()) * 1000n;
}

/** Divisors of whole numbers since 1970, by where the times of our days lie; the ranges do not overlap. */
const EPOCHS: readonly (readonly [least: bigint, micros: string])[] = [
  [300_000_000_000_000_000n, '// 1000'], [300_000_000_000_000n, ''], [300_000_000_000n, '* 1000'], [0n, '* 1000000'],
];

/**
 * The event time of a row as a TIMESTAMP in UTC, as SQL. `column` is quoted.
 *
 * @param least the least value of a column of whole numbers
 */
export function timeExpression(column: string, type: TabularColumn['type'], least: bigint | undefined): string {
  if (type === 'TIMESTAMP') return column;
  if (type === 'TIMESTAMP WITH TIME ZONE') return `timezone('UTC', ${column})`;
  if (least === undefined) return `CAST(${column} AS TIMESTAMP)`;
  const [, micros = ''] = EPOCHS.find(([from]) => least >= from) ?? [];
  return `make_timestamp(CAST(${column} AS BIGINT) ${micros})`;
}

/** Whether the type counts from 1970. */
export function isWhole(type: string): boolean {
  return /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type);
}
