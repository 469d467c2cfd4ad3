import type { NodePath } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { matches } from '../matches.ts';
import { factory, NODE_COLUMNS, nodeRow, sha256, sizeBytes } from '../node-row.ts';
import { readPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import { formatBytes } from '../output/size.ts';
import { formatTimestamp } from '../time.ts';

export async function run(context: Context, { paths }: { paths: readonly string[] }, { follow }: { follow: boolean }): Promise<void> {
  await readPond(context, async (root) => {
    const found: NodePath[] = [];
    for (const path of paths) {
      for await (const match of matches(root, path, { follow })) found.push(match);
    }
    await emitRows(context, { columns: NODE_COLUMNS, rows: found.map(nodeRow) }, () => found.flatMap(block));
  });
}

function block({ path, node }: NodePath, index: number): readonly string[] {
  const size = sizeBytes(node);
  const facts: (readonly [string, string | undefined])[] = [
    ['Path', printable(path)],
    ['Kind', node.kind],
    ['Size', size === undefined ? undefined : `${size} (${formatBytes(size)})`],
    ['Version', String(node.version)],
    ['Modified', formatTimestamp(node.modifiedMicros)],
    ['Id', node.id],
    ['SHA-256', sha256(node)],
    ['Target', node.kind === 'symlink' ? printable(node.target) : undefined],
    ['Factory', factory(node)],
    ...Object.entries(node.attributes ?? {}).map(([key, value]) => [printable(key), printable(value)] as const),
  ];
  const lines = facts.flatMap(([label, value]) => (value === undefined ? [] : [`${`${label}:`.padEnd(9)} ${value}`]));
  return index === 0 ? lines : ['', ...lines];
}
