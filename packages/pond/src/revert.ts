import {
  findRuns, type NodeChange, type NodeFact, type Oplog, type OplogView, type Row, type StoredContent, type Transaction, type VersionRows,
} from '@duckpond/oplog';
import { type Node, ROOT_ID } from '@duckpond/tinyfs';
import { compareTrees } from './diff.ts';
import { PondError } from './errors.ts';
import type { Pond, TreeChange, WriteOptions, WriteResult } from './pond.ts';
import { indexTree, isSameContent, type PlacedNode, sameBytes } from './tree-index.ts';
import { rowsOfEntry, rowsOfFact } from './version-rows.ts';

/**
 * Makes the tree, or one path, again what it was in an older state. Nodes come back with their identity and history;
 * what they get is a new version.
 *
 * @throws PondError `invalid-revert` for a series that has grown since, `not-found` when the path is in neither state
 */
export async function revertInto(
  transaction: Transaction, oplog: Oplog, target: OplogView, nowMicros: bigint, path?: string,
): Promise<readonly TreeChange[]> {
  const then = within(await indexTree(target), path);
  const all = await indexTree(transaction);
  const now = within(all, path);
  if (path !== undefined && then.size === 0 && now.size === 0) {
    throw new PondError('not-found', `Cannot revert "${path}": it is neither there now nor was it then`, { path });
  }
  // A node that lives outside the path today but belongs inside comes home.
  for (const id of then.keys()) {
    const elsewhere = all.get(id);
    if (elsewhere !== undefined) now.set(id, elsewhere);
  }
  const changes = compareTrees(now, then);
  await addLatent(transaction, then, all, now);
  for (const [id, placed] of now) {
    const old = then.get(id);
    const moved = old !== undefined && !isSamePlace(placed, old);
    const goesWithItsDirectory = old === undefined && now.has(placed.directoryId) && !then.has(placed.directoryId);
    if ((old === undefined && !goesWithItsDirectory) || moved) await transaction.remove(placed.directoryId, placed.name.name, moved);
  }
  for (const [id, old] of then) {
    const placed = now.get(id);
    if (placed === undefined || !isSamePlace(placed, old)) {
      const isReachable = old.directoryId === ROOT_ID || then.has(old.directoryId) || all.has(old.directoryId);
      if (!isReachable) {
        throw new PondError('invalid-revert', `Cannot revert "${old.path}": its directory is gone, revert that first`, { path: old.path });
      }
      await transaction.insert(old.directoryId, old.name);
    }
    if (placed !== undefined && isSameContent(placed.fact, old.fact)) continue;
    const newest = placed === undefined ? await newestRow(oplog, old.fact) : undefined;
    if (old.fact.kind === 'series' && !sameBytes(placed?.fact.chain ?? newest?.entry.chain ?? null, old.fact.chain)) {
      throw new PondError(
        'invalid-revert', `Cannot revert "${old.path}": it is a series that has grown since, appended rows are not taken back`,
        { path: old.path },
      );
    }
    const change = await changeTo(oplog, target, old.fact);
    if (placed === undefined) {
      const runs = old.fact.kind === 'series' ? await findRuns(oplog, target, old.fact.partId, old.fact.nodeId) : [];
      await transaction.revive(old.fact, await newestVersion(oplog, old.fact), change, nowMicros, runs);
    } else await transaction.write(old.fact.partId, old.fact.nodeId, change, nowMicros);
  }
  return changes;
}

export async function revertTree(
  pond: Pond, oplog: Oplog, target: OplogView, options: WriteOptions & { readonly path?: string },
): Promise<WriteResult<readonly TreeChange[]>> {
  const transaction = await oplog.begin();
  const changes = await revertInto(transaction, oplog, target, oplog.environment.nowMicros(), options.path);
  const outcome = await oplog.commit(transaction, options.command ?? []);
  if (outcome.kind === 'conflict') {
    throw new PondError(
      'conflict',
      `Cannot revert the pond at "${pond.directory}": transaction ${outcome.clash.txnSeq} of another writer changed ${outcome.clash.what}`,
      { ...outcome.clash },
    );
  }
  return { value: changes, transaction: outcome.kind === 'committed' ? outcome.facts : undefined };
}

