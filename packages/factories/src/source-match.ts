import { type FormatUrl, isUrl, parseFormatUrl, printFormatUrl } from '@duckpond/query';
import { hasGlobSyntax, isFile, isTinyFsError, type Node, parseGlob, type WD } from '@duckpond/tinyfs';

/** A file that a source matches. */
export interface SourceMatch {
  /** It alone, as a source. */
  readonly target: string;
  /** What the wildcards of the pattern were. */
  readonly captures: readonly string[];
}

/** How many captures each match of a source has. */
export function captureCount(source: string): number {
  const { pattern } = patternOf(source);
  return pattern === undefined || !hasGlobSyntax(pattern) ? 0 : parseGlob(pattern).captureCount;
}

/** What a source matches, in the order of paths. One without wildcards, and one of the host, is its own only match. */
export async function matchesOf(root: WD, source: string): Promise<readonly SourceMatch[]> {
  const { pattern, url } = patternOf(source);
  if (pattern === undefined || !hasGlobSyntax(pattern) || await root.exists(pattern)) return [{ target: source, captures: [] }];
  const found: SourceMatch[] = [];
  for await (const { path, node, captures } of root.glob(pattern)) {
    if (!isWanted(await targetOf(root, path, node), url)) continue;
    found.push({ target: url === undefined ? path : printFormatUrl({ ...url, path }), captures });
  }
  return found;
}

function patternOf(source: string): { readonly pattern?: string; readonly url?: FormatUrl } {
  if (!isUrl(source)) return source.startsWith('/') ? { pattern: source } : {};
  const url = parseFormatUrl(source);
  return url.host ? { url } : { pattern: url.path, url };
}

async function targetOf(root: WD, path: string, node: Node): Promise<Node | undefined> {
  if (node.kind !== 'symlink') return node;
  try {
    return (await root.get(path)).node;
  } catch (error) {
    // A link that leads nowhere matches nothing.
    if (isTinyFsError(error)) return undefined;
    throw error;
  }
}

/** A Delta table is a directory; all else is a file. */
function isWanted(node: Node | undefined, url: FormatUrl | undefined): boolean {
  if (node === undefined) return false;
  return url?.format === 'delta' ? node.kind === 'directory' : isFile(node);
}
