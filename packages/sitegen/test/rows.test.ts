import { expect, it } from 'vitest';
import { csvField } from '../src/client/download.ts';
import { firstAtOrAfter, rowsBetween, withGaps } from '../src/rows.ts';
import { hashOfSpan, spanOfHash } from '../src/client/view.ts';

const rows = (times: readonly number[], values: readonly (number | null)[]) => ({ times, columns: new Map([['a', values]]) });

it('rowsBetween() reaches one row beyond each edge, over the border of files', () => {
  const cut = rowsBetween([rows([0, 10, 20], [1, 2, 3]), rows([30, 40, 50], [4, null, 6])], ['a', 'b'], 15, 35);
  expect(cut.times).toEqual([10, 20, 30, 40]);
  expect([...cut.columns]).toEqual([['a', [2, 3, 4, null]], ['b', [null, null, null, null]]]);
});

it('withGaps() puts an empty row where steps are missing, and none where they are not', () => {
  const cut = withGaps(rows([0, 10, 40, 50], [1, 2, 3, 4]), 10);
  expect(cut.times).toEqual([0, 10, 20, 40, 50]);
  expect(cut.columns.get('a')).toEqual([1, 2, null, 3, 4]);
  expect(withGaps(rows([0, 10, 24], [1, 2, 3]), 10).times).toEqual([0, 10, 24]);
});

it('firstAtOrAfter() is a binary search', () => {
  expect([-1, 0, 5, 10, 11].map((time) => firstAtOrAfter([0, 10], time))).toEqual([0, 0, 1, 1, 2]);
});

it('a view and its address are the same, to the second', () => {
  const span = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 8, 12, 30, 5) };
  expect(hashOfSpan(span)).toBe('#t=2024-01-01T00:00Z,2024-01-08T12:30:05Z');
  expect(spanOfHash(hashOfSpan(span))).toEqual(span);
  for (const wrong of ['', '#chart', '#t=a,b', '#t=2024-02-01T00:00Z,2024-01-01T00:00Z']) expect(spanOfHash(wrong)).toBeUndefined();
});

it('a field of CSV is quoted where it has to be, and never runs in a spreadsheet', () => {
  expect(['a', 'a,b', 'a"b', '=1+1', '-x'].map(csvField)).toEqual(['a', '"a,b"', '"a""b"', "'=1+1", "'-x"]);
});
