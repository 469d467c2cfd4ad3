import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EVERYTHING, fewRanges, type Range, rangesToWrite, type Segment, segmentsIn, spliced, unitedRanges, without,
} from '../../src/rollup/segments.ts';

const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 12 }))
  .map(([from, length]): Range => ({ from: BigInt(from), to: BigInt(from + length) }));
const ranges = fc.array(range, { maxLength: 6 });
const points = (list: readonly Range[]): Set<number> => new Set(list.flatMap(({ from, to }) => (
  Array.from({ length: Number(to - from) }, (_, at) => Number(from) + at))));

describe('ranges', () => {
  it('unite, leave out and close gaps as sets of points do', () => {
    fc.assert(fc.property(ranges, ranges, fc.integer({ min: 1, max: 4 }), (a, b, most) => {
      expect(points(unitedRanges(a))).toEqual(points(a));
      expect(points(without(a, b))).toEqual(new Set([...points(a)].filter((point) => !points(b).has(point))));
      const few = fewRanges(a, most);
      expect(few.length).toBeLessThanOrEqual(most);
      expect([...points(a)].every((point) => points(few).has(point))).toBe(true);
    }));
  });
});

describe('segments', () => {
  it('after any updates each point is in the file that wrote it last, files stay few', () => {
    fc.assert(fc.property(fc.array(ranges.filter((list) => list.length > 0), { maxLength: 40 }), (updates) => {
      let segments: readonly Segment[] = spliced([], [EVERYTHING], 'first', 10_000);
      const owner = new Map<number, string>();
      for (const [at, changed] of updates.entries()) {
        const written = rangesToWrite(segments, unitedRanges(changed));
        expect([...points(changed)].every((point) => written.some(({ from, to }) => from <= point && point < to))).toBe(true);
        segments = spliced(segments, written, `f${at}`, 10);
        for (let point = 0; point < 80; point += 1) {
          if (written.some(({ from, to }) => from <= point && point < to)) owner.set(point, `f${at}`);
        }
        for (let point = 0; point < 80; point += 1) {
          const found = segmentsIn(segments, [{ from: BigInt(point), to: BigInt(point + 1) }]);
          expect(found.map(({ file }) => file)).toEqual([owner.get(point) ?? 'first']);
        }
        expect(segments.length).toBeLessThan(70);
      }
    }), { numRuns: 40 });
  });
});
