import { commitPath } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * The newest version of a log that has every commit between `from`, which must be there, and the newest: found by doubling and
 * halving, so that a log far behind its last checkpoint need be neither listed nor read. Where commits are missing in between it may
 * be an older one that has no successor.
 */
export async function findNewestVersion(store: ObjectStore, from: number): Promise<number> {
  const isThere = async (version: number): Promise<boolean> => await store.head(commitPath(version)) !== undefined;
  let newest = from;
  let step = 1;
  for (; await isThere(newest + step); step *= 2) newest += step;
  let absent = newest + step;
  while (absent - newest > 1) {
    const middle = newest + Math.floor((absent - newest) / 2);
    if (await isThere(middle)) newest = middle;
    else absent = middle;
  }
  return newest;
}
