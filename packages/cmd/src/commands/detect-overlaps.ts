import type { FileNode, NodePath, VersionInfo } from '@duckpond/tinyfs';
import type { Context } from '../context.ts';
import { withRows } from '../rows/session.ts';
import { findTarget } from '../rows/target.ts';
import { emitRows } from '../output/emit.ts';
import { printable } from '../output/printable.ts';
import type { Column, Row } from '../output/rows.ts';
import { formatTimestamp } from '../time.ts';

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'version_a', type: 'long' },
  { name: 'from_a', type: 'timestamp' },
  { name: 'to_a', type: 'timestamp' },
  { name: 'version_b', type: 'long' },
  { name: 'from_b', type: 'timestamp' },
  { name: 'to_b', type: 'timestamp' },
];

/** A version of a series with the times of its rows, both included. */
export interface Span {
  readonly version: number;
  readonly from: bigint;
  readonly to: bigint;
}

export async function run(context: Context, { path }: { path: string }): Promise<void> {
  await withRows(context, async (rows) => {
    const target = await findTarget(context, rows, path);
    if (target.kind !== 'pond') return;
    const found: Row[] = [];
    const pond = await rows.pond();
    await pond.read(async (fs) => {
      const root = await fs.root();
      for (const file of target.files.filter(isSeries)) {
        const spans: Span[] = [];
        for await (const version of root.versions(file.path)) spans.push(...spanOf(version));
        for (const [a, b] of overlaps(spans)) found.push([file.path, a.version, a.from, a.to, b.version, b.from, b.to]);
      }
    }, context.at === undefined ? {} : { at: context.at });
    await emitRows(context, { columns: COLUMNS, rows: found }, () => found.map(line));
  });
}

function isSeries({ node }: NodePath<FileNode>): boolean {
  return node.kind === 'series';
}

function spanOf({ version, tabular }: VersionInfo): readonly Span[] {
  const { timeMinMicros: from, timeMaxMicros: to } = tabular ?? {};
  return from === undefined || to === undefined ? [] : [{ version, from, to }];
}

/** Pairs that have a moment in common, the older version first, sorted by versions. */
export function overlaps(spans: readonly Span[]): readonly (readonly [Span, Span])[] {
  const found: (readonly [Span, Span])[] = [];
  let open: Span[] = [];
  for (const span of [...spans].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.version - b.version))) {
    open = open.filter(({ to }) => to >= span.from);
    for (const other of open) found.push(other.version < span.version ? [other, span] : [span, other]);
    open.push(span);
  }
  return found.sort(([a, b], [c, d]) => a.version - c.version || b.version - d.version);
}

function line([path, a, fromA, toA, b, fromB, toB]: Row): string {
  const time = (value: unknown): string => (typeof value === 'bigint' ? formatTimestamp(value) : '');
  return `v${String(a)} ${time(fromA)}..${time(toA)}  v${String(b)} ${time(fromB)}..${time(toB)}  ${printable(String(path))}`;
}
