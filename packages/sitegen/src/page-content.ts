import { compileTemplate, SafeText, type TemplateFunction } from '@duckpond/factories';
import { chartFigure } from './chart-figure.ts';
import { currentValues } from './current-values.ts';
import { SiteError } from './errors.ts';
import { escapeHtml, type Html, html, trusted } from './html.ts';
import type { ItemData } from './item-data.ts';
import { type Heading, renderMarkdown } from './markdown.ts';
import { breadcrumb, toRoot } from './page-layout.ts';
import { panelsOf } from './panels.ts';
import { rangeMillis, type SiteConfig } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** What the pages of one build share. */
export interface PageWorld {
  readonly config: SiteConfig;
  readonly pages: readonly SitePage[];
  readonly data: ReadonlyMap<string, ItemData>;
  readonly nowMillis: number;
}

export interface PageContent {
  readonly content: Html;
  readonly headings: readonly Heading[];
  readonly hasCharts: boolean;
  /** Whether it shows the way to it by itself. */
  readonly hasTrail: boolean;
  /** What search finds: the text without markup. */
  readonly text: string;
}

/**
 * The content of a page: shortcodes in the language of nunjucks, then Markdown. What a shortcode makes is put in behind the Markdown, so that
 * nothing in it is taken for markup.
 *
 * @throws FactoryError `bad-template`, SiteError `bad-page`
 */
