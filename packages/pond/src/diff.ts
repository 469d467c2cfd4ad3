import type { FactSource, NodeFact } from '@duckpond/oplog';
import { compareNames, matchGlob, type NodeKind, parseGlob } from '@duckpond/tinyfs';
import { nodeOf } from './node-facts.ts';
import type { TreeChange } from './pond.ts';
import { indexTree, isSameContent, type PlacedNode } from './tree-index.ts';

/** What changed from one state to another, sorted by path. Nodes are followed by identity: a moved directory is one rename. */
export async function* diffTrees(older: FactSource, newer: FactSource, pattern?: string): AsyncGenerator<TreeChange> {
  const before = await indexTree(older);
  const after = await indexTree(newer);
  const glob = pattern === undefined ? undefined : parseGlob(pattern);
  const changes = compareTrees(before, after).filter(({ path, from }) => (
    glob === undefined || [path, from].some((one) => one !== undefined && matchGlob(glob, one, { hidden: true }) !== undefined)));
  yield* changes.sort((a, b) => compareNames(a.path, b.path));
}

/** Pure. */
export function compareTrees(before: ReadonlyMap<string, PlacedNode>, after: ReadonlyMap<string, PlacedNode>): TreeChange[] {
  const changes: TreeChange[] = [];
  const removed = new Map<string, PlacedNode>();
  for (const [id, old] of before) if (!after.has(id)) removed.set(old.path, old);
  for (const [id, now] of after) {
    const old = before.get(id);
    if (old === undefined) {
      const replaced = removed.get(now.path);
      if (replaced !== undefined && replaced.fact.kind === now.fact.kind && now.fact.kind !== 'directory') {
        removed.delete(now.path);
        if (!isSameContent(replaced.fact, now.fact)) changes.push(changeOf('modified', now.path, replaced.fact, now.fact));
      } else {
        changes.push(changeOf('added', now.path, undefined, now.fact));
      }
    } else if (old.directoryId !== now.directoryId || old.name.name !== now.name.name) {
      changes.push({ ...changeOf('renamed', now.path, old.fact, now.fact), from: old.path });
    } else if (!isSameContent(old.fact, now.fact)) {
      changes.push(changeOf('modified', now.path, old.fact, now.fact));
    }
  }
  for (const [path, old] of removed) changes.push(changeOf('removed', path, old.fact, undefined));
  return changes;
}

function changeOf(change: TreeChange['change'], path: string, old: NodeFact | undefined, now: NodeFact | undefined): TreeChange {
  return {
    change,
    kind: kindOf(now ?? old),
    path,
    oldVersion: old?.version,
    newVersion: now?.version,
    oldSizeBytes: old && sizeOf(old),
    newSizeBytes: now && sizeOf(now),
  };
}

function kindOf(fact: NodeFact | undefined): NodeKind {
  return fact === undefined ? 'data' : nodeOf(fact).kind;
}

function sizeOf(fact: NodeFact): number | undefined {
  const node = nodeOf(fact);
  return node.kind === 'directory' || node.kind === 'symlink' ? undefined : node.sizeBytes;
}