export function revertFile(
  pond: Pond, oplog: Oplog, path: string, version: number, options: WriteOptions,
): Promise<WriteResult<void>> {
  return pond.write(async (fs) => {
    const root = await fs.root();
    const { node } = await root.get(path);
    if (node.kind === 'series') {
      throw new PondError('invalid-revert', `Cannot revert "${path}": it is a series, its versions are all its content`, { path });
    }
    const tabular = await rowsOfVersion(oplog, node, version);
    await root.write(path, root.read(path, { version }), tabular === undefined ? {} : { tabular });
  }, options);
}

/**
 * A directory that was removed comes back with the names that it had then: they join `now`, so that they are compared
 * with the older state like those that never went away.
 */
async function addLatent(
  transaction: Transaction, then: ReadonlyMap<string, PlacedNode>, all: ReadonlyMap<string, PlacedNode>, now: Map<string, PlacedNode>,
): Promise<void> {
  const pending = [...then].filter(([id, { fact }]) => fact.kind === 'directory' && !all.has(id)).map(([id, { path }]) => ({ id, path }));
  const seen = new Set<string>();
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    if (seen.has(directory.id)) continue;
    seen.add(directory.id);
    for await (const names of transaction.names(directory.id)) {
      for (const name of names) {
        const fact = await transaction.node(name.childPart, name.childId);
        if (fact === undefined || all.has(name.childId)) continue;
        now.set(name.childId, { path: `${directory.path}/${name.name}`, directoryId: directory.id, name, fact });
      }
    }
  }
}

/** The nodes at a path and below it. */
function within(index: Map<string, PlacedNode>, path: string | undefined): Map<string, PlacedNode> {
  const clean = path?.replace(/\/+$/, '');
  if (clean === undefined || clean === '') return new Map(index);
  return new Map([...index].filter(([, placed]) => placed.path === clean || placed.path.startsWith(`${clean}/`)));
}

function isSamePlace(a: PlacedNode, b: PlacedNode): boolean {
  return a.directoryId === b.directoryId && a.name.name === b.name.name;
}

async function changeTo(oplog: Oplog, view: OplogView, fact: NodeFact): Promise<NodeChange> {
  const rows = rowsOfFact(fact);
  return {
    // What a series had, its older versions still hold.
    ...(fact.kind === 'series' || fact.sha256 === null || fact.sizeBytes === null
      ? {} : { content: await contentOf(oplog, view, fact, fact.sha256, fact.sizeBytes) }),
    ...(fact.kind === 'series' || rows === undefined ? {} : { rows }),
    ...(fact.target === null ? {} : { target: fact.target }),
    ...(fact.factory === null ? {} : { factory: fact.factory }),
    ...(fact.config === null ? {} : { config: fact.config }),
    attributes: fact.attributes ?? '{}',
  };
}

async function contentOf(oplog: Oplog, view: OplogView, fact: NodeFact, sha256: Uint8Array, sizeBytes: number): Promise<StoredContent> {
  return fact.blob ? { inline: undefined, sha256, sizeBytes } : oplog.storeContent(oplog.content(view, fact), sizeBytes);
}

/** The highest version that the node ever had, so that its numbers go on without a gap. */
async function newestVersion(oplog: Oplog, fact: NodeFact): Promise<number> {
  return oplog.newestVersion(await oplog.view(), fact.partId, fact.nodeId);
}

async function newestRow(oplog: Oplog, fact: NodeFact): Promise<Row | undefined> {
  return (await oplog.versions(await oplog.view(), fact.partId, fact.nodeId)).at(-1);
}

/** What a table said about its rows in one of its versions. */
async function rowsOfVersion(oplog: Oplog, node: Node, version: number): Promise<VersionRows | undefined> {
  if (node.kind !== 'table') return undefined;
  return rowsOfEntry((await oplog.version(await oplog.view(), node.home, node.id, version)).entry);
}
