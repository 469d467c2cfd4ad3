import type { Factories } from '@duckpond/pond';
import { isComputedNode, type WD } from '@duckpond/tinyfs';
import { createNodeGraph, mayReadFrom } from './node-graph.ts';

/** A stored node that `pond run` can start. */
export interface Executable {
  readonly id: string;
  readonly path: string;
  readonly factory: string;
  readonly config: string;
}

/** All of a pond, by path. What computed directories show is not looked at: nothing in them is stored. */
export async function findExecutables(root: WD, factories: Factories): Promise<readonly Executable[]> {
  const found: Executable[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const { path, node } of root.list(directory)) {
      if (!isComputedNode(node)) {
        if (node.kind === 'directory') await visit(path);
      } else if (factories.get(node.computed.factory)?.isExecutable === true) found.push({ id: node.id, path, ...node.computed });
    }
  };
  await visit('/');
  return found;
}

/**
 * What writes something comes before what reads it, through any number of computed nodes; the rest stays in its order.
 * Two that read from each other have no order: the first stays first.
 */
export async function inRunOrder(root: WD, factories: Factories, all: readonly Executable[]): Promise<readonly Executable[]> {
  const graph = createNodeGraph(root, factories);
  const facts = await Promise.all(all.map(async (one) => {
    const reached = await graph.closure({ ...one, key: one.id });
    const patterns = (await Promise.all(reached.map((node) => graph.patterns(node)))).flat();
    const factory = await factories.get(one.factory)?.load();
    const outputs = factory !== undefined && 'outputs' in factory ? await factory.outputs?.(one.config) ?? [] : [];
    return { one, patterns, outputs };
  }));
  const order: Executable[] = [];
  const seen = new Set<string>();
  const visit = ({ one, patterns }: (typeof facts)[number]): void => {
    if (seen.has(one.id)) return;
    seen.add(one.id);
    for (const other of facts) {
      if (other.one.id !== one.id && other.outputs.some((output) => patterns.some((pattern) => mayReadFrom(pattern, output)))) visit(other);
    }
    order.push(one);
  };
  for (const each of facts) visit(each);
  return order;
}
