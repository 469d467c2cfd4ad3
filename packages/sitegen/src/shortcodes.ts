import { SafeText, type TemplateFunction } from '@duckpond/factories';
import { chartFigure } from './chart-figure.ts';
import { currentValues } from './current-values.ts';
import { SiteError } from './errors.ts';
import type { Html } from './html.ts';
import type { ItemData } from './item-data.ts';
import { breadcrumb, toRoot } from './page-layout.ts';
import type { PageWorld } from './page-content.ts';
import { cards, isListed, itemTable, neighbours, pictureFigure, staleMillis, statusGrid } from './page-lists.ts';
import { panelsOf } from './panels.ts';
import { pointsMap } from './points-map.ts';
import { rangeMillis } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** The shortcodes of one page, and what became of them. */
export interface Shortcodes {
  readonly functions: Readonly<Record<string, TemplateFunction>>;
  /** What was made, by the numbers in the marks that the functions leave in the text. */
  readonly blocks: readonly Promise<Html>[];
  readonly hasCharts: () => boolean;
  /** Whether the page shows the way to it by itself. */
  readonly hasTrail: () => boolean;
}

/** @throws SiteError `bad-page` by each shortcode that means something that is not there */
export function createShortcodes(world: PageWorld, page: SitePage): Shortcodes {
  const { config, pages } = world;
  const { site } = config;
  const root = toRoot(page.address);
  const blocks: Promise<Html>[] = [];
  let charts = 0;
  let hasTrail = false;

  const block = (made: Html | Promise<Html>): SafeText => {
    const pending = Promise.resolve(made);
    // It is waited for when the text around it is done; a failure before then is nobody's yet.
    pending.catch(() => undefined);
    return new SafeText(`\n\n<!--duckpond-block-${blocks.push(pending) - 1}-->\n\n`);
  };
  const bad = (why: string): SiteError => (
    new SiteError('bad-page', `Cannot build ${JSON.stringify(page.source)}: ${why}`, { page: page.source }));
  const itemsOf = (exportName: unknown): readonly ItemData[] => {
    const found = exportName === undefined ? page.items.map((item) => world.data.get(item.path))
      : [...world.data.values()].filter(({ item }) => item.exportName === exportName);
    const items = found.filter((item) => item !== undefined);
    if (items.length > 0) return items;
    throw bad(exportName === undefined ? 'it is about no export: the route was to have one, or the shortcode to name it'
      : `there is no export ${JSON.stringify(exportName)}`);
  };
  const sourcesOf = (items: readonly ItemData[]) => items.map(({ item, columns }) => ({ name: item.name, columns }));

  const chart = (items: readonly ItemData[], named: Readonly<Record<string, unknown>>, range: unknown, caption: string): SafeText => {
    charts += 1;
    const quantities = named['quantity'] === undefined ? undefined : [named['quantity']].flat().map(String);
    const millis = rangeMillis(typeof range === 'string' ? range : site.default_range);
    if (millis === undefined) throw bad(`${JSON.stringify(range)} is no range, one such as "12h", "7d" or "all" was wanted`);
    const panels = panelsOf(sourcesOf(items), config.labels, quantities);
    const target = config.exports.find(({ name }) => name === items[0]?.item.exportName)?.target_points ?? 1500;
    return block(chartFigure(items, panels, {
      id: `chart-${charts}`, caption: typeof named['caption'] === 'string' ? named['caption'] : caption,
      zone: site.zone, rangeMillis: millis, targetPoints: target, toRoot: root,
      annotations: page.annotations.map(({ from, to, text }) => ({ from: Date.parse(from), to: Date.parse(to ?? from), text })),
    }));
  };

  const functions: Readonly<Record<string, TemplateFunction>> = {
    chart: ([range], named) => chart(itemsOf(named['export']).slice(0, 1), named, named['range'] ?? range, `${page.title}.`),
    overlay: ([exportName, range], named) => (
      chart(itemsOf(exportName ?? named['export']), named, named['range'] ?? range, `${page.title}, compared.`)),
    current: (_, named) => {
      const items = itemsOf(named['export']);
      return block(currentValues(items, panelsOf(sourcesOf(items), config.labels), world.asOfMillis, staleMillis(world), site.zone));
    },
    breadcrumb: () => {
      hasTrail = true;
      return block(breadcrumb(root, page.trail, page.title));
    },
    nav_list: ([section], named) => block(cards(pages.filter((other) => isListed(other, page, section ?? named['section'])), root)),
    content_nav: () => block(neighbours(pages, page, root)),
    base_url: () => new SafeText(root),
    site_title: () => site.title,
    figure: ([source, caption], named) => {
      const text = String(caption ?? named['caption'] ?? '');
      return block(pictureFigure(String(source ?? named['src'] ?? ''), text, String(named['alt'] ?? text)));
    },
    table: ([exportName], named) => block(itemTable(itemsOf(exportName ?? named['export']), world, root)),
    status: ([exportName], named) => block(statusGrid(itemsOf(exportName ?? named['export']), world, root)),
    map: ([path], named) => {
      const target = path ?? named['table'];
      if (typeof target !== 'string') throw bad('a map shows the rows of a table, whose path was wanted: map("/places.csv")');
      return block(world.rowsOf(target).then((rows) => pointsMap(rows, {
        table: target, pages, root, caption: typeof named['caption'] === 'string' ? named['caption'] : undefined,
      })));
    },
  };
  return { functions, blocks, hasCharts: () => charts > 0, hasTrail: () => hasTrail };
}
