import { compileTemplate } from '@duckpond/factories';
import { escapeHtml, type Html, html, trusted } from './html.ts';
import { createInertTexts } from './inert-text.ts';
import type { ItemData } from './item-data.ts';
import { type Heading, renderMarkdown } from './markdown.ts';
import type { TableRows } from './points-map.ts';
import { createShortcodes } from './shortcodes.ts';
import type { SiteConfig } from './site-config.ts';
import type { SitePage } from './site-pages.ts';

/** What the pages of one build share. */
export interface PageWorld {
  readonly config: SiteConfig;
  readonly pages: readonly SitePage[];
  /** By the path of the item. */
  readonly data: ReadonlyMap<string, ItemData>;
  /** When the state of the pond was made that is shown: ages are told by it, so that the same state makes the same pages. */
  readonly asOfMillis: number;
  /** The rows of a small table of the pond. */
  readonly rowsOf: (path: string) => Promise<TableRows>;
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
 * The content of a page: shortcodes in the language of nunjucks, then Markdown. What shortcodes make, and the values that are printed, are
 * put in behind the Markdown, so that nothing in them is taken for markup.
 *
 * @throws FactoryError `bad-template`, SiteError `bad-page`
 */
export async function pageContent(world: PageWorld, page: SitePage): Promise<PageContent> {
  const { functions, blocks, hasCharts, hasTrail } = createShortcodes(world, page);
  const inert = createInertTexts();
  const template = compileTemplate(escapedPlaceholders(page.page.body), { name: page.source, functions, escape: inert.hide });
  const rendered = template.render({
    page: { title: page.title, address: page.address }, site: { title: world.config.site.title }, captures: [...page.captures],
    ...Object.fromEntries(page.captures.map((capture, at) => [`cap${at}`, capture])),
  });
  const { markup, headings } = renderMarkdown(rendered.replace(/\$(\d+)/g, (whole, index: string) => {
    const capture = page.captures[Number(index)];
    return capture === undefined ? whole : inert.hide(capture);
  }));
  const filled = inert.show(
    markup.replace(/\b(href|src|id)="([^"]*)"/g, (_, name: string, address: string) => `${name}="${inert.show(address, encodedPath)}"`),
    escapeHtml,
  );
  const made = await Promise.all(blocks);
  const whole = filled.replace(/(?:<p>)?<!--duckpond-block-(\d+)-->(?:<\/p>)?/g, (_, index: string) => made[Number(index)]?.markup ?? '');
  const hasTitle = headings.some(({ level }) => level === 1);
  return {
    content: html`${hasTitle ? undefined : html`<h1>${page.title}</h1>`}${trusted(whole)}`, hasCharts: hasCharts(), hasTrail: hasTrail(),
    headings: headings.map((heading) => ({ ...heading, text: inert.show(heading.text, (text) => text) })),
    text: filled.replace(/<[^>]*>/g, ' ').replace(/&(?:amp|lt|gt|quot|#39);/g, ' ').replace(/\s+/g, ' ').trim(),
  };
}

/** A backslash before a shortcode makes it text. */
function escapedPlaceholders(text: string): string {
  return text.replace(/\\(\{\{[\s\S]*?\}\})/g, '{% raw %}$1{% endraw %}');
}

/** A text as a part of an address. */
function encodedPath(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/');
}
