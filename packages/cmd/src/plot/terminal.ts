import { printable } from '../output/printable.ts';
import { cutToWidth, loadWide, textWidth } from '../output/width.ts';
import { brailleCanvas, type Canvas, markCanvas, MARKS } from './canvas.ts';
import { type Axes, axesOf, type Chart, fraction, type Series, seriesLabel } from './chart.ts';
import { columnScale, envelope } from './points.ts';
import type { Tick } from './ticks.ts';

export interface TerminalOptions {
  /** Cells of the terminal. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

const LEAST_COLUMNS = 24;
const LEAST_ROWS = 7;
const COLORS = [36, 33, 35, 32, 34, 31, 96, 93];
const DIM = 2;
/** Rows below the drawing: the axis, its labels, and the days or the name. */
const FOOT_ROWS = 3;
const LEAST_GUTTER = 3;

/**
 * A chart in braille, as lines of text that are no wider than the terminal. Several lines have colours; without colour
 * they are drawn in marks.
 */
export async function terminalChart(chart: Chart, options: TerminalOptions): Promise<readonly string[]> {
  const columns = Math.max(LEAST_COLUMNS, options.columns);
  const rows = Math.max(LEAST_ROWS, options.rows);
  if (![chart.title ?? '', chart.xName, ...chart.series.map(seriesLabel)].every((text) => /^[ -~]*$/.test(text))) await loadWide();
  const paint = painter(options.color);
  const head = headLines(chart, columns, paint, options.color);
  const height = Math.max(3, rows - head.length - FOOT_ROWS);
  const axes = axesOf(chart, Math.max(2, Math.floor(columns / 13)), Math.max(2, Math.floor(height / 2.5)));
  if (axes === undefined) return [...head, paint('  no points', DIM)];
  const rowOf = (value: number): number => Math.round((1 - fraction(value, axes.y)) * (height - 1));
  const labels = new Map(axes.yTicks.ticks.map((tick) => [rowOf(tick.value), tick.label]));
  const gutter = Math.min(Math.floor(columns / 3), Math.max(...[...labels.values()].map(textWidth), LEAST_GUTTER));
  const width = columns - gutter - 2;
  const canvas = chart.series.length > 1 && !options.color ? markCanvas(width, height) : brailleCanvas(width, height);
  chart.series.forEach((series, index) => drawSeries(canvas, series, index, axes));
  const lines = Array.from({ length: height }, (_, row) => {
    const label = labels.get(row);
    const axis = `${cutToWidth(label ?? '', gutter).padStart(gutter)} ${label === undefined ? '│' : '┤'}`;
    return `${paint(axis, DIM)}${cells(canvas, row, width, options.color)}`;
  });
  return [...head, ...lines, ...xAxis(chart, axes, gutter, width, paint)].map((line) => line.trimEnd());
}

type Paint = (text: string, code: number) => string;

function painter(color: boolean): Paint {
  return (text, code) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
}

function headLines(chart: Chart, columns: number, paint: Paint, color: boolean): readonly string[] {
  const lines = chart.title === undefined ? [] : [cutToWidth(printable(chart.title), columns)];
  const marked = chart.series.length > 1 && !color;
  let line = '';
  let used = 0;
  chart.series.forEach((series, index) => {
    const mark = marked ? MARKS[index % MARKS.length] ?? '' : '━━';
    const text = cutToWidth(printable(seriesLabel(series)), columns - mark.length - 1);
    const width = mark.length + 1 + textWidth(text);
    if (used > 0 && used + 3 + width > columns) {
      lines.push(line);
      line = '';
      used = 0;
    }
    line += `${used > 0 ? '   ' : ''}${paint(mark, colorOf(index))} ${text}`;
    used += (used > 0 ? 3 : 0) + width;
  });
  return [...lines, line];
}

function colorOf(series: number): number {
  return COLORS[series % COLORS.length] ?? 36;
}

function drawSeries(canvas: Canvas, { points }: Series, index: number, axes: Axes): void {
  const columnOf = columnScale(axes.x.min, axes.x.max, canvas.width);
  const rowOf = (value: number): number =>
    Math.min(canvas.height - 1, Math.max(0, Math.round((1 - fraction(value, axes.y)) * (canvas.height - 1))));
  for (const line of envelope(points, columnOf)) {
    let last: readonly [number, number] | undefined;
    for (const at of line) {
      const next = [columnOf(points.x[at] ?? 0), rowOf(points.y[at] ?? 0)] as const;
      canvas.line(...(last ?? next), ...next, index);
      last = next;
    }
  }
}

/** A row of the drawing; a colour is written once for all cells that follow each other in it. */
function cells(canvas: Canvas, row: number, width: number, color: boolean): string {
  let text = '';
  let current = -1;
  for (let column = 0; column < width; column++) {
    const cell = canvas.cell(column, row);
    const series = cell?.series ?? current;
    if (color && series !== current) {
      text += `\u001b[${colorOf(series)}m`;
      current = series;
    }
    text += cell?.text ?? ' ';
  }
  return current >= 0 ? `${text.trimEnd()}\u001b[0m` : text;
}

function xAxis(chart: Chart, axes: Axes, gutter: number, width: number, paint: Paint): readonly string[] {
  const columnOf = columnScale(axes.x.min, axes.x.max, width);
  const ticks = axes.xTicks.ticks.filter(({ value }) => value >= axes.x.min && value <= axes.x.max);
  const rule = Array.from({ length: width }, () => '─');
  for (const { value } of ticks) rule[columnOf(value)] = '┬';
  const lines = [`${' '.repeat(gutter + 1)}└${rule.join('')}`];
  const place = (text: (tick: Tick) => string | undefined, first: string): string => {
    let line = first.padEnd(gutter + 2);
    for (const tick of ticks) {
      const label = text(tick);
      if (label === undefined) continue;
      const middle = gutter + 2 + columnOf(tick.value) - Math.floor(label.length / 2);
      const free = line.trim() === '' ? 0 : line.trimEnd().length + 1;
      // A label gives way to the one before it by less than its length, or is left out.
      const start = Math.min(gutter + 2 + width - label.length, Math.max(0, middle, Math.min(free, middle + label.length)));
      if (start < free) continue;
      line = line.slice(0, start).padEnd(start) + label;
    }
    return line;
  };
  if (chart.xKind === 'time') {
    lines.push(place((tick) => tick.label, ''), place((tick) => tick.context, 'UTC'.padStart(gutter)));
  } else {
    const name = cutToWidth(printable(chart.xName), width);
    lines.push(place((tick) => tick.label, ''), `${' '.repeat(gutter + 2 + Math.floor((width - textWidth(name)) / 2))}${name}`);
  }
  return lines.map((line) => paint(line, DIM));
}