export function pageContent(world: PageWorld, page: SitePage): PageContent {
  const { config, pages } = world;
  const { site } = config;
  const root = toRoot(page.address);
  const blocks: Html[] = [];
  let charts = 0;
  let hasTrail = false;
  const block = (made: Html): SafeText => {
    blocks.push(made);
    return new SafeText(`\n\n<!--duckpond-block-${blocks.length - 1}-->\n\n`);
  };
  const bad = (why: string): SiteError => new SiteError('bad-page', `Cannot build ${JSON.stringify(page.source)}: ${why}`, { page: page.source });
  const itemsOf = (exportName: unknown): readonly ItemData[] => {
    const found = exportName === undefined ? page.items.map((item) => world.data.get(item.path))
      : [...world.data.values()].filter(({ item }) => item.exportName === exportName);
    const items = found.filter((item) => item !== undefined);
    if (items.length === 0) throw bad(exportName === undefined ? 'it is about no export: the route was to have one, or the shortcode to name it'
      : `there is no export ${JSON.stringify(exportName)}`);
    return items;
  };
  const chart = (items: readonly ItemData[], named: Readonly<Record<string, unknown>>, range: unknown, caption: string): SafeText => {
    charts += 1;
    const quantities = named['quantity'] === undefined ? undefined : [named['quantity']].flat().map(String);
    const millis = rangeMillis(typeof range === 'string' ? range : site.default_range);
    if (millis === undefined) throw bad(`${JSON.stringify(range)} is no range, one such as "12h", "7d" or "all" was wanted`);
    const panels = panelsOf(items.map(({ item, columns }) => ({ name: item.name, columns })), config.labels, quantities);
    const [first] = items;
    const target = config.exports.find(({ name }) => name === first?.item.exportName)?.target_points ?? 1500;
    return block(chartFigure(items, panels, {
      id: `chart-${charts}`, caption: typeof named['caption'] === 'string' ? named['caption'] : caption, zone: site.zone, rangeMillis: millis,
      targetPoints: target, toRoot: root,
      annotations: page.annotations.map(({ from, to, text }) => ({ from: Date.parse(from), to: Date.parse(to ?? from), text })),
    }));
  };
  const functions: Readonly<Record<string, TemplateFunction>> = {
    chart: ([range], named) => chart(itemsOf(named['export']).slice(0, 1), named, named['range'] ?? range, `${page.title}.`),
    overlay: ([exportName, range], named) => chart(itemsOf(exportName ?? named['export']), named, named['range'] ?? range, `${page.title}, compared.`),
    current: (_, named) => {
      const items = itemsOf(named['export']);
      const panels = panelsOf(items.map(({ item, columns }) => ({ name: item.name, columns })), config.labels);
      return block(currentValues(items, panels, world.nowMillis, rangeMillis(site.stale_after) ?? 86_400_000, site.zone));
    },
    breadcrumb: () => {
      hasTrail = true;
      return block(breadcrumb(root, page.trail, page.title));
    },
    nav_list: ([section], named) => block(cards(pages.filter((other) => isListed(other, page, section ?? named['section'])), root)),
    content_nav: () => block(neighbours(pages, page, root)),
    base_url: () => root,
    site_title: () => site.title,
    figure: ([source, caption], named) => block(figure(String(source ?? named['src']), String(caption ?? named['caption'] ?? ''), String(named['alt'] ?? caption ?? ''))),
    table: (_, named) => block(itemTable(itemsOf(named['export']), world, root)),
  };
  const template = compileTemplate(escapedPlaceholders(page.page.body), { name: page.source, functions, isEscaped: true });
  const captures = Object.fromEntries(page.captures.map((capture, at) => [`cap${at}`, capture]));
  const text = template.render({ page: { title: page.title, address: page.address }, site: { title: site.title }, captures: [...page.captures], ...captures });
  const { markup, headings } = renderMarkdown(text);
  const filled = fillCaptures(markup, page.captures);
  const whole = filled.replace(/(?:<p>)?<!--duckpond-block-(\d+)-->(?:<\/p>)?/g, (_, index: string) => blocks[Number(index)]?.markup ?? '');
  const hasTitle = headings.some(({ level }) => level === 1);
  return {
    content: html`${hasTitle ? undefined : html`<h1>${page.title}</h1>`}${trusted(whole)}`, headings, hasCharts: charts > 0, hasTrail,
    text: filled.replace(/<[^>]*>/g, ' ').replace(/&(?:amp|lt|gt|quot|#39);/g, ' ').replace(/\s+/g, ' ').trim(),
  };
}

/** `$0`, `$1` in rendered markup: text in text, a part of an address in an address. */
function fillCaptures(markup: string, captures: readonly string[]): string {
  const fill = (text: string, written: (capture: string) => string): string =>
    text.replace(/\$(\d+)/g, (whole, index: string) => {
      const capture = captures[Number(index)];
      return capture === undefined ? whole : written(capture);
    });
  return fill(markup.replace(/\b(href|src)="([^"]*)"/g, (_, name: string, address: string) => `${name}="${fill(address, encodeURIComponent)}"`), escapeHtml);
}

/** A backslash before a shortcode makes it text. */
function escapedPlaceholders(text: string): string {
  return text.replace(/\\(\{\{[\s\S]*?\}\})/g, '{% raw %}$1{% endraw %}');
}

function isListed(other: SitePage, page: SitePage, section: unknown): boolean {
  if (other.page.facts.hidden || other === page) return false;
  return section === undefined ? other.parent === page.address : other.page.facts.section === section || other.route.name === section;
}

function cards(pages: readonly SitePage[], root: string): Html {
  if (pages.length === 0) return html`<p class="empty">There is nothing here yet.</p>`;
  return html`<ul class="cards">${pages.map(({ title, address, page }) => html`<li><a href="${root}${address}"><strong>${title}</strong>${
    page.facts.summary === undefined ? undefined : html`<p>${page.facts.summary}</p>`}</a></li>`)}</ul>`;
}

function neighbours(pages: readonly SitePage[], page: SitePage, root: string): Html {
  const beside = pages.filter(({ parent, page: other }) => parent === page.parent && !other.facts.hidden);
  const at = beside.indexOf(page);
  const [before, after] = [beside[at - 1], beside[at + 1]];
  return html`<nav class="neighbours" aria-label="Next pages">${
    before === undefined ? undefined : html`<a rel="prev" href="${root}${before.address}">← ${before.title}</a>`} ${
    after === undefined ? undefined : html`<a rel="next" href="${root}${after.address}">${after.title} →</a>`}</nav>`;
}

function figure(source: string, caption: string, alt: string): Html {
  return html`<figure><img src="${source}" alt="${alt}" loading="lazy">${caption === '' ? undefined : html`<figcaption>${caption}</figcaption>`}</figure>`;
}

/** One line an item: its newest values, and a link to the page that is about it. */
function itemTable(items: readonly ItemData[], { pages, config, nowMillis }: PageWorld, root: string): Html {
  const { site, labels } = config;
  const pageOf = (item: ItemData): SitePage | undefined => pages.find(({ route, items: own }) => route.type === 'template' && own[0]?.path === item.item.path);
  return html`${items.map((item) => {
    const page = pageOf(item);
    const panels = panelsOf([{ name: item.item.name, columns: item.columns }], labels);
    const name = page === undefined ? html`${item.item.name}` : html`<a href="${root}${page.address}">${item.item.name}</a>`;
    return html`<p class="item-name">${name}</p>${currentValues([item], panels, nowMillis, rangeMillis(site.stale_after) ?? 86_400_000, site.zone)}`;
  })}`;
}
