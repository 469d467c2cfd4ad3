import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Parser } from 'htmlparser2';
import { SiteError } from './errors.ts';

/** Something on a page that a visitor would miss. */
export interface SiteProblem {
  /** The file below the root. */
  readonly page: string;
  readonly rule: 'link' | 'asset' | 'foreign' | 'title' | 'language' | 'heading' | 'alternative' | 'name' | 'duplicate-id';
  readonly what: string;
}

export interface SiteCheck {
  readonly pages: number;
  readonly problems: readonly SiteProblem[];
}

interface PageFacts {
  readonly path: string;
  readonly ids: ReadonlySet<string>;
  readonly links: readonly Link[];
  readonly problems: readonly SiteProblem[];
}

interface Link {
  readonly address: string;
  readonly isAsset: boolean;
}

/**
 * Checks every page of a built site by what is in its files: that links and assets lead somewhere in it, that nothing is loaded from other
 * hosts, and what people with a screen reader need.
 *
 * @throws SiteError `missing` for a directory without pages
 */
export function checkSite(directory: string): SiteCheck {
  const files = new Set(filesBelow(directory));
  const paths = [...files].filter((path) => path.endsWith('.html')).sort();
  if (paths.length === 0) {
    const what = `Cannot check ${JSON.stringify(directory)}: there are no pages in it, a built site was wanted`;
    throw new SiteError('missing', what, { directory });
  }
  const pages = new Map(paths.map((path) => [path, pageFacts(path, readFileSync(join(directory, path), 'utf8'))]));
  const problems = [...pages.values()].flatMap((page) => [
    ...page.problems, ...(page.path === '404.html' ? [] : page.links.flatMap((link) => linkProblem(page, link, files, pages) ?? [])),
  ]);
  return { pages: paths.length, problems };
}

function filesBelow(directory: string): readonly string[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name).slice(posix.join(directory, '/').length));
}

function linkProblem(
  { path }: PageFacts, { address, isAsset }: Link, files: ReadonlySet<string>, pages: ReadonlyMap<string, PageFacts>,
): SiteProblem | undefined {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(address)) {
    return isAsset && !address.startsWith('data:') ? { page: path, rule: 'foreign', what: `loads ${address}` } : undefined;
  }
  const [before = '', fragment] = address.split('#', 2);
  const plain = decoded(before.split('?', 1)[0] ?? '');
  const joined = plain === '' ? path : posix.join(posix.dirname(path), plain);
  const file = plain !== '' && (plain.endsWith('/') || /(^|\/)\.{1,2}$/.test(plain)) ? posix.join(joined, 'index.html') : joined;
  const rule = isAsset ? 'asset' : 'link';
  if (plain.startsWith('/')) return { page: path, rule, what: `${address} is no address that is relative to the page` };
  if (!files.has(file)) return { page: path, rule, what: `${address} leads nowhere` };
  // Views of charts are told by the fragment, too.
  if (fragment === undefined || fragment === '' || fragment.startsWith('t=')) return undefined;
  const isThere = pages.get(file)?.ids.has(decoded(fragment)) !== false;
  return isThere ? undefined : { page: path, rule, what: `${address}: there is no part of that name` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const NAMED = new Set(['a', 'button']);
const LOADED: Readonly<Record<string, string>> = { img: 'src', script: 'src', source: 'src', video: 'src', audio: 'src', iframe: 'src' };
const LOADING_RELATIONS = /\b(stylesheet|icon|preload|modulepreload|manifest)\b/;

function pageFacts(path: string, text: string): PageFacts {
  const ids = new Set<string>();
  const labelled = new Set<string>();
  const fields: { readonly id: string | undefined; readonly what: string }[] = [];
  const links: Link[] = [];
  const problems: SiteProblem[] = [];
  const tell = (rule: SiteProblem['rule'], what: string): void => { problems.push({ page: path, rule, what }); };
  /** Elements that need words: what has been found in each. */
  const open: { readonly name: string; readonly what: string; words: string }[] = [];
  let title = '';
  let isTitle = false;
  let heading = 0;
  let firstHeadings = 0;
  const parser = new Parser({
    onopentag(name, own) {
      const { id } = own;
      if (id !== undefined && ids.has(id)) tell('duplicate-id', id);
      if (id !== undefined) ids.add(id);
      if (name === 'html' && (own['lang'] ?? '') === '') tell('language', 'the page does not say its language');
      if (name === 'title' && open.length === 0 && title === '') isTitle = true;
      const level = Number(/^h([1-6])$/.exec(name)?.[1] ?? 0);
      if (level > 0) {
        if (level === 1) firstHeadings += 1;
        if (level > heading + 1) tell('heading', `${name} follows h${heading}`);
        heading = level;
      }
      const asset = name === 'link' && LOADING_RELATIONS.test(own['rel'] ?? '') ? own['href'] : own[LOADED[name] ?? ''];
      if (asset !== undefined) links.push({ address: asset, isAsset: true });
      if (name === 'a' && own['href'] !== undefined) links.push({ address: own['href'], isAsset: false });
      if (name === 'img' && own['alt'] === undefined) tell('alternative', `the picture ${own['src'] ?? ''} has no alternative text`);
      for (const one of open) one.words += own['alt'] ?? own['aria-label'] ?? '';
      if (name === 'svg' && own['role'] === 'img' && (own['aria-label'] ?? '') === '') tell('alternative', 'a drawing has no name');
      if (name === 'label' && own['for'] !== undefined) labelled.add(own['for']);
      if (['input', 'select', 'textarea'].includes(name) && own['type'] !== 'hidden' && own['aria-label'] === undefined
        && !open.some((one) => one.name === 'label') && own['type'] !== 'checkbox') fields.push({ id, what: name });
      if (NAMED.has(name) || name === 'label') {
        open.push({ name, what: own['href'] ?? name, words: own['aria-label'] ?? own['title'] ?? '' });
      }
    },
    ontext(words) {
      if (isTitle) title += words;
      for (const one of open) one.words += words;
    },
    onclosetag(name) {
      if (name === 'title') isTitle = false;
      if (open.at(-1)?.name !== name) return;
      const closed = open.pop();
      if (closed !== undefined && NAMED.has(name) && closed.words.trim() === '') tell('name', `${closed.what} has no words`);
    },
  }, { decodeEntities: true });
  parser.write(text);
  parser.end();
  if (title.trim() === '') tell('title', 'the page has no title');
  if (firstHeadings !== 1) tell('heading', `${firstHeadings} headings of the first level, one was wanted`);
  for (const { id, what } of fields) if (id === undefined || !labelled.has(id)) tell('name', `${what} has no label`);
  return { path, ids, links, problems };
}
