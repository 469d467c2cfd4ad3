import {
  type AddFile, collectLeftovers, cleanLog, completeSnapshot, type LocalIo, type ObjectStore, vacuum, writeCheckpoint,
} from '@duckpond/delta';
import { blobPath } from './blob.ts';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import type { Head } from './head.ts';
import { foldState } from './maintenance.ts';
import { maintenanceSettings } from './maintenance-settings.ts';
import { merge, type MergePlan, planMerge } from './merge.ts';
import { purge, type PurgeTarget } from './purge.ts';
import { dataFileFacts } from './data-file.ts';
import { GRACE_MICROS, mayHoldMerged, withoutMerged } from './merged-versions.ts';
import { compareRows, type Row } from './row.ts';
import { liveRuns, type RunFact, runFactOf } from './run.ts';
import { collectStateFiles } from './state/state-files.ts';

export interface MaintainOptions {
  /** Merge small files now, whatever the thresholds say. */
  readonly compact?: boolean;
  /** Remove files that nothing refers to any more. */
  readonly vacuum?: boolean;
  /** Nodes whose old content is removed for good (purge.ts). */
  readonly purge?: readonly PurgeTarget[];
  readonly dryRun?: boolean;
  /** Whether a process of this machine is alive, so that its unfinished files are left alone. */
  readonly isAlive?: (pid: number) => boolean;
  /** The disk, when it is not the usual one. */
  readonly io?: LocalIo;
}

export interface MaintainReport {
  readonly mergedFiles: number;
  readonly mergedIntoFiles: number;
  readonly removedFiles: number;
  readonly removedBytes: number;
  readonly removedLogFiles: number;
  readonly removedLogBytes: number;
  /** Versions whose content was purged, and its bytes. They leave the disk when readers of before cannot want them any more. */
  readonly purgedVersions: number;
  readonly purgedBytes: number;
  readonly checkpointVersion: number | undefined;
}

/** Blobs younger than this may belong to a transaction that is not committed yet. */
const BLOB_GRACE_MILLIS = 24 * 60 * 60 * 1000;

