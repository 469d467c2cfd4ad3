/** Points of one line, by x. A point whose y is NaN is a hole: the line ends before it and begins anew behind it. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export interface PointCollector {
  /** An absent y (null) is a hole; a y that is no finite number, and a point without a finite x, are left out. */
  add(x: number, y: number | null): void;
  /** What was added, in the order of x. */
  points(): Points;
}

/** So many points are held at most; a chart has far fewer columns than that. */
const LIMIT = 1 << 20;
const KEPT_COLUMNS = 1 << 16;

/** Collects points with flat memory: when there are too many, those that no chart could show are dropped. */
export function createPoints(limit: number = LIMIT, keptColumns: number = KEPT_COLUMNS): PointCollector {
  let x = new Float64Array(1024);
  let y = new Float64Array(1024);
  let count = 0;
  let ordered = true;

  const sorted = (): Points => {
    if (ordered) return { x: x.slice(0, count), y: y.slice(0, count) };
    const order = Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0) || a - b);
    return { x: Float64Array.from(order, (index) => x[index] ?? 0), y: Float64Array.from(order, (index) => y[index] ?? 0) };
  };

  const put = (px: number, py: number): void => {
    if (count === x.length) {
      x = grown(x);
      y = grown(y);
    }
    if (count > 0 && px < (x[count - 1] ?? 0)) ordered = false;
    x[count] = px;
    y[count++] = py;
  };

  const thin = (): void => {
    const all = sorted();
    const first = all.x[0] ?? 0;
    const columnOf = columnScale(first, all.x.at(-1) ?? first, keptColumns);
    const wide = withoutNarrowHoles(all, columnOf);
    count = 0;
    ordered = true;
    for (const line of envelope(wide, columnOf)) {
      if (count > 0) put(x[count - 1] ?? 0, Number.NaN);
      for (const index of line) put(wide.x[index] ?? 0, wide.y[index] ?? 0);
    }
    // The hole behind the last point, when there was one.
    if (count > 0 && Number.isNaN(all.y.at(-1))) put(x[count - 1] ?? 0, Number.NaN);
  };

  return {
    add(px, py) {
      if (!Number.isFinite(px) || py !== null && !Number.isFinite(py)) return;
      put(px, py ?? Number.NaN);
      if (count >= limit) thin();
    },
    points: sorted,
  };
}

/** A hole within a column cannot be seen: without them there are no more lines than columns. */
function withoutNarrowHoles({ x, y }: Points, columnOf: (x: number) => number): Points {
  const kept: number[] = [];
  let before = -1;
  let hole = -1;
  for (let index = 0; index < x.length; index++) {
    if (Number.isNaN(y[index])) {
      hole = index;
      continue;
    }
    const column = columnOf(x[index] ?? 0);
    if (hole >= 0 && before >= 0 && column !== before) kept.push(hole);
    kept.push(index);
    hole = -1;
    before = column;
  }
  return { x: Float64Array.from(kept, (index) => x[index] ?? 0), y: Float64Array.from(kept, (index) => y[index] ?? 0) };
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

/** From x to one of `columns` columns; halves keep the widest ranges finite. */
export function columnScale(min: number, max: number, columns: number): (x: number) => number {
  const span = max / 2 - min / 2;
  if (!(span > 0)) return () => Math.floor(columns / 2);
  return (x) => Math.min(columns - 1, Math.max(0, Math.floor((x / 2 - min / 2) / span * columns)));
}

/**
 * The points that a chart of columns shows: of each column the first, the lowest, the highest and the last, so that no spike
 * is lost. One list of indices for each stretch between holes.
 */
export function envelope({ x, y }: Points, columnOf: (x: number) => number): readonly (readonly number[])[] {
  const lines: number[][] = [];
  let line: number[] = [];
  let [column, first, low, high, last] = [-1, -1, -1, -1, -1];
  const leave = (): void => {
    if (first < 0) return;
    const between = low < high ? [low, high] : [high, low];
    for (const index of [first, ...between, last]) if (line.at(-1) !== index) line.push(index);
    first = -1;
  };
  const end = (): void => {
    leave();
    if (line.length > 0) lines.push(line);
    line = [];
  };
  for (let index = 0; index < x.length; index++) {
    const value = y[index] ?? Number.NaN;
    if (Number.isNaN(value)) {
      end();
      continue;
    }
    const at = columnOf(x[index] ?? 0);
    if (first < 0 || at !== column) {
      leave();
      column = at;
      first = low = high = index;
    } else {
      if (value < (y[low] ?? 0)) low = index;
      if (value > (y[high] ?? 0)) high = index;
    }
    last = index;
  }
  end();
  return lines;
}
