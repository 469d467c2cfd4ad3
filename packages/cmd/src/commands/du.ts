import type { NodePath, WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { matches } from '../matches.ts';
import { sizeBytes } from '../node-row.ts';
import { readPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/rows.ts';
import { formatBytes } from '../output/size.ts';

const COLUMNS: readonly Column[] = [{ name: 'size', type: 'long' }, { name: 'path', type: 'string' }];

interface Usage {
  readonly bytes: number;
  readonly path: string;
}

export async function run(
  context: Context,
  { paths }: { paths: readonly string[] },
  { human, summarize }: { human: boolean; summarize: boolean },
): Promise<void> {
  await readPond(context, async (root) => {
    const found: Usage[] = [];
    for (const path of paths.length === 0 ? ['/'] : paths) {
      for await (const top of matches(root, path)) {
        const bytes = await measure(root, top, summarize ? () => undefined : (usage) => found.push(usage));
        if (summarize || top.node.kind !== 'directory') found.push({ bytes, path: top.path });
      }
    }
    await emitRows(context, { columns: COLUMNS, rows: found.map(({ bytes, path }) => [bytes, path]) }, () =>
      found.map(({ bytes, path }) => `${human ? formatBytes(bytes) : bytes}\t${printable(path)}`));
  });
}

/** Sizes of the newest contents, directories after what is in them. */
async function measure(root: WD, { path, node }: NodePath, tell: (usage: Usage) => void): Promise<number> {
  if (node.kind !== 'directory') return sizeBytes(node) ?? 0;
  let bytes = 0;
  for await (const child of root.list(path)) bytes += await measure(root, child, tell);
  tell({ bytes, path });
  return bytes;
}
