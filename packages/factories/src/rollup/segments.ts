/** From the first moment on, and before the second. Microseconds since 1970. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** The buckets that begin in a range stand in one file, and in no other. */
export interface Segment extends Range {
  readonly file: string;
  /** At most so many. */
  readonly rows: number;
}

export const EVERYTHING: Range = { from: -(2n ** 62n), to: 2n ** 62n };

/** Ranges in order, those that touch as one. */
export function unitedRanges(ranges: readonly Range[]): readonly Range[] {
  const united: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = united.at(-1);
    if (range.from >= range.to) continue;
    if (last === undefined || range.from > last.to) united.push(range);
    else if (range.to > last.to) united[united.length - 1] = { from: last.from, to: range.to };
  }
  return united;
}

/** At most so many ranges that hold all of these: the smallest gaps between them are closed. */
export function fewRanges(ranges: readonly Range[], most: number): readonly Range[] {
  const united = unitedRanges(ranges);
  if (united.length <= most) return united;
  const gaps = united.slice(1).map((range, at) => ({ at, gap: range.from - (united[at]?.to ?? range.from) }))
    .sort((a, b) => (a.gap < b.gap ? -1 : a.gap > b.gap ? 1 : a.at - b.at));
  const closed = new Set(gaps.slice(0, united.length - most).map(({ at }) => at));
  return unitedRanges([...united, ...[...closed].map((at) => ({ from: united[at]?.to ?? 0n, to: united[at + 1]?.from ?? 0n }))]);
}

/** What of some ranges is in none of others. */
export function without(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  let left = unitedRanges(ranges);
  for (const { from, to } of others) {
    left = left.flatMap((range) => [{ from: range.from, to: min(range.to, from) }, { from: max(range.from, to), to: range.to }])
      .filter((range) => range.from < range.to);
  }
  return left;
}

/** Segments after some ranges were written to a new file. */
export function spliced(segments: readonly Segment[], written: readonly Range[], file: string, rows: number): readonly Segment[] {
  const kept = segments.flatMap((segment) => without([segment], written).map((range) => ({ ...segment, ...range })));
  const added = unitedRanges(written).map((range) => ({ ...range, file, rows }));
  return [...kept, ...added].sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** The segments that have something in one of the ranges, cut to them. */
export function segmentsIn(segments: readonly Segment[], ranges: readonly Range[]): readonly Segment[] {
  return segments.flatMap((segment) => unitedRanges(ranges)
    .map((range) => ({ ...segment, from: max(segment.from, range.from), to: min(segment.to, range.to) }))
    .filter(({ from, to }) => from < to));
}

const LARGE_ROWS = 250_000;
const SMALL_ROWS = 20_000;
const RATIO = 4;
const MOST_SEGMENTS = 48;

/**
 * What to write anew beside what changed: neighbours that are small, so that segments stay few, and each bucket is written a few times
 * only. When there are many nevertheless, all of it.
 */
export function rangesToWrite(segments: readonly Segment[], changed: readonly Range[]): readonly Range[] {
  const after = spliced(segments, changed, '', 0);
  if (after.length > MOST_SEGMENTS + segments.reduce((sum, { rows }) => sum + rows, 0) / LARGE_ROWS) {
    return unitedRanges([...changed, ...segments]);
  }
  const written = [...changed];
  for (const range of unitedRanges(changed)) {
    let rows = 1000;
    for (let at = after.findIndex(({ from }) => from === range.from) - 1; at >= 0; at -= 1) {
      const before = after[at];
      if (before === undefined || before.file === '' || before.rows + rows > LARGE_ROWS) break;
      if (before.rows > SMALL_ROWS && before.rows > RATIO * rows) break;
      written.push(before);
      rows += before.rows;
    }
  }
  return unitedRanges(written);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
