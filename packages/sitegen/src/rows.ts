/** Rows by column: times in seconds since 1970 UTC, rising; values that are missing are null. */
export interface Rows {
  readonly times: readonly number[];
  readonly columns: ReadonlyMap<string, readonly (number | null)[]>;
}

/**
 * Rows of several files in order, from the last one at or before `from` to the first one at or after `to`, so that lines reach the
 * edges.
 */
export function rowsBetween(all: readonly Rows[], names: readonly string[], from: number, to: number): Rows {
  const times: number[] = [];
  const columns = new Map<string, (number | null)[]>(names.map((name) => [name, []]));
  const whole = all.flatMap((rows) => rows.times);
  const start = Math.max(0, firstAtOrAfter(whole, from) - 1);
  const end = Math.min(whole.length, firstAtOrAfter(whole, to) + 1);
  let offset = 0;
  for (const rows of all) {
    const first = Math.max(0, start - offset);
    const last = Math.min(rows.times.length, end - offset);
    for (let at = first; at < last; at += 1) times.push(rows.times[at] ?? 0);
    for (const [name, values] of columns) {
      const own = rows.columns.get(name);
      for (let at = first; at < last; at += 1) values.push(own?.[at] ?? null);
    }
    offset += rows.times.length;
  }
  return { times, columns };
}

/** The same rows with an empty one behind each that the next does not follow within one step and a half: a gap, where no line is drawn. */
export function withGaps({ times, columns }: Rows, stepSeconds: number): Rows {
  const gaps: number[] = [];
  for (let at = 1; at < times.length; at += 1) if ((times[at] ?? 0) - (times[at - 1] ?? 0) > 1.5 * stepSeconds) gaps.push(at);
  if (gaps.length === 0) return { times, columns };
  const spread = <T>(values: readonly T[], filler: (before: number) => T): T[] => {
    const out: T[] = [];
    let gap = 0;
    values.forEach((value, at) => {
      if (at === gaps[gap]) {
        out.push(filler(at - 1));
        gap += 1;
      }
      out.push(value);
    });
    return out;
  };
  return {
    times: spread(times, (before) => (times[before] ?? 0) + stepSeconds),
    columns: new Map([...columns].map(([name, values]) => [name, spread<number | null>(values, () => null)])),
  };
}

/** Index of the first time that is not before `time`; the length when there is none. */
export function firstAtOrAfter(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