export async function maintainByHand(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, storeDirectory: string, options: MaintainOptions,
): Promise<{ readonly head: Head; readonly value: MaintainReport }> {
  const nowMillis = Number(environment.nowMicros() / 1000n);
  const dryRun = options.dryRun === true;
  let current = head;
  let mergedFiles = 0;
  let mergedIntoFiles = 0;
  const anyCount = options.compact === true;
  const purged = await purge(store, reader, environment, current, options.purge ?? [], dryRun);
  current = purged.head;
  const planned = new Map(current.snapshot.files);
  for (;;) {
    const plan = planMerge(dryRun ? planned.values() : current.snapshot.files.values(), { foreground: false, anyCount });
    if (plan === undefined) break;
    mergedFiles += plan.inputs.length;
    mergedIntoFiles++;
    if (dryRun) {
      pretend(planned, plan);
      continue;
    }
    const result = await merge(store, reader, environment, current, plan);
    current = result.head;
    if (!result.merged) break;
  }
  if (anyCount && !dryRun) current = await rewriteMerged(store, reader, environment, current);
  let checkpointVersion: number | undefined;
  if (!dryRun) {
    current = await foldState(store, reader, environment, current, false);
    // Vacuum finds what is in no list; without it, tombstones are how the files they name are found.
    const expiry = options.vacuum === true ? { nowMillis } : {};
    checkpointVersion = (await writeCheckpoint(store, await completeSnapshot(store, current.snapshot), expiry)).version;
  }
  let removedFiles = 0;
  let removedBytes = 0;
  let removedLogFiles = 0;
  let removedLogBytes = 0;
  if (options.vacuum === true) {
    const { removed } = await vacuum(store, { nowMillis, dryRun });
    const stale = await collectStateFiles(store, current.state?.runs ?? [], nowMillis, dryRun);
    const blobs = await unreferencedBlobs(store, reader, current, nowMillis);
    for (const { path } of dryRun ? [] : blobs) {
      // Somebody may have stored the same content again meanwhile, for a transaction that is not committed yet.
      const meta = await store.head(path);
      if (meta !== undefined && nowMillis - meta.modifiedMillis > BLOB_GRACE_MILLIS) await store.delete(path);
    }
    removedFiles = removed.length + blobs.length + stale.length;
    removedBytes = [...removed, ...blobs, ...stale].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (!dryRun && options.isAlive !== undefined) {
      const leftovers = await collectLeftovers(storeDirectory, { isAlive: options.isAlive, nowMillis }, options.io);
      removedFiles += leftovers.paths.length;
      removedBytes += leftovers.sizeBytes;
    }
    const { logRetentionMillis: retentionMillis } = await maintenanceSettings(current);
    const cleaned = (await cleanLog(store, { nowMillis, retentionMillis, dryRun }))?.removed ?? [];
    removedLogFiles = cleaned.length;
    removedLogBytes = cleaned.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  const { purgedVersions, purgedBytes } = purged;
  const value = {
    mergedFiles, mergedIntoFiles, removedFiles, removedBytes, removedLogFiles, removedLogBytes, purgedVersions, purgedBytes,
    checkpointVersion,
  };
  return { head: current, value };
}

/** The files as they would be after a merge. */
function pretend(files: Map<string, AddFile>, { inputs, tier }: MergePlan): void {
  const [first] = inputs;
  if (first === undefined) return;
  for (const { path } of inputs) files.delete(path);
  const size = inputs.reduce((sum, add) => sum + add.size, 0);
  const rows = inputs.reduce((sum, add) => sum + dataFileFacts(add).rows, 0);
  const tags = { ...first.tags, 'duckpond.tier': String(tier + 1), 'duckpond.rows': String(rows) };
  files.set(first.path, { ...first, size, tags });
}

/** Writes the files again, one by one, that still hold what runs have taken over. */
async function rewriteMerged(store: ObjectStore, reader: DataReader, environment: Environment, head: Head): Promise<Head> {
  let current = head;
  for (const add of head.snapshot.files.values()) {
    if (!mayHoldMerged(add)) continue;
    const rows = (await reader.rows(add)).sort(compareRows);
    if ((await withoutMerged(rows, current.view, store, environment.nowMicros())).count === 0) continue;
    current = (await merge(store, reader, environment, current, { tier: dataFileFacts(add).tier - 1, inputs: [add], isByHand: true })).head;
  }
  return current;
}

/** Blobs that nothing in the history names: of transactions that never committed, of merged versions and of superseded runs. */
async function unreferencedBlobs(
  store: ObjectStore, reader: DataReader, head: Head, nowMillis: number,
): Promise<{ path: string; sizeBytes: number }[]> {
  const old: { path: string; sizeBytes: number }[] = [];
  for await (const { path, sizeBytes, modifiedMillis } of store.list('_blobs/')) {
    if (nowMillis - modifiedMillis > BLOB_GRACE_MILLIS) old.push({ path, sizeBytes });
  }
  if (old.length === 0) return [];
  const named = new Set<string>();
  const runs = new Map<string, RunFact[]>();
  for (const add of head.snapshot.files.values()) {
    for (const row of await reader.rows(add)) {
      if (row.recordKind === 'run') keep(runs, row);
      else if (row.entry.blob === true && row.entry.sha256 != null) named.add(blobPath(row.entry.sha256));
    }
  }
  // A reader may have opened as long ago as the grace: with the runs that were live then, or with any that came since.
  const opened = BigInt(nowMillis) * 1000n - GRACE_MICROS;
  for (const ofNode of runs.values()) {
    const before = liveRuns(ofNode.filter(({ timestampMicros }) => timestampMicros <= opened));
    for (const { sha256 } of [...before, ...ofNode.filter(({ timestampMicros }) => timestampMicros > opened)]) {
      if (sha256 !== null) named.add(blobPath(sha256));
    }
  }
  return old.filter(({ path }) => !named.has(path));
}

function keep(runs: Map<string, RunFact[]>, row: Row): void {
  const key = `${row.partId} ${row.nodeId}`;
  const known = runs.get(key);
  if (known === undefined) runs.set(key, [runFactOf(row)]);
  else known.push(runFactOf(row));
}
