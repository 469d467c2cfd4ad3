import type { ChartData, ChartLine, ChartPanel, Resolution, Span } from '../chart-data.ts';
import { csvOf, download, pictureOf } from './download.ts';
import { bindGestures, bindKeys } from './gestures.ts';
import { paletteOf } from './palette.ts';
import { createPanel, type Panel } from './panel.ts';
import { resolutionFor, tilesIn } from '../resolution.ts';
import { type Rows, rowsBetween, withGaps } from '../rows.ts';
import type { TileReader } from '../tile-reader.ts';
import { createTimeText, type TimeText } from './time-text.ts';
import { createToolbar } from './toolbar.ts';
import type { View } from './view.ts';

/** The chart of one figure: from here on it is drawn in the browser, and follows the view of the page. */
export function startChart(figure: HTMLElement, data: ChartData, view: View, reader: TileReader): void {
  const picture = figure.querySelector<HTMLElement>('.chart-picture');
  if (picture === null || data.sources.every(({ resolutions }) => resolutions.length === 0)) return;
  const finest = Math.min(...data.sources.flatMap(({ resolutions }) => resolutions.map(({ stepMillis }) => stepMillis)));
  const time = createTimeText(data.zone, finest < 60_000);
  const stage = document.createElement('div');
  stage.className = 'chart-stage';
  const status = document.createElement('p');
  status.className = 'chart-status';
  const said = document.createElement('p');
  said.className = 'visually-hidden';
  said.setAttribute('aria-live', 'polite');
  const shown: { rows: readonly (readonly Rows[])[]; labels: readonly string[] } = { rows: [], labels: [] };
  const toolbar = createToolbar(view, data.extent, time, {
    csv: () => { download(`${fileName(figure)}.csv`, csvOfPanels(data.panels, shown.rows, view.span)); },
    png: () => {
      const titled = panels.map(({ canvas }, at) => ({ canvas, title: titleOf(data.panels[at]) }));
      void pictureOf(titled, figure).then((blob) => { if (blob !== null) download(`${fileName(figure)}.png`, blob); });
    },
    fullscreen: () => { void (document.fullscreenElement === figure ? document.exitFullscreen() : figure.requestFullscreen()); },
  });
  let panels: readonly Panel[] = [];
  let asked = 0;

  const build = (): void => {
    stage.replaceChildren();
    const palette = paletteOf(figure);
    panels = data.panels.map((panel) => {
      const box = document.createElement('div');
      box.className = 'chart-panel';
      const title = document.createElement('p');
      title.className = 'panel-title';
      title.textContent = titleOf(panel);
      const readout = document.createElement('p');
      readout.className = 'chart-readout';
      const plot = document.createElement('div');
      plot.className = 'chart-plot';
      plot.tabIndex = 0;
      plot.setAttribute('role', 'application');
      const keys = 'Arrow keys move from value to value, Shift and arrows move the view, plus and minus zoom.';
      plot.setAttribute('aria-label', `${titleOf(panel)}. ${keys}`);
      box.append(title, ...(panel.lines.length > 1 ? [legendOf(panel, palette.line)] : []), plot, readout);
      stage.append(box);
      const made = createPanel(plot, {
        panel, palette, time, annotations: data.annotations, width: plot.clientWidth, syncKey: 'page',
        selected: (span) => { view.show(span); },
        pointed: (index) => { readout.textContent = index === undefined ? '' : made.describe(index); },
        reset: () => { view.reset(); },
      });
      const over = made.root.querySelector<HTMLElement>('.u-over');
      if (over !== null) bindGestures(over, view);
      bindKeys(plot, made, view, data.extent, (text) => { said.textContent = text; });
      return made;
    });
  };

  const draw = async (span: Span): Promise<void> => {
    asked += 1;
    const own = asked;
    for (const panel of panels) panel.move(span);
    figure.setAttribute('aria-busy', 'true');
    try {
      const sources = await Promise.all(data.sources.map(async (source, at) => {
        const resolution = resolutionFor(source.resolutions, span, data.targetPoints);
        return resolution === undefined ? undefined
          : readSource(reader, source.timeColumn, resolution, columnsOfSource(data.panels, at), span);
      }));
      if (own !== asked) return;
      shown.rows = data.panels.map(({ lines }) => lines.map(({ source }) => sources[source]?.rows ?? { times: [], columns: new Map() }));
      panels.forEach((panel, at) => { panel.draw(shown.rows[at] ?? [], span); });
      const isEmpty = sources.every((source) => (source?.rows.times.length ?? 0) === 0);
      status.textContent = statusOf(span, sources.map((source) => source?.label), time, isEmpty);
      figure.dataset['resolution'] = sources.map((source) => source?.label ?? '').join(' ');
    } catch (error) {
      if (own !== asked) return;
      status.textContent = `The data of this view could not be loaded (${error instanceof Error ? error.message : String(error)}). `
        + 'The picture before it stays; move the view to try again.';
    } finally {
      if (own === asked) figure.removeAttribute('aria-busy');
    }
  };

  picture.replaceChildren(toolbar, stage, status, said);
  figure.classList.add('is-live');
  build();
  view.onChange((span) => void draw(span));
  void draw(view.span);
  new ResizeObserver(() => { for (const panel of panels) panel.resize(panel.root.parentElement?.clientWidth ?? 0); }).observe(stage);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    build();
    void draw(view.span);
  });
}

