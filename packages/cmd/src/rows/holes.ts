import type { RowSession } from './session.ts';

/** A time without readings between two that are there, in microseconds UTC. */
export interface Hole {
  /** The last reading before. */
  readonly fromMicros: bigint;
  /** The first reading after. */
  readonly toMicros: bigint;
  /** What is usual between two readings. */
  readonly stepMicros: bigint;
  /** How many readings would have come between. */
  readonly missing: bigint;
}

/**
 * The holes of a series in the order of time: where the next reading is later than one and a half steps.
 *
 * The step is the median of the times between readings, unless it is given. Readings of one moment count as one; rows without a time, or
 * with an infinite one, are no readings.
 */
export async function* holesIn(
  rows: RowSession, source: string, timeColumn: string, stepMicros: bigint | undefined,
): AsyncIterable<Hole> {
  const { quoteIdentifier } = await import('@duckpond/query');
  const time = `CAST(${quoteIdentifier(timeColumn)} AS TIMESTAMP WITH TIME ZONE)`;
  // Sums that stay in 64 bits: a step may be as long as all of time.
  const script = `
    WITH readings AS (SELECT DISTINCT epoch_us(${time}) AS moment FROM source WHERE isfinite(${time})),
    pairs AS MATERIALIZED (SELECT lag(moment) OVER (ORDER BY moment) AS previous, moment FROM readings),
    usual AS (SELECT ${stepMicros === undefined ? 'quantile_disc(moment - previous, 0.5)' : String(stepMicros)} AS step FROM pairs
              WHERE previous IS NOT NULL LIMIT 1)
    SELECT previous, moment, step, (moment - previous - step // 2 - 1) // step AS missing FROM pairs, usual
    WHERE moment - previous - step // 2 > step ORDER BY moment`;
  for await (const [from, to, step, missing] of (await rows.query({ script, tables: { source } })).rows()) {
    yield { fromMicros: micros(from), toMicros: micros(to), stepMicros: micros(step), missing: micros(missing) };
  }
}

function micros(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number(value));
}
