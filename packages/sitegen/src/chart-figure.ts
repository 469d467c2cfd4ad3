import type { Annotation, ChartData, ChartPanel, Span } from './chart-data.ts';
import { sketchSvg } from './chart-svg.ts';
import { type Html, html, jsonForScript } from './html.ts';
import type { ItemData } from './item-data.ts';
import { resolutionFor } from './resolution.ts';
import { firstAtOrAfter } from './rows.ts';

export interface FigureOptions {
  readonly id: string;
  readonly caption: string;
  readonly zone: string;
  readonly rangeMillis: number;
  readonly targetPoints: number;
  readonly annotations: readonly Annotation[];
  /** From the page to the root of the site: `../../`. */
  readonly toRoot: string;
}

const TABLE_ROWS = 24;

/** A figure that stands by itself, and has what a browser needs to take it over. */
export async function chartFigure(items: readonly ItemData[], panels: readonly ChartPanel[], options: FigureOptions): Promise<Html> {
  const extents = items.flatMap(({ extent }) => (extent === undefined ? [] : [extent]));
  if (extents.length === 0 || panels.length === 0) {
    return html`<figure class="chart"><figcaption>${options.caption}</figcaption>
<p class="empty">No values have been recorded yet.</p></figure>`;
  }
  const extent: Span = { from: Math.min(...extents.map(({ from }) => from)), to: Math.max(...extents.map(({ to }) => to)) };
  const view: Span = { from: Math.max(extent.from, extent.to - options.rangeMillis), to: extent.to };
  const data: ChartData = {
    version: 1, zone: options.zone, extent, view, targetPoints: options.targetPoints, annotations: options.annotations, panels,
    sources: items.map(({ item, timeColumn, resolutions }) => ({
      name: item.name, timeColumn,
      resolutions: resolutions.map((resolution) => ({
        ...resolution, tiles: resolution.tiles.map((tile) => ({ ...tile, url: options.toRoot + encodePath(tile.url) })),
      })),
    })),
  };
  const rows = await Promise.all(items.map((item) => rowsForView(item, view, options.targetPoints)));
  return html`<figure class="chart" id="${options.id}"><figcaption>${options.caption} ${summary(view, options.zone)}</figcaption>
<div class="chart-picture">${panels.map((panel) => html`<p class="panel-title">${panelTitle(panel)}</p>${sketchSvg({
    title: panel.title, unit: panel.unit,
    lines: panel.lines.map((line) => {
      const own = rows[line.source];
      const column = (name: string): readonly (number | null)[] => own?.values.get(name) ?? [];
      return {
        label: line.label, times: own?.times ?? [], values: column(line.column), stepMillis: own?.stepMillis ?? 0,
        ...(line.band === undefined ? {} : { low: column(line.band.min), high: column(line.band.max) }),
      };
    }),
  }, view.from, view.to, options.zone)}`)}</div>
<details class="chart-table"><summary>The newest values as a table</summary>${valueTable(panels, rows, options.zone)}</details>
<script type="application/json" class="chart-data">${jsonForScript(data)}</script></figure>`;
}

/** Rows of one source that a picture shows: times in milliseconds since 1970 UTC. */
interface ShownRows {
  readonly stepMillis: number;
  readonly times: readonly number[];
  readonly values: ReadonlyMap<string, readonly (number | null)[]>;
}

/** What a view shows of an item, in the resolution that a browser would choose. */
async function rowsForView(item: ItemData, view: Span, targetPoints: number): Promise<ShownRows | undefined> {
  const resolution = resolutionFor(item.resolutions, view, targetPoints);
  if (resolution === undefined) return undefined;
  const { times, columns } = await item.rows(resolution, view);
  const first = firstAtOrAfter(times, view.from / 1000);
  return {
    stepMillis: resolution.stepMillis, times: times.slice(first).map((seconds) => Math.round(seconds * 1000)),
    values: new Map([...columns].map(([name, values]) => [name, values.slice(first)])),
  };
}

function valueTable(panels: readonly ChartPanel[], rows: readonly (ShownRows | undefined)[], zone: string): Html {
  const lines = panels.flatMap((panel) => panel.lines.map((line) => ({ panel, line })));
  const times = [...new Set(rows.flatMap((own) => own?.times ?? []))].sort((a, b) => b - a).slice(0, TABLE_ROWS);
  const indexes = rows.map((own) => new Map((own?.times ?? []).map((millis, at) => [millis, at])));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Newest values">
<table><thead><tr><th scope="col">Time (${zone})</th>${
    lines.map(({ panel, line }) => html`<th scope="col" class="number">${panelTitle(panel)}${
      line.label === panel.title ? '' : ` – ${line.label}`}</th>`)
  }</tr></thead><tbody>${
    times.map((millis) => html`<tr><th scope="row">${timeText(millis, zone)}</th>${lines.map(({ line }) => {
      const at = indexes[line.source]?.get(millis);
      return html`<td class="number">${valueText(at === undefined ? null : rows[line.source]?.values.get(line.column)?.[at] ?? null)}</td>`;
    })}</tr>`)
  }</tbody></table></div>`;
}

export function panelTitle({ title, unit }: Pick<ChartPanel, 'title' | 'unit'>): string {
  return unit === '' ? title : `${title} (${unit})`;
}

/** Five significant digits; a dash for nothing. */
export function valueText(value: number | null): string {
  return value === null ? '–' : new Intl.NumberFormat('en', { maximumSignificantDigits: 5 }).format(value);
}

/** `2 Jan 2024, 13:05`, in a zone that is told beside it. */
export function timeText(millis: number, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone, year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(millis);
}

function summary(view: Span, zone: string): string {
  return `${timeText(view.from, zone)} to ${timeText(view.to, zone)} (${zone}).`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
