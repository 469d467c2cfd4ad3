import type { ChartData, Span } from '../chart-data.ts';
import { startChart } from './chart.ts';
import { createTileReader } from '../tile-reader.ts';
import { createView } from './view.ts';

/** Every chart of the page, on one view. */
function startCharts(): void {
  const charts = [...document.querySelectorAll<HTMLElement>('figure.chart')].flatMap((figure) => {
    const text = figure.querySelector('script.chart-data')?.textContent;
    return text == null ? [] : [{ figure, data: JSON.parse(text) as ChartData }];
  }).filter(({ data }) => data.version === 1);
  if (charts.length === 0) return;
  const over = (spans: readonly Span[]): Span => ({
    from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)),
  });
  const view = createView(over(charts.map(({ data }) => data.extent)), over(charts.map(({ data }) => data.view)), location, history);
  const reader = createTileReader(async (url) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return response.arrayBuffer();
  });
  for (const { figure, data } of charts) startChart(figure, data, view, reader);
}

startCharts();
