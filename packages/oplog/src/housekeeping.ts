import {
  cleanLogStep, completeSnapshot, type ObjectStore, readLastCheckpoint, type RemoveFile, type Snapshot, writeCheckpoint,
} from '@duckpond/delta';
import type { Environment } from './environment.ts';
import type { Head } from './head.ts';
import { maintenanceSettings } from './maintenance-settings.ts';
import { collectStateFiles } from './state/state-files.ts';

/** Between two checkpoints, at least and at most. */
const LEAST_COMMITS = 32;
const MOST_COMMITS = 1_024;
/** A larger checkpoint waits for `maintain`, or for an hour with fewer commits: it is as many actions, tombstones above all. */
const MOST_ACTIONS = 8_192;
/** How long a file that was merged into another stays, for readers that opened before. */
export const GRACE_MILLIS: number = 60 * 60 * 1000;
const MOST_REMOVED = 1_024;
/** Versions of the log that go at once. */
const LOG_VERSIONS = 64;

/** One bounded thing of those that can wait: a checkpoint with the removal of old files, or a step of log cleanup. */
export async function keepHouse(store: ObjectStore, environment: Environment, head: Head): Promise<Head> {
  const nowMillis = Number(environment.nowMicros() / 1000n);
  const { snapshot } = head;
  const last = (await readLastCheckpoint(store))?.version ?? 0;
  const commits = snapshot.version - last;
  // A checkpoint costs as much as it has actions: the larger, the rarer.
  if (commits >= Math.min(MOST_COMMITS, Math.max(LEAST_COMMITS, (snapshot.files.size + snapshot.tombstones.size) / 2))) {
    return { ...head, snapshot: await checkpoint(store, head, commits, nowMillis) };
  }
  const { logRetentionMillis: retentionMillis } = await maintenanceSettings(head);
  await cleanLogStep(store, { version: snapshot.version, nowMillis, retentionMillis, versions: LOG_VERSIONS });
  return head;
}

/**
 * A checkpoint for readers that do not know the folded state. Before it go the files that only older snapshots name, once they are old
 * enough, and with them their tombstones: more than commits have brought meanwhile.
 */
async function checkpoint(store: ObjectStore, head: Head, commits: number, nowMillis: number): Promise<Snapshot> {
  const complete = await completeSnapshot(store, head.snapshot);
  const kept = new Map<string, RemoveFile>();
  const most = Math.min(MOST_REMOVED, 4 * commits);
  let removed = 0;
  for (const [key, tombstone] of complete.tombstones) {
    const { path, deletionTimestamp } = tombstone;
    if (removed >= most || nowMillis - (deletionTimestamp ?? nowMillis) <= GRACE_MILLIS) {
      kept.set(key, tombstone);
      continue;
    }
    removed++;
    if (!complete.files.has(key)) await store.delete(path);
  }
  const pruned = { ...complete, tombstones: kept };
  if (pruned.files.size + kept.size > MOST_ACTIONS) return pruned;
  await writeCheckpoint(store, pruned);
  await collectStateFiles(store, head.state?.runs ?? [], nowMillis);
  return pruned;
}
