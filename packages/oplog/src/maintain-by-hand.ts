import { collectLeftovers, cleanLog, completeSnapshot, type ObjectStore, vacuum, writeCheckpoint } from '@duckpond/delta';
import { blobPath } from './blob.ts';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import type { Head } from './head.ts';
import { foldState } from './maintenance.ts';
import { merge, planMerge } from './merge.ts';

export interface MaintainOptions {
  /** Merge small files now, whatever the thresholds say. */
  readonly compact?: boolean;
  /** Remove files that nothing refers to any more. */
  readonly vacuum?: boolean;
  readonly dryRun?: boolean;
  /** Whether a process of this machine is alive, so that its unfinished files are left alone. */
  readonly isAlive?: (pid: number) => boolean;
}

export interface MaintainReport {
  readonly mergedFiles: number;
  readonly mergedIntoFiles: number;
  readonly removedFiles: number;
  readonly removedBytes: number;
  readonly removedLogFiles: number;
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
  for (;;) {
    const plan = planMerge(current.snapshot.files.values(), { foreground: false, anyCount });
    if (plan === undefined) break;
    mergedFiles += plan.inputs.length;
    mergedIntoFiles++;
    if (dryRun) break;
    const result = await merge(store, reader, environment, current, plan);
    current = result.head;
    if (!result.merged) break;
  }
  let checkpointVersion: number | undefined;
  if (!dryRun) {
    current = await foldState(store, reader, environment, current, false);
    checkpointVersion = (await writeCheckpoint(store, await completeSnapshot(store, current.snapshot)))?.version;
  }
  let removedFiles = 0;
  let removedBytes = 0;
  let removedLogFiles = 0;
  if (options.vacuum === true) {
    const { removed } = await vacuum(store, { nowMillis, dryRun });
    const blobs = await unreferencedBlobs(store, reader, current, nowMillis);
    for (const { path } of dryRun ? [] : blobs) {
      // Somebody may have stored the same content again meanwhile, for a transaction that is not committed yet.
      const meta = await store.head(path);
      if (meta !== undefined && nowMillis - meta.modifiedMillis > BLOB_GRACE_MILLIS) await store.delete(path);
    }
    removedFiles = removed.length + blobs.length;
    removedBytes = [...removed, ...blobs].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (!dryRun && options.isAlive !== undefined) {
      const leftovers = await collectLeftovers(storeDirectory, { isAlive: options.isAlive, nowMillis });
      removedFiles += leftovers.paths.length;
      removedBytes += leftovers.sizeBytes;
    }
    removedLogFiles = (await cleanLog(store, { nowMillis, dryRun }))?.removed.length ?? 0;
  }
  return { head: current, value: { mergedFiles, mergedIntoFiles, removedFiles, removedBytes, removedLogFiles, checkpointVersion } };
}

/** Blobs that no version in the history names: of transactions that never committed. */
async function unreferencedBlobs(
  store: ObjectStore, reader: DataReader, head: Head, nowMillis: number,
): Promise<{ path: string; sizeBytes: number }[]> {
  const old: { path: string; sizeBytes: number }[] = [];
  for await (const { path, sizeBytes, modifiedMillis } of store.list('_blobs/')) {
    if (nowMillis - modifiedMillis > BLOB_GRACE_MILLIS) old.push({ path, sizeBytes });
  }
  if (old.length === 0) return [];
  const named = new Set<string>();
  for (const add of head.snapshot.files.values()) {
    for (const { entry } of await reader.rows(add)) if (entry.blob === true && entry.sha256 != null) named.add(blobPath(entry.sha256));
  }
  return old.filter(({ path }) => !named.has(path));
}
