import { QueryError } from './errors.ts';
import { formatOfName } from './file-extension.ts';
import { type FormatUrl, isUrl, parseFormatUrl } from './format-url.ts';
import { literalPath } from './formats/literal-path.ts';
import { hostFiles } from './host-glob.ts';
import type { Catalog, Relation } from './relation.ts';
import { tokenize } from './sql-tokens.ts';
import { tableNames } from './table-names.ts';

/** The files of the host that a script names by `host+…` URLs, and the catalog that knows them. */
export interface HostCatalog extends Catalog {
  /**
   * Exactly the files that were named, also as DuckDB has to be told of them, for `EngineOptions.readablePaths`; the directories of Delta
   * tables, for `readableDirectories`.
   */
  readonly paths: readonly string[];
  readonly directories: readonly string[];
}

export interface HostCatalogOptions {
  /** Names beside the URLs: what each stands for. Targets that are no `host+…` URL are somebody else's. */
  readonly tables?: Readonly<Record<string, string>>;
}

/**
 * Finds the URLs of the host in the text of a script before an engine is opened for it, because what an engine may read cannot be changed
 * later. Other names are none of its own. Throws QueryError for a URL that cannot be read.
 */
export async function hostCatalog(script: string, { tables = {} }: HostCatalogOptions = {}): Promise<HostCatalog> {
  const targets = new Map<string, FormatUrl>();
  for (const text of [...tableNames(script), ...Object.values(tables)]) {
    if (isHostUrl(text)) targets.set(text, parseFormatUrl(text));
  }
  const files = new Map<string, readonly string[]>();
  const directories: string[] = [];
  for (const [text, url] of targets) {
    files.set(text, await hostFiles(url.path));
    if (url.format === 'delta') directories.push(url.path);
  }
  const isDelta = (text: string): boolean => targets.get(text)?.format === 'delta';
  return {
    names: Object.keys(tables),
    paths: [...new Set([...files].flatMap(([text, found]) => (isDelta(text) ? [] : found.flatMap((path) => [path, literalPath(path)]))))],
    directories,
    async resolve(name) {
      const target = tableNamed(tables, name) ?? name;
      const url = targets.get(target) ?? (isHostUrl(target) ? parseFormatUrl(target) : undefined);
      return url === undefined ? undefined : relationOf(target, url, files.get(target) ?? []);
    },
  };
}

/** Whether a name is a URL of the host: `host:///p`, `host+csv:///p`. */
export function isHostUrl(text: string): boolean {
  return isUrl(text) && /^host[+:]/i.test(text);
}

/** Names in quotes behind FROM and JOIN: tables, if the script is what it seems. */
export function likelyTables(script: string): readonly string[] {
  const tokens = tokenize(script);
  const found = tokens.filter(({ kind }, at) => {
    const before = tokens[at - 1];
    return (kind === 'string' || kind === 'identifier') && before?.kind === 'word' && (before.value === 'FROM' || before.value === 'JOIN');
  });
  return [...new Set(found.map(({ value }) => value))];
}

function tableNamed(tables: Readonly<Record<string, string>>, name: string): string | undefined {
  const names = Object.keys(tables);
  const found = names.find((key) => key === name) ?? names.find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : tables[found];
}

function relationOf(text: string, url: FormatUrl, files: readonly string[]): Relation {
  const [first] = files;
  if (first === undefined) {
    throw new QueryError(
      'not-found', `Cannot query ${JSON.stringify(text)}: the host has no such file, the path or a pattern of some was wanted`,
      { name: text, path: url.path, nearest: [] },
    );
  }
  const groups = new Map<string, { format: string; compression: string | undefined; paths: string[] }>();
  for (const path of files) {
    const told = formatOfName(path);
    // `host:///p` is `file` to commands that copy; in a query it means the rows that the name tells of, where it tells of any.
    const bare = url.format === 'file' && /^host:/i.test(text);
    const format = bare || url.format === undefined ? told.format : url.format;
    if (format === undefined) throw withoutFormat(text, path);
    const compression = url.compression ?? told.compression;
    const key = `${format} ${compression ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { format, compression, paths: [path] });
    else group.paths.push(path);
  }
  return {
    parts: [...groups.values()].map(({ format, compression, paths }) => {
      const isTold = compression === undefined || format === 'file' || 'compression' in url.options;
      return { kind: 'file', format, paths, options: isTold ? url.options : { ...url.options, compression } };
    }),
  };
}

function withoutFormat(text: string, path: string): QueryError {
  const wanted = JSON.stringify(`host+csv://${path}`);
  return new QueryError(
    'unsupported-format',
    `Cannot query ${JSON.stringify(text)}: the name of "${path}" does not tell a format, a URL that names one such as ${wanted} was wanted`,
    { path },
  );
}
