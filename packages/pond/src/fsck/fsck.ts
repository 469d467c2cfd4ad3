import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  blobOfRun, type BlobUse, blobPath, checkStore, type Environment, type FactSource, type ObjectStore, openLocalStore, repairDerived,
  type StoreCheck,
} from '@duckpond/oplog';
import { rootOfTree } from '../content-root.ts';
import { realEnvironment } from '../environment.ts';
import { PondError } from '../errors.ts';
import type { Fault, FsckOptions, FsckReport } from '../pond.ts';
import type { PlacedNode } from '../tree-index.ts';
import { checkTree, type TreeCheck } from './check-tree.ts';
import { faultOf } from './fault.ts';
import { strayFiles } from './stray-files.ts';

/**
 * Checks a pond as it lies on the disk, also one that cannot be opened.
 *
 * @throws PondError `no-pond`
 */
export async function fsckPondDirectory(
  directory: string, options: FsckOptions = {}, environment: Environment = realEnvironment(),
): Promise<FsckReport> {
  const storeDirectory = join(directory, 'store');
  if (!existsSync(join(storeDirectory, '_delta_log'))) {
    throw new PondError('no-pond', `Cannot check the pond at "${directory}": Pond does not exist`, { directory });
  }
  return fsckStore(openLocalStore(storeDirectory), storeDirectory, options, environment);
}

/** Checks everything in a store and, when asked, rebuilds what is derived. One bad file stops nothing. */
export async function fsckStore(
  store: ObjectStore, storeDirectory: string, options: FsckOptions, environment: Environment,
): Promise<FsckReport> {
  const first = await check(store, options, environment);
  let { faults } = first;
  let last = first;
  const derived = faults.filter(({ severity }) => severity === 'derived');
  if (options.repair === true && derived.length > 0 && first.checked.isSound) {
    await repairDerived(store, environment, first.checked.findings);
    last = await check(store, options, environment);
    const left = new Set(last.faults.map(({ file }) => file));
    const others = last.faults.filter((fault) => !derived.some(({ file }) => file === fault.file));
    faults = [...derived.map((fault) => ({ ...fault, repaired: !left.has(fault.file) })), ...others];
  }
  const { checked, tree } = last;
  return {
    faults: faults.sort(bySeverity),
    notes: strayFiles(storeDirectory),
    contentRoot: checked.isNewest && tree.isWhole ? rootOfTree(tree.nodes.values()) : undefined,
    transactions: checked.transactions,
    nodes: tree.nodes.size + 1,
    versions: options.quick === true ? sumOf(tree.nodes.values()) : checked.versions,
    blobs: checked.blobs,
    checkedBytes: first.checked.checkedBytes,
  };
}

interface Check {
  readonly checked: StoreCheck;
  readonly tree: TreeCheck;
  readonly faults: Fault[];
}

async function check(store: ObjectStore, options: FsckOptions, environment: Environment): Promise<Check> {
  const { quick = false } = options;
  let checked = await checkStore(store, { ...options, nowMillis: Number(environment.nowMicros() / 1000n) });
  const tree = await checkTree(checked.facts);
  if (quick) checked = await checked.checkMoreBlobs(await blobsOf(checked.facts, tree.nodes.values()));
  return { checked, tree, faults: [...checked.findings.map((finding) => faultOf(finding, tree.nodes)), ...tree.faults] };
}

/** The blobs of the newest versions and of the runs of series: all that a quick check knows of. */
async function blobsOf(facts: FactSource | undefined, nodes: Iterable<PlacedNode>): Promise<Iterable<BlobUse>> {
  const blobs = new Map<string, BlobUse>();
  for (const { fact } of nodes) {
    const { blob, sha256, sizeBytes, partId, nodeId, version } = fact;
    const runs = fact.kind === 'series' ? await facts?.runs(partId, nodeId) ?? [] : [];
    for (const run of runs) for (const use of blobOfRun(partId, nodeId, run)) blobs.set(use.path, use);
    if (!blob || sha256 === null || sizeBytes === null) continue;
    const path = blobPath(sha256);
    const known = blobs.get(path);
    const uses = [...known?.uses ?? [], { partId, nodeId, version }];
    blobs.set(path, { path, sha256, sizeBytes, uses, useCount: uses.length });
  }
  return blobs.values();
}

function sumOf(nodes: Iterable<PlacedNode>): number {
  let sum = 0;
  for (const { fact } of nodes) sum += fact.version;
  return sum;
}

const RANK = { lost: 0, damaged: 1, derived: 2 } as const;

function bySeverity(a: Fault, b: Fault): number {
  return RANK[a.severity] - RANK[b.severity] || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
}