interface ReadRows {
  readonly rows: Rows;
  readonly label: string;
}

async function readSource(
  reader: TileReader, timeColumn: string, resolution: Resolution, columns: readonly string[], span: Span,
): Promise<ReadRows> {
  const tiles = await Promise.all(tilesIn(resolution, span).map(({ url }) => reader.read(url, timeColumn, columns)));
  const rows = rowsBetween(tiles, columns, span.from / 1000, span.to / 1000);
  return { rows: withGaps(rows, resolution.stepMillis / 1000), label: resolution.label };
}

function columnsOf({ column, band }: ChartLine): readonly string[] {
  return band === undefined ? [column] : [column, band.min, band.max];
}

function columnsOfSource(panels: readonly ChartPanel[], source: number): readonly string[] {
  return [...new Set(panels.flatMap(({ lines }) => lines.filter((line) => line.source === source).flatMap(columnsOf)))];
}

function titleOf(panel: ChartPanel | undefined): string {
  if (panel === undefined) return '';
  return panel.unit === '' ? panel.title : `${panel.title} (${panel.unit})`;
}

function legendOf(panel: ChartPanel, color: (index: number) => string): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'chart-legend';
  list.append(...panel.lines.map(({ label }, at) => {
    const item = document.createElement('li');
    const key = document.createElement('span');
    key.className = `chart-key chart-key-${at % 4}`;
    key.style.borderColor = color(at);
    item.append(key, label);
    return item;
  }));
  return list;
}

function statusOf(span: Span, labels: readonly (string | undefined)[], time: TimeText, isEmpty: boolean): string {
  const steps = [...new Set(labels.filter((label) => label !== undefined && label !== ''))].join(', ');
  const range = `${time.full(span.from)} to ${time.full(span.to)}`;
  if (isEmpty) return `${range}: no values were recorded in this time.`;
  return `${range}. ${steps === '' ? 'As recorded' : `Steps of ${steps}`}, times in ${time.zone}.`;
}

/** All panels on one axis of time. */
function csvOfPanels(panels: readonly ChartPanel[], rows: readonly (readonly Rows[])[], span: Span): Blob {
  const header = ['time'];
  const lines: { readonly values: ReadonlyMap<number, number | null> }[] = [];
  const times = new Set<number>();
  panels.forEach((panel, at) => {
    panel.lines.forEach((line, index) => {
      const own = rows[at]?.[index];
      for (const column of columnsOf(line)) {
        header.push(`${line.label === panel.title ? '' : `${line.label} `}${column}${panel.unit === '' ? '' : ` (${panel.unit})`}`);
        const values = own?.columns.get(column) ?? [];
        lines.push({ values: new Map((own?.times ?? []).map((time, row) => [time, values[row] ?? null])) });
      }
      for (const time of own?.times ?? []) if (time * 1000 >= span.from && time * 1000 < span.to) times.add(time);
    });
  });
  const sorted = [...times].sort((a, b) => a - b).filter((time) => lines.some(({ values }) => values.get(time) != null));
  return csvOf(header, sorted.map((time) => [time, ...lines.map(({ values }) => values.get(time) ?? null)]));
}

function fileName(figure: HTMLElement): string {
  const caption = figure.querySelector('figcaption')?.textContent ?? document.title;
  return caption.trim().replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60) || 'chart';
}
