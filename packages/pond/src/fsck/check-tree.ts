import type { FactSource, NameFact, NodeFact } from '@duckpond/oplog';
import { isTinyFsError, nameFault, parsePath, quote, ROOT_ID } from '@duckpond/tinyfs';
import type { Fault } from '../pond.ts';
import type { PlacedNode } from '../tree-index.ts';

export interface TreeCheck {
  /** By node id, as far as the tree can be walked. */
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly faults: readonly Fault[];
  /** Whether every name and node could be read. */
  readonly isWhole: boolean;
}

/** What the records are in; which of them a broken tree comes from nobody can say. */
const TREE_FILE = 'store/_delta_log';

/** Walks the whole tree: every name is one and leads to a node of its kind, every node has one place, links have targets. */
export async function checkTree(facts: FactSource | undefined): Promise<TreeCheck> {
  const nodes = new Map<string, PlacedNode>();
  const faults: Fault[] = [];
  let isWhole = facts !== undefined;
  if (facts === undefined) return { nodes, faults, isWhole };

  function report(severity: Fault['severity'], path: string, why: string): void {
    isWhole = isWhole && severity !== 'lost';
    faults.push({ severity, file: TREE_FILE, path, message: `Cannot read ${quote(path)}: ${why}`, repaired: false });
  }

  async function attempt<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      report('lost', path, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const root = await attempt('/', () => facts.node(ROOT_ID, ROOT_ID));
  if (root === undefined) report('lost', '/', 'the log has no record of the root directory, one was wanted');
  else if (root.kind !== 'directory') report('damaged', '/', `its record says that it is a ${root.kind}, a directory was wanted`);

  const pending: { readonly id: string; readonly path: string }[] = [{ id: ROOT_ID, path: '' }];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const { id, path: above } = directory;
    const siblings = new Map<string, NodeFact>();
    await attempt(above || '/', async () => {
      for await (const batch of facts.nodes(id)) for (const fact of batch) siblings.set(fact.nodeId, fact);
    });
    const names: NameFact[] = [];
    await attempt(above || '/', async () => {
      for await (const batch of facts.names(id)) names.push(...batch);
    });
    for (const name of names) {
      const path = `${above}/${name.name}`;
      const fact = siblings.get(name.childId) ?? await attempt(path, () => facts.node(name.childPart, name.childId));
      const fault = nameFault(name.name);
      if (fault !== undefined) report('damaged', path, `${fault}, a name was wanted`);
      if (fact === undefined) {
        report('lost', path, `its directory names the node ${name.childId}, the log has no record of it`);
        continue;
      }
      const elsewhere = nodes.get(name.childId)?.path ?? (name.childId === ROOT_ID ? '/' : undefined);
      if (elsewhere !== undefined) {
        report('damaged', path, `its node is also at ${quote(elsewhere)}, one place was wanted`);
        continue;
      }
      nodes.set(name.childId, { path, directoryId: id, name, fact });
      if (fact.kind !== name.childKind) {
        report('damaged', path, `its directory says ${name.childKind}, its record says ${fact.kind}, the same was wanted`);
      }
      const link = linkFault(fact);
      if (link !== undefined) report('damaged', path, link);
      if (fact.kind === 'directory' && fact.factory === null) pending.push({ id: name.childId, path });
    }
  }
  return { nodes, faults, isWhole };
}

function linkFault(fact: NodeFact): string | undefined {
  if (fact.kind !== 'symlink') return undefined;
  if (fact.target === null || fact.target === '') return 'it is a symlink without a target, one was wanted';
  try {
    parsePath(fact.target, { climb: true });
    return undefined;
  } catch (error) {
    if (isTinyFsError(error)) return `its target is no path: ${error.message}`;
    throw error;
  }
}
