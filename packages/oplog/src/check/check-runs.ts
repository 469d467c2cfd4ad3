import { blobPath } from '../blob.ts';
import type { Row } from '../row.ts';
import { liveRuns, type RunFact, runFactOf } from '../run.ts';
import { MOST_USES } from './finding.ts';
import { type BlobUse, type History, refOf } from './history.ts';
import type { Inspection } from './inspection.ts';

const LOG = '_delta_log';

interface Series {
  readonly partId: string;
  readonly nodeId: string;
  readonly versions: Map<number, Row>;
  readonly runs: RunFact[];
}

/**
 * The runs of every series, those of removed ones too: their versions are there without a gap, and have as many rows and the
 * times that the run says; every version that has lost its bytes is in one. That the files hold is checked with the other blobs.
 */
export function checkRuns(inspection: Inspection, history: History): void {
  for (const one of seriesOf(history)) checkSeries(inspection, one);
}

/** The blobs of the runs that readers use: superseded ones may be gone. */
export function runBlobs(history: History): BlobUse[] {
  return seriesOf(history).flatMap(({ partId, nodeId, runs }) => liveRuns(runs).flatMap((run) => blobOfRun(partId, nodeId, run)));
}

export function blobOfRun(partId: string, nodeId: string, { versionMin, version, sha256, sizeBytes }: RunFact): BlobUse[] {
  if (sha256 === null) return [];
  const useCount = version - versionMin + 1;
  const uses = Array.from({ length: Math.min(useCount, MOST_USES) }, (_, i) => ({ partId, nodeId, version: versionMin + i }));
  return [{ path: blobPath(sha256), sha256, sizeBytes, uses, useCount }];
}

function seriesOf(history: History): Series[] {
  const series = new Map<string, Series>();
  for (const row of history.rows()) {
    const isVersion = row.recordKind === 'node' && row.entry.kind === 'series' && row.version > 0;
    if (!isVersion && row.recordKind !== 'run') continue;
    const key = `${row.partId} ${row.nodeId}`;
    let known = series.get(key);
    if (known === undefined) series.set(key, known = { partId: row.partId, nodeId: row.nodeId, versions: new Map(), runs: [] });
    if (isVersion) known.versions.set(row.version, row);
    else known.runs.push(runFactOf(row));
  }
  return [...series.values()];
}

function checkSeries(inspection: Inspection, { partId, nodeId, versions, runs }: Series): void {
  for (const run of runs) {
    const what = faultOf(run, versions);
    if (what === undefined) continue;
    const which = `the run of versions ${run.versionMin} to ${run.version} of node ${nodeId}`;
    inspection.blame('damaged', LOG, `${which} is not as it should be: ${what}`, { uses: [{ partId, nodeId, version: run.versionMin }] });
  }
  const blobs = liveRuns(runs).filter(({ sha256 }) => sha256 !== null);
  for (const row of versions.values()) {
    const { entry, version } = row;
    const isMerged = typeof entry.rowCount === 'number' && (entry.sizeBytes ?? 0) > 0 && !(entry.sha256 instanceof Uint8Array);
    if (!isMerged || blobs.some((run) => run.versionMin <= version && version <= run.version)) continue;
    const what = `version ${version} of node ${row.nodeId} has neither bytes of its own nor a run that holds its rows`;
    inspection.blame('lost', LOG, what, { uses: [refOf(row)] });
  }
}

function faultOf(run: RunFact, versions: ReadonlyMap<number, Row>): string | undefined {
  let rowCount = 0;
  let isKnown = true;
  for (let version = run.versionMin; version <= run.version; version++) {
    const row = versions.get(version);
    if (row === undefined) return `there is no version ${version}`;
    if (version === run.version && row.txnSeq !== run.versionTxnSeq) {
      return `its last version is of transaction ${row.txnSeq}, it says ${run.versionTxnSeq}`;
    }
    const hasContent = (row.entry.sizeBytes ?? 0) > 0;
    isKnown &&= !hasContent || typeof row.entry.rowCount === 'number';
    rowCount += row.entry.rowCount ?? 0;
  }
  if (run.sha256 === null) return undefined;
  if (isKnown && rowCount === run.rowCount) return undefined;
  return `its versions have ${isKnown ? rowCount : 'an unknown number of'} rows, it says ${run.rowCount}`;
}
