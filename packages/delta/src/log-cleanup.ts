import { readCheckpoint } from './checkpoint-read.ts';
import { assertWritable } from './features.ts';
import { completeCheckpoints, type ListedLogFile, listLog } from './log-segment.ts';
import { settleLastCheckpoint } from './last-checkpoint.ts';
import type { ObjectStore } from './object-store.ts';
import type { TableState } from './replay.ts';
import { logRetentionMillis } from './retention.ts';
import { openSnapshot } from './snapshot.ts';
import { monotoneTimes } from './time-travel.ts';

/** Removing log files that no kept version needs (PROTOCOL.md, "Metadata Cleanup"). */

export interface LogCleanupOptions {
  readonly nowMillis: number;
  /** The table's own retention unless given. */
  readonly retentionMillis?: number;
  /** Only says what would be removed. */
  readonly dryRun?: boolean;
}

export interface LogCleanupPlan {
  /** The oldest version that can be opened afterwards: there is a checkpoint of it and its commit file stays. */
  readonly oldestVersion: number;
  /** In the order in which they must be removed. */
  readonly removed: readonly ListedLogFile[];
}

/**
 * What may go so that every version of the retention can still be opened: what is below the newest checkpoint at or below the
 * version that was the newest when the retention began. `undefined` when there is no such checkpoint.
 */
export function planLogCleanup(files: readonly ListedLogFile[], nowMillis: number, retentionMillis: number): LogCleanupPlan | undefined {
  const began = monotoneTimes(files).findLast((time) => time.timestampMillis <= nowMillis - retentionMillis);
  if (began === undefined) return undefined;
  const base = completeCheckpoints(files.map(({ file }) => file)).find((checkpoint) => checkpoint.version <= began.version);
  if (base === undefined) return undefined;
  const old = files.filter(({ file }) => file.version < base.version);
  // First what says that the commits after it are there, then the commits, oldest first: a reader that comes in between falls back.
  const rank = (listed: ListedLogFile): number => listed.file.kind === 'checksum' ? 0 : listed.file.kind === 'commit' ? 2 : 1;
  const removed = [...old].sort((left, right) => rank(left) - rank(right) || left.file.version - right.file.version);
  return { oldestVersion: base.version, removed };
}

/**
 * @returns what was removed, or would be; `undefined` when nothing may be: no checkpoint is old enough
 * @throws DeltaError `corrupt-checkpoint` before anything is removed when the checkpoint that must stay cannot be read
 */
export async function cleanLog(store: ObjectStore, options: LogCleanupOptions): Promise<LogCleanupPlan | undefined> {
  const snapshot = await openSnapshot(store);
  assertWritable(snapshot.protocol, snapshot.metadata, snapshot.schema);
  const files = await listLog(store);
  const plan = planLogCleanup(files, options.nowMillis, options.retentionMillis ?? logRetentionMillis(snapshot.metadata));
  if (plan === undefined || plan.removed.length === 0 || options.dryRun === true) return plan;
  const base = completeCheckpoints(files.map(({ file }) => file)).find((checkpoint) => checkpoint.version === plan.oldestVersion);
  if (base === undefined) return undefined;
  const state = await readCheckpoint(store, base);
  for (const { file } of plan.removed) if (file.kind !== 'commit') await store.delete(file.path);
  // A power cut may bring back any of what was removed. An old state without the commits after it would pass for the newest one: so
  // the old states are gone for good before the first commit goes.
  await settleLastCheckpoint(store, base, sizeOf(state));
  for (const { file } of plan.removed) if (file.kind === 'commit') await store.delete(file.path);
  return plan;
}

/** How many actions a checkpoint of the state has. */
function sizeOf({ protocol, metadata, files, tombstones, transactions, domainMetadata }: TableState): number {
  const ofTable = [protocol, metadata].filter((action) => action !== undefined).length;
  return ofTable + files.size + tombstones.size + transactions.size + domainMetadata.size;
}
