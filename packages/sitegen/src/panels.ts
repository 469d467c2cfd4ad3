import type { ChartLine, ChartPanel } from './chart-data.ts';
import { columnLabel } from './column-label.ts';

/** What columns, quantities and scopes are called for people. */
export type Labels = Readonly<Record<string, string>>;

/** A source of lines: an item, with the columns it has. */
export interface PanelSource {
  readonly name: string;
  readonly columns: readonly string[];
}

/** What is drawn of an aggregate when there are several: the first that there is. */
const DRAWN = ['avg', 'last', 'first', 'sum', 'max', 'min', 'count', ''];

/** The diagrams of some sources: one for each quantity and unit, one line in it for each source and scope. */
export function panelsOf(sources: readonly PanelSource[], labels: Labels, only?: readonly string[]): readonly ChartPanel[] {
  const panels = new Map<string, { readonly title: string; readonly unit: string; readonly lines: ChartLine[] }>();
  sources.forEach((source, index) => {
    const groups = new Map<string, Map<string, string>>();
    for (const column of source.columns) {
      const { scope, quantity, unit, aggregate } = columnLabel(column);
      const key = JSON.stringify([scope, quantity, unit]);
      const group = groups.get(key) ?? new Map<string, string>();
      group.set(aggregate, column);
      groups.set(key, group);
    }
    for (const [key, aggregates] of groups) {
      const [scope = '', quantity = '', unit = ''] = JSON.parse(key) as readonly string[];
      const drawn = DRAWN.find((aggregate) => aggregates.has(aggregate)) ?? [...aggregates.keys()][0] ?? '';
      const column = aggregates.get(drawn);
      // How many values there were is no quantity of its own beside their average.
      if (column === undefined || (only !== undefined && !only.includes(quantity))) continue;
      const [min, max] = [aggregates.get('min'), aggregates.get('max')];
      const panelKey = JSON.stringify([quantity, unit]);
      const title = labels[`${quantity}.${unit}`] ?? labels[quantity] ?? quantity;
      const panel = panels.get(panelKey) ?? { title, unit, lines: [] };
      const named = [...(sources.length > 1 ? [source.name] : []), ...(scope === '' ? [] : [labels[scope] ?? scope])].join(' ');
      panel.lines.push({
        label: named === '' ? title : named, source: index, column,
        ...(min === undefined || max === undefined || drawn === 'min' || drawn === 'max' ? {} : { band: { min, max } }),
      });
      panels.set(panelKey, panel);
    }
  });
  return [...panels.values()];
}
