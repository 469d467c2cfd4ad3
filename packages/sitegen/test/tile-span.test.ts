import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Resolution } from '../src/chart-data.ts';
import { resolutionFor, tilesIn, within, zoomed } from '../src/resolution.ts';
import { tileAround, tileUnit } from '../src/tile-span.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const FIRST = Date.UTC(1890, 0, 1);
const LAST = Date.UTC(2110, 0, 1);

it('a time is in its tile, and tiles follow each other without gaps', () => {
  const units = ['hour', 'day', 'month', 'quarter', 'year', 'decade', 'century'] as const;
  fc.assert(fc.property(fc.integer({ min: FIRST, max: LAST }), fc.constantFrom(...units), (millis, unit) => {
    const { from, to } = tileAround(millis, unit);
    expect(from <= millis && millis < to).toBe(true);
    expect(tileAround(from, unit)).toEqual({ from, to });
    expect(tileAround(to, unit).from).toBe(to);
    expect(tileAround(from - 1, unit).to).toBe(from);
  }));
});

it('a view of at most the target of points touches at most two tiles, wherever it is', () => {
  const steps = fc.constantFrom(1000, MINUTE, 10 * MINUTE, 60 * MINUTE, 4 * 60 * MINUTE, DAY, 7 * DAY, 28 * DAY);
  fc.assert(fc.property(fc.integer({ min: FIRST, max: LAST }), steps, fc.integer({ min: 100, max: 5000 }), fc.double({ min: 0.01, max: 1, noNaN: true }),
    (from, step, target, share) => {
      const unit = tileUnit(step, target);
      const to = from + step * target * share;
      fc.pre(unit !== 'century');
      expect(tileAround(tileAround(from, unit).to, unit).to).toBeGreaterThanOrEqual(to);
    }));
});

const resolution = (label: string, stepMillis: number, tileMillis: number, count: number): Resolution => ({
  label, stepMillis, tiles: Array.from({ length: count }, (_, at) => ({ from: at * tileMillis, to: (at + 1) * tileMillis, url: `${label}-${at}`, sizeBytes: 1 })),
});
const RESOLUTIONS = [resolution('1m', MINUTE, 2 * DAY, 500), resolution('1h', 60 * MINUTE, 90 * DAY, 12), resolution('1d', DAY, 4000 * DAY, 1)];

it('resolutionFor() takes the finest that fits, in at most two tiles', () => {
  const at = (from: number, days: number): string | undefined => resolutionFor(RESOLUTIONS, { from, to: from + days * DAY }, 1500)?.label;
  expect([at(0, 0.5), at(0, 1), at(0, 1.1), at(0, 60), at(0, 70), at(0, 1000)]).toEqual(['1m', '1m', '1h', '1h', '1d', '1d']);
  expect(resolutionFor([], { from: 0, to: 1 }, 1500)).toBeUndefined();
  fc.assert(fc.property(fc.integer({ min: 0, max: 900 * DAY }), fc.integer({ min: MINUTE, max: 100 * DAY }), (from, length) => {
    const view = { from, to: from + length };
    const found = resolutionFor(RESOLUTIONS, view, 1500);
    expect(found === undefined ? 0 : tilesIn(found, view).length).toBeLessThanOrEqual(2);
  }));
});

it('within() never leaves the extent, and keeps the length where it can', () => {
  fc.assert(fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 3000 }), (from, length) => {
    const cut = within({ from, to: from + length }, { from: 0, to: 500 });
    expect(cut.from >= 0 && cut.to <= 500).toBe(true);
    expect(cut.to - cut.from).toBe(Math.min(length, 500));
  }));
  expect(zoomed({ from: 0, to: 100 }, 0.5, 20)).toEqual({ from: 10, to: 60 });
});
