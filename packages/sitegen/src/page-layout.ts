import { type Html, html, trusted } from './html.ts';

/** What stands around the content of every page. */
export interface SiteFrame {
  readonly title: string;
  readonly language: string;
  readonly description: string | undefined;
  /** With a slash at its end; undefined when the site does not know where it is. */
  readonly siteUrl: string | undefined;
  readonly navigation: readonly NavigationItem[];
  readonly sidebar: Html | undefined;
  readonly footer: Html;
  readonly feedTitle: string | undefined;
  /** Paths below the root. */
  readonly assets: { readonly css: string; readonly charts: string; readonly search: string; readonly offline: string };
  readonly theme: Readonly<Record<string, string>>;
}

export interface NavigationItem {
  readonly label: string;
  /** Below the root, with a slash at its end; empty is the first page. */
  readonly address: string;
}

export interface PageFrame {
  readonly title: string;
  readonly description: string | undefined;
  /** Below the root, with a slash at its end; empty is the first page. */
  readonly address: string;
  readonly trail: readonly NavigationItem[];
  readonly content: Html;
  /** Of this page alone, below the root. */
  readonly scripts: readonly string[];
  /** A picture for other sites that show a link to this page; below the root. */
  readonly picture: string | undefined;
}

/** From a page back to the root of the site: every address is relative, so that a site works wherever it lies, also in a folder. */
export function toRoot(address: string): string {
  const depth = address.split('/').length - 1;
  return depth === 0 ? './' : '../'.repeat(depth);
}

/** A whole page. */
export function pageHtml(site: SiteFrame, page: PageFrame): string {
  const root = toRoot(page.address);
  const title = page.title === site.title ? site.title : `${page.title} · ${site.title}`;
  const description = page.description ?? site.description;
  const theme = Object.entries(site.theme).map(([name, value]) => `--${name}:${value};`).join('');
  return `<!doctype html>\n${html`<html lang="${site.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${description === undefined ? undefined : html`<meta name="description" content="${description}">`}
<meta property="og:title" content="${page.title}"><meta property="og:site_name" content="${site.title}">
<meta property="og:type" content="website">
${description === undefined ? undefined : html`<meta property="og:description" content="${description}">`}
${site.siteUrl === undefined ? undefined : html`<link rel="canonical" href="${site.siteUrl}${page.address}">
<meta property="og:url" content="${site.siteUrl}${page.address}">`}
${page.picture === undefined || site.siteUrl === undefined ? undefined
    : html`<meta property="og:image" content="${site.siteUrl}${page.picture}"><meta name="twitter:card" content="summary_large_image">`}
<link rel="icon" href="${root}favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}${site.assets.css}">
${theme === '' ? undefined : html`<style>:root{${trusted(theme)}}</style>`}
${site.feedTitle === undefined ? undefined
    : html`<link rel="alternate" type="application/rss+xml" title="${site.feedTitle}" href="${root}feed.xml">`}
</head>
<body data-root="${root}">
<a class="skip" href="#content">Skip to the content</a>
<header class="site-header"><div>
<a class="site-title" href="${root}">${DUCK}<span>${site.title}</span></a>
<nav aria-label="Main"><span class="visually-hidden">Pages: </span>${
    site.navigation.map(({ label, address }) => navigationLink(root, label, address, page.address))}</nav>
<search class="search"><label class="visually-hidden" for="search">Search</label>
<input id="search" type="search" placeholder="Search" autocomplete="off" hidden></search>
</div></header>
<div class="layout${site.sidebar === undefined ? '' : ' has-sidebar'}">
${site.sidebar === undefined ? undefined : html`<nav class="sidebar" aria-label="Sections">${site.sidebar}</nav>`}
<main id="content" tabindex="-1">
${page.trail.length === 0 ? undefined : breadcrumb(root, page.trail, page.title)}
${page.content}
</main>
</div>
<footer class="site-footer"><div>${site.footer}</div></footer>
${page.scripts.map((script) => html`<script type="module" src="${root}${script}"></script>`)}
<script type="module" src="${root}${site.assets.search}"></script>
<script type="module" src="${root}${site.assets.offline}"></script>
</body>
</html>`.markup}\n`.replace(/\n\n+/g, '\n');
}

function navigationLink(root: string, label: string, address: string, current: string): Html {
  return html`<a href="${root}${address}"${address === current ? trusted(' aria-current="page"') : undefined}>${label}</a>`;
}

export function breadcrumb(root: string, trail: readonly NavigationItem[], title: string): Html {
  return html`<nav class="breadcrumb" aria-label="Breadcrumb"><ol>${
    trail.map(({ label, address }) => html`<li><a href="${root}${address}">${label}</a></li>`)
  }<li aria-current="page">${title}</li></ol></nav>`;
}

/** The mark of the project: a duck on water. */
const DUCK = trusted('<svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2" '
  + 'stroke-linecap="round" stroke-linejoin="round"><path d="M13.5 12.5a4.6 4.6 0 1 1 8.9 1.7c-.5 1.3-.2 2 .9 2.5 3.1 1.4 3.6 5.3.7 7'
  + 'H9.5C5.5 23.7 4 20 4.5 16.5c2 2.6 5.5 2.8 8 1.3 1.6-1 1.7-3 1-5.3Z"/><path d="M22.6 10.2h4.2l-3.4 2.6"/>'
  + '<circle cx="18.4" cy="10.4" r=".7" fill="currentColor"/>'
  + '<path d="M3 27.500c2.200-1.400 4.300-1.400 6.500 0s4.300 1.400 6.500 0 4.300-1.400 6.500 0 4.300 1.400 6.500 0"/></svg>');

/** The same as a file. */
export function faviconSvg(): string {
  return DUCK.markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" style="color:#0a6c74" ').replace(' aria-hidden="true"', '');
}
