import { type Html, html, trusted } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { type NavigationItem, pageHtml, type SiteFrame, toRoot } from './page-layout.ts';
import type { SiteConfig, SiteSidebarItem } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** Which state of which pond a site shows. */
export interface BuildStamp {
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  readonly pondId: string;
}

/** The address of the site with a slash at its end; undefined when its config does not tell it. */
export function siteUrl({ site }: SiteConfig): string | undefined {
  return site.site_url === undefined ? undefined : `${site.site_url.replace(/\/$/, '')}${site.base_url}`;
}

/** What all pages have around their content. */
export function siteFrame(config: SiteConfig, pages: readonly SitePage[], assets: SiteFrame['assets'], stamp: BuildStamp): SiteFrame {
  const { site } = config;
  const navigation = pages
    .filter(({ trail, page, address, route }) => trail.length <= 1 && address !== '' && !page.facts.hidden && page.facts.layout !== 'blog'
      && route.type === 'static')
    .map(({ title, address }): NavigationItem => ({ label: title, address }));
  const time = new Date(Number(stamp.timestampMicros / 1000n)).toISOString().replace(/\.\d+Z$/, 'Z');
  const footer = (config.footer ?? '').replaceAll('${DATE}', time).replaceAll('${BUILD}', String(stamp.txnSeq));
  return {
    title: site.title, language: site.language, description: site.description, sidebar: undefined, theme: config.theme, assets,
    navigation,
    siteUrl: siteUrl(config),
    feedTitle: config.feed === undefined || site.site_url === undefined ? undefined : config.feed.section,
    footer: html`${footer === '' ? undefined : html`<p>${footer}</p>`}<p>Transaction ${stamp.txnSeq} of pond <code>${
      stamp.pondId}</code>, <time datetime="${time}">${time}</time></p>`,
  };
}

/** The sections beside a page: the partial of the config, or its list. */
export function sidebarHtml(config: SiteConfig, markdown: string | undefined, page: SitePage): Html | undefined {
  if (markdown !== undefined) return trusted(renderMarkdown(markdown).markup);
  if (config.sidebar.length === 0) return undefined;
  const root = toRoot(page.address);
  const link = (label: string, href: string): Html => {
    const address = href.replace(/^\//, '');
    return /^[a-z]+:/i.test(href) ? html`<a href="${href}">${label}</a>`
      : html`<a href="${root}${address}"${address === page.address ? trusted(' aria-current="page"') : undefined}>${label}</a>`;
  };
  const list = (entries: readonly (string | SiteSidebarItem)[]): Html => html`<ul>${entries.map((entry) => (typeof entry === 'string'
    ? html`<li><strong>${entry}</strong></li>`
    : html`<li>${entry.href === undefined ? html`<strong>${entry.label}</strong>` : link(entry.label, entry.href)}${
      entry.children === undefined ? undefined : list(entry.children)}</li>`))}</ul>`;
  return list(config.sidebar);
}

/** The page of a wrong address may be shown at any depth: its own addresses are from the root of the host. */
export function notFoundPage(frame: SiteFrame, { site }: SiteConfig): string {
  const text = pageHtml(frame, {
    title: 'Page not found', description: undefined, address: '', trail: [], scripts: [], picture: undefined,
    content: html`<h1>Page not found</h1><p>There is nothing at this address. It may have moved, or was never there.</p>
<p><a href="./">Go to the first page</a></p>`,
  });
  return text.replaceAll('"./', `"${site.base_url}`);
}
