import type { WD } from '@duckpond/tinyfs';
import { basename } from '@duckpond/tinyfs';
import { SiteError } from './errors.ts';
import type { ExportItem } from './export-items.ts';
import { safeName } from './export-items.ts';
import { type FrontMatter, type Page, parsePage } from './front-matter.ts';
import type { NavigationItem } from './page-layout.ts';
import type { SiteAnnotation, SiteConfig, SiteRoute } from './site-config.ts';

/** A page that will be written: where it stands, what it is about, and its text. */
export interface SitePage {
  readonly title: string;
  /** Below the root, with a slash at its end; empty is the first page. */
  readonly address: string;
  readonly source: string;
  readonly page: Page;
  readonly route: SiteRoute;
  /** The pages above, from the first one on. */
  readonly trail: readonly NavigationItem[];
  readonly items: readonly ExportItem[];
  readonly captures: readonly string[];
  readonly annotations: readonly SiteAnnotation[];
  /** The address of the page above it; undefined for the first. */
  readonly parent: string | undefined;
}

const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * Every page that the routes of a config tell of, parents before children.
 *
 * @throws SiteError `missing` for a page or an export that is not there, `bad-page` for two pages at one address
 */
export async function sitePages(
  root: WD, config: SiteConfig, items: ReadonlyMap<string, readonly ExportItem[]>,
): Promise<readonly SitePage[]> {
  const pages: SitePage[] = [];
  const texts = new Map<string, Promise<Page>>();
  const pageAt = (path: string): Promise<Page> => {
    let page = texts.get(path);
    if (page === undefined) {
      page = readText(root, path).then((text) => parsePage(text, path));
      texts.set(path, page);
    }
    return page;
  };
  const itemsOf = (route: SiteRoute): readonly ExportItem[] => {
    if (route.export === undefined) return [];
    const found = items.get(route.export);
    if (found !== undefined) return found;
    const known = [...items.keys()].map((name) => JSON.stringify(name)).join(', ');
    throw new SiteError('missing', `Cannot build the route ${JSON.stringify(route.name)}: there is no export `
      + `${JSON.stringify(route.export)}, one of ${known} was wanted`);
  };

  async function visit(route: SiteRoute, above: SitePage | undefined): Promise<void> {
    const base = above?.address ?? '';
    const trail = above === undefined ? [] : [...above.trail, { label: above.title, address: above.address }];
    const annotations = route.annotations ?? [];
    const add = async (source: string, slug: string, about: Pick<SitePage, 'items' | 'captures'>, fallback: string): Promise<SitePage> => {
      const page = await pageAt(source);
      const made: SitePage = {
        title: expandCaptures(page.facts.title ?? fallback, about.captures), source, page, route, trail, annotations, ...about,
        address: addressOf(base, slug), parent: above?.address,
      };
      pages.push(made);
      return made;
    };
    const children = async (page: SitePage): Promise<void> => {
      for (const child of route.routes ?? []) await visit(child, page);
    };
    const all = itemsOf(route);
    if (route.type === 'content') {
      for (const { path, facts } of await contentPages(root, config, route, pageAt)) {
        const name = (basename(path) ?? '').replace(/\.[^.]+$/, '');
        const own = facts.slug ?? (name === 'index' ? '' : safeName(name));
        await add(path, [route.slug, own].filter((part) => part !== '').join('/'), { items: all, captures: [] }, name);
      }
      return;
    }
    if (route.page === undefined) {
      throw new SiteError('bad-page', `Cannot build the route ${JSON.stringify(route.name)}: it has no page, one was wanted`);
    }
    if (route.type === 'static') {
      await children(await add(route.page, route.slug, { items: all, captures: [] }, route.name));
      return;
    }
    if (route.export === undefined) {
      throw new SiteError('bad-page', `Cannot build the route ${JSON.stringify(route.name)}: a template is about the items of an export, `
        + 'which was wanted');
    }
    for (const item of all) {
      const slug = route.slug === '' ? safeName(item.name) : expandCaptures(route.slug, item.captures.map(safeName));
      const captures = item.captures.length === 0 ? [item.name] : item.captures;
      await children(await add(route.page, slug, { items: [item], captures }, item.name));
    }
  }

  for (const route of config.routes) await visit(route, undefined);
  const first = pages.find(({ address }) => address === '');
  const rooted = first === undefined ? pages : pages.map((page) => (page.address === '' || page.trail.length > 0 ? page
    : { ...page, trail: [{ label: first.title, address: '' }], parent: '' }));
  for (const [at, page] of rooted.entries()) {
    const other = rooted.slice(0, at).find(({ address }) => address === page.address);
    if (other !== undefined) {
      throw new SiteError('bad-page', `Cannot build the site: ${JSON.stringify(other.source)} and ${JSON.stringify(page.source)} `
        + `would both be the page "/${page.address}", different slugs were wanted`, { address: page.address });
    }
  }
  return rooted;
}

async function contentPages(
  root: WD, config: SiteConfig, route: SiteRoute, pageAt: (path: string) => Promise<Page>,
): Promise<readonly { readonly path: string; readonly facts: FrontMatter }[]> {
  const content = config.content.find(({ name }) => name === route.content);
  if (content === undefined) {
    const known = config.content.map(({ name }) => JSON.stringify(name)).join(', ');
    throw new SiteError('missing', `Cannot build the route ${JSON.stringify(route.name)}: there is no content `
      + `${JSON.stringify(route.content ?? '')}, one of ${known === '' ? 'none' : known} was wanted`);
  }
  const found: { readonly path: string; readonly facts: FrontMatter }[] = [];
  for await (const { path } of root.glob(content.pattern)) {
    if (/\.(md|markdown)$/i.test(path)) found.push({ path, facts: (await pageAt(path)).facts });
  }
  return found.sort((a, b) => a.facts.weight - b.facts.weight || (a.path < b.path ? -1 : 1));
}

export async function readText(root: WD, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of root.read(path)) {
    pieces.push(piece);
    size += piece.byteLength;
    if (size <= PAGE_BYTES) continue;
    const what = `Cannot use ${JSON.stringify(path)}: it is larger than ${PAGE_BYTES} bytes, a page was wanted`;
    throw new SiteError('bad-page', what, { path });
  }
  return new TextDecoder('utf-8').decode(Buffer.concat(pieces));
}

/** `$0`, `$1` replaced by captures; one without a capture stays as it is. */
export function expandCaptures(text: string, captures: readonly string[]): string {
  return text.replace(/\$(\d+)/g, (whole, index: string) => captures[Number(index)] ?? whole);
}

function addressOf(base: string, slug: string): string {
  const address = `${base}${slug}`.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  return address === '' ? '' : `${address}/`;
}
