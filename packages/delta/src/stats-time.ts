/** Dates and times as the texts of statistics and partition values. */

const DAY_MILLIS = 86_400_000;
const TIMESTAMP = /^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;

/** `2024-02-29` for days since 1970. */
export function dateText(days: number): string | undefined {
  return isoText(days * DAY_MILLIS)?.slice(0, 10);
}

export function parseDate(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null || match[4] !== undefined) return undefined;
  return utcMillis(match) / DAY_MILLIS;
}

/** In milliseconds, as readers expect it: a minimum is rounded down, a maximum up. */
export function timestampText(micros: bigint, end: 'min' | 'max', zone: 'Z' | ''): string | undefined {
  const floor = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const millis = end === 'max' && micros % 1000n !== 0n ? floor + 1n : floor;
  const text = isoText(Number(millis));
  return text === undefined ? undefined : text.slice(0, -1) + zone;
}

/** Only of years with four digits: others are spelt differently by every engine. */
function isoText(millis: number): string | undefined {
  const date = new Date(millis);
  return date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999 ? date.toISOString() : undefined;
}

/** Microseconds since 1970. A maximum that has only milliseconds may have been rounded down: the greatest that it can stand for. */
export function parseTimestamp(text: string, end: 'min' | 'max'): bigint | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const fraction = match[7] ?? '';
  const micros = BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  const slack = end === 'max' && fraction.length <= 3 ? 999n : fraction.length > 6 && end === 'max' ? 1n : 0n;
  return BigInt(utcMillis(match) - offsetMillis(match[8] ?? 'Z')) * 1000n + micros + slack;
}

function utcMillis(match: RegExpExecArray): number {
  const parts = match.slice(1, 7).map((part) => part === undefined ? undefined : Number(part));
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

function offsetMillis(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
