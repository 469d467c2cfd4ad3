import type { DomainMetadata, Metadata, Protocol, RemoveFile, SetTransaction, AddFile } from './action.ts';
import { decodeChecksum } from './checksum.ts';
import { type Commit, decodeCommit, missingCommit } from './commit-file.ts';
import { DeltaError } from './errors.ts';
import { assertReadable } from './features.ts';
import { checksumPath, commitPath } from './log-path.ts';
import { readLastCheckpoint } from './last-checkpoint.ts';
import { createLineReplay } from './line-replay.ts';
import { findNewestVersion } from './newest-version.ts';
import { isOvertaken, listLog, type LogSegment, planSegments } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';
import { createReplay, EMPTY_STATE, type Replay, type TableState } from './replay.ts';
import { decodeSchema, type StructType } from './schema.ts';

/** The state of a table at one version. It never changes; the next state is another snapshot. */
export interface Snapshot {
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  /** By `fileKey`, which is the path alone for a file without a deletion vector. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** What was removed, as far as the log still says; by `fileKey`. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  /** False when the snapshot was made from a `.crc`, which knows no tombstones: `completeSnapshot` reads them. */
  readonly hasAllTombstones: boolean;
  readonly transactions: ReadonlyMap<string, SetTransaction>;
  readonly domainMetadata: ReadonlyMap<string, DomainMetadata>;
  /** The newest commits that were read or written one by one, contiguous up to `version`, at most `TAIL_MAX`. */
  readonly tail: readonly Commit[];
}

export interface OpenOptions {
  /** The newest version unless given. */
  readonly version?: number;
  /** The newest version not later than this; see time-travel.ts. */
  readonly timestampMillis?: number;
  /** A version whose `.crc` is worth trying: makes opening free of listings and of Parquet. Wrong or absent, it costs one read. */
  readonly hintVersion?: number;
  /** Whether any `.crc` may serve that is much nearer than the last checkpoint. What it gives may lack tombstones. */
  readonly anyChecksum?: boolean;
}

export const TAIL_MAX = 64;

/** How many commits are asked for at once. */
const WINDOW_MAX = 32;

/** So many commits are replayed rather than to look for a `.crc`, and so far behind the newest commit one is looked for. */
const CHECKSUM_REACH = 64;
/** A `.crc` may be incomplete or damaged; then the one before it is tried, so many in all. */
const CHECKSUM_TRIES = 3;

/**
 * @throws DeltaError `not-a-table`, `not-found` (the version is not in the log), `corrupt-log`, `corrupt-checkpoint`, `unsupported-feature`
 */
export async function openSnapshot(store: ObjectStore, options: OpenOptions = {}): Promise<Snapshot> {
  let { version } = options;
  if (options.timestampMillis !== undefined) {
    const { versionAt } = await import('./time-travel.ts');
    version = await versionAt(store, options.timestampMillis);
  }
  if (version !== undefined && !(Number.isSafeInteger(version) && version >= 0)) {
    throw new DeltaError('not-found', `Cannot open version ${version}: it is no version, wanted an integer from 0`, { version });
  }
  const anyChecksum = options.anyChecksum === true && version === undefined;
  return await fromChecksum(store, options.hintVersion, version)
    ?? await fromLastCheckpoint(store, version, anyChecksum)
    ?? await fromListing(store, version, anyChecksum);
}

/** The newest state: the same object when nothing is new. Only the versions that follow are asked for. */
export async function refreshSnapshot(store: ObjectStore, snapshot: Snapshot): Promise<Snapshot> {
  // Most often nothing is new, and asking for that is cheaper than reading what is not there.
  if (await store.head(commitPath(snapshot.version + 1)) === undefined) {
    return await isOvertaken(store, snapshot.version) ? fromListing(store) : snapshot;
  }
  const replay = createReplay(snapshot);
  const found = await replayUntilAbsent(store, replay, snapshot.version + 1);
  if (found === undefined) return fromListing(store);
  if (found.version > snapshot.version) {
    return makeSnapshot(found.version, replay.finish(), [...snapshot.tail, ...found.tail], snapshot.hasAllTombstones, snapshot);
  }
  return await isOvertaken(store, snapshot.version) ? fromListing(store) : snapshot;
}

/** The same state with its tombstones. */
export async function completeSnapshot(store: ObjectStore, snapshot: Snapshot): Promise<Snapshot> {
  if (snapshot.hasAllTombstones) return snapshot;
  const { tombstones } = await openSnapshot(store, { version: snapshot.version });
  return { ...snapshot, tombstones, hasAllTombstones: true };
}

