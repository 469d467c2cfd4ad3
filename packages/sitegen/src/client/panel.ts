import uPlot from 'uplot';
import type { Annotation, ChartLine, ChartPanel, Span } from '../chart-data.ts';
import { numberText } from './number-text.ts';
import { dashOf, type Palette } from './palette.ts';
import type { Rows } from '../rows.ts';
import type { TimeText } from './time-text.ts';

/** One diagram on a canvas. */
export interface Panel {
  /** Shows rows, in the order of the panel's lines, each with its own times. */
  draw(rows: readonly Rows[], span: Span): void;
  /** Moves the axis at once, with the rows that are there: what a drag shows while the next rows load. */
  move(span: Span): void;
  resize(width: number): void;
  /** Puts the cursor at a row, or nowhere. */
  point(index: number | undefined): void;
  /** The times that the cursor can be at, in seconds. */
  readonly times: readonly number[];
  /** What the cursor shows, as a sentence. */
  describe(index: number): string;
  readonly canvas: HTMLCanvasElement;
  readonly root: HTMLElement;
}

export interface PanelOptions {
  readonly panel: ChartPanel;
  readonly palette: Palette;
  readonly time: TimeText;
  readonly annotations: readonly Annotation[];
  readonly width: number;
  /** Panels of one key show their cursors together. */
  readonly syncKey: string;
  readonly selected: (span: Span) => void;
  readonly pointed: (index: number | undefined) => void;
  readonly reset: () => void;
}

const HEIGHT = 260;
/** A drag shorter than this many pixels is a click. */
const DRAG_PIXELS = 6;

export function createPanel(host: HTMLElement, options: PanelOptions): Panel {
  const { panel, palette, time, annotations } = options;
  let times: readonly number[] = [];
  const { series, bands } = seriesOf(panel.lines, palette, panel.unit);
  const plot = new uPlot({
    width: options.width, height: HEIGHT, series, bands,
    tzDate: (seconds) => time.wall(seconds * 1000),
    legend: { show: false },
    scales: { x: { time: true, range: (_, min, max) => [min, max] }, y: { range: paddedRange } },
    axes: [
      { stroke: palette.muted, font: palette.font, grid: { stroke: palette.grid, width: 1 }, ticks: { stroke: palette.grid, width: 1 } },
      {
        stroke: palette.muted, font: palette.font, size: 56, grid: { stroke: palette.grid, width: 1 }, ticks: { show: false },
        values: (_, splits) => splits.map((value) => numberText(value, '')),
      },
    ],
    cursor: {
      sync: { key: options.syncKey, setSeries: false },
      drag: { x: true, y: false, setScale: false, dist: DRAG_PIXELS },
      bind: { dblclick: () => () => { options.reset(); return null; } },
      points: { size: 7 },
    },
    hooks: {
      drawClear: [(u) => { drawAnnotations(u, annotations, palette); }],
      setSelect: [(u) => {
        const { left, width } = u.select;
        if (width < DRAG_PIXELS) return;
        const at = (x: number): number => u.posToVal(x, 'x') * 1000;
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        options.selected({ from: at(left), to: at(left + width) });
      }],
      setCursor: [(u) => { options.pointed(u.cursor.idx ?? undefined); }],
    },
  }, [[], ...series.slice(1).map(() => [])], host);

  return {
    draw(rows, span) {
      const tables = rows.map((own, at) => tableOf(own, panel.lines[at]));
      const joined = uPlot.join(tables, rows.map((own) => [0, ...[...own.columns].map(() => 2 as const)]));
      times = joined[0] as readonly number[];
      plot.setData(joined, false);
      plot.setScale('x', { min: span.from / 1000, max: span.to / 1000 });
    },
    move: (span) => { plot.setScale('x', { min: span.from / 1000, max: span.to / 1000 }); },
    resize: (width) => { plot.setSize({ width, height: HEIGHT }); },
    point(index) {
      const seconds = index === undefined ? undefined : times[index];
      if (seconds === undefined) plot.setCursor({ left: -10, top: -10 });
      else plot.setCursor({ left: plot.valToPos(seconds, 'x'), top: plot.over.clientHeight / 2 });
    },
    get times() {
      return times;
    },
    describe(index) {
      const seconds = times[index];
      if (seconds === undefined) return '';
      const values = drawnSeries(panel.lines).map(({ line, at }) => `${line.label} ${numberText(plot.data[at]?.[index], panel.unit)}`);
      return `${time.full(seconds * 1000)}: ${values.join(', ')}`;
    },
    canvas: plot.ctx.canvas,
    root: plot.root,
  };
}

/** The columns of a line in uPlot's order: what is drawn, then greatest and least. */
function columnsOf(line: ChartLine): readonly string[] {
  return [line.column, ...(line.band === undefined ? [] : [line.band.max, line.band.min])];
}

function tableOf({ times, columns }: Rows, line: ChartLine | undefined): uPlot.AlignedData {
  const names = line === undefined ? [] : columnsOf(line);
  return [[...times], ...names.map((name) => [...(columns.get(name) ?? times.map(() => null))])];
}

/** Which series of the plot is the drawn one of which line. */
function drawnSeries(lines: readonly ChartLine[]): readonly { readonly line: ChartLine; readonly at: number }[] {
  let at = 1;
  return lines.map((line) => {
    const found = { line, at };
    at += columnsOf(line).length;
    return found;
  });
}

function seriesOf(
  lines: readonly ChartLine[], palette: Palette, unit: string,
): { readonly series: uPlot.Series[]; readonly bands: uPlot.Band[] } {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  lines.forEach((line, index) => {
    series.push({
      label: line.label, stroke: palette.line(index), width: 1.6, dash: lines.length > 1 ? dashOf(index) : [], spanGaps: false,
      points: { show: false }, value: (_, value) => numberText(value, unit),
    });
    if (line.band === undefined) return;
    const first = series.length;
    series.push({ stroke: 'transparent', width: 0, points: { show: false } }, { stroke: 'transparent', width: 0, points: { show: false } });
    bands.push({ series: [first, first + 1], fill: palette.band(index) });
  });
  return { series, bands };
}

/** A little room above and below, and some height where all values are alike. */
function paddedRange(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [0, 1];
  const pad = max === min ? Math.max(Math.abs(max) * 0.05, 0.5) : (max - min) * 0.06;
  return [min - pad, max + pad];
}

function drawAnnotations(u: uPlot, annotations: readonly Annotation[], palette: Palette): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to, text } of annotations) {
    const left = u.valToPos(from / 1000, 'x', true);
    const right = u.valToPos(to / 1000, 'x', true);
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    ctx.fillStyle = `color-mix(in srgb, ${palette.mark} 16%, transparent)`;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * devicePixelRatio), bbox.height);
    ctx.fillStyle = palette.mark;
    ctx.font = `${11 * devicePixelRatio}px ${palette.font.slice(palette.font.indexOf(' ') + 1)}`;
    ctx.textBaseline = 'top';
    ctx.textAlign = 'left';
    ctx.fillText(text, Math.max(left, bbox.left) + 4 * devicePixelRatio, bbox.top + 3 * devicePixelRatio);
  }
  ctx.restore();
}
