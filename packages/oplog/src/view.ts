import { touched, type Layer, type NameFact, type NodeFact, type Touch } from './fact.ts';
import { compareKeys } from './key-order.ts';
import { liveRuns, type RunFact } from './run.ts';

/**
 * One unchanging state of the log: which names lead where and what every node is. The folded state files, the records
 * themselves and a view all answer these five questions.
 */
export interface FactSource {
  name(partId: string, name: string): Promise<NameFact | undefined>;
  /** Sorted by the UTF-8 bytes of the names, in batches. */
  names(partId: string): AsyncIterable<readonly NameFact[]>;
  node(partId: string, nodeId: string): Promise<NodeFact | undefined>;
  /** Every node that has its records in the part, sorted by id, in batches. */
  nodes(partId: string): AsyncIterable<readonly NodeFact[]>;
  /** The runs that the rows of a series are read from, in the order of its versions (`liveRuns`). */
  runs(partId: string, nodeId: string): Promise<readonly RunFact[]>;
}

/** A source with the changes of later transactions on top, oldest layer first. */
export function createView(base: FactSource, layers: readonly Layer[]): FactSource {
  if (layers.length === 0) return base;
  const newestFirst = layers.toReversed();

  function touchOf(partId: string): Touch | undefined {
    for (const layer of newestFirst) {
      const touch = layer.touches.get(partId);
      if (touch !== undefined) return touch;
    }
    return undefined;
  }

  function withTouch(fact: NodeFact): NodeFact {
    return fact.kind === 'directory' ? touched(fact, touchOf(fact.nodeId)) : fact;
  }

  return {
    async name(partId, name) {
      for (const layer of newestFirst) {
        const change = layer.names.get(partId)?.get(name);
        if (change !== undefined) return change ?? undefined;
      }
      return base.name(partId, name);
    },

    names(partId) {
      const changes = new Map<string, NameFact | null>();
      for (const layer of layers) for (const [name, change] of layer.names.get(partId) ?? []) changes.set(name, change);
      return changes.size === 0 ? base.names(partId) : mergeSorted(base.names(partId), changes, (fact) => fact.name);
    },

    async node(partId, nodeId) {
      for (const layer of newestFirst) {
        const change = layer.nodes.get(partId)?.get(nodeId);
        if (change === null) return undefined;
        if (change !== undefined) return withTouch(change);
      }
      const fact = await base.node(partId, nodeId);
      return fact && withTouch(fact);
    },

    async *nodes(partId) {
      const changes = new Map<string, NodeFact | null>();
      for (const layer of layers) for (const [nodeId, change] of layer.nodes.get(partId) ?? []) changes.set(nodeId, change);
      const merged = changes.size === 0 ? base.nodes(partId) : mergeSorted(base.nodes(partId), changes, (fact) => fact.nodeId);
      for await (const batch of merged) yield batch.map(withTouch);
    },

    async runs(partId, nodeId) {
      const added: RunFact[] = [];
      for (const layer of newestFirst) {
        const change = layer.runs.get(partId)?.get(nodeId);
        if (change === undefined) continue;
        added.push(...change.added);
        if (change.isReset) return liveRuns(added);
      }
      const known = await base.runs(partId, nodeId);
      return added.length === 0 ? known : liveRuns([...known, ...added]);
    },
  };
}

/** A sorted stream with some keys replaced, added or (null) taken away. */
export async function* mergeSorted<F>(
  sorted: AsyncIterable<readonly F[]>, changes: ReadonlyMap<string, F | null>, keyOf: (fact: F) => string,
): AsyncGenerator<readonly F[]> {
  const added = [...changes].flatMap(([key, fact]) => (fact === null ? [] : [{ key, fact }]));
  added.sort((a, b) => compareKeys(a.key, b.key));
  let next = 0;
  for await (const batch of sorted) {
    const out: F[] = [];
    for (const fact of batch) {
      const key = keyOf(fact);
      for (let add = added[next]; add !== undefined && compareKeys(add.key, key) < 0; add = added[++next]) out.push(add.fact);
      if (!changes.has(key)) out.push(fact);
    }
    if (out.length > 0) yield out;
  }
  if (next < added.length) yield added.slice(next).map(({ fact }) => fact);
}

/** The state before the first transaction. */
export const NOTHING: FactSource = {
  name: () => Promise.resolve(undefined),
  async *names() { /* no names */ },
  node: () => Promise.resolve(undefined),
  async *nodes() { /* no nodes */ },
  runs: () => Promise.resolve([]),
};
