import type { Span } from '../chart-data.ts';
import type { Panel } from './panel.ts';
import { zoomed } from '../resolution.ts';
import type { View } from './view.ts';

/** Two fingers pinch and drag; one finger scrolls the page. With Ctrl the wheel zooms where the pointer is. */
export function bindGestures(over: HTMLElement, view: View): void {
  const fingers = new Map<number, number>();
  let start: { readonly span: Span; readonly distance: number; readonly middle: number } | undefined;
  const timeAt = (x: number, { from, to }: Span): number => {
    const { left, width } = over.getBoundingClientRect();
    return from + ((x - left) / width) * (to - from);
  };
  const pinch = (): { readonly distance: number; readonly middle: number } => {
    const [a = 0, b = 0] = [...fingers.values()];
    return { distance: Math.max(Math.abs(a - b), 10), middle: (a + b) / 2 };
  };
  over.style.touchAction = 'pan-y';
  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch') return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 2) start = { span: view.span, ...pinch() };
  });
  over.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (start === undefined || fingers.size !== 2) return;
    event.preventDefault();
    const { distance, middle } = pinch();
    const grown = zoomed(start.span, start.distance / distance, timeAt(start.middle, start.span));
    const shift = timeAt(start.middle, grown) - timeAt(middle, grown);
    view.show({ from: grown.from + shift, to: grown.to + shift }, false);
  });
  const lift = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (start !== undefined && fingers.size < 2) {
      start = undefined;
      view.show(view.span);
    }
  };
  for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const) over.addEventListener(name, lift);
  over.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    view.show(zoomed(view.span, Math.exp(event.deltaY / 300), timeAt(event.clientX, view.span)));
  }, { passive: false });
}

/** The arrows move the cursor from value to value, with Shift the view; plus and minus zoom, Home and End go to the ends, 0 resets. */
export function bindKeys(root: HTMLElement, panel: Panel, view: View, extent: Span, said: (text: string) => void): void {
  let index: number | undefined;
  const go = (to: number): void => {
    const last = panel.times.length - 1;
    if (last < 0) return;
    index = Math.min(Math.max(to, 0), last);
    panel.point(index);
    said(panel.describe(index));
  };
  const shift = (share: number): void => {
    const length = view.span.to - view.span.from;
    view.show({ from: view.span.from + share * length, to: view.span.to + share * length });
  };
  const firstShown = (): number => panel.times.findIndex((time) => time * 1000 >= view.span.from);
  const actions: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    ArrowLeft: (event) => { if (event.shiftKey) shift(-0.25); else go((index ?? panel.times.length) - 1); },
    ArrowRight: (event) => { if (event.shiftKey) shift(0.25); else go((index ?? firstShown() - 1) + 1); },
    Home: () => { view.show({ from: extent.from, to: extent.from + (view.span.to - view.span.from) }); },
    End: () => { view.show({ from: extent.to - (view.span.to - view.span.from), to: extent.to }); },
    '+': () => { view.show(zoomed(view.span, 0.5)); },
    '=': () => { view.show(zoomed(view.span, 0.5)); },
    '-': () => { view.show(zoomed(view.span, 2)); },
    '0': () => { view.reset(); },
    Escape: () => {
      index = undefined;
      panel.point(undefined);
    },
  };
  root.addEventListener('keydown', (event) => {
    if (event.target !== root || event.altKey || event.metaKey || event.ctrlKey) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action(event);
  });
  root.addEventListener('blur', () => {
    index = undefined;
    panel.point(undefined);
  });
  view.onChange(() => { index = undefined; });
}
