import { z } from 'zod';

/** A length of time: fixed, or of the calendar. */
export type Duration = { readonly kind: 'fixed'; readonly micros: bigint } | { readonly kind: 'months'; readonly months: number };

const SECOND = 1_000_000n;
const FIXED: readonly (readonly [names: readonly string[], micros: bigint])[] = [
  [['ms', 'millis', 'millisecond', 'milliseconds'], 1000n],
  [['s', 'sec', 'secs', 'second', 'seconds'], SECOND],
  [['m', 'min', 'mins', 'minute', 'minutes'], 60n * SECOND],
  [['h', 'hr', 'hrs', 'hour', 'hours'], 3600n * SECOND],
  [['d', 'day', 'days'], 86_400n * SECOND],
  [['w', 'week', 'weeks'], 604_800n * SECOND],
];
const MONTHS: readonly (readonly [names: readonly string[], months: number])[] = [
  [['M', 'mo', 'month', 'months'], 1], [['q', 'quarter', 'quarters'], 3], [['y', 'yr', 'year', 'years'], 12],
];
const WANTED = 'a duration such as "30s", "10m", "1h", "1h30m", "1d", "1w", "1mo", "1q" or "1y" was wanted';

/** What a text says; undefined when it is no duration. Months and years stand alone, other units may follow one another. */
export function parseDuration(text: string): Duration | undefined {
  const parts = [...text.matchAll(/\s*(\d+)\s*([A-Za-z]+)\s*/gy)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  let micros = 0n;
  for (const [, digits = '', unit = ''] of parts) {
    const months = MONTHS.find(([names]) => names.includes(unit))?.[1];
    if (months !== undefined) {
      const count = Number(digits) * months;
      return parts.length === 1 && count >= 1 && count <= 12_000 ? { kind: 'months', months: count } : undefined;
    }
    const one = FIXED.find(([names]) => names.includes(unit))?.[1];
    if (one === undefined) return undefined;
    micros += BigInt(digits) * one;
  }
  return micros > 0n && micros <= 36_525_000n * 86_400n * SECOND ? { kind: 'fixed', micros } : undefined;
}

/** A duration in a config. */
export const duration: z.ZodType<string, string> = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, ${WANTED}`,
}).describe('A duration: `500ms`, `30s`, `10m`, `1h`, `1h30m`, `1d`, `1w`, `1mo` (month), `1q` (quarter), `1y`');

/** One of a fixed length. */
export const fixedDuration: z.ZodType<string, string> = z.string().refine((text) => parseDuration(text)?.kind === 'fixed', {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a duration such as "30s", "10m", "1h", "1d" or "1w" was wanted`,
}).describe('A duration of a fixed length: `500ms`, `30s`, `10m`, `1h`, `1d`, `1w`');

/** @throws RangeError for what `duration` refuses */
export function durationOf(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new RangeError(`Cannot use ${JSON.stringify(text)}: it is no duration, ${WANTED}`);
  return parsed;
}
