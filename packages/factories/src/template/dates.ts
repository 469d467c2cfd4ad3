import { numberOf, TemplateFault, textOf } from './values.ts';

/**
 * A moment as text. A text is read as RFC 3339 has it, in UTC without a zone; a number is seconds since 1970, a bigint microseconds.
 *
 * @param format letters after `%` as those of `strftime`: Y m d H M S j y e b B a A p I L Z z s F T %
 * @param zone of the IANA's, `Europe/Berlin`
 */
export function formatDate(value: unknown, format: string, zone: string): string {
  const millis = millisOf(value);
  if (!Number.isFinite(millis)) {
    throw new TemplateFault(`${JSON.stringify(textOf(value))} is no time, RFC 3339 or seconds since 1970 were wanted`);
  }
  const parts = partsIn(zone, millis);
  const pad = (number: number, width = 2): string => String(number).padStart(width, '0');
  const letters: Readonly<Record<string, () => string>> = {
    Y: () => pad(parts.year, 4), m: () => pad(parts.month), d: () => pad(parts.day), e: () => String(parts.day),
    H: () => pad(parts.hour), M: () => pad(parts.minute), S: () => pad(parts.second), L: () => pad(((millis % 1000) + 1000) % 1000, 3),
    I: () => pad(((parts.hour + 11) % 12) + 1), p: () => (parts.hour < 12 ? 'AM' : 'PM'), y: () => pad(parts.year % 100),
    j: () => pad(Math.round((Date.UTC(parts.year, parts.month - 1, parts.day) - Date.UTC(parts.year, 0, 1)) / 86_400_000) + 1, 3),
    b: () => (MONTHS[parts.month - 1] ?? '').slice(0, 3), B: () => MONTHS[parts.month - 1] ?? '',
    a: () => (DAYS[parts.weekday] ?? '').slice(0, 3), A: () => DAYS[parts.weekday] ?? '',
    s: () => String(Math.floor(millis / 1000)), z: () => offsetText(parts.offsetMinutes, ''),
    Z: () => (parts.offsetMinutes === 0 ? 'UTC' : offsetText(parts.offsetMinutes, ':')),
    F: () => `${pad(parts.year, 4)}-${pad(parts.month)}-${pad(parts.day)}`,
    T: () => `${pad(parts.hour)}:${pad(parts.minute)}:${pad(parts.second)}`, '%': () => '%',
  };
  return format.replace(/%(.?)/gs, (whole, letter: string) => {
    const made = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
    if (made === undefined) {
      const known = Object.keys(letters).map((one) => `%${one}`).join(' ');
      throw new TemplateFault(`${JSON.stringify(whole)} is not known in a format of dates, one of ${known} was wanted`);
    }
    return made();
  });
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function millisOf(value: unknown): number {
  if (typeof value === 'bigint') return Number(value / 1000n);
  if (typeof value === 'number') return value * 1000;
  const text = textOf(value).trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) return numberOf(Number(text)) * 1000;
  if (!/^[+-]?\d{4,6}-\d{2}/.test(text)) return Number.NaN;
  const isZoned = /([zZ]|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  return Date.parse(isZoned || text.length <= 10 ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`);
}

interface CivilParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly offsetMinutes: number;
}

function partsIn(zone: string, millis: number): CivilParts {
  const offsetMinutes = zone === 'UTC' ? 0 : offsetIn(zone, millis);
  const local = new Date(millis + offsetMinutes * 60_000);
  if (Number.isNaN(local.getTime())) throw new TemplateFault('a time beyond all calendars was given');
  return {
    year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(), weekday: local.getUTCDay(),
    hour: local.getUTCHours(), minute: local.getUTCMinutes(), second: local.getUTCSeconds(), offsetMinutes,
  };
}

function offsetIn(zone: string, millis: number): number {
  try {
    const text = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(millis)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(text) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  } catch (error) {
    throw new TemplateFault(`${JSON.stringify(zone)} is no time zone, one such as "Europe/Berlin" was wanted`, { cause: error });
  }
}

function offsetText(minutes: number, between: string): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${between}${String(rest).padStart(2, '0')}`;
}
