export interface Tick {
  readonly value: number;
  readonly label: string;
  /** What a time label leaves out (the day of an hour, the year of a day), where it begins. */
  readonly context?: string;
}

export interface Ticks {
  readonly ticks: readonly Tick[];
  /** The round values next to the range, below and above; equal to its ends when those are round. */
  readonly below: number;
  readonly above: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Ticks at 1, 2 or 5 times a power of ten, about `count` of them; `outward` adds those next to the range. */
export function numberTicks({ min, max }: Range, count: number, outward: boolean = false): Ticks {
  const span = max - min;
  if (!Number.isFinite(span)) {
    return { ticks: [min, 0, max].map((value) => ({ value, label: value === 0 ? '0' : value.toExponential(1) })), below: min, above: max };
  }
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.8) ?? 10) * power;
  if (!(step > 0) || min + step === min || max + step === max) {
    return { ticks: [{ value: min, label: String(min) }], below: min, above: max };
  }
  const [below, above] = [Math.floor(min / step + 1e-9), Math.ceil(max / step - 1e-9)];
  const first = outward ? below : Math.ceil(min / step - 1e-9);
  const last = outward ? above : Math.floor(max / step + 1e-9);
  const label = labeller(step, Math.max(Math.abs(min), Math.abs(max)));
  if (!(Math.max(Math.abs(first), Math.abs(last)) < Number.MAX_SAFE_INTEGER)) {
    return { ticks: [{ value: min, label: String(min) }], below: min, above: max };
  }
  const ticks: Tick[] = [];
  for (let index = first; index <= last; index++) {
    if (Number.isFinite(index * step)) ticks.push({ value: index * step, label: label(index * step) });
  }
  return { ticks, below: Math.max(below * step, -Number.MAX_VALUE), above: Math.min(above * step, Number.MAX_VALUE) };
}

const SUFFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

function labeller(step: number, largest: number): (value: number) => string {
  const decimals = (unit: number): number => Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  if (largest < 100_000 && decimals(1) <= 6) return (value) => signed(value.toFixed(decimals(1)));
  const group = Math.floor(Math.log10(largest) / 3);
  if (group >= 1 && group < SUFFIXES.length && decimals(1000 ** group) <= 4) {
    const unit = 1000 ** group;
    return (value) => (value === 0 ? '0' : `${signed((value / unit).toFixed(decimals(unit)))}${SUFFIXES[group] ?? ''}`);
  }
  if (largest < 1e15 && decimals(1) <= 6) return (value) => signed(value.toFixed(decimals(1)));
  const digits = Math.min(15, Math.max(0, Math.ceil(Math.log10(largest / step) - 1e-9)));
  return (value) => (value === 0 ? '0' : value.toExponential(digits));
}

/** A zero has no sign, whatever the rounding left; a minus is a minus sign. */
function signed(text: string): string {
  const plain = /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
  return plain.replace('-', '−');
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30.436875 * DAY;
const YEAR = 365.2425 * DAY;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Steps of the clock in milliseconds. */
const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500], ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR), ...[1, 2, 7, 14].map((n) => n * DAY),
];
const MONTH_STEPS = [1, 2, 3, 6];
/** What JavaScript's dates can hold. */
const MAX_TIME = 8.64e15;

/** Ticks at round times of UTC, at most `count` and one. */
export function timeTicks({ min, max }: Range, count: number): Ticks {
  if (Math.abs(min) > MAX_TIME || Math.abs(max) > MAX_TIME) return numberTicks({ min, max }, count);
  const raw = (max - min) / Math.max(1, count);
  const clock = CLOCK_STEPS.find((step) => step >= raw);
  const months = MONTH_STEPS.find((step) => step * MONTH >= raw);
  const values = clock !== undefined ? clockValues(min, max, clock)
    : months !== undefined ? monthValues(min, max, months) : monthValues(min, max, yearStep(raw) * 12);
  const text = clock !== undefined ? (clock < DAY ? clockLabel(clock) : dayLabel) : months !== undefined ? monthLabel : yearLabel;
  let shown: string | undefined;
  const ticks = values.map((value): Tick => {
    const [label, context] = text(new Date(value));
    const isNew = context !== undefined && context !== shown;
    shown = context;
    return isNew ? { value, label, context } : { value, label };
  });
  return { ticks, below: min, above: max };
}

function clockValues(min: number, max: number, step: number): number[] {
  // Weeks begin on Mondays: 1970-01-05 was one.
  const origin = step % (7 * DAY) === 0 ? 4 * DAY : 0;
  const values: number[] = [];
  for (let value = Math.ceil((min - origin) / step) * step + origin; value <= max; value += step) values.push(value);
  return values;
}

function monthValues(min: number, max: number, step: number): number[] {
  const start = new Date(min);
  const values: number[] = [];
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  for (let month = first; ; month += step) {
    const date = new Date(0);
    date.setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
    const value = date.getTime();
    if (!(value <= max)) return values;
    if (value >= min) values.push(value);
  }
}

function yearStep(raw: number): number {
  const years = raw / YEAR;
  const power = 10 ** Math.floor(Math.log10(years));
  return Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= years) ?? 10) * power);
}

type TimeLabel = (date: Date) => readonly [label: string, context: string | undefined];

function clockLabel(step: number): TimeLabel {
  const from = 11;
  const to = step < SECOND ? 23 : step < MINUTE ? 19 : 16;
  return (date) => [timeOf(date, from, to), `${dayName(date)} ${date.getUTCFullYear()}`];
}

/** A part of the ISO text, whose year may have a sign and six digits. */
function timeOf(date: Date, from: number, to: number): string {
  const iso = date.toISOString();
  const shift = iso.indexOf('T') - 10;
  return iso.slice(from + shift, to + shift);
}

const dayLabel: TimeLabel = (date) => [dayName(date), String(date.getUTCFullYear())];
const monthLabel: TimeLabel = (date) => [MONTHS[date.getUTCMonth()] ?? '', String(date.getUTCFullYear())];
const yearLabel: TimeLabel = (date) => [String(date.getUTCFullYear()), undefined];

function dayName(date: Date): string {
  return `${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCDate()}`;
}
