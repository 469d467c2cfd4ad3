import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { Chart } from '../../src/plot/chart.ts';
import { collectChart } from '../../src/plot/collect.ts';
import { columnScale, createPoints, envelope } from '../../src/plot/points.ts';
import { pngChart } from '../../src/plot/png.ts';
import { svgChart } from '../../src/plot/svg.ts';
import { terminalChart } from '../../src/plot/terminal.ts';
import { numberTicks, timeTicks } from '../../src/plot/ticks.ts';
import { SaxesParser } from 'saxes';

function chartOf(lines: readonly (readonly (readonly [number, number | null])[])[], xKind: Chart['xKind'] = 'number', title?: string): Chart {
  return {
    xName: 'x', xKind, ...(title === undefined ? {} : { title }),
    series: lines.map((line, index) => {
      const points = createPoints();
      for (const [x, y] of line) points.add(x, y);
      return { name: `s${index}`, points: points.points() };
    }),
  };
}

const extreme = fc.constantFrom(0, -0, 1e308, -1e308, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 1e15 + 1, NaN, Infinity);
const number = fc.oneof(fc.double(), extreme, fc.integer());
const lines = fc.array(fc.array(fc.tuple(number, fc.option(number)), { maxLength: 30 }), { maxLength: 10 });

test('terminalChart() fits every terminal, whatever the points', async () => {
  await fc.assert(fc.asyncProperty(
    lines, fc.constantFrom('time', 'number'), fc.integer({ min: 24, max: 200 }), fc.integer({ min: 8, max: 50 }), fc.boolean(),
    async (points, kind, columns, rows, color) => {
      const text = await terminalChart(chartOf(points, kind, 'a title\u001b[2J of some 水 length'), { columns, rows, color });
      for (const line of text) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(text.join('\n').replace(/\u001b\[\d+m/g, '')).not.toMatch(/\u001b|NaN|undefined/);
      const legend = text.findIndex((line) => /[│┤]|no points/.test(line));
      expect(text.length - legend).toBeLessThanOrEqual(Math.max(rows, 7));
    },
  ), { numRuns: 200 });
});

test('svgChart() is one well-formed document without scripts, whatever the points and names', () => {
  fc.assert(fc.property(lines, fc.constantFrom('time', 'number'), fc.string({ unit: 'binary' }), (points, kind, title) => {
    const chart = chartOf(points, kind, title);
    const svg = svgChart({ ...chart, xName: title, series: chart.series.map((series) => ({ ...series, name: `<script>${title}` })) });
    const parser = new SaxesParser();
    let tags: string[] = [];
    parser.on('opentag', ({ name }) => (tags = [...tags, name]));
    parser.on('error', (error) => {
      throw error;
    });
    parser.write(svg).close();
    expect(new Set(tags).size).toBeLessThan(9);
    expect(tags).not.toContain('script');
    expect(svg.replace(/>[^<]*</g, '><')).not.toMatch(/NaN|Infinity|undefined/);
  }), { numRuns: 200 });
});

test('terminalChart() draws a line with its gap, its ticks and its days', async () => {
  const hour = 3_600_000;
  const start = Date.UTC(2026, 10, 21, 18);
  const chart = chartOf([Array.from({ length: 49 }, (_, i) => [start + i * hour / 4, i > 20 && i < 28 ? null : i] as const)], 'time');
  expect((await terminalChart(chart, { columns: 60, rows: 12, color: false })).join('\n')).toMatchInlineSnapshot(`
    "━━ s0
     60 ┤
        │                                                    ⣀⣀⠤
     40 ┤                                           ⣀⣀⠤⠤⠔⠒⠊⠉⠉
        │                                   ⣀⠤⠤⠒⠒⠊⠉⠉
        │                                ⠊⠉⠉
     20 ┤                ⢀⣀⡠⠤⠤⠒⠒
        │       ⢀⣀⡠⠤⠤⠒⠒⠉⠉⠁
      0 ┤⡠⠤⠔⠒⠒⠉⠉⠁
        └┬────────────┬─────────────┬─────────────┬────────────┬
       18:00        21:00         00:00         03:00      06:00
    UTC Nov 21 2026            Nov 22 2026"
  `);
});

test('terminalChart() draws several lines in marks without colour, in colours with it', async () => {
  const chart = chartOf([[[0, 0], [10, 10]], [[0, 10], [10, 0]]]);
  const plain = (await terminalChart(chart, { columns: 40, rows: 12, color: false })).join('\n');
  expect(plain).toContain('● s0   ○ s1');
  expect(plain).not.toContain('\u001b');
  const colored = (await terminalChart(chart, { columns: 40, rows: 12, color: true })).join('\n');
  expect(colored).toContain('\u001b[36m━━\u001b[0m s0   \u001b[33m━━\u001b[0m s1');
});

test('envelope() keeps the lowest and the highest point of every column', () => {
  const pair = fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(fc.property(fc.array(pair, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (pairs, columns) => {
      const collector = createPoints();
      for (const [x, y] of pairs) collector.add(x, y);
      const points = collector.points();
      const columnOf = columnScale(0, 100, columns);
      const kept = envelope(points, columnOf).flat();
      expect(kept.length).toBeLessThanOrEqual(columns * 4);
      for (let column = 0; column < columns; column++) {
        const all = [...points.y].filter((_, index) => columnOf(points.x[index] ?? 0) === column);
        const shown = kept.filter((index) => columnOf(points.x[index] ?? 0) === column).map((index) => points.y[index] ?? 0);
        if (all.length > 0) expect([Math.min(...shown), Math.max(...shown)]).toEqual([Math.min(...all), Math.max(...all)]);
      }
    }));
});

test('createPoints() holds a bounded number, sorted, with its spikes', () => {
  const collector = createPoints(1000, 50);
  for (let index = 0; index < 100_000; index++) collector.add(index ^ 1, index === 77_777 ? 1e6 : index % 10);
  const { x, y } = collector.points();
  expect(x.length).toBeLessThan(1000);
  expect([...x]).toEqual([...x].sort((a, b) => a - b));
  expect(Math.max(...y)).toBe(1e6);
  expect([...y].some(Number.isNaN)).toBe(false);
});

test('createPoints() keeps holes that are wide, and is bounded when every second value is absent', () => {
  const collector = createPoints(1000, 50);
  for (let index = 0; index < 100_000; index++) collector.add(index, index % 2 === 0 || index > 40_000 && index < 60_000 ? null : index);
  const points = collector.points();
  expect(points.x.length).toBeLessThan(1000);
  const wide = envelope(points, columnScale(0, 100_000, 10));
  expect(wide.some((line) => (points.x[line.at(-1) ?? 0] ?? 0) < 40_010 && (points.x[line.at(-1) ?? 0] ?? 0) > 38_000)).toBe(true);
});

test('numberTicks() are round, within reach and told apart by their labels', () => {
  const [start, width] = [fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.double({ min: 1e-6, max: 1e12, noNaN: true })];
  fc.assert(fc.property(start, width, fc.integer({ min: 2, max: 12 }), (min, span, count) => {
    fc.pre(span > Math.abs(min) * 1e-9);
    const { ticks } = numberTicks({ min, max: min + span }, count);
    expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
    expect(ticks.length).toBeLessThanOrEqual(count * 1.3 + 2);
  }));
  expect(numberTicks({ min: 0, max: 1 }, 5).ticks.map(({ label }) => label)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  expect(numberTicks({ min: -2e6, max: 2e6 }, 4).ticks.map(({ label }) => label)).toEqual(['−2M', '−1M', '0', '1M', '2M']);
});

test('timeTicks() are round times of UTC', () => {
  const at = (text: string): number => Date.parse(text);
  const labels = (min: string, max: string): unknown =>
    timeTicks({ min: at(min), max: at(max) }, 4).ticks.map(({ label, context }) => [label, context]);
  expect(labels('2026-11-22T22:10:00Z', '2026-11-23T02:10:00Z')).toEqual([
    ['23:00', 'Nov 22 2026'], ['00:00', 'Nov 23 2026'], ['01:00', undefined], ['02:00', undefined],
  ]);
  expect(labels('2025-11-02T00:00:00Z', '2026-03-02T00:00:00Z')).toEqual([
    ['Dec', '2025'], ['Jan', '2026'], ['Feb', undefined], ['Mar', undefined],
  ]);
  expect(labels('1990-05-01T00:00:00Z', '2026-03-02T00:00:00Z')).toEqual([
    ['2000', undefined], ['2010', undefined], ['2020', undefined],
  ]);
});

test('collectChart() takes the first time, numbers of all types and says what it cannot draw', async () => {
  const columns = [
    { name: 'site', type: 'string' }, { name: 'time', type: 'timestamp' }, { name: 'big', type: 'long' }, { name: 'price', type: 'decimal' },
  ] as const;
  const rows = [['a', 2_000_000n, 2n ** 60n, '1.50'], ['b', 1_000_000n, null, '-2'], ['c', null, 1, '3']];
  const chart = await collectChart({ columns, rows }, {});
  expect({ ...chart, series: chart.series.map(({ name, points }) => [name, [...points.x], [...points.y]]) }).toEqual({
    xName: 'time', xKind: 'time', series: [['big', [1000, 2000], [NaN, 2 ** 60]], ['price', [1000, 2000], [-2, 1.5]]],
  });
  await expect(collectChart({ columns, rows }, { y: ['site'] })).rejects.toThrow(/^Cannot plot "site": it is string, a column of numbers was wanted$/);
  await expect(collectChart({ columns, rows }, { x: 'tim' })).rejects.toThrow(/no such column, one of site, time, big, price was/);
});

test('pngChart() is a picture of the size that was asked for', async () => {
  const png = Buffer.from(await pngChart(chartOf([[[0, 0], [1, 1]]], 'number', 'größe'), { width: 300, height: 200, scale: 2 }));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([600, 400]);
});
