import { DeltaError } from './errors.ts';
import { commitPath, LOG_PREFIX, type LogFile, parseLogPath } from './log-path.ts';
import type { ObjectStore } from './object-store.ts';

/** Which files of the log make a version: a checkpoint, if any, and the commits after it. */

/** The files of one complete checkpoint. */
export interface Checkpoint {
  readonly version: number;
  readonly paths: readonly string[];
}

export interface LogSegment {
  /** The version that the segment makes. */
  readonly version: number;
  /** Without one the commits begin at version 0. */
  readonly checkpoint?: Checkpoint;
}

export interface ListedLogFile {
  readonly file: LogFile;
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
}

/** Every file of the log, by name. */
export async function listLog(store: ObjectStore): Promise<ListedLogFile[]> {
  const listed: ListedLogFile[] = [];
  for await (const { path, sizeBytes, modifiedMillis } of store.list(LOG_PREFIX)) {
    const file = parseLogPath(path);
    if (file !== undefined) listed.push({ file, sizeBytes, modifiedMillis });
  }
  return listed;
}

/** The complete checkpoints among the files, newest first; of one version those in one piece come before those in parts. */
export function completeCheckpoints(files: readonly LogFile[]): Checkpoint[] {
  const whole: Checkpoint[] = [];
  const parts = new Map<string, string[]>();
  for (const file of files) {
    if (file.kind === 'classic-checkpoint' || file.kind === 'v2-checkpoint') {
      whole.push({ version: file.version, paths: [file.path] });
    } else if (file.kind === 'checkpoint-part') {
      const key = `${file.version}/${file.parts}`;
      const found = parts.get(key) ?? [];
      found[file.part - 1] = file.path;
      parts.set(key, found);
    }
  }
  const multiPart = [...parts].flatMap(([key, paths]) => {
    const [version, count] = key.split('/').map(Number);
    const complete = paths.filter((path) => path !== undefined);
    return version !== undefined && complete.length === count ? [{ version, paths: complete }] : [];
  });
  return [...whole, ...multiPart].sort((left, right) => right.version - left.version);
}

/** The versions that can be opened; `undefined` when there is no table. */
export function availableVersions(files: readonly LogFile[]): { readonly oldest: number; readonly newest: number } | undefined {
  const commits = files.flatMap((file) => file.kind === 'commit' ? [file.version] : []);
  const checkpoints = completeCheckpoints(files).map((checkpoint) => checkpoint.version);
  const starts = commits.includes(0) ? [0, ...checkpoints] : checkpoints;
  const ends = [...commits, ...checkpoints];
  if (starts.length === 0) return undefined;
  return { oldest: least(starts), newest: -least(ends.map((version) => -version)) };
}

function least(values: readonly number[]): number {
  return values.reduce((left, right) => Math.min(left, right), Infinity);
}

/**
 * The ways to make `version` (or the newest version) from the files, best first: each has the commits that it needs.
 *
 * @throws DeltaError `not-a-table`, `not-found` when the version is not in the log, `corrupt-log` when a commit is missing
 */
export function planSegments(files: readonly LogFile[], version?: number): readonly [LogSegment, ...LogSegment[]] {
  const commits = new Set(files.flatMap((file) => file.kind === 'commit' ? [file.version] : []));
  const checkpoints = completeCheckpoints(files);
  const newest = -least([...commits, ...checkpoints.map((checkpoint) => checkpoint.version)].map((found) => -found));
  if (newest === -Infinity) throw new DeltaError('not-a-table', `Cannot open the table: "${LOG_PREFIX}" has no commit`);
  if (version !== undefined && version > newest) throw versionNotFound(version, availableVersions(files));
  const target = version ?? newest;

  const bases: readonly (Checkpoint | undefined)[] = [...checkpoints.filter((checkpoint) => checkpoint.version <= target), undefined];
  const segments: LogSegment[] = [];
  let gap: number | undefined;
  for (const checkpoint of bases) {
    const missing = firstMissing(commits, checkpoint === undefined ? 0 : checkpoint.version + 1, target);
    if (missing === undefined) segments.push({ version: target, ...(checkpoint === undefined ? {} : { checkpoint }) });
    else gap ??= missing;
  }
  const [first, ...others] = segments;
  if (first !== undefined) return [first, ...others];
  const range = availableVersions(files);
  if (range !== undefined && target < range.oldest) throw versionNotFound(target, range);
  const file = commitPath(gap ?? target);
  throw new DeltaError('corrupt-log', `Cannot read "${file}": it is absent, wanted to make version ${target}`, { file, version: target });
}

function firstMissing(commits: ReadonlySet<number>, from: number, to: number): number | undefined {
  for (let version = from; version <= to; version++) {
    if (!commits.has(version)) return version;
  }
  return undefined;
}

export function versionNotFound(version: number, range: ReturnType<typeof availableVersions>): DeltaError {
  const wanted = range === undefined ? 'wanted a table' : `wanted ${range.oldest} to ${range.newest}`;
  return new DeltaError('not-found', `Cannot open version ${version}: it is not in the log, ${wanted}`, { version, ...range });
}

/**
 * Whether versions after `version` exist although `version + 1` is absent: a log cleanup that removed the commit of
 * `version` may have removed the following ones, too.
 */
export async function isOvertaken(store: ObjectStore, version: number): Promise<boolean> {
  if (await store.head(commitPath(version)) !== undefined) return false;
  const newest = availableVersions((await listLog(store)).map(({ file }) => file))?.newest;
  return newest !== version;
}
