import type { Points } from './points.ts';
import { numberTicks, type Ticks, timeTicks } from './ticks.ts';

/** A line of a chart. */
export interface Series {
  readonly name: string;
  readonly unit?: string;
  readonly points: Points;
}

/** What is drawn. Times are milliseconds since 1970 UTC. */
export interface Chart {
  readonly title?: string;
  readonly xName: string;
  readonly xKind: 'time' | 'number';
  readonly series: readonly Series[];
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Axes {
  readonly x: Range;
  readonly y: Range;
  readonly xTicks: Ticks;
  readonly yTicks: Ticks;
}

/** The ranges and ticks of a chart; undefined when it has no point. `xCount` and `yCount` are how many labels there is room for. */
export function axesOf(chart: Chart, xCount: number, yCount: number): Axes | undefined {
  const x = rangeOf(chart.series.map(({ points }) => pointRange(points.x, points.y)));
  const y = rangeOf(chart.series.map(({ points }) => pointRange(points.y, points.y)));
  if (x === undefined || y === undefined) return undefined;
  const wideX = widened(x, chart.xKind === 'time' ? 1000 : 0);
  const wideY = widened(y, 0);
  const yTicks = numberTicks(wideY, yCount, true);
  return {
    x: wideX,
    // The axis ends at ticks, so that the line does not touch its frame.
    y: { min: Math.min(wideY.min, yTicks.below), max: Math.max(wideY.max, yTicks.above) },
    xTicks: chart.xKind === 'time' ? timeTicks(wideX, xCount) : numberTicks(wideX, xCount),
    yTicks,
  };
}

/** `temperature [°C]` */
export function seriesLabel({ name, unit }: Series): string {
  return unit === undefined ? name : `${name} [${unit}]`;
}

/** Where a value lies in a range, 0 to 1; halves keep the widest ranges finite, and the narrowest have a middle alone. */
export function fraction(value: number, { min, max }: Range): number {
  const span = max / 2 - min / 2;
  return span > 0 ? Math.min(1, Math.max(0, (value / 2 - min / 2) / span)) : 0.5;
}

function pointRange(values: Float64Array, y: Float64Array): Range | undefined {
  let [min, max] = [Infinity, -Infinity];
  for (let index = 0; index < values.length; index++) {
    if (Number.isNaN(y[index])) continue;
    const value = values[index] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? { min, max } : undefined;
}

function rangeOf(ranges: readonly (Range | undefined)[]): Range | undefined {
  const found = ranges.filter((range) => range !== undefined);
  if (found.length === 0) return undefined;
  return { min: Math.min(...found.map(({ min }) => min)), max: Math.max(...found.map(({ max }) => max)) };
}

/** A range that has a width: one value is put into the middle. */
function widened({ min, max }: Range, least: number): Range {
  if (min < max) return { min, max };
  const half = least > 0 ? least / 2 : Math.abs(min) * 0.1 || 1;
  return { min: Math.max(min - half, -Number.MAX_VALUE), max: Math.min(max + half, Number.MAX_VALUE) };
}