/** The state after one more commit, whose bytes are in the log. */
export function nextSnapshot(snapshot: Snapshot, commit: Commit): Snapshot {
  const replay = createReplay(snapshot);
  for (const action of commit.actions) replay.apply(action);
  return makeSnapshot(commit.version, replay.finish(), [...snapshot.tail, commit], snapshot.hasAllTombstones, snapshot);
}

/**
 * @param previous the snapshot before, whose schema is taken over while the metadata is the same
 * @throws DeltaError `corrupt-log` without protocol or metadata, `unsupported-feature`
 */
export function makeSnapshot(
  version: number, state: TableState, tail: readonly Commit[], hasAllTombstones: boolean, previous?: Snapshot,
): Snapshot {
  const file = commitPath(version);
  const { protocol, metadata } = state;
  if (protocol === undefined) throw missingAction(file, 'protocol');
  assertReadable(protocol);
  if (metadata === undefined) throw missingAction(file, 'metaData');
  if (metadata.format.provider !== 'parquet') {
    const feature = metadata.format.provider;
    throw new DeltaError('unsupported-feature', `Cannot read the table: its files are "${feature}", wanted parquet`, { feature });
  }
  const schema = previous?.metadata === metadata
    ? previous.schema
    : decodeSchema(metadata.schemaString, { code: 'corrupt-log', file, line: 0 });
  return {
    version,
    protocol,
    metadata,
    schema,
    files: state.files,
    tombstones: state.tombstones,
    hasAllTombstones,
    transactions: state.transactions,
    domainMetadata: state.domainMetadata,
    tail: tail.length > TAIL_MAX ? tail.slice(-TAIL_MAX) : tail,
  };
}

function missingAction(file: string, kind: string): DeltaError {
  return new DeltaError('corrupt-log', `Cannot open "${file}": no ${kind} in the log up to it, wanted one`, { file });
}

async function fromChecksum(store: ObjectStore, hint: number | undefined, version: number | undefined): Promise<Snapshot | undefined> {
  if (hint === undefined || !(Number.isSafeInteger(hint) && hint >= 0) || (version !== undefined && version < hint)) return undefined;
  const bytes = await store.get(checksumPath(hint));
  const state = bytes === undefined ? undefined : decodeChecksum(hint, bytes);
  return state === undefined ? undefined : fromBase(store, hint, state, version, false);
}

/** From one of the versions that may have a `.crc`, newest first. */
async function fromAnyChecksum(store: ObjectStore, versions: Iterable<number>): Promise<Snapshot | undefined> {
  let tries = 0;
  for (const version of versions) {
    if (await store.head(checksumPath(version)) === undefined) continue;
    const snapshot = await fromChecksum(store, version, undefined);
    if (snapshot !== undefined || ++tries === CHECKSUM_TRIES) return snapshot;
  }
  return undefined;
}

async function fromLastCheckpoint(store: ObjectStore, version: number | undefined, anyChecksum: boolean): Promise<Snapshot | undefined> {
  const checkpoint = await readLastCheckpoint(store);
  if (checkpoint === undefined || (version !== undefined && version < checkpoint.version)) return undefined;
  if (anyChecksum) {
    const newest = await findNewestVersion(store, checkpoint.version);
    if (newest - checkpoint.version > CHECKSUM_REACH) {
      const versions = Array.from({ length: CHECKSUM_REACH }, (_, index) => newest - index);
      const snapshot = await fromAnyChecksum(store, versions);
      if (snapshot !== undefined) return snapshot;
    }
  }
  const { readCheckpoint } = await import('./checkpoint-read.ts');
  let state: TableState;
  try {
    state = await readCheckpoint(store, checkpoint);
  } catch (error) {
    if (isAbsence(error) || (error instanceof DeltaError && error.code === 'corrupt-checkpoint')) return undefined;
    throw error;
  }
  return fromBase(store, checkpoint.version, state, version, true);
}

/** From a state at `base` forwards; `undefined` when the log may go on without the next commit being there. */
async function fromBase(
  store: ObjectStore, base: number, state: TableState, wanted: number | undefined, hasAllTombstones: boolean,
): Promise<Snapshot | undefined> {
  const replay = createReplay(state);
  const found = await replayUntilAbsent(store, replay, base + 1, wanted);
  if (found === undefined || (wanted !== undefined && found.version < wanted)) return undefined;
  if (wanted === undefined && found.version === base && await isOvertaken(store, base)) return undefined;
  return makeSnapshot(found.version, replay.finish(), found.tail, hasAllTombstones);
}

