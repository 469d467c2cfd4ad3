import { type SeriesCopier, seriesCopier } from '@duckpond/pond';
import { isFile, joinPath, type Node, type NodePath, type WritableWD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { destinations, sourcesAndDest } from '../destination.ts';
import { CliError } from '../errors.ts';
import { allMatches } from '../matches.ts';
import { nodeName } from '../node-row.ts';
import { changePond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { printable } from '../output/printable.ts';

export async function run(
  context: Context,
  { words }: { words: readonly string[] },
  { recursive, dryRun }: { recursive: boolean; dryRun: boolean },
): Promise<void> {
  const { sources: patterns, dest } = sourcesAndDest('cp', words);
  const { value } = await changePond(context, dryRun, async (root, pond) => {
    const series = seriesCopier(pond, context.signal);
    try {
      return await copyAll(context, { root, series }, { patterns, dest, recursive });
    } finally {
      await series.close();
    }
  });
  if (dryRun) await emitLines(context, value);
}

async function copyAll(
  context: Context, to: Copying, { patterns, dest, recursive }: { patterns: readonly string[]; dest: string; recursive: boolean },
): Promise<string[]> {
  const copies: string[] = [];
  const sources = await allMatches(to.root, patterns, { follow: true });
  const targets = await destinations(to.root, dest, sources);
  for (const [index, source] of sources.entries()) {
    const target = targets[index] ?? dest;
    if (source.node.kind === 'directory' && !recursive) {
      throw new CliError('failed', `Cannot copy "${source.path}": it is a directory, -r was wanted`);
    }
    if (target === source.path) throw new CliError('failed', `Cannot copy "${target}" to itself: another place was wanted`);
    if (`${target}/`.startsWith(`${source.path}/`)) {
      throw new CliError('failed', `Cannot copy "${source.path}" to "${target}": it would be inside itself, another place was wanted`);
    }
    await copyNode(to, source, target);
    context.detail(`${source.path} -> ${target}`);
    copies.push(`would copy ${printable(source.path)} -> ${printable(target)}`);
  }
  return copies;
}

interface Copying {
  readonly root: WritableWD;
  readonly series: SeriesCopier;
}

/** A node and all below it; links and computed nodes are copied as what they are. */
async function copyNode(to: Copying, { path, node }: NodePath, target: string): Promise<void> {
  const { root, series } = to;
  if (node.kind === 'symlink') {
    await root.symlink(node.target, target);
  } else if (node.computed !== undefined) {
    await root.create(target, { kind: node.kind, computed: node.computed, ...attributes(node) });
  } else if (node.kind === 'directory') {
    await root.mkdir(target, { parents: true });
    for await (const child of root.list(path)) await copyNode(to, child, joinPath(target, nodeName(child.path)));
  } else if (isFile(node) && node.kind === 'series' && node.tabular !== undefined) {
    await series.copy(root, { path, node }, target);
  } else if (node.kind === 'series') {
    // Each part is a file of its own: they must not run into one another.
    for await (const { version } of root.versions(path)) await root.write(target, root.read(path, { version }), { kind: 'series' });
  } else {
    // What is known of the rows of a table goes with them.
    await root.write(target, root.read(path), { kind: node.kind, ...(node.tabular === undefined ? {} : { tabular: node.tabular }) });
  }
}

function attributes(node: Node): { readonly attributes?: Readonly<Record<string, string>> } {
  return node.attributes === undefined ? {} : { attributes: node.attributes };
}
