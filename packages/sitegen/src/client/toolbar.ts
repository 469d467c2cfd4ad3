import type { Span } from '../chart-data.ts';
import { zoomed } from '../resolution.ts';
import type { TimeText } from './time-text.ts';
import type { View } from './view.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Lengths of views that people ask for. The longest that fit are offered. */
const LENGTHS: readonly (readonly [label: string, name: string, millis: number])[] = [
  ['12h', '12 hours', 12 * HOUR], ['1D', 'a day', DAY], ['1W', 'a week', 7 * DAY], ['1M', 'a month', 30 * DAY],
  ['3M', 'three months', 91 * DAY],
  ['1Y', 'a year', 365 * DAY], ['5Y', 'five years', 1826 * DAY],
];

export interface ToolbarActions {
  readonly csv: () => void;
  readonly png: () => void;
  readonly fullscreen: () => void;
}

/** Buttons for the length of the view, for moving it, its dates, and what can be taken away. */
export function createToolbar(view: View, extent: Span, time: TimeText, actions: ToolbarActions): HTMLElement {
  const bar = element('div', 'chart-toolbar');
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Time range');
  const lengths: { readonly button: HTMLButtonElement; readonly millis: number }[] = [];
  const total = extent.to - extent.from;
  const ranges = element('div', 'chart-ranges');
  for (const [label, name, millis] of LENGTHS.filter(([, , length]) => length < total)) {
    const button = actionButton(label, `${label}: show ${name}`, () => { view.show({ from: view.span.to - millis, to: view.span.to }); });
    lengths.push({ button, millis });
    ranges.append(button);
  }
  const all = actionButton('All', 'All: show everything', () => { view.show(extent); });
  lengths.push({ button: all, millis: total });
  ranges.append(all);

  const by = (share: number) => (): void => {
    const { from, to } = view.span;
    view.show({ from: from + (to - from) * share, to: to + (to - from) * share });
  };
  const moves = element('div', 'chart-moves');
  moves.append(
    actionButton('‹', 'Earlier', by(-0.5)), actionButton('›', 'Later', by(0.5)),
    actionButton('+', 'Zoom in', () => { view.show(zoomed(view.span, 0.5)); }),
    actionButton('−', 'Zoom out', () => { view.show(zoomed(view.span, 2)); }),
    actionButton('↺', 'Reset the view', () => { view.reset(); }),
  );

  const [from, to] = [dateField('From'), dateField('To')];
  const dates = element('div', 'chart-dates');
  dates.append(from.label, to.label);
  const showDates = (): void => {
    const [start, end] = [Date.parse(`${from.input.value}T00:00Z`), Date.parse(`${to.input.value}T00:00Z`) + DAY];
    if (start < end) view.show({ from: start, to: end });
  };
  from.input.addEventListener('change', showDates);
  to.input.addEventListener('change', showDates);

  const takes = element('div', 'chart-takes');
  takes.append(
    actionButton('CSV', 'Download what is shown as CSV', actions.csv), actionButton('PNG', 'Download the picture as PNG', actions.png),
    actionButton('Full', 'Full screen', actions.fullscreen),
  );
  bar.append(ranges, moves, dates, takes);

  const follow = (span: Span): void => {
    const length = span.to - span.from;
    for (const { button, millis } of lengths) button.setAttribute('aria-pressed', String(Math.abs(length - millis) < millis * 0.01));
    from.input.value = time.day(span.from);
    to.input.value = time.day(span.to - 1);
  };
  view.onChange(follow);
  follow(view.span);
  return bar;
}

function actionButton(label: string, name: string, action: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.title = name;
  made.setAttribute('aria-label', name);
  made.addEventListener('click', action);
  return made;
}

function dateField(name: string): { readonly label: HTMLElement; readonly input: HTMLInputElement } {
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.type = 'date';
  label.append(`${name} `, input);
  return { label, input };
}

function element(name: string, className: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
