import { hasGlobSyntax, joinPath, type NodePath, normalizePath, type WD } from '@duckpond/tinyfs';
import { statSync } from 'node:fs';
import { basename as hostBasename, dirname, resolve } from 'node:path';
import { contentOf } from './commands/cat.ts';
import type { ExitCode } from './command.ts';
import type { Context } from './context.ts';
import { CliError } from './errors.ts';
import type { HostAddress } from './host/address.ts';
import { safePath, writeHostFile } from './host/write-file.ts';
import { allMatches } from './matches.ts';
import { nodeName } from './node-row.ts';
import { readPond } from './open-pond.ts';
import { emitLines } from './output/emit.ts';
import { printable } from './output/printable.ts';
import { startProgress } from './output/progress.ts';
import { formatBytes } from './output/size.ts';

interface Target {
  readonly source: NodePath;
  readonly directory: string;
  /** Below the directory, components separated by `/`. */
  readonly name: string;
}

/** Copies files of the pond to the host, or to the standard output. */
export async function copyOut(
  context: Context,
  patterns: readonly string[],
  dest: HostAddress,
  stripPrefix: string | undefined,
  dryRun: boolean,
): Promise<ExitCode> {
  return readPond(context, async (root): Promise<ExitCode> => {
    const found = await allMatches(root, patterns, { follow: true });
    const files = await filesOf(context, root, found);
    if (dest.kind === 'stream') {
      if (dryRun) await emitLines(context, files.map(({ path }) => printable(path)));
      else for (const file of files) for await (const chunk of contentOf(root, file, false)) await context.out.write(chunk);
      return 0;
    }
    const targets = placesOf(files, patterns, resolve(context.effects.cwd(), dest.path), dest.path.endsWith('/'), stripPrefix);
    if (dryRun) {
      await emitLines(context, targets.map(({ source, directory, name }) =>
        `${printable(source.path)} -> ${printable(safePath(directory, name))}`));
      return 0;
    }
    await write(context, root, targets);
    return 0;
  });
}

/** The files among what matched and below the directories among it; links are followed, but not into directories. */
async function filesOf(context: Context, root: WD, found: readonly NodePath[]): Promise<readonly NodePath[]> {
  const files = new Map<string, NodePath>();
  const add = async (entry: NodePath): Promise<void> => {
    if (entry.node.kind === 'symlink') {
      const { node } = await root.get(entry.path);
      if (node.kind === 'directory') context.note(`left out ${entry.path}: a link to a directory`);
      else files.set(entry.path, { path: entry.path, node });
    } else if (entry.node.kind !== 'directory') {
      files.set(entry.path, entry);
    }
  };
  for (const entry of found) {
    await add(entry);
    if (entry.node.kind === 'directory') for await (const child of root.walk(entry.path)) await add(child);
  }
  return [...files.values()];
}

/** One literal file may be given a new name; everything else keeps its path below the directory. */
function placesOf(
  files: readonly NodePath[],
  patterns: readonly string[],
  dest: string,
  isDirectory: boolean,
  stripPrefix: string | undefined,
): readonly Target[] {
  const [only] = files;
  const [pattern = ''] = patterns;
  const single = files.length === 1 && patterns.length === 1 && !hasGlobSyntax(pattern) && normalizePath(pattern) === only?.path;
  if (single && only !== undefined && stripPrefix === undefined && !isDirectory && !isHostDirectory(dest)) {
    return [{ source: only, directory: dirname(dest), name: hostBasename(dest) }];
  }
  if (single && only !== undefined && stripPrefix === undefined) return [{ source: only, directory: dest, name: nodeName(only.path) }];
  const prefix = stripPrefix === undefined ? '/' : joinPath('/', stripPrefix);
  return files.map((source) => ({ source, directory: dest, name: without(prefix, source.path) }));
}

function without(prefix: string, path: string): string {
  if (prefix === '/') return path.slice(1);
  if (!path.startsWith(`${prefix}/`)) {
    throw new CliError('failed', `Cannot strip "${prefix}" from "${path}": the path does not begin with it`);
  }
  return path.slice(prefix.length + 1);
}

function isHostDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function write(context: Context, root: WD, targets: readonly Target[]): Promise<void> {
  const total = targets.reduce((sum, { source: { node } }) => sum + ('sizeBytes' in node ? node.sizeBytes ?? 0 : 0), 0);
  const progress = startProgress(context.effects, 'copy', 'bytes', context.globals.quiet);
  let bytes = 0;
  try {
    for (const { source, directory, name } of targets) {
      context.signal.throwIfAborted();
      await writeHostFile(directory, name, contentOf(root, source, false), context.effects.uuid(), (count) => {
        bytes += count;
        progress.update(bytes, total);
      });
      context.detail(`${source.path} -> ${safePath(directory, name)}`);
    }
  } finally {
    progress.stop();
  }
  context.note(`copied ${targets.length} ${targets.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`);
}
