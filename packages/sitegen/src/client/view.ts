import type { Span } from '../chart-data.ts';
import { within } from '../resolution.ts';

/** The span of time that all charts of a page show. */
export interface View {
  readonly span: Span;
  /** Shows another span, cut to the extent of the data. `settled`: the address of the page follows. */
  show(span: Span, settled?: boolean): void;
  /** Back to what the page began with. */
  reset(): void;
  onChange(listener: (span: Span) => void): void;
}

const SHORTEST_MILLIS = 60_000;

export function createView(extent: Span, initial: Span, location: Pick<Location, 'hash'>, history: Pick<History, 'replaceState'>): View {
  const listeners: ((span: Span) => void)[] = [];
  const cut = (span: Span): Span => {
    const middle = (span.from + span.to) / 2;
    const isTooShort = span.to - span.from < SHORTEST_MILLIS;
    return within(isTooShort ? { from: middle - SHORTEST_MILLIS / 2, to: middle + SHORTEST_MILLIS / 2 } : span, extent);
  };
  let span = cut(spanOfHash(location.hash) ?? initial);
  const view: View = {
    get span() {
      return span;
    },
    show(wanted, settled = true) {
      span = cut(wanted);
      for (const listener of listeners) listener(span);
      if (settled) history.replaceState(null, '', hashOfSpan(span));
    },
    reset: () => view.show(initial),
    onChange: (listener) => void listeners.push(listener),
  };
  return view;
}

/** `#t=2024-01-01T00:00Z,2024-01-08T00:00Z`; undefined for anything else. */
export function spanOfHash(hash: string): Span | undefined {
  const [, text] = /^#t=(.+)$/.exec(decodeURIComponent(hash)) ?? [];
  const [from = Number.NaN, to = Number.NaN] = (text ?? '').split(',').map((part) => Date.parse(part));
  return from < to ? { from, to } : undefined;
}

/** To the second, which is enough to find a view again. */
export function hashOfSpan({ from, to }: Span): string {
  const time = (millis: number): string => new Date(millis).toISOString().replace(/(:00)?\.\d+Z$/, 'Z');
  return `#t=${time(from)},${time(to)}`;
}
