import { DeltaError } from './errors.ts';
import { availableVersions, type ListedLogFile, listLog } from './log-segment.ts';
import { readCommit } from './commit-file.ts';
import type { ObjectStore } from './object-store.ts';

/** When a version was committed. */
export interface VersionTime {
  readonly version: number;
  readonly timestampMillis: number;
}

/**
 * The versions that can be opened, oldest first, with the times of their commits: when the file was written, made monotone
 * (a file not younger than the one before counts as one millisecond younger).
 */
export async function versionTimes(store: ObjectStore): Promise<VersionTime[]> {
  const listed = await listLog(store);
  const oldest = availableVersions(listed.map(({ file }) => file))?.oldest;
  return monotoneTimes(listed).filter(({ version }) => oldest !== undefined && version >= oldest);
}

export function monotoneTimes(listed: readonly ListedLogFile[]): VersionTime[] {
  const times: VersionTime[] = [];
  let previous = -Infinity;
  for (const { file, modifiedMillis } of listed) {
    if (file.kind !== 'commit') continue;
    previous = Math.max(modifiedMillis, previous + 1);
    times.push({ version: file.version, timestampMillis: previous });
  }
  return times;
}

/**
 * The newest version that was committed at `timestampMillis` or before. A commit's own `inCommitTimestamp`, which survives
 * copying the files, counts before the time of its file.
 *
 * @throws DeltaError `not-found`, naming the times that are there, when the time is before all of them
 */
export async function versionAt(store: ObjectStore, timestampMillis: number): Promise<number> {
  const times = await versionTimes(store);
  const timeOf = async (time: VersionTime): Promise<number> =>
    (await readCommit(store, time.version))?.commitInfo?.inCommitTimestamp ?? time.timestampMillis;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const time = times[middle];
    if (time !== undefined && await timeOf(time) <= timestampMillis) low = middle + 1;
    else high = middle;
  }
  const found = times[low - 1];
  if (found !== undefined) return found.version;
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) {
    throw new DeltaError('not-a-table', 'Cannot open the table: "_delta_log/" has no commit');
  }
  const [wanted, oldest, newest] = [timestampMillis, await timeOf(first), await timeOf(last)]
    .map((millis) => new Date(millis).toISOString());
  throw new DeltaError(
    'not-found',
    `Cannot open the version at ${wanted}: it is before the log, wanted ${oldest} or later, up to ${newest}`,
    { timestampMillis },
  );
}
