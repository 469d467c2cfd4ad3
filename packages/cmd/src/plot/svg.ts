import { axesOf, type Axes, type Chart, fraction, type Series, seriesLabel } from './chart.ts';
import { columnScale, envelope } from './points.ts';
import type { Tick } from './ticks.ts';

export interface SvgOptions {
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** `auto` follows the reader's preference. */
  readonly theme?: 'auto' | 'light' | 'dark';
}

interface Theme {
  readonly ground: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly lines: readonly string[];
}

/** Lines that people with any kind of colour vision tell apart, with enough contrast to their ground. */
const LIGHT: Theme = {
  ground: '#ffffff', ink: '#1f2933', soft: '#616e7c', grid: '#e4e7eb',
  lines: ['#0b6fb8', '#d1580a', '#0d8a68', '#b8478f', '#a87900', '#5b5bd6', '#7a4b2a', '#52606d'],
};
const DARK: Theme = {
  ground: '#12171d', ink: '#e6eaee', soft: '#9aa5b1', grid: '#2a323b',
  lines: ['#5bb3f0', '#ff9a52', '#3ecfa0', '#f08bc8', '#e8b93c', '#a3a3ff', '#d3a27f', '#b6c2cf'],
};

const FONT = 'system-ui, -apple-system, \'Segoe UI\', Roboto, \'DejaVu Sans\', sans-serif';
/** Width of a letter of the labels, on average. */
const LETTER = 6.6;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A picture of a chart as one SVG document: no script, nothing from elsewhere. */
export function svgChart(chart: Chart, { width = 960, height = 480, theme = 'auto' }: SvgOptions = {}): string {
  const legend = legendLines(chart.series, width - 48);
  const top = (chart.title === undefined ? 18 : 44) + legend.length * 22 + 10;
  const axes = axesOf(chart, Math.max(2, Math.floor(width / 120)), Math.max(2, Math.floor((height - top) / 60)));
  const description = `${chart.series.map(seriesLabel).join(', ')} by ${chart.xName}`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`
      + ' role="img" aria-labelledby="title">',
    `<title id="title">${escapeXml(chart.title ?? description)}</title>`,
    `<style>${styleSheet(theme)}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
  ];
  if (chart.title !== undefined) {
    parts.push(`<text class="title" x="24" y="33">${escapeXml(shortened(chart.title, (width - 48) / 10))}</text>`);
  }
  parts.push(...legendXml(legend, chart.title === undefined ? 26 : 56));
  if (axes === undefined) {
    parts.push(`<text class="label" x="${width / 2}" y="${height / 2}" text-anchor="middle">no points</text>`);
  } else {
    const longest = Math.max(...axes.yTicks.ticks.map(({ label }) => label.length), 1);
    const frame = { left: 24 + longest * LETTER + 8, top, right: width - 28, bottom: height - (chart.xKind === 'time' ? 54 : 50) };
    parts.push(...gridXml(axes, frame), ...xAxisXml(chart, axes, frame));
    chart.series.forEach((series, index) => parts.push(...seriesXml(series, index, axes, frame, chart.series.length === 1)));
  }
  return `${parts.join('\n')}\n</svg>\n`;
}

function styleSheet(theme: 'auto' | 'light' | 'dark'): string {
  const rules = `text{font-family:${FONT};font-size:12px;font-variant-numeric:tabular-nums}.title{font-size:18px;font-weight:600}`
    + '.legend{font-size:13px}.grid{stroke-width:1}.axis{stroke-width:1}'
    + '.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}.area{stroke:none;fill-opacity:.1}';
  if (theme === 'auto') return `${rules}${themeRules(LIGHT)}@media (prefers-color-scheme: dark){${themeRules(DARK)}}`;
  return rules + themeRules(theme === 'dark' ? DARK : LIGHT);
}

function themeRules({ ground, ink, soft, grid, lines }: Theme): string {
  return `.ground{fill:${ground}}.title,.legend{fill:${ink}}.label{fill:${soft}}.grid{stroke:${grid}}.axis{stroke:${soft}}`
    + lines.map((color, index) => `.l${index}{stroke:${color}}.f${index}{fill:${color}}`).join('');
}

interface LegendItem {
  readonly x: number;
  readonly text: string;
  readonly index: number;
}

