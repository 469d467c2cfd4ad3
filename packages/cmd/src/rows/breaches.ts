import type { Check } from '@duckpond/factories';
import type { Context } from '../context.ts';
import { formatTimestamp, parseDuration } from '../time.ts';
import type { RowSession } from './session.ts';
import { findTarget } from './target.ts';
import { type TimedSource, timedSources } from './timed-sources.ts';

/** One limit that a series does not keep. */
export interface Breach {
  readonly path: string;
  readonly kind: 'missing' | 'stale' | 'above' | 'below' | 'rate' | 'battery';
  readonly column?: string;
  /** The reading; for `rate` the change an hour. */
  readonly value?: number;
  readonly limit?: number | string;
  /** Of the reading. */
  readonly timeMicros?: bigint;
}

interface Reading {
  readonly timeMicros: bigint;
  readonly value: number;
}

/** A column of a battery when a check names none. */
const BATTERY = /batt/i;

/** What does not keep a check. A pattern without series, and a column that none of them has, are breaches: nobody would miss them. */
export async function breachesOf(context: Context, rows: RowSession, check: Check): Promise<readonly Breach[]> {
  const { pattern, column, stale, battery } = check;
  const sources = await timedSources(rows, await findTarget(context, rows, pattern));
  if (sources.length === 0) return [{ path: pattern, kind: 'missing' }];
  const found: Breach[] = [];
  let columns = 0;
  for (const timed of sources) {
    const { path } = timed;
    const result = await rows.query({ script: 'SELECT * FROM source LIMIT 0', tables: { source: timed.source } });
    await result.close();
    const names = result.columns.map(({ name }) => name);
    if (stale !== undefined) {
      const [newest] = await newestReadings(rows, timed, undefined);
      const isStale = newest === undefined || context.effects.nowMicros() - newest.timeMicros > parseDuration(stale);
      if (isStale) found.push({ path, kind: 'stale', limit: stale, ...(newest === undefined ? {} : { timeMicros: newest.timeMicros }) });
    }
    for (const name of names) {
      const isBattery = battery !== undefined && (column === undefined ? BATTERY.test(name) : name === column);
      if (name !== column && !isBattery) continue;
      columns += 1;
      found.push(...beyond(path, name, check, isBattery, await newestReadings(rows, timed, name)));
    }
  }
  const isMissing = columns === 0 && (column !== undefined || battery !== undefined);
  return isMissing ? [...found, { path: pattern, kind: 'missing', column: column ?? 'battery' }] : found;
}

function beyond(
  path: string, column: string, { above, below, rate, battery }: Check, isBattery: boolean, [newest, before]: readonly Reading[],
): readonly Breach[] {
  if (newest === undefined) return [];
  const { timeMicros, value } = newest;
  const breach = (kind: Breach['kind'], limit: number, told: number): Breach => ({ path, kind, column, value: told, limit, timeMicros });
  const hourly = before === undefined ? 0 : Math.abs(value - before.value) / (Number(timeMicros - before.timeMicros) / 3.6e9);
  return [
    ...(above !== undefined && value > above ? [breach('above', above, value)] : []),
    ...(below !== undefined && value < below ? [breach('below', below, value)] : []),
    ...(rate !== undefined && hourly > rate ? [breach('rate', rate, hourly)] : []),
    ...(isBattery && battery !== undefined && value < battery ? [breach('battery', battery, value)] : []),
  ];
}

/** The two newest moments at which a column has a number, the newest first; without a column the newest rows. */
async function newestReadings(
  rows: RowSession, { source, timeColumn }: TimedSource, column: string | undefined,
): Promise<readonly Reading[]> {
  const { quoteIdentifier } = await import('@duckpond/query');
  const time = `CAST(${quoteIdentifier(timeColumn)} AS TIMESTAMP WITH TIME ZONE)`;
  const value = column === undefined ? '0.0' : `TRY_CAST(${quoteIdentifier(column)} AS DOUBLE)`;
  const script = `SELECT epoch_us(${time}) AS moment, last(${value}) AS reading FROM source
    WHERE isfinite(${time}) AND NOT isnan(${value}) GROUP BY moment ORDER BY moment DESC LIMIT 2`;
  const found: Reading[] = [];
  for await (const [moment, reading] of (await rows.query({ script, tables: { source } })).rows()) {
    found.push({ timeMicros: BigInt(String(moment)), value: Number(reading) });
  }
  return found;
}

/** `/a.series: temp is 31.5, above 30 (2024-01-01T00:00:00Z)`. */
export function breachText({ path, kind, column, value, limit, timeMicros }: Breach): string {
  const time = timeMicros === undefined ? '' : formatTimestamp(timeMicros);
  const what = kind === 'missing' ? (column === undefined ? 'no series' : `no column ${column}`)
    : kind === 'stale' ? (time === '' ? 'no readings' : `the newest reading is of ${time}, older than ${String(limit)}`)
      : kind === 'rate' ? `${column ?? ''} changes by ${String(value)} an hour, more than ${String(limit)} (${time})`
        : `${column ?? ''} is ${String(value)}, ${kind === 'above' ? 'above' : 'below'} ${String(limit)} (${time})`;
  return `${path}: ${what}`;
}
