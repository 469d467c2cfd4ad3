import { takeApart } from './statement.ts';
import { DOT_COMMANDS, KEYWORDS, SYSTEM_TABLES } from './words.ts';

/** What completion asks the pond for. Each may fail: then nothing is offered. */
export interface Names {
  /** Children of a directory: full paths, those of directories with a slash at the end. */
  paths(directory: string): Promise<readonly string[]>;
  columns(table: string): Promise<readonly string[]>;
  functions(): Promise<readonly string[]>;
  /** Names that stand for paths. */
  readonly tables: readonly string[];
}

/** What fits behind the cursor: whole words, and the text that they replace. */
export type Completion = readonly [words: string[], replaced: string];

/** Completes the end of what was typed; `before` are the lines before this one. */
export async function complete(before: string, line: string, names: Names): Promise<Completion> {
  if (before === '' && /^\.\w*$/.test(line)) return matching(Object.keys(DOT_COMMANDS).map((text) => text.split(' ')[0] ?? ''), line);
  const path = before === '' ? /^\.schema\s+(\/\S*)$/.exec(line)?.[1] : undefined;
  const { open } = takeApart(`${before}${line}`);
  const quoted = path ?? (open !== undefined && (open.quote === "'" || open.quote === '"') ? open.text : undefined);
  if (quoted !== undefined && !quoted.startsWith('/')) return [[], quoted];
  if (quoted !== undefined) return completePath(quoted, path === undefined ? open?.quote ?? '' : '', names);
  const word = /[\p{L}_][\p{L}\p{N}_.]*$/u.exec(line)?.[0] ?? '';
  const columns = await columnsIn(`${before}${line}`, names);
  if (word === '') return [[...columns], ''];
  const functions = (await safely(names.functions())).map((name) => `${name}(`);
  const keywords = word === word.toLowerCase() ? KEYWORDS.map((keyword) => keyword.toLowerCase()) : KEYWORDS;
  return matching([...columns, ...names.tables, ...SYSTEM_TABLES, ...keywords, ...functions], word);
}

async function completePath(text: string, quote: string, names: Names): Promise<Completion> {
  const directory = text.slice(0, text.lastIndexOf('/') + 1);
  const paths = await safely(names.paths(directory === '/' ? '/' : directory.slice(0, -1)));
  return matching(paths.map((path) => (path.endsWith('/') ? path : `${path}${quote}`)), text);
}

function matching(words: readonly string[], start: string): Completion {
  const low = start.toLowerCase();
  return [[...new Set(words.filter((word) => word.toLowerCase().startsWith(low)))], start];
}

/** Columns of the paths and tables that the statement has so far. */
async function columnsIn(text: string, names: Names): Promise<readonly string[]> {
  const quoted = [...text.matchAll(/["']((?:\/|[a-z+]+:\/\/)[^"']*)["']/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  const known = [...names.tables, ...SYSTEM_TABLES].filter((name) => text.includes(name));
  const found: string[] = [];
  for (const table of new Set([...quoted, ...known])) found.push(...await safely(names.columns(table)));
  return [...new Set(found)].map((name) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`));
}

async function safely(asked: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await asked;
  } catch {
    return [];
  }
}
