import type { At } from '@duckpond/pond';
import { CliError } from './errors.ts';

const UNIT_MICROS: Readonly<Record<string, bigint>> = {
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
  d: 86_400_000_000n,
  w: 604_800_000_000n,
};
const DURATION = /^(\d{1,9})([smhdw])$/;
const RFC3339 = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})?)?$/;
const WANTED = 'a transaction number, a time such as 2026-11-22T13:00:00Z, or an age such as -2h (s, m, h, d, w) was wanted';

/** Reads a value of `--at`. @throws CliError `usage` */
export function parseAt(text: string, nowMicros: bigint): At {
  if (/^\d+$/.test(text)) {
    const txnSeq = Number(text);
    if (!Number.isSafeInteger(txnSeq)) throw unreadable(text, 'the number is too large');
    return { txnSeq };
  }
  return { timeMicros: parseTime(text, nowMicros) };
}

/** Reads a point in time: RFC 3339 (without a zone it is UTC), a date alone, or an age (`-2h`). @throws CliError `usage` */
export function parseTime(text: string, nowMicros: bigint): bigint {
  if (text === 'now') return nowMicros;
  if (text.startsWith('-')) {
    const age = durationMicros(text.slice(1));
    if (age === undefined) throw unreadable(text, 'not an age');
    return nowMicros - age;
  }
  const match = RFC3339.exec(text);
  if (match === null) throw unreadable(text, 'not a time');
  const [, date, clock = '00:00:00', fraction = '', zone = 'Z'] = match;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const millis = Date.parse(`${date}T${seconds}${zone.toUpperCase()}`);
  // Date.parse takes 30 February for 2 March.
  const day = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(millis) || new Date(day).toISOString().slice(0, 10) !== date) throw unreadable(text, 'there is no such time');
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

/** Reads `90s`, `15m`, `2h`, `3d`, `1w`. @throws CliError `usage` */
export function parseDuration(text: string): bigint {
  const micros = durationMicros(text);
  if (micros === undefined) {
    throw new CliError('usage', `Cannot read duration "${text}": a number and a unit (s, m, h, d, w) such as 2h was wanted`);
  }
  return micros;
}

function durationMicros(text: string): bigint | undefined {
  const match = DURATION.exec(text);
  const unit = UNIT_MICROS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : BigInt(match[1] ?? '') * unit;
}

function unreadable(text: string, what: string): CliError {
  return new CliError('usage', `Cannot read time "${text}": ${what}, ${WANTED}`);
}

/** RFC 3339 in UTC with as many digits of a second as are needed, none of which is lost. */
export function formatTimestamp(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  if (Number.isNaN(date.getTime())) return `${micros}us`;
  const whole = date.toISOString().replace(/\.\d+Z$/, '');
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${whole}${digits}Z`;
}

/** `850ms`, `12.3s`, `4m05s`, `2h03m`, `3d04h`: for people. */
export function formatDuration(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)}ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${pad((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${pad((seconds % 86_400) / 3600)}h`;
}
