/** DuckDB's infinite times, as its own text has them. */
export const INFINITY_TEXT = 'infinity';

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_DAYS = 2 ** 31 - 1;

/** The digits of a second: none when it is whole, otherwise as few as lose nothing. */
function fractionText(fraction: bigint, digits: number): string {
  return fraction === 0n ? '' : `.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`;
}

/** `2026-11-22`; beyond four digits ISO 8601's signed years of six. Days since 1970. */
export function dateText(days: number): string {
  if (days === MAX_DAYS) return INFINITY_TEXT;
  if (days === -MAX_DAYS) return `-${INFINITY_TEXT}`;
  return civilText(days);
}

/** The proleptic Gregorian date of a day, years counted from March so that the leap day is the last of a year. */
export function civilText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const yearText = year >= 0 && year <= 9999
    ? String(year).padStart(4, '0')
    : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** `13:00:00.5` from the units since midnight; 24:00:00 is a time of DuckDB's. */
export function timeText(units: bigint, unitsPerSecond: bigint, digits: number): string {
  const seconds = Number(units / unitsPerSecond);
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${pad(seconds / 3600)}:${pad((seconds % 3600) / 60)}:${pad(seconds % 60)}${fractionText(units % unitsPerSecond, digits)}`;
}

/** RFC 3339 without its zone, from the units (powers of ten of a second) since 1970. */
export function timestampText(units: bigint, digits: number): string {
  if (units === MAX_INT64) return INFINITY_TEXT;
  if (units === -MAX_INT64) return `-${INFINITY_TEXT}`;
  const unitsPerSecond = 10n ** BigInt(digits);
  const unitsPerDay = unitsPerSecond * 86_400n;
  const sinceMidnight = ((units % unitsPerDay) + unitsPerDay) % unitsPerDay;
  return `${civilText(Number((units - sinceMidnight) / unitsPerDay))}T${timeText(sinceMidnight, unitsPerSecond, digits)}`;
}

/** RFC 3339 in UTC with as few digits of a second as lose nothing; infinite times have no zone. */
export function instantText(micros: bigint): string {
  const text = timestampText(micros, 6);
  return text.endsWith(INFINITY_TEXT) ? text : `${text}Z`;
}

/** `13:00:00+01:00`: minutes of the zone always, its seconds when there are any. */
export function timeTzText(micros: bigint, offsetSeconds: number): string {
  const offset = Math.abs(offsetSeconds);
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = offset % 60 === 0 ? '' : `:${pad(offset % 60)}`;
  return `${timeText(micros, 1_000_000n, 6)}${offsetSeconds < 0 ? '-' : '+'}${pad(offset / 3600)}:${pad((offset % 3600) / 60)}${seconds}`;
}
