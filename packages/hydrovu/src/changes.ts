/** Rows of a series by the names of its columns. */
export interface NamedRows {
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** Unix seconds, rising, each once. */
  readonly times: Float64Array;
}

/** What of the rows that came is not stored yet. */
export interface Changes {
  readonly rows: NamedRows;
  readonly added: number;
  /** Rows whose time is stored with other values, or fewer. */
  readonly corrected: number;
}

/**
 * Compares rows that came with those stored of the same time, and keeps the rows that tell something new. A row of a time that is stored is
 * whole again: the stored values, with those that came over them. So it may replace the stored one, and nobody has to merge them.
 */
export function changesOf(came: NamedRows, stored: NamedRows): Changes {
  if (stored.times.length === 0) return { rows: came, added: came.times.length, corrected: 0 };
  const storedRow = new Map<number, number>();
  stored.times.forEach((time, row) => storedRow.set(time, row));
  const kept: number[] = [];
  let corrected = 0;
  came.times.forEach((time, row) => {
    const before = storedRow.get(time);
    if (before !== undefined && !tellsMore(came, row, stored, before)) return;
    if (before !== undefined) corrected++;
    kept.push(row);
  });
  const names = new Set([...came.columns.keys(), ...(corrected > 0 ? stored.columns.keys() : [])]);
  const columns = new Map([...names].map((name) => {
    const [new_, old] = [came.columns.get(name), stored.columns.get(name)];
    return [name, Float64Array.from(kept, (row) => {
      const value = new_?.[row] ?? Number.NaN;
      const before = storedRow.get(came.times[row] ?? Number.NaN);
      return Number.isNaN(value) && before !== undefined ? old?.[before] ?? Number.NaN : value;
    })] as const;
  }).filter(([, values]) => values.some((value) => !Number.isNaN(value))));
  return { rows: { columns, times: Float64Array.from(kept, (row) => came.times[row] ?? 0) }, added: kept.length - corrected, corrected };
}

function tellsMore(came: NamedRows, row: number, stored: NamedRows, before: number): boolean {
  for (const [name, values] of came.columns) {
    const value = values[row] ?? Number.NaN;
    if (!Number.isNaN(value) && value !== stored.columns.get(name)?.[before]) return true;
  }
  return false;
}
