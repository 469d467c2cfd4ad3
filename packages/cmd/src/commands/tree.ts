import type { NodePath, WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { getNode } from '../matches.ts';
import { nodeName } from '../node-row.ts';
import { readPond } from '../open-pond.ts';
import { emitLines } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import { plural } from '../output/size.ts';

interface Counts {
  directories: number;
  files: number;
}

export async function run(
  context: Context,
  { path = '/' }: { path: string | undefined },
  { all, depth }: { all: boolean; depth: number | undefined },
): Promise<void> {
  await readPond(context, async (root) => {
    const top = await getNode(root, path, true);
    await emitLines(context, drawing(root, top, all, depth ?? Infinity));
  });
}

async function* drawing(root: WD, top: NodePath, all: boolean, depth: number): AsyncIterable<string> {
  const counts: Counts = { directories: 0, files: 0 };
  yield printable(top.path);
  if (top.node.kind === 'directory') yield* branches(root, top.path, '', all, depth, counts);
  yield '';
  const { directories, files } = counts;
  yield `${plural(directories, 'directory', 'directories')}, ${plural(files, 'file', 'files')}`;
}

async function* branches(root: WD, path: string, indent: string, all: boolean, depth: number, counts: Counts): AsyncIterable<string> {
  if (depth <= 0) return;
  let waiting: NodePath | undefined;
  for await (const child of root.list(path)) {
    if (!all && nodeName(child.path).startsWith('.')) continue;
    if (waiting !== undefined) yield* branch(root, waiting, indent, false, all, depth, counts);
    waiting = child;
  }
  if (waiting !== undefined) yield* branch(root, waiting, indent, true, all, depth, counts);
}

async function* branch(
  root: WD, { path, node }: NodePath, indent: string, last: boolean, all: boolean, depth: number, counts: Counts,
): AsyncIterable<string> {
  const name = printable(nodeName(path));
  const ending = node.kind === 'symlink' ? ` -> ${printable(node.target)}` : node.kind === 'directory' ? '/' : '';
  yield `${indent}${last ? '└── ' : '├── '}${name}${ending}`;
  if (node.kind !== 'directory') {
    counts.files++;
    return;
  }
  counts.directories++;
  yield* branches(root, path, `${indent}${last ? '    ' : '│   '}`, all, depth - 1, counts);
}
