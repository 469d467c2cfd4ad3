import { currentValues } from './current-values.ts';
import { type Html, html } from './html.ts';
import type { ItemData } from './item-data.ts';
import type { PageWorld } from './page-content.ts';
import { panelsOf } from './panels.ts';
import { rangeMillis } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** Whether `page` lists another: the pages below it, or those of a section or a route. */
export function isListed(other: SitePage, page: SitePage, section: unknown): boolean {
  if (other.page.facts.hidden || other === page) return false;
  return section === undefined ? other.parent === page.address : other.page.facts.section === section || other.route.name === section;
}

/** Links to pages, each with its summary. */
export function cards(pages: readonly SitePage[], root: string): Html {
  if (pages.length === 0) return html`<p class="empty">There is nothing here yet.</p>`;
  return html`<ul class="cards">${pages.map(({ title, address, page }) => html`<li><a href="${root}${address}"><strong>${title}</strong>${
    page.facts.summary === undefined ? undefined : html`<p>${page.facts.summary}</p>`}</a></li>`)}</ul>`;
}

/** Links to the page before and the one behind, among those of the same route. */
export function neighbours(pages: readonly SitePage[], page: SitePage, root: string): Html {
  const beside = pages.filter(({ parent, route, page: other }) => parent === page.parent && route === page.route && !other.facts.hidden);
  const at = beside.indexOf(page);
  const [before, after] = [beside[at - 1], beside[at + 1]];
  if (before === undefined && after === undefined) return html``;
  return html`<nav class="neighbours" aria-label="Next pages">${
    before === undefined ? undefined : html`<a rel="prev" href="${root}${before.address}">&larr; ${before.title}</a>`} ${
    after === undefined ? undefined : html`<a rel="next" href="${root}${after.address}">${after.title} &rarr;</a>`}</nav>`;
}

/** A picture with its caption. */
export function pictureFigure(source: string, caption: string, alt: string): Html {
  return html`<figure><img src="${source}" alt="${alt}" loading="lazy">${
    caption === '' ? undefined : html`<figcaption>${caption}</figcaption>`}</figure>`;
}

/** Each item with its newest values, and a link to the page that is about it. */
export function itemTable(items: readonly ItemData[], world: PageWorld, root: string): Html {
  const { site, labels } = world.config;
  return html`${items.map((item) => {
    const panels = panelsOf([{ name: item.item.name, columns: item.columns }], labels);
    const values = currentValues([item], panels, world.asOfMillis, staleMillis(world), site.zone);
    return html`<p class="item-name">${itemLink(item, world, root)}</p>${values}`;
  })}`;
}

/** The items that are quiet, and those that are not, at a glance: one line each. */
export function statusGrid(items: readonly ItemData[], world: PageWorld, root: string): Html {
  const stale = staleMillis(world);
  return html`<ul class="status-grid">${items.map((item) => {
    const age = item.extent === undefined ? Number.POSITIVE_INFINITY : world.asOfMillis - item.extent.to;
    const [state, word] = age > stale * 10 ? ['is-silent', 'silent'] : age > stale ? ['is-stale', 'late'] : ['', 'reporting'];
    return html`<li><span class="age ${state}" data-end="${item.extent?.to ?? ''}" data-stale="${stale}"><span class="age-word">${
      word}</span></span> ${itemLink(item, world, root)}</li>`;
  })}</ul>`;
}

/** After how long a value is stale. */
export function staleMillis({ config }: PageWorld): number {
  return rangeMillis(config.site.stale_after) ?? 86_400_000;
}

function itemLink({ item }: ItemData, { pages }: PageWorld, root: string): Html {
  const page = pages.find(({ route, items: [own] }) => route.type === 'template' && own?.path === item.path);
  return page === undefined ? html`${item.name}` : html`<a href="${root}${page.address}">${item.name}</a>`;
}
