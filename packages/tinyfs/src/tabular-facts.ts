/** A column of a table or series: the name of its type, how many rows have no value in it, and what the user says about it. */
export interface TabularColumn {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  readonly unit?: string;
  readonly description?: string;
}

/** The rows of one version. */
export interface RowRange {
  readonly rowCount: number;
  /** Bounds of the event times, microseconds since 1970 UTC; undefined when no row has one. */
  readonly timeMinMicros?: bigint;
  readonly timeMaxMicros?: bigint;
}

/** What is known about the rows of a table or series. A file system carries it and does not look into the content. */
export interface TabularFacts extends RowRange {
  readonly columns: readonly TabularColumn[];
  /** The event time column; undefined when there is none. */
  readonly timeColumn?: string;
}

/** Event times that a user gives to one version of a series instead of those of its rows. */
export interface VersionBounds {
  readonly version: number;
  readonly timeMinMicros: bigint;
  readonly timeMaxMicros: bigint;
}

/** The facts of a series after an append: new columns come last, and a row counts as null in every column that it does not have. Pure. */
export function appendedFacts(have: TabularFacts, brought: TabularFacts): TabularFacts {
  const added = new Map(brought.columns.map((column) => [column.name, column]));
  const columns = have.columns.map((old) => {
    const more = added.get(old.name);
    added.delete(old.name);
    return more === undefined ? { ...old, nulls: old.nulls + brought.rowCount } : { ...old, ...more, nulls: old.nulls + more.nulls };
  });
  for (const column of added.values()) columns.push({ ...column, nulls: column.nulls + have.rowCount });
  const timeColumn = have.timeColumn ?? brought.timeColumn;
  const rowCount = have.rowCount + brought.rowCount;
  return { columns, rowCount, ...(timeColumn === undefined ? {} : { timeColumn }), ...timesOf([have, brought]) };
}

/** The bounds of several ranges together; nothing when none has any. */
export function timesOf(ranges: readonly RowRange[]): Pick<RowRange, 'timeMinMicros' | 'timeMaxMicros'> {
  const starts = ranges.flatMap(({ timeMinMicros }) => (timeMinMicros === undefined ? [] : [timeMinMicros]));
  const ends = ranges.flatMap(({ timeMaxMicros }) => (timeMaxMicros === undefined ? [] : [timeMaxMicros]));
  if (starts.length === 0 || ends.length === 0) return {};
  return { timeMinMicros: starts.reduce((a, b) => (b < a ? b : a)), timeMaxMicros: ends.reduce((a, b) => (b > a ? b : a)) };
}
