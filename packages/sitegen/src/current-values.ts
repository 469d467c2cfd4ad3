import type { ChartPanel } from './chart-data.ts';
import { panelTitle, timeText, valueText } from './chart-figure.ts';
import { type Html, html } from './html.ts';
import type { ItemData } from './item-data.ts';

/** A silent station is one that has said nothing for this many times the age at which a value is stale. */
const SILENT_FACTOR = 10;

/** What each line of the panels says last, with its age in the state of the pond that is shown: above the fold, and without a script. */
export function currentValues(
  items: readonly ItemData[], panels: readonly ChartPanel[], nowMillis: number, staleMillis: number, zone: string,
): Html {
  const tiles = panels.flatMap((panel) => panel.lines.map((line) => {
    const item = items[line.source];
    const newest = item?.last.get(line.column);
    const stepMillis = item?.resolutions[0]?.stepMillis ?? 0;
    const name = line.label === panel.title ? panelTitle({ ...panel, unit: '' }) : `${panel.title}, ${line.label}`;
    if (newest === undefined) {
      return html`<li><span class="name">${name}</span><span class="value">&ndash;</span>
<span class="age is-silent">no value yet</span></li>`;
    }
    const { millis, value } = newest;
    const age = nowMillis - millis - stepMillis;
    const state = age > staleMillis * SILENT_FACTOR ? 'age is-silent' : age > staleMillis ? 'age is-stale' : 'age';
    return html`<li><span class="name">${name}</span><span class="value">${valueText(value)}<span class="unit">${
      panel.unit}</span></span>
<span class="${state}" data-stale="${staleMillis + stepMillis}"><time datetime="${
      new Date(millis).toISOString()}">${timeText(millis, zone)}</time> ${zone}, <span class="age-text">${
      ageText(nowMillis - millis)}</span></span></li>`;
  }));
  return tiles.length === 0 ? html`<p class="empty">No values have been recorded yet.</p>` : html`<ul class="now">${tiles}</ul>`;
}

/** `3 hours old`: how a person tells it. */
export function ageText(millis: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['year', 365 * 86_400_000], ['month', 30 * 86_400_000], ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000],
  ];
  for (const [name, length] of units) {
    const count = Math.floor(millis / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} old`;
  }
  return 'new';
}
