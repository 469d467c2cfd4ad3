import type { Pond } from '@duckpond/pond';
import type { NamedRows } from './changes.ts';
import { TIME_COLUMN } from './columns.ts';

const MICROS = 1_000_000n;

/**
 * The rows of a series from one second to another, both included; of rows of the same time the last, which is that of the latest version.
 * A column that holds anything but numbers is left out.
 */
export async function storedRows(
  pond: Pick<Pond, 'sql'>, path: string, columns: readonly string[], fromSeconds: number, toSeconds: number,
  signal: AbortSignal | undefined,
): Promise<NamedRows> {
  const [from, to] = [BigInt(fromSeconds) * MICROS, (BigInt(toSeconds) + 1n) * MICROS];
  const time = quoted(TIME_COLUMN);
  const list = [`epoch_us(${time})`, ...columns.map((name) => `CAST(${quoted(name)} AS DOUBLE)`)].join(', ');
  // Numbered rows are in the order of the source, that of versions, however many threads read it.
  const within = `${time} >= make_timestamptz($from) AND ${time} < make_timestamptz($to)`;
  const numbered = `SELECT *, row_number() OVER () AS "__row" FROM source WHERE ${within}`;
  const result = await pond.sql(`SELECT ${list} FROM (${numbered}) ORDER BY "__row"`, {
    tables: { source: path }, params: { from, to }, timeStartMicros: from, timeEndMicros: to, ...(signal === undefined ? {} : { signal }),
  });
  const rows = new Map<number, readonly unknown[]>();
  for await (const row of result.rows()) rows.set(Number(row[0]) / Number(MICROS), row);
  const times = Float64Array.from(rows.keys()).sort();
  return {
    times,
    columns: new Map(columns.map((name, at) => [name, Float64Array.from(times, (second) => {
      const value = rows.get(second)?.[at + 1];
      return typeof value === 'number' ? value : Number.NaN;
    })])),
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
