import type { FactSource, NameFact, NodeFact } from '@duckpond/oplog';
import { ROOT_ID } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';

/** A node and where it is in one state of the tree. */
export interface PlacedNode {
  readonly path: string;
  /** The directory that has the name. */
  readonly directoryId: string;
  readonly name: NameFact;
  readonly fact: NodeFact;
}

/** Every node below the root, by id, parents before children. */
export async function indexTree(facts: FactSource): Promise<Map<string, PlacedNode>> {
  const index = new Map<string, PlacedNode>();
  const pending: { readonly id: string; readonly path: string }[] = [{ id: ROOT_ID, path: '' }];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const siblings = new Map<string, NodeFact>();
    for await (const batch of facts.nodes(directory.id)) for (const fact of batch) siblings.set(fact.nodeId, fact);
    for await (const batch of facts.names(directory.id)) {
      for (const name of batch) {
        const fact = siblings.get(name.childId) ?? await facts.node(name.childPart, name.childId);
        const path = `${directory.path}/${name.name}`;
        if (fact === undefined) {
          throw new PondError(
            'corrupt', `Cannot read "${path}": its directory names the node ${name.childId}, but the log has no record of it`, { path },
          );
        }
        if (index.has(name.childId)) {
          throw new PondError(
            'corrupt', `Cannot read "${path}": its node is also at "${index.get(name.childId)?.path}", one place was wanted`, { path },
          );
        }
        index.set(name.childId, { path, directoryId: directory.id, name, fact });
        if (name.childKind === 'directory' && fact.factory === null) pending.push({ id: name.childId, path });
      }
    }
  }
  return index;
}

/** Whether two versions of one node have the same content and description, whatever their numbers. */
export function isSameContent(a: NodeFact, b: NodeFact): boolean {
  // The running hash of a version of a series is gone only where another version with content follows, so that all others differ.
  if (isWithoutChain(a) || isWithoutChain(b)) return a.kind === b.kind && a.version === b.version;
  const isSeries = a.kind === 'series';
  return a.kind === b.kind && a.target === b.target && a.factory === b.factory && a.config === b.config && a.attributes === b.attributes
    && sameBytes(a.chain, b.chain) && (isSeries || sameBytes(a.sha256, b.sha256))
    && a.totalTimeMinMicros === b.totalTimeMinMicros && a.totalTimeMaxMicros === b.totalTimeMaxMicros;
}

function isWithoutChain({ kind, rowCount, chain }: NodeFact): boolean {
  return kind === 'series' && rowCount !== null && chain === null;
}

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
