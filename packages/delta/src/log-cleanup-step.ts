import { matchesSeal } from './checkpoint-seal.ts';
import { readLastCheckpoint } from './last-checkpoint.ts';
import { checksumPath, classicCheckpointPath, commitPath, LAST_CHECKPOINT_PATH } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';

export interface LogCleanupStep {
  /** The newest version of the log. */
  readonly version: number;
  readonly nowMillis: number;
  readonly retentionMillis: number;
  /** So many versions go, or none. */
  readonly versions: number;
}

/** Checkpoints are looked for in so many versions; where they are rarer, a later step finds one. */
const MOST_PROBES = 512;

/**
 * Log cleanup in steps of one size: the oldest versions go once they are beyond the retention and below a checkpoint that is, too.
 * Nothing is listed and nothing remembered: a few dozen probes tell where the log begins and how far it is old. What it finds in
 * doubt it leaves to `cleanLog`.
 *
 * @returns whether the step was taken
 */
export async function cleanLogStep(
  store: ObjectStore, { version, nowMillis, retentionMillis, versions }: LogCleanupStep,
): Promise<boolean> {
  const isOld = async (candidate: number): Promise<boolean> => {
    const meta = await store.head(commitPath(candidate));
    return meta !== undefined && meta.modifiedMillis <= nowMillis - retentionMillis;
  };
  const from = await firstWhere(0, version, async (candidate) => await store.head(commitPath(candidate)) !== undefined);
  const to = from + versions;
  if (to >= version || !await isOld(to)) return false;
  const began = await firstWhere(to, version, async (candidate) => !await isOld(candidate)) - 1;
  const base = await newestCheckpoint(store, to, began);
  const hint = await store.get(LAST_CHECKPOINT_PATH);
  if (base === undefined || hint === undefined || ((await readLastCheckpoint(store))?.version ?? -1) < base) return false;
  const bytes = await store.get(classicCheckpointPath(base));
  if (bytes === undefined || !matchesSeal(bytes)) return false;
  for (let old = from; old < to; old++) for (const path of [checksumPath(old), classicCheckpointPath(old)]) await store.delete(path);
  // As in `cleanLog`: old states are gone for good before the commits after them go.
  await store.put(LAST_CHECKPOINT_PATH, hint);
  for (let old = from; old < to; old++) await store.delete(commitPath(old));
  return true;
}

async function newestCheckpoint(store: ObjectStore, least: number, most: number): Promise<number | undefined> {
  for (let version = most; version >= least && version > most - MOST_PROBES; version--) {
    if (await store.head(classicCheckpointPath(version)) !== undefined) return version;
  }
  return undefined;
}

/** The first number from `from` to `to` for which it holds, when it holds from one on; `to` when for none before. */
async function firstWhere(from: number, to: number, holds: (number: number) => Promise<boolean>): Promise<number> {
  if (await holds(from)) return from;
  let low = from + 1;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
