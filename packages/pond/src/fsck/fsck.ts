import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  blobOfRun, type BlobUse, blobPath, checkStore, collectLeftovers, type Environment, type FactSource, type ObjectStore, openLocalStore,
  rebuildDataFiles, repairDerived, type StoreCheck,
} from '@duckpond/oplog';
import { rootOfTree } from '../content-root.ts';
import { isProcessAlive, realEnvironment } from '../environment.ts';
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

/** Checks everything in a store and, when asked, mends what can be mended. One bad file stops nothing. */
export async function fsckStore(
  store: ObjectStore, storeDirectory: string, options: FsckOptions, environment: Environment,
): Promise<FsckReport> {
  const first = await check(store, options, environment);
  const plan = await planRepair(store, first);
  const isRepair = options.repair === true && options.dryRun !== true;
  const last = isRepair && plan.files.size > 0 ? await repair(store, options, environment, plan, first) : first;
  const left = new Set(last.faults.map(({ file }) => file));
  const mended = first.faults.filter(({ file }) => last !== first && !left.has(file)).map((fault) => ({ ...fault, repaired: true }));
  const faults = [...mended, ...last.faults].map((fault) => ({ ...fault, repairable: plan.files.has(fault.file) }));
  const removed = isRepair ? await removeLeftovers(storeDirectory, environment) : [];
  const { checked, tree } = last;
  return {
    faults: faults.sort(bySeverity),
    notes: [...removed, ...strayFiles(storeDirectory)],
    contentRoot: checked.isNewest && tree.isWhole ? rootOfTree(tree.nodes.values()) : undefined,
    transactions: checked.transactions,
    nodes: tree.nodes.size + 1,
    versions: options.quick === true ? sumOf(tree.nodes.values()) : checked.versions,
    blobs: checked.blobs,
    checkedBytes: first.checked.checkedBytes,
  };
}

interface RepairPlan {
  /** Bytes of data files as they were, by their paths in the store. */
  readonly rebuilt: ReadonlyMap<string, Uint8Array>;
  /** What is mended, relative to the pond. */
  readonly files: ReadonlySet<string>;
}

async function planRepair(store: ObjectStore, { checked: { findings, isSound } }: Check): Promise<RepairPlan> {
  const originals = findings.filter(({ severity }) => severity !== 'derived');
  const rebuilt = originals.length === 0 ? new Map<string, Uint8Array>()
    : await rebuildDataFiles(store, new Set(originals.map(({ file }) => file)));
  // What is derived is made from originals, so these must all be whole.
  const willBeSound = isSound || originals.every(({ file }) => rebuilt.has(file) || file.startsWith('_blobs/'));
  const derived = willBeSound ? findings.filter(({ severity }) => severity === 'derived').map(({ file }) => file) : [];
  return { rebuilt, files: new Set([...rebuilt.keys(), ...derived].map((file) => `store/${file}`)) };
}

async function repair(
  store: ObjectStore, options: FsckOptions, environment: Environment, { rebuilt }: RepairPlan, first: Check,
): Promise<Check> {
  let now = first;
  for (const [path, bytes] of rebuilt) await store.put(path, bytes);
  if (rebuilt.size > 0) now = await check(store, options, environment);
  const isDerivedWrong = now.checked.findings.some(({ severity }) => severity === 'derived');
  if (!isDerivedWrong || !now.checked.isSound) return now;
  await repairDerived(store, environment, now.checked.findings);
  return check(store, options, environment);
}

/** Unfinished files of processes that are gone, which no reader sees. */
async function removeLeftovers(storeDirectory: string, environment: Environment): Promise<string[]> {
  if (!existsSync(storeDirectory)) return [];
  const isAlive = (processId: number): boolean => environment.isAlive?.(processId) ?? isProcessAlive(processId);
  const { paths, sizeBytes } = await collectLeftovers(storeDirectory, { isAlive, nowMillis: Number(environment.nowMicros() / 1000n) });
  return paths.length === 0 ? [] : [`${paths.length} unfinished ${paths.length === 1 ? 'file' : 'files'} of ${sizeBytes} bytes removed`];
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
