import { type Html, html, trusted } from './html.ts';

/** Values of one line at times in milliseconds since 1970 UTC; `low` and `high` are the band, where there is one. */
export interface Sketch {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly SketchLine[];
}

export interface SketchLine {
  readonly label: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  /** Values further apart are not joined. */
  readonly stepMillis: number;
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 30;

interface Scale {
  readonly x: (millis: number) => number;
  readonly y: (value: number) => number;
}

/** A diagram as it stands without a browser's help. Colours are the page's variables: it is light and dark as the page is. */
export function sketchSvg(sketch: Sketch, from: number, to: number, zone: string): Html {
  const { low, high } = extentOf(sketch.lines);
  const scale: Scale = {
    x: (millis) => LEFT + ((millis - from) / (to - from)) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
  const label = `${sketch.title}${sketch.unit === '' ? '' : ` in ${sketch.unit}`}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" preserveAspectRatio="none">${
    yTicks(low, high).map((value) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(scale.y(value))}" y2="${
      fixed(scale.y(value))}"/><text x="${LEFT - 6}" y="${fixed(scale.y(value) + 4)}" text-anchor="end">${
      numberLabel(value, high - low)}</text>`)
  }${
    xTicks(from, to).map((millis, at, all) => html`<line class="grid" x1="${fixed(scale.x(millis))}" x2="${
      fixed(scale.x(millis))}" y1="${TOP}" y2="${
      HEIGHT - BOTTOM}"/><text x="${fixed(scale.x(millis))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="${
      at === 0 ? 'start' : at === all.length - 1 ? 'end' : 'middle'}">${timeLabel(millis, to - from, zone)}</text>`)
  }${
    sketch.lines.map((line, index) => html`${bandPath(line, scale, index)}${linePath(line, scale, index)}`)
  }</svg>`;
}

function linePath({ times, values, stepMillis }: SketchLine, { x, y }: Scale, index: number): Html {
  let path = '';
  let before: number | undefined;
  times.forEach((millis, at) => {
    const value = values[at];
    if (value == null) return;
    path += `${before !== undefined && millis - before <= 1.5 * stepMillis ? 'L' : 'M'}${fixed(x(millis))} ${fixed(y(value))}`;
    before = millis;
  });
  return path === '' ? trusted('') : html`<path class="line line-${(index % 8) + 1}" d="${path}"/>`;
}

/** One closed shape for each stretch without a gap. */
function bandPath({ times, low, high, stepMillis }: SketchLine, { x, y }: Scale, index: number): Html {
  if (low === undefined || high === undefined) return trusted('');
  let path = '';
  let upper: string[] = [];
  let lower: string[] = [];
  let before: number | undefined;
  const close = (): void => {
    if (upper.length > 1) path += `M${upper.join('L')}L${lower.reverse().join('L')}Z`;
    upper = [];
    lower = [];
  };
  times.forEach((millis, at) => {
    const [least, most] = [low[at], high[at]];
    if (least == null || most == null) return;
    if (before !== undefined && millis - before > 1.5 * stepMillis) close();
    upper.push(`${fixed(x(millis))} ${fixed(y(most))}`);
    lower.push(`${fixed(x(millis))} ${fixed(y(least))}`);
    before = millis;
  });
  close();
  return path === '' ? trusted('') : html`<path class="band line-${(index % 8) + 1}" d="${path}"/>`;
}

function extentOf(lines: readonly SketchLine[]): { readonly low: number; readonly high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    for (const values of [line.values, line.low ?? [], line.high ?? []]) {
      for (const value of values) {
        if (value === null) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  if (low > high) return { low: 0, high: 1 };
  const pad = high === low ? Math.max(Math.abs(high) * 0.05, 0.5) : (high - low) * 0.06;
  return { low: low - pad, high: high + pad };
}

/** Round values, about five of them. */
export function yTicks(low: number, high: number): readonly number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at += 1) ticks.push(at * step);
  return ticks;
}

function xTicks(from: number, to: number): readonly number[] {
  return Array.from({ length: 5 }, (_, at) => from + ((to - from) * at) / 4);
}

function numberLabel(value: number, spread: number): string {
  const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(spread / 5))));
  const text = value.toFixed(digits);
  return (digits === 0 ? text : text.replace(/\.?0+$/, '')).replace(/^-0$/, '0');
}

function timeLabel(millis: number, length: number, zone: string): string {
  const day = 86_400_000;
  const options: Intl.DateTimeFormatOptions = length > 300 * day ? { year: 'numeric', month: 'short' }
    : length > 2 * day ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat('en', { timeZone: zone, ...options }).format(millis);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
