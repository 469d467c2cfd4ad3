import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pond } from '@duckpond/pond';
import { basename, isFile, literalPrefix, parseGlob, type WD } from '@duckpond/tinyfs';
import { readAssets, type SiteAssets } from './assets.ts';
import { exportItems, type ExportItem } from './export-items.ts';
import { feedXml, sitemapXml } from './feed.ts';
import { type ItemData, itemData } from './item-data.ts';
import { decodeBuildFacts, encodeBuildFacts, type SourceFacts } from './item-facts.ts';
import { openOutputDirectory, type OutputDirectory, type OutputReport } from './output-directory.ts';
import { pageContent, type PageWorld } from './page-content.ts';
import { faviconSvg, pageHtml, type SiteFrame } from './page-layout.ts';
import type { TableRows } from './points-map.ts';
import type { SiteConfig, SiteExport } from './site-config.ts';
import { notFoundPage, sidebarHtml, siteFrame, siteUrl } from './site-frame.ts';
import { readText, sitePages } from './site-pages.ts';
import { type TileBuild, writeTiles } from './source-tiles.ts';
import { createTileReader } from './tile-reader.ts';

export interface BuildOptions {
  readonly pond: Pond;
  readonly config: SiteConfig;
  readonly directory: string;
  /** Where the scripts and the style sheet of pages are. */
  readonly assetsDirectory: string;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number, unit: string) => void;
}

export interface BuildReport extends OutputReport {
  readonly pages: number;
  readonly items: number;
}

/** Changes whenever pages are made otherwise. */
const FORMAT = 2;

/**
 * Builds the site of one state of the pond: the same state, config and version of this program make the same files, whenever it is. What
 * is the same as in the last build is not touched, and not read again.
 *
 * @throws SiteError, FactoryError `bad-template`, `bad-config`
 */
export async function buildSite(options: BuildOptions): Promise<BuildReport> {
  const { pond, config, signal, directory } = options;
  const { txnSeq, timestampMicros } = await pond.transaction();
  const at = { txnSeq };
  const output = openOutputDirectory(directory);
  const assets = readAssets(options.assetsDirectory);
  const key = createHash('sha256').update(JSON.stringify([FORMAT, pond.identity.id, config, assets])).digest('hex');
  const before = decodeBuildFacts(output.facts);
  if (before?.key === key && before.transaction === txnSeq && before.isStored) {
    const kept = output.keepAll();
    if (kept !== undefined) return { written: 0, kept, removed: 0, ...before.report };
  }
  return pond.read(async (fs) => {
    const root = await fs.root();
    const items = new Map<string, readonly ExportItem[]>();
    for (const own of config.exports) items.set(own.name, await exportItems(root, own));
    const pages = await sitePages(root, config, items);

    const all = config.exports.flatMap((own) => (items.get(own.name) ?? []).map((item) => ({ item, own })));
    const tiles = { pond, at, output, signal, changes: new Map() };
    const { data, sources, isStored } = await writeItems(tiles, all, before?.sources ?? new Map(), options);

    const world: PageWorld = {
      config, pages, data, asOfMillis: Number(timestampMicros / 1000n),
      rowsOf: async (path) => {
        const rows: Record<string, unknown>[] = [];
        const result = await pond.sql('FROM source LIMIT 2000', { tables: { source: path }, at, signal });
        for await (const row of result.rowObjects()) rows.push(row);
        return rows satisfies TableRows;
      },
    };
    const frame = siteFrame(config, pages, writeAssets(assets, output), { txnSeq, timestampMicros, pondId: pond.identity.id });
    await copyStatic(root, config, output);
    await writePages(root, world, frame, output, signal);
    output.write('404.html', notFoundPage(frame, config));
    output.write('favicon.svg', faviconSvg());
    output.write('worker.js', assets.worker);
    const base = siteUrl(config);
    if (base !== undefined) {
      output.write('sitemap.xml', sitemapXml(base, pages));
      if (config.feed !== undefined) output.write('feed.xml', feedXml(base, config, pages));
    }
    output.write('site.json', `${JSON.stringify({ pond: pond.identity.id, transaction: txnSeq })}\n`);
    options.progress(all.length, all.length, 'items');
    const report = { pages: pages.length, items: all.length };
    return { ...output.finish(encodeBuildFacts({ key, transaction: txnSeq, isStored, report, sources })), ...report };
  }, { at });
}

/** Queries wait for DuckDB while tiles are written here. */
const AT_ONCE = 3;

interface WrittenItems {
  /** By the path of the item. */
  readonly data: ReadonlyMap<string, ItemData>;
  readonly sources: ReadonlyMap<string, SourceFacts>;
  readonly isStored: boolean;
}

async function writeItems(
  build: TileBuild & Pick<BuildOptions, 'pond'>, all: readonly { readonly item: ExportItem; readonly own: SiteExport }[],
  before: ReadonlyMap<string, SourceFacts>, { directory, progress }: Pick<BuildOptions, 'directory' | 'progress'>,
): Promise<WrittenItems> {
  const { pond, at, signal } = build;
  const reader = createTileReader(async (url) => {
    const bytes = await readFile(join(directory, url));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  });
  const wanted = all.flatMap(({ item }) => item.sources.map(({ path }) => path));
  const origins = await pond.origins(wanted, { at, signal });
  const originOf = new Map(wanted.map((path, index) => [path, origins[index]]));
  const made = new Map<string, ItemData>();
  const sources = new Map<string, SourceFacts>();
  const queue = all.entries();
  const work = async (): Promise<void> => {
    for (const [done, { item, own }] of queue) {
      signal.throwIfAborted();
      progress(done, all.length, 'items');
      const facts: SourceFacts[] = [];
      for (const source of item.sources) {
        const origin = originOf.get(source.path) ?? { files: [], computations: [], dependence: 'unknown' as const };
        const factsKey = `${item.exportName} ${source.path}`;
        const written = await writeTiles(build, { item, source, options: own, origin }, before.get(factsKey));
        sources.set(factsKey, written);
        facts.push(written);
      }
      made.set(item.path, itemData(item, facts, reader));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // In the order of the config, whichever was first.
  const data = new Map(all.flatMap(({ item: { path } }) => {
    const own = made.get(path);
    return own === undefined ? [] : [[path, own] as const];
  }));
  return {
    data, isStored: origins.every(({ dependence }) => dependence !== 'unknown'),
    sources: new Map([...sources].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

async function writePages(root: WD, world: PageWorld, frame: SiteFrame, output: OutputDirectory, signal: AbortSignal): Promise<void> {
  const { config, pages } = world;
  const sidebar = config.partials.sidebar === undefined ? undefined : await readText(root, config.partials.sidebar);
  const found: { readonly title: string; readonly address: string; readonly text: string }[] = [];
  for (const page of pages) {
    signal.throwIfAborted();
    const { content, hasCharts, hasTrail, text } = await pageContent(world, page);
    output.write(`${page.address}index.html`, pageHtml({ ...frame, sidebar: sidebarHtml(config, sidebar, page) }, {
      title: page.title, description: page.page.facts.summary, address: page.address, trail: hasTrail ? [] : page.trail, content,
      scripts: hasCharts ? [frame.assets.charts] : [], picture: page.page.facts.image,
    }));
    if (!page.page.facts.hidden) found.push({ title: page.title, address: page.address, text: text.slice(0, 2000) });
  }
  output.write('search.json', `${JSON.stringify(found)}\n`);
}

function writeAssets(assets: SiteAssets, output: OutputDirectory): SiteFrame['assets'] {
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