async function fromListing(store: ObjectStore, version?: number, anyChecksum = false): Promise<Snapshot> {
  for (let attempt = 1; ; attempt++) {
    const files = (await listLog(store)).map(({ file }) => file);
    try {
      const segments = planSegments(files, version);
      const [{ version: newest, checkpoint }] = segments;
      if (anyChecksum && newest - (checkpoint?.version ?? -1) > CHECKSUM_REACH) {
        const from = checkpoint?.version ?? 0;
        const versions = files.flatMap((file) => (file.kind === 'checksum' && file.version >= from ? [file.version] : []));
        const snapshot = await fromAnyChecksum(store, versions.sort((a, b) => b - a));
        if (snapshot !== undefined) return snapshot;
      }
      return await fromSegments(store, segments);
    } catch (error) {
      // A log cleanup may have removed what was just listed; the second listing tells.
      if (attempt === 2 || !isAbsence(error)) throw error;
    }
  }
}

/** Whether a file of the log was not there when it was read. */
function isAbsence(error: unknown): boolean {
  return error instanceof DeltaError && error.data['isAbsent'] === true;
}

/** The first segment whose checkpoint can be read. */
async function fromSegments(store: ObjectStore, segments: readonly [LogSegment, ...LogSegment[]]): Promise<Snapshot> {
  let failure: unknown;
  for (const { version, checkpoint } of segments) {
    let state = EMPTY_STATE;
    if (checkpoint !== undefined) {
      const { readCheckpoint } = await import('./checkpoint-read.ts');
      try {
        state = await readCheckpoint(store, checkpoint);
      } catch (error) {
        if (!(error instanceof DeltaError) || error.code !== 'corrupt-checkpoint') throw error;
        failure ??= error;
        continue;
      }
    }
    const replay = createReplay(state);
    const tail = await replayRange(store, replay, checkpoint === undefined ? 0 : checkpoint.version + 1, version);
    return makeSnapshot(version, replay.finish(), tail, true);
  }
  throw failure;
}

/** Replays commits that must be there; all but the newest only as far as the state depends on them. */
async function replayRange(store: ObjectStore, replay: Replay, from: number, to: number): Promise<Commit[]> {
  const tailFrom = Math.max(from, to - TAIL_MAX + 1);
  const lines = createLineReplay(replay);
  const tail: Commit[] = [];
  for (let start = from; start <= to;) {
    const end = Math.min(start + WINDOW_MAX, start < tailFrom ? tailFrom : to + 1);
    for (const bytes of await getCommits(store, start, end - start)) {
      if (bytes === undefined) throw missingCommit(start, `version ${to} is made from it`);
      if (start < tailFrom) lines.apply(commitPath(start), bytes);
      else tail.push(applyCommit(replay, start, bytes));
      start += 1;
    }
    if (start === tailFrom) lines.finish();
  }
  return tail;
}

/** Replays commits from `from` up to `last` or to the first that is absent; `undefined` when later ones are there nevertheless. */
async function replayUntilAbsent(
  store: ObjectStore, replay: Replay, from: number, last: number = Number.MAX_SAFE_INTEGER,
): Promise<{ version: number; tail: Commit[] } | undefined> {
  const tail: Commit[] = [];
  let next = from;
  let askedAgain: number | undefined;
  for (let window = 2; next <= last; window = Math.min(window * 2, WINDOW_MAX)) {
    const found = await getCommits(store, next, Math.min(window, last - next + 1));
    const absent = found.indexOf(undefined);
    for (const bytes of found) {
      if (bytes === undefined) break;
      if (tail.length === TAIL_MAX) tail.shift();
      tail.push(applyCommit(replay, next, bytes));
      next += 1;
    }
    if (absent < 0) continue;
    // At least one more is asked for, so that a commit that is missing between others does not pass for the end of the log.
    const later = absent + 1 < found.length || next >= last ? found.slice(absent + 1) : await getCommits(store, next + 1, 1);
    if (later.every((bytes) => bytes === undefined)) return { version: next - 1, tail };
    // The later ones were written while the probes ran, unless there is a gap.
    if (askedAgain === next) return undefined;
    askedAgain = next;
  }
  return { version: last, tail };
}

function applyCommit(replay: Replay, version: number, bytes: Uint8Array): Commit {
  const commit = decodeCommit(version, bytes);
  for (const action of commit.actions) replay.apply(action);
  return commit;
}

/** The files of `count` versions; `undefined` for those that are absent. */
function getCommits(store: ObjectStore, from: number, count: number): Promise<(Uint8Array | undefined)[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => store.get(commitPath(from + index))));
}
