import type { Metadata } from './action.ts';

/** How long removed files and old log files are kept, from the table's properties. */

const DAY_MILLIS = 86_400_000;
const UNIT_MILLIS: Readonly<Record<string, number>> = {
  week: 7 * DAY_MILLIS, day: DAY_MILLIS, hour: 3_600_000, minute: 60_000, second: 1_000, millisecond: 1, microsecond: 0.001,
};

/** `delta.deletedFileRetentionDuration`, 7 days unless set. */
export function fileRetentionMillis(metadata: Metadata): number {
  return retention(metadata, 'delta.deletedFileRetentionDuration') ?? 7 * DAY_MILLIS;
}

/** `delta.logRetentionDuration`, 30 days unless set. */
export function logRetentionMillis(metadata: Metadata): number {
  return retention(metadata, 'delta.logRetentionDuration') ?? 30 * DAY_MILLIS;
}

function retention(metadata: Metadata, property: string): number | undefined {
  const text = metadata.configuration[property];
  return typeof text === 'string' ? parseInterval(text) : undefined;
}

/** An interval of Spark SQL such as `interval 2 days 12 hours`, in milliseconds; `undefined` for anything else. */
export function parseInterval(text: string): number | undefined {
  const words = text.trim().toLowerCase().replace(/^interval\s+/, '').split(/\s+/);
  if (words.length === 0 || words.length % 2 !== 0) return undefined;
  let millis = 0;
  for (let index = 0; index < words.length; index += 2) {
    const count = words[index] ?? '';
    const unit = UNIT_MILLIS[(words[index + 1] ?? '').replace(/s$/, '')];
    if (!/^\d+$/.test(count) || unit === undefined) return undefined;
    millis += Number(count) * unit;
  }
  return millis;
}
