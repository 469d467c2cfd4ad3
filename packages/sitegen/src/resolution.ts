import type { Resolution, Span, Tile } from './chart-data.ts';

/** Views are drawn from at most this many files of a source. */
const MAX_TILES = 2;

/** The finest resolution whose steps in a view are few enough to draw and lie in at most two tiles; the coarsest when none is. */
export function resolutionFor(resolutions: readonly Resolution[], view: Span, targetPoints: number): Resolution | undefined {
  const fits = (resolution: Resolution): boolean =>
    (view.to - view.from) / resolution.stepMillis <= targetPoints && tilesIn(resolution, view).length <= MAX_TILES;
  return resolutions.find(fits) ?? resolutions.at(-1);
}

/** The tiles that have rows of a span. */
export function tilesIn({ tiles }: Resolution, { from, to }: Span): readonly Tile[] {
  return tiles.filter((tile) => tile.from < to && tile.to > from);
}

/** A span moved, and cut, into another: never longer than it, never outside of it. */
export function within(span: Span, extent: Span): Span {
  const length = Math.min(span.to - span.from, extent.to - extent.from);
  const from = Math.min(Math.max(span.from, extent.from), extent.to - length);
  return { from, to: from + length };
}

/** A span around the same middle, or around `at`, `factor` times as long. */
export function zoomed({ from, to }: Span, factor: number, at: number = (from + to) / 2): Span {
  return { from: at - (at - from) * factor, to: at + (to - at) * factor };
}
