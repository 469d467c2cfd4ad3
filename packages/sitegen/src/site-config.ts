import { z } from 'zod';

const path = z.string().refine((text) => text.startsWith('/'), {
  error: 'is no absolute path in the pond, one such as "/site/index.md" was wanted',
});
const name = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, letters, digits, - and _ were wanted`,
});
const slug = z.string().regex(/^$|^[^/\s?#][^\s?#]*$/, {
  error: (issue) => `is ${JSON.stringify(issue.input)}, a part of an address was wanted`,
});

/** An entry of the sidebar. */
export interface SiteSidebarItem {
  readonly label: string;
  readonly href?: string | undefined;
  readonly children?: readonly (string | SiteSidebarItem)[] | undefined;
}

const sidebarItem: z.ZodType<string | SiteSidebarItem> = z.lazy(() => z.union([
  z.string(), z.strictObject({ label: z.string(), href: z.string().optional(), children: z.array(sidebarItem).optional() }),
]));

/** Something that happened. */
export interface SiteAnnotation {
  readonly from: string;
  readonly to?: string | undefined;
  readonly text: string;
}

/** A page, or many. */
export interface SiteRoute {
  readonly name: string;
  readonly type: 'static' | 'template' | 'content';
  readonly slug: string;
  readonly page?: string | undefined;
  readonly export?: string | undefined;
  readonly content?: string | undefined;
  readonly annotations?: readonly SiteAnnotation[] | undefined;
  readonly routes?: readonly SiteRoute[] | undefined;
}

export interface SiteExport {
  readonly name: string;
  readonly pattern: string;
  readonly target_points: number;
  readonly timestamp_column?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

export interface SiteConfig {
  readonly site: {
    readonly title: string;
    readonly description?: string | undefined;
    readonly base_url: string;
    readonly site_url?: string | undefined;
    readonly language: string;
    readonly zone: string;
    readonly default_range: string;
    readonly repository_url?: string | undefined;
    readonly stale_after: string;
  };
  readonly content: readonly { readonly name: string; readonly pattern: string }[];
  readonly exports: readonly SiteExport[];
  readonly routes: readonly SiteRoute[];
  readonly partials: { readonly sidebar?: string | undefined };
  readonly sidebar: readonly (string | SiteSidebarItem)[];
  readonly static: readonly { readonly pattern: string; readonly under?: string | undefined }[];
  readonly theme: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly footer?: string | undefined;
  readonly feed?: SiteFeed | undefined;
}

/** What visitors can subscribe to: dated pages of a section, or of a content. */
export interface SiteFeed {
  readonly section: string;
  readonly content?: string | undefined;
  readonly description?: string | undefined;
}

const annotation: z.ZodType<SiteAnnotation> = z.strictObject({ from: z.string(), to: z.string().optional(), text: z.string() });

const route: z.ZodType<SiteRoute> = z.lazy(() => z.strictObject({
  name: name.describe('What it is called; `breadcrumb` and `nav_list` show the titles of pages'),
  type: z.enum(['static', 'template', 'content'])
    .describe('One page; a page for each item of an export; a page for each file of a content'),
  slug: slug.describe('The part of the address; empty for the page of the directory itself. In a template `$0` is the first capture'),
  page: path.optional().describe('The Markdown page (static, template)'),
  export: name.optional().describe('The export whose items have pages (template), or whose first item the page is about (static)'),
  content: name.optional().describe('The content whose files are pages (content)'),
  annotations: z.array(annotation).optional().describe('What happened when: shown in the charts of these pages'),
  routes: z.array(route).optional().describe('Pages below'),
}));

/** The config of a site. The keys follow what sites of this kind have had before. */
export const siteSchema: z.ZodType<SiteConfig> = z.strictObject({
  site: z.strictObject({
    title: z.string().min(1),
    description: z.string().optional().describe('A sentence for search engines and feeds'),
    base_url: z.string().regex(/^\/(.*\/)?$/, { error: 'is no path that begins and ends with /' }).default('/')
      .describe('Where the site is on its host'),
    site_url: z.url().optional().describe('The address of the host: needed for the feed, the map of the site, and pictures in other sites'),
    language: z.string().default('en').describe('BCP 47 tag of the language of the pages'),
    zone: z.string().default('UTC').describe('IANA name of the zone in which times are shown'),
    default_range: z.string().default('7d').describe('How much time a chart shows first, such as `12h`, `7d`, `1y`, `all`'),
    repository_url: z.url().optional(),
    stale_after: z.string().default('1d').describe('A value older than this is shown as stale; ten times as old, as silent'),
  }).describe('What the site is called, and where it will be'),
  content: z.array(z.strictObject({ name, pattern: path })).default([]).describe('Sets of Markdown pages'),
  exports: z.array(z.strictObject({
    name,
    pattern: path.describe('Directories of temporal-reduce, or series, such as `/reduced/*`; the captures tell the items'),
    target_points: z.number().int().min(100).max(20_000).default(1500).describe('The most points a view shows'),
    timestamp_column: z.string().optional().describe('The column of time, where the source does not tell it'),
    columns: z.array(z.string()).optional().describe('Patterns of columns to show; all numbers unless told'),
  })).default([]).describe('Data for charts'),
  routes: z.array(route).min(1).describe('The pages, as a tree'),
  partials: z.strictObject({ sidebar: path.optional() }).default({}),
  sidebar: z.array(sidebarItem).default([]),
  static: z.array(z.strictObject({ pattern: path, under: slug.optional() })).default([])
    .describe('Files that are copied as they are, below `under`'),
  theme: z.record(z.string().regex(/^[a-z0-9-]+$/), z.string().regex(/^[^;{}<>]*$/)).default({})
    .describe('Variables of the style sheet and their values'),
  labels: z.record(z.string(), z.string()).default({}).describe('What columns, quantities and scopes are called for people'),
  footer: z.string().optional().describe('Text of the footer; `${DATE}` and `${BUILD}` are the time and the transaction of the build'),
  feed: z.strictObject({ section: z.string().default('Blog'), content: name.optional(), description: z.string().optional() }).optional()
    .describe('A feed of the newest pages of a section'),
});

const UNITS: Readonly<Record<string, number>> = {
  s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, mo: 30 * 86_400_000, y: 365 * 86_400_000,
};

/** Milliseconds of `90s`, `12h`, `7d`, `1y`; infinite for `all`; undefined for anything else. */
export function rangeMillis(text: string): number | undefined {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const [, count = '', unit = ''] = /^(\d+)\s*([a-z]+)$/i.exec(text) ?? [];
  const millis = UNITS[unit.toLowerCase()];
  return millis === undefined ? undefined : Number(count) * millis;
}
