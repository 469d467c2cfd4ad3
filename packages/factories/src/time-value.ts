import { type Column, quoteIdentifier } from '@duckpond/query';
import { z } from 'zod';
import { FactoryError } from './errors.ts';

/** What numbers count that are event times. */
export const timeUnit: z.ZodType<TimeUnit | undefined, TimeUnit | undefined> = z.enum(['s', 'ms', 'us', 'ns']).optional()
  .describe('What event times count since 1970 UTC when they are numbers: seconds, milliseconds, microseconds or nanoseconds');
export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

const NUMBER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*)$/;
const PER_SECOND: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** Whether the values of a type are times by themselves. */
export function isTimeType(type: string): boolean {
  return /^(DATE|TIMESTAMP)/.test(type);
}

/** Microseconds since 1970 UTC of a time in a config; one without a zone is UTC. */
export function instantMicros(text: string): bigint {
  const isWhole = /(Z|[+-]\d\d:?\d\d)$/i.test(text) || /^\d{4}-\d{2}-\d{2}$/.test(text);
  return BigInt(Date.parse(isWhole ? text : `${text}Z`)) * 1000n;
}

/**
 * SQL for the event times of a column as TIMESTAMP WITH TIME ZONE. Times without a zone are UTC.
 *
 * @throws FactoryError `bad-input` when its type says no time
 */
export function timeSql(target: string, column: Column, unit: TimeUnit | undefined): string {
  const name = quoteIdentifier(column.name);
  if (column.type === 'TIMESTAMP WITH TIME ZONE') return name;
  if (isTimeType(column.type)) return `CAST(${name} AS TIMESTAMP WITH TIME ZONE)`;
  if (!NUMBER.test(column.type)) throw noTime(target, column, 'a date, a timestamp or a number was wanted (column-rename casts)');
  if (unit === undefined) throw noTime(target, column, 'time_unit was wanted, which says what it counts');
  return `make_timestamptz(${microsSql(name, column.type, unit)})`;
}

/** SQL for the event times of a column as microseconds since 1970 UTC, and for whether a row has one. @throws FactoryError `bad-input` */
export function microsOfSql(
  target: string, column: Column, unit: TimeUnit | undefined,
): { readonly micros: string; readonly isTime: string } {
  const name = quoteIdentifier(column.name);
  const plain = /^TIMESTAMP( WITH TIME ZONE)?$/.test(column.type) ? name : `CAST(${name} AS TIMESTAMP)`;
  if (isTimeType(column.type)) return { micros: `epoch_us(${plain})`, isTime: `isfinite(${plain})` };
  timeSql(target, column, unit);
  const isTime = /^(FLOAT|DOUBLE)$/.test(column.type) ? `isfinite(${name})` : `${name} IS NOT NULL`;
  return { micros: microsSql(name, column.type, unit ?? 'us'), isTime };
}

function microsSql(name: string, type: string, unit: TimeUnit): string {
  if (/^(FLOAT|DOUBLE|DECIMAL)/.test(type)) return `CAST(floor(CAST(${name} AS DOUBLE) * ${1e6 / PER_SECOND[unit]}) AS BIGINT)`;
  // Divided downwards, also before 1970.
  if (unit === 'ns') return `(CAST(${name} AS BIGINT) - ((CAST(${name} AS BIGINT) % 1000) + 1000) % 1000) // 1000`;
  return `CAST(${name} AS BIGINT) * ${1e6 / PER_SECOND[unit]}`;
}

/**
 * SQL for a moment in the type of a column, so that it can be compared with what Parquet files say of it.
 *
 * @param micros since 1970 UTC
 */
export function momentSql(micros: bigint, { type }: Column, unit: TimeUnit | undefined): string {
  const moment = `make_timestamptz(${micros})`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return moment;
  if (isTimeType(type)) return `CAST(${moment} AS ${type === 'DATE' ? 'TIMESTAMP' : type})`;
  const perSecond = PER_SECOND[unit ?? 'us'];
  if (perSecond === 1e9) return `${micros * 1000n}`;
  // A whole number from which on no moment is earlier, or exactly the moment.
  const divisor = BigInt(1e6 / perSecond);
  if (/^(FLOAT|DOUBLE|DECIMAL)/.test(type)) return `${micros} / ${divisor}.0`;
  return `${micros / divisor + (micros > 0n && micros % divisor !== 0n ? 1n : 0n)}`;
}

function noTime(target: string, { name, type }: Column, wanted: string): FactoryError {
  const what = `its column ${JSON.stringify(name)} is ${type}, ${wanted}`;
  return new FactoryError('bad-input', `Cannot read ${JSON.stringify(target)} by time: ${what}`, { target, column: name });
}
