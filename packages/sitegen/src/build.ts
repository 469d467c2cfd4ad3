import type { Pond } from '@duckpond/pond';
import { basename, isFile, literalPrefix, parseGlob, type WD } from '@duckpond/tinyfs';
import { readAssets, type SiteAssets } from './assets.ts';
import { exportItems, type ExportItem } from './export-items.ts';
import { feedXml, sitemapXml } from './feed.ts';
import { type Html, html, trusted } from './html.ts';
import { type ItemData, writeItem } from './item-data.ts';
import { renderMarkdown } from './markdown.ts';
import { openOutputDirectory, type OutputDirectory, type OutputReport } from './output-directory.ts';
import { pageContent, type PageWorld } from './page-content.ts';
import { faviconSvg, pageHtml, type NavigationItem, type SiteFrame, toRoot } from './page-layout.ts';
import { readText, sitePages, type SitePage } from './site-pages.ts';
import type { SiteConfig, SiteSidebarItem } from './site-config.ts';

export interface BuildOptions {
  readonly pond: Pond;
  readonly config: SiteConfig;
  readonly directory: string;
  /** Where the scripts and the style sheet of pages are. */
  readonly assetsDirectory: string;
  readonly nowMillis: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number, unit: string) => void;
}

export interface BuildReport extends OutputReport {
  readonly pages: number;
  readonly items: number;
}

/**
 * Builds the site of one state of the pond. What is the same as in the last build is not touched.
 *
 * @throws SiteError, FactoryError `bad-template`, `bad-config`
 */
export async function buildSite(options: BuildOptions): Promise<BuildReport> {
  const { pond, config, signal } = options;
  const { txnSeq, timestampMicros } = await pond.transaction();
  const at = { txnSeq };
  const output = openOutputDirectory(options.directory);
  const assets = readAssets(options.assetsDirectory);
  return pond.read(async (fs) => {
    const root = await fs.root();
    const items = new Map<string, readonly ExportItem[]>();
    for (const own of config.exports) items.set(own.name, await exportItems(root, own));
    const pages = await sitePages(root, config, items);

    const data = new Map<string, ItemData>();
    const all = config.exports.flatMap((own) => (items.get(own.name) ?? []).map((item) => ({ item, own })));
    for (const [done, { item, own }] of all.entries()) {
      signal.throwIfAborted();
      options.progress(done, all.length, 'items');
      data.set(item.path, await writeItem(pond, at, item, own, output, signal));
    }

    const names = writeAssets(assets, output);
    await copyStatic(root, config, output);
    const world: PageWorld = { config, pages, data, nowMillis: options.nowMillis };
    const frame = siteFrame(config, pages, names, { txnSeq, timestampMicros, pondId: pond.identity.id });
    const sidebar = config.partials.sidebar === undefined ? undefined : await readText(root, config.partials.sidebar);
    const found: { readonly title: string; readonly address: string; readonly text: string }[] = [];
    for (const page of pages) {
      signal.throwIfAborted();
      const { content, hasCharts, hasTrail, text } = pageContent(world, page);
      output.write(`${page.address}index.html`, pageHtml({ ...frame, sidebar: sidebarHtml(config, sidebar, page) }, {
        title: page.title, description: page.page.facts.summary, address: page.address, trail: hasTrail ? [] : page.trail, content, hasCharts,
        picture: page.page.facts.image,
      }));
      if (!page.page.facts.hidden) found.push({ title: page.title, address: page.address, text: text.slice(0, 2000) });
    }
    output.write('404.html', notFoundPage(frame, config));
    output.write('search.json', `${JSON.stringify(found)}\n`);
    output.write('favicon.svg', faviconSvg());
    output.write('worker.js', assets.worker);
    if (config.site.site_url !== undefined) {
      const base = `${config.site.site_url.replace(/\/$/, '')}${config.site.base_url}`;
      output.write('sitemap.xml', sitemapXml(base, pages));
      if (config.feed !== undefined) output.write('feed.xml', feedXml(base, config, pages));
    }
    output.write('site.json', `${JSON.stringify({ pond: pond.identity.id, transaction: txnSeq })}\n`);
    options.progress(all.length, all.length, 'items');
    return { ...output.finish({ transaction: txnSeq }), pages: pages.length, items: all.length };
  }, { at });
}

type AssetNames = SiteFrame['assets'];

interface BuildStamp {
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  readonly pondId: string;
}

function writeAssets(assets: SiteAssets, output: OutputDirectory): AssetNames {
  return {
    css: output.writeHashed('assets/site.css', assets.css),
    charts: output.writeHashed('assets/charts.js', assets.charts),
    search: output.writeHashed('assets/page.js', assets.page),
    offline: output.writeHashed('assets/offline.js', assets.offline),
  };
}

async function copyStatic(root: WD, config: SiteConfig, output: OutputDirectory): Promise<void> {
  for (const { pattern, under } of config.static) {
    const prefix = literalPrefix(parseGlob(pattern)).length;
    for await (const { path, node } of root.glob(pattern)) {
      if (!isFile(node)) continue;
      const below = path.split('/').slice(1 + prefix).join('/');
      const name = below === '' ? basename(path) ?? '' : below;
      const pieces: Uint8Array[] = [];
      for await (const piece of root.read(path)) pieces.push(piece);
      output.write([under ?? '', name].filter((part) => part !== '').join('/'), Buffer.concat(pieces));
    }
  }
}

function siteFrame(config: SiteConfig, pages: readonly SitePage[], assets: AssetNames, stamp: BuildStamp): SiteFrame {
  const { site } = config;
  const navigation = pages.filter(({ trail, page, address }) => trail.length <= 1 && address !== '' && !page.facts.hidden && page.facts.layout !== 'blog')
    .filter(({ route }) => route.type === 'static').map(({ title, address }): NavigationItem => ({ label: title, address }));
  const time = new Date(Number(stamp.timestampMicros / 1000n)).toISOString().replace(/\.\d+Z$/, 'Z');
  const footer = (config.footer ?? '').replaceAll('${DATE}', time).replaceAll('${BUILD}', String(stamp.txnSeq));
  return {
    title: site.title, language: site.language, description: site.description, navigation, sidebar: undefined, theme: config.theme, assets,
    siteUrl: site.site_url === undefined ? undefined : `${site.site_url.replace(/\/$/, '')}${site.base_url}`,
    feedTitle: config.feed === undefined || site.site_url === undefined ? undefined : config.feed.section,
    footer: html`${footer === '' ? undefined : html`<p>${footer}</p>`}<p>Transaction ${stamp.txnSeq} of pond <code>${stamp.pondId}</code>, <time datetime="${
      time}">${time}</time></p>`,
  };
}

function sidebarHtml(config: SiteConfig, markdown: string | undefined, page: SitePage): Html | undefined {
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
function notFoundPage(frame: SiteFrame, { site }: SiteConfig): string {
  const text = pageHtml(frame, {
    title: 'Page not found', description: undefined, address: '', trail: [], hasCharts: false, picture: undefined,
    content: html`<h1>Page not found</h1><p>There is nothing at this address. It may have moved, or was never there.</p><p><a href="./">Go to the first page</a></p>`,
  });
  return text.replaceAll('"./', `"${site.base_url}`);
}
