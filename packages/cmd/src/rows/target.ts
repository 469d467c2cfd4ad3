import { type FileNode, hasGlobSyntax, isFile, type NodePath, type WD } from '@duckpond/tinyfs';
import { isAbsolute, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { matches } from '../matches.ts';
import type { RowSession } from './session.ts';

/** What a PATH or URL of a reading command names. */
export type Target =
  /** Rows of the host; `file` is its path when its bytes can be read as they are. */
  | { readonly kind: 'host'; readonly text: string; readonly path: string; readonly hasFormat: boolean }
  /** Rows of Delta tables that are directories of the pond. */
  | { readonly kind: 'delta'; readonly text: string; readonly path: string }
  /** Files of the pond, by a path, a pattern or a URL. */
  | { readonly kind: 'pond'; readonly text: string; readonly files: readonly NodePath<FileNode>[]; readonly isUrl: boolean };

const URL = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Whether a text is written as a URL. */
export function isUrl(text: string): boolean {
  return URL.test(text);
}

/**
 * Looks up what a text names. A pattern that matches nothing has no files.
 *
 * @throws TinyFsError `not-found` for a literal path; CliError for a directory; QueryError for a URL that cannot be read
 */
export async function findTarget(context: Context, rows: RowSession, text: string): Promise<Target> {
  if (!URL.test(text)) return { kind: 'pond', text, files: await filesOf(context, rows, text), isUrl: false };
  const { parseFormatUrl, formatOfName } = await import('@duckpond/query');
  const url = parseFormatUrl(text);
  if (!url.host && url.format === 'delta') return { kind: 'delta', text, path: url.path };
  if (!url.host) return { kind: 'pond', text, files: await filesOf(context, rows, url.path), isUrl: true };
  const told = formatOfName(url.path).format;
  const isBare = url.format === 'file' && /^host:/i.test(text);
  return { kind: 'host', text, path: url.path, hasFormat: !isBare || told !== undefined };
}

async function filesOf(context: Context, rows: RowSession, pattern: string): Promise<readonly NodePath<FileNode>[]> {
  const pond = await rows.pond();
  return pond.read(async (fs) => {
    const found: NodePath<FileNode>[] = [];
    for await (const match of filesIn(await fs.root(), pattern)) found.push(match);
    return found;
  }, context.at === undefined ? {} : { at: context.at });
}

async function* filesIn(root: WD, pattern: string): AsyncIterable<NodePath<FileNode>> {
  for await (const { path, node } of matches(root, pattern, { follow: true })) {
    const target = node.kind === 'symlink' ? (await root.get(path).catch(() => undefined))?.node : node;
    if (target !== undefined && isFile(target)) yield { path, node: target };
    else if (!hasGlobSyntax(pattern)) {
      throw new CliError('failed', `Cannot read "${path}": it is a directory, a file was wanted`, `pond list "${path}/"`);
    }
  }
}

/** The name for FROM: a path of the pond begins at its root. */
export function tableName({ text }: Target): string {
  return URL.test(text) || isAbsolute(text) ? text : resolve('/', text);
}
