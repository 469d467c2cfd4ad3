import { createHash } from 'node:crypto';
import type { AddFile, ObjectStore } from '@duckpond/delta';
import { blobPath } from './blob.ts';
import type { Row } from './row.ts';
import { type RunFact, runFactOf } from './run.ts';
import type { FactSource } from './view.ts';

/** How long blobs and runs that are not needed any more stay for readers that opened before. */
export const GRACE_MICROS: bigint = 60n * 60n * 1_000_000n;

/** Where an `add` says how many bytes and blobs of versions are in it that a run can take over. */
export const SERIES_TAG = 'duckpond.series';

/** The value of `SERIES_TAG` for rows; undefined when there is nothing of the kind. */
export function seriesTag(rows: Iterable<Row>): string | undefined {
  let inlineBytes = 0;
  let blobs = 0;
  for (const row of rows) {
    if (!isVersion(row)) continue;
    inlineBytes += row.entry.inline?.byteLength ?? 0;
    if (row.entry.blob === true) blobs++;
  }
  return inlineBytes + blobs === 0 ? undefined : `${inlineBytes}-${blobs}`;
}

export function mayHoldMerged(add: AddFile): boolean {
  return add.tags?.[SERIES_TAG] != null;
}

export interface Stripped {
  readonly rows: Row[];
  /** How many rows have become smaller or are gone. */
  readonly count: number;
}

/**
 * Rows to be written again, without what runs have taken over. The rows of a version that a run covers are in the run: its inline
 * bytes go at once, as whoever reads the file that is being written knows the run, and those who do not read the old file; its blob
 * and hashes go once the run is older than the grace, because vacuum then takes the blob. Superseded runs go after the grace, too.
 * Nothing goes before the run has been found whole.
 */
export async function withoutMerged(rows: readonly Row[], view: FactSource, store: ObjectStore, nowMicros: bigint): Promise<Stripped> {
  const isWhole = runChecker(store);
  const runs = new Map<string, readonly RunFact[]>();
  const isOld = (run: RunFact): boolean => nowMicros - run.timestampMicros > GRACE_MICROS;
  const kept: Row[] = [];
  let count = 0;

  for (const [index, row] of rows.entries()) {
    const mayGo = isVersion(row) || row.recordKind === 'run';
    const live = mayGo ? await runsOf(row) : [];
    const cover = live.find((run) => run.sha256 !== null && run.versionMin <= row.version && row.version <= run.version);
    if (row.recordKind === 'run') {
      if (isSuperseded(row, live, isOld)) count++;
      else kept.push(row);
    } else {
      const mayLose = cover !== undefined && (isOld(cover) || row.entry.blob !== true);
      const smaller = mayLose ? withoutBytes(row, rows[index + 1]) : row;
      const isSmaller = smaller !== row && hasMore(row, smaller) && cover !== undefined && await isWhole(cover);
      if (isSmaller) count++;
      kept.push(isSmaller ? smaller : row);
    }
  }
  return { rows: kept, count };

  async function runsOf({ partId, nodeId }: Row): Promise<readonly RunFact[]> {
    const key = `${partId} ${nodeId}`;
    let known = runs.get(key);
    if (known === undefined) runs.set(key, known = await view.runs(partId, nodeId));
    return known;
  }
}

/** A version with rows of its own. */
function isVersion({ recordKind, entry }: Row): boolean {
  return recordKind === 'node' && entry.kind === 'series' && entry.rowCount != null;
}

function hasMore({ entry: a }: Row, { entry: b }: Row): boolean {
  return a.inline != null || a.blob === true || a.sha256 != null || (a.chain != null && b.chain == null);
}

/**
 * The running hash stays unless the next version has content and is at hand: so that of the newest version is always there, and
 * where it is missing, what follows is more.
 */
function withoutBytes(row: Row, next: Row | undefined): Row {
  const isFollowed = next?.nodeId === row.nodeId && next.partId === row.partId && next.recordKind === 'node'
    && next.version === row.version + 1 && next.entry.rowCount != null;
  return { ...row, entry: { ...row.entry, inline: null, blob: null, sha256: null, chain: isFollowed ? null : row.entry.chain ?? null } };
}

/** Whether others read every version of the run, and have done so for longer than the grace. A removed series keeps all of its runs. */
function isSuperseded(row: Row, live: readonly RunFact[], isOld: (run: RunFact) => boolean): boolean {
  const own = runFactOf(row);
  const isOwn = (run: RunFact): boolean => run.versionMin === own.versionMin && run.version === own.version && sameRun(run, own);
  if (live.length === 0 || live.some(isOwn)) return false;
  let next = own.versionMin;
  for (const run of live) {
    if (run.versionMin <= next && run.version >= next && isOld(run)) next = run.version + 1;
  }
  return next > own.version;
}

function sameRun(a: RunFact, b: RunFact): boolean {
  return a.sha256 === null || b.sha256 === null ? a.sha256 === b.sha256 : Buffer.compare(a.sha256, b.sha256) === 0;
}

/** Tells of each run, once, whether its file is there and as it was written. */
function runChecker(store: ObjectStore): (run: RunFact) => Promise<boolean> {
  const checked = new Map<RunFact, Promise<boolean>>();
  return (run) => {
    let result = checked.get(run);
    if (result === undefined) checked.set(run, result = isAsWritten(store, run));
    return result;
  };
}

async function isAsWritten(store: ObjectStore, { sha256, sizeBytes }: RunFact): Promise<boolean> {
  if (sha256 === null) return false;
  const path = blobPath(sha256);
  if ((await store.head(path))?.sizeBytes !== sizeBytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of store.read(path)) hash.update(chunk);
  return hash.digest().equals(sha256);
}
