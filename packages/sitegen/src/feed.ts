import { escapeHtml } from './html.ts';
import type { SiteConfig } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** Every page that is not hidden, as sitemaps.org has it. */
export function sitemapXml(base: string, pages: readonly SitePage[]): string {
  const urls = pages.filter(({ page }) => !page.facts.hidden).map(({ address }) => `  <url><loc>${escapeHtml(base + address)}</loc></url>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${
    urls.join('\n')}\n</urlset>\n`;
}

/** The dated pages of a content or a section, newest first, as RSS 2.0. */
export function feedXml(base: string, { site, feed }: SiteConfig, pages: readonly SitePage[]): string {
  const dated = pages.filter(({ page, route }) => page.facts.date !== undefined && !page.facts.hidden
    && (feed?.content === undefined ? page.facts.section === feed?.section : route.content === feed.content))
    .sort((a, b) => ((a.page.facts.date ?? '') < (b.page.facts.date ?? '') ? 1 : -1));
  const element = (name: string, text: string): string => `<${name}>${escapeHtml(text)}</${name}>`;
  const items = dated.map(({ title, address, page }) => `    <item>${element('title', title)}${element('link', base + address)}${
    element('guid', base + address)}${element('pubDate', new Date(page.facts.date ?? 0).toUTCString())}${
    page.facts.summary === undefined ? '' : element('description', page.facts.summary)}</item>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">\n  <channel>${
    element('title', `${site.title}: ${feed?.section ?? ''}`)}${element('link', base)}${
    element('description', feed?.description ?? site.description ?? site.title)
  }<atom:link href="${escapeHtml(`${base}feed.xml`)}" rel="self" type="application/rss+xml"/>\n${items.join('\n')}\n  </channel>\n</rss>\n`;
}