function legendLines(series: readonly Series[], room: number): readonly (readonly LegendItem[])[] {
  const lines: LegendItem[][] = [[]];
  let x = 0;
  series.forEach((one, index) => {
    const text = shortened(seriesLabel(one), room / 7.2 - 5);
    const width = 26 + text.length * 7.2 + 22;
    if (x > 0 && x + width > room) {
      lines.push([]);
      x = 0;
    }
    lines.at(-1)?.push({ x: 24 + x, text, index });
    x += width;
  });
  return lines;
}

function legendXml(lines: readonly (readonly LegendItem[])[], top: number): readonly string[] {
  return lines.flatMap((line, row) => line.map(({ x, text, index }) => {
    const y = top + row * 22;
    return `<path class="line l${index % LIGHT.lines.length}" style="stroke-width:3" d="M${x} ${y}h16"/>`
      + `<text class="legend" x="${x + 24}" y="${y + 4.5}">${escapeXml(text)}</text>`;
  }));
}

function gridXml(axes: Axes, { left, right, top, bottom }: Frame): readonly string[] {
  const lines = axes.yTicks.ticks.map(({ value, label }) => {
    const y = round(bottom - fraction(value, axes.y) * (bottom - top));
    return `<path class="grid" d="M${round(left)} ${y}H${right}"/>`
      + `<text class="label" x="${round(left - 8)}" y="${round(y + 4)}" text-anchor="end">${escapeXml(label)}</text>`;
  });
  return [...lines, `<path class="axis" d="M${round(left)} ${bottom}H${right}"/>`];
}

function xAxisXml(chart: Chart, axes: Axes, { left, right, bottom }: Frame): readonly string[] {
  const xOf = (value: number): number => left + fraction(value, axes.x) * (right - left);
  const text = (tick: Tick, label: string, line: number): string =>
    `<text class="label" x="${round(Math.min(right - label.length * LETTER / 2 + 20, xOf(tick.value)))}" y="${bottom + 19 + line * 16}"`
    + ` text-anchor="middle">${escapeXml(label)}</text>`;
  const parts = axes.xTicks.ticks.map((tick) =>
    `<path class="axis" d="M${round(xOf(tick.value))} ${bottom}v5"/>${text(tick, tick.label, 0)}`);
  if (chart.xKind === 'time') {
    let free = left;
    for (const tick of axes.xTicks.ticks) {
      const half = (tick.context?.length ?? 0) * LETTER / 2;
      if (tick.context === undefined || xOf(tick.value) - half < free) continue;
      parts.push(text(tick, tick.context, 1));
      free = xOf(tick.value) + half + LETTER;
    }
    parts.push(`<text class="label" x="${round(left - 8)}" y="${bottom + 35}" text-anchor="end">UTC</text>`);
  } else {
    parts.push(`<text class="label" x="${round((left + right) / 2)}" y="${bottom + 38}" text-anchor="middle">`
      + `${escapeXml(shortened(chart.xName, 80))}</text>`);
  }
  return parts;
}

function seriesXml({ points }: Series, index: number, axes: Axes, { left, right, top, bottom }: Frame, filled: boolean): readonly string[] {
  const color = index % LIGHT.lines.length;
  const columnOf = columnScale(axes.x.min, axes.x.max, Math.ceil(right - left));
  return envelope(points, columnOf).flatMap((line) => {
    const path = line.map((at) => {
      const x = left + fraction(points.x[at] ?? 0, axes.x) * (right - left);
      return [round(x), round(bottom - fraction(points.y[at] ?? 0, axes.y) * (bottom - top))] as const;
    });
    const [first] = path;
    const last = path.at(-1);
    if (first === undefined || last === undefined) return [];
    if (path.every(([x, y]) => x === first[0] && y === first[1])) {
      return [`<circle class="f${color}" cx="${first[0]}" cy="${first[1]}" r="${points.x.length === 1 ? 4 : 2}"/>`];
    }
    const d = path.map(([x, y]) => `${x} ${y}`).join('L');
    const area = filled ? [`<path class="area f${color}" d="M${d}L${last[0]} ${bottom}L${first[0]} ${bottom}Z"/>`] : [];
    return [...area, `<path class="line l${color}" d="M${d}"/>`];
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function shortened(text: string, letters: number): string {
  const all = [...text];
  return all.length <= letters ? text : `${all.slice(0, Math.max(1, Math.floor(letters) - 1)).join('')}…`;
}

const MARKS: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&#39;' };

/** Text of a document: what XML has no characters for is the replacement mark. */
function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, '\ufffd')
    .replace(/[<>&"']/g, (mark) => MARKS[mark] ?? mark);
}
