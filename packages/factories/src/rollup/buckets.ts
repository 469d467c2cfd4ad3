import type { Duration } from '../duration.ts';
import { floorDivide, type Zone, type ZoneSpan } from './zone.ts';

/**
 * The buckets of one resolution, as the clocks of a zone show them: one begins wherever the clocks come to a multiple of the resolution (of
 * hours and minutes from midnight, of weeks from Monday, of months from January 2000), or jump over it. An hour that the clocks show twice
 * is two buckets; days and what is longer begin once. Microseconds since 1970.
 */
export interface Buckets {
  readonly duration: Duration;
  /** Where the bucket of a moment begins. */
  start(micros: bigint): bigint;
  /** Where the next one begins. */
  end(micros: bigint): bigint;
  /** SQL for the beginning of the bucket of a BIGINT of microseconds, right for moments in the range. */
  sql(micros: string, fromMicros: bigint, toMicros: bigint): string;
}

const DAY = 86_400_000_000n;
const WEEK = 7n * DAY;
// The first Monday after 1970 began.
const MONDAY = 4n * DAY;
// By how much the clocks of a zone may be apart, and more.
const MARGIN = 3n * DAY;

export function bucketsOf(duration: Duration, zone: Zone): Buckets {
  const local = duration.kind === 'fixed' ? fixedSteps(duration.micros) : monthSteps(duration.months);
  const around = (micros: bigint): readonly ZoneSpan[] => zone.spans(micros - local.length - MARGIN, micros + local.length + MARGIN);

  // Days and what is longer begin once, however often the clocks show midnight.
  const isOfDays = duration.kind === 'months' || duration.micros % DAY === 0n;
  const spanOf = (spans: readonly ZoneSpan[], at: number): Place => {
    const { fromMicros, offsetMicros } = spans[at] ?? { fromMicros: 0n, offsetMicros: 0n };
    const earlier = spans[at - 1]?.offsetMicros ?? offsetMicros;
    const again = isOfDays && earlier > offsetMicros ? earlier - offsetMicros : 0n;
    return { fromMicros, offsetMicros, earlier, freshMicros: fromMicros + again };
  };

  const start = (micros: bigint): bigint => {
    const spans = around(micros);
    const { fromMicros, freshMicros, offsetMicros, earlier } = spanOf(spans, spans.findLastIndex((span) => span.fromMicros <= micros));
    const begin = local.floor(micros + offsetMicros);
    if (begin - offsetMicros >= freshMicros) return begin - offsetMicros;
    // The clocks jumped over the beginning, or it was before they changed.
    return begin >= fromMicros + earlier ? fromMicros : start(fromMicros - 1n);
  };
  const end = (micros: bigint): bigint => {
    const spans = around(micros);
    const at = spans.findLastIndex((span) => span.fromMicros <= micros);
    const { freshMicros, offsetMicros } = spanOf(spans, at);
    const next = local.next(local.floor(micros + offsetMicros)) - offsetMicros;
    const change = micros < freshMicros ? freshMicros : spans[at + 1]?.fromMicros;
    if (change === undefined || (micros >= freshMicros && next < change)) return next;
    return start(change) === change ? change : end(change);
  };

  return {
    duration, start, end,
    sql(micros, fromMicros, toMicros) {
      const spans = zone.spans(fromMicros - local.length - MARGIN, toMicros);
      const branches = spans.map((_, at) => {
        const { fromMicros: from, freshMicros, offsetMicros } = spanOf(spans, at);
        const begin = local.sql(micros, offsetMicros);
        return at === 0 ? begin : `CASE WHEN ${begin} < ${freshMicros} THEN ${start(from)} ELSE ${begin} END`;
      });
      const conditions = branches.slice(0, -1).map((branch, at) => `WHEN ${micros} < ${spans[at + 1]?.fromMicros ?? 0n} THEN ${branch}`);
      const last = branches.at(-1) ?? '';
      return conditions.length === 0 ? last : `CASE ${conditions.join(' ')} ELSE ${last} END`;
    },
  };
}

interface Place extends ZoneSpan {
  /** How far ahead the clocks were before. */
  readonly earlier: bigint;
  /** When they have shown again what they had shown before. */
  readonly freshMicros: bigint;
}

/** Whether each bucket of `coarse` is made of whole buckets of `fine`, both of one zone. */
export function nests(fine: Duration, coarse: Duration): boolean {
  if (coarse.kind === 'months') {
    if (fine.kind === 'months') return coarse.months % fine.months === 0;
    return DAY % fine.micros === 0n;
  }
  if (fine.kind === 'months') return false;
  const apart = originOf(coarse.micros) - originOf(fine.micros);
  return coarse.micros % fine.micros === 0n && apart % fine.micros === 0n;
}

/** Steps of clocks that know no zone. */
interface Steps {
  /** No step is longer. */
  readonly length: bigint;
  floor(local: bigint): bigint;
  next(begin: bigint): bigint;
  /** SQL for the beginning in UTC of a moment in UTC, for clocks that are so far ahead. */
  sql(micros: string, offset: bigint): string;
}

function originOf(micros: bigint): bigint {
  return micros % WEEK === 0n ? MONDAY : 0n;
}

function fixedSteps(length: bigint): Steps {
  const origin = originOf(length);
  // Makes all times positive, for which DuckDB divides downwards.
  const lift = (10n ** 17n / length + 1n) * length - origin;
  return {
    length,
    floor: (local) => floorDivide(local - origin, length) * length + origin,
    next: (begin) => begin + length,
    sql: (micros, offset) => `(${micros} + ${offset + lift}) // ${length} * ${length} - ${offset + lift}`,
  };
}

function monthSteps(months: number): Steps {
  const begins = (index: number): bigint => BigInt(Date.UTC(2000, index, 1)) * 1000n;
  const indexOf = (local: bigint): number => {
    const date = new Date(Number(floorDivide(local, 1000n)));
    return Math.floor(((date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth()) / months) * months;
  };
  return {
    length: BigInt(months) * 31n * DAY,
    floor: (local) => begins(indexOf(local)),
    next: (begin) => begins(indexOf(begin) + months),
    sql: (micros, offset) => {
      const shown = `make_timestamp(${micros} + ${offset})`;
      return `epoch_us(time_bucket(INTERVAL ${months} MONTH, ${shown}, TIMESTAMP '2000-01-01')) - ${offset}`;
    },
  };
}
