import { hasGlobSyntax, type NodePath, type WD } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { matches } from '../matches.ts';
import { NODE_COLUMNS, nodeName, nodeRow, pathText, sizeBytes } from '../node-row.ts';
import { readPond } from '../open-pond.ts';
import { emitRows } from '../output/emit.ts';
import type { Row } from '../output/rows.ts';
import { formatTimestamp } from '../time.ts';

export async function run(
  context: Context,
  { pattern = '**/*' }: { pattern: string | undefined },
  { long, all }: { long: boolean; all: boolean },
): Promise<void> {
  await readPond(context, async (root) => {
    const found = entries(root, pattern, all);
    await emitRows(context, { columns: NODE_COLUMNS, rows: rowsOf(found) }, () => linesOf(found, long));
  });
}

/** `DIR/` is its contents, `DIR` the entry itself, and a pattern what it matches. */
function entries(root: WD, pattern: string, hidden: boolean): AsyncIterable<NodePath> {
  if (!pattern.endsWith('/') || hasGlobSyntax(pattern)) return matches(root, pattern, { hidden });
  return visible(root.list(pattern), hidden);
}

async function* visible(found: AsyncIterable<NodePath>, hidden: boolean): AsyncIterable<NodePath> {
  for await (const entry of found) {
    if (hidden || !nodeName(entry.path).startsWith('.')) yield entry;
  }
}

async function* rowsOf(found: AsyncIterable<NodePath>): AsyncIterable<Row> {
  for await (const entry of found) yield nodeRow(entry);
}

async function* linesOf(found: AsyncIterable<NodePath>, long: boolean): AsyncIterable<string> {
  for await (const entry of found) yield line(entry, long);
}

function line(entry: NodePath, long: boolean): string {
  const { node } = entry;
  const size = String(sizeBytes(node) ?? '-').padStart(12);
  const time = formatTimestamp(node.modifiedMicros - (node.modifiedMicros % 1_000_000n));
  return `${node.kind.padEnd(9)} ${size} ${`v${node.version}`.padEnd(5)} ${time} ${long ? `${node.id} ` : ''}${pathText(entry)}`;
}
