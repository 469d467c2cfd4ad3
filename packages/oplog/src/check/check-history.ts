import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Row } from '../row.ts';
import type { CheckedLog } from './check-log.ts';
import { checkRuns } from './check-runs.ts';
import { type History, refOf } from './history.ts';
import type { Inspection } from './inspection.ts';
import { isSameDigest, NO_ROWS } from './row-digest.ts';

/** What is wrong between files, and not with one of them, is said of the log. */
const LOG = '_delta_log';

/** What only all rows together show. Asked for when all data files are whole: otherwise every gap would be told twice. */
export function checkHistory(inspection: Inspection, log: CheckedLog, history: History): void {
  checkTransactions(inspection, log, history);
  checkVersions(inspection, history);
  checkRuns(inspection, history);
}

/** Transactions from 1 without a gap, each later than the one before, and the same in the commit files that are kept. */
function checkTransactions(inspection: Inspection, log: CheckedLog, history: History): void {
  const newest = log.txnSeqAt.get(log.version) ?? 0;
  let previousMicros = 0n;
  for (let txnSeq = 1; txnSeq <= newest; txnSeq++) {
    const facts = history.transactions.get(txnSeq);
    if (facts === undefined) {
      inspection.blame('lost', LOG, `no data file has the record of transaction ${txnSeq}, one was wanted for each of 1 to ${newest}`);
      continue;
    }
    const file = history.fileOf.get(txnSeq) ?? LOG;
    if (facts.timestampMicros <= previousMicros) {
      inspection.blame('damaged', file, `the time of transaction ${txnSeq} is not later than that of the one before`);
    }
    previousMicros = facts.timestampMicros;
    const logged = log.transactions.get(txnSeq);
    if (logged === undefined) continue;
    if (!isDeepStrictEqual(logged.facts, facts)) {
      inspection.blame('damaged', logged.file, `what it says about transaction ${txnSeq} is not what the record in "${file}" says`);
    }
    if (logged.rows !== undefined && !isSameDigest(logged.rows, history.digests.get(txnSeq) ?? NO_ROWS)) {
      inspection.blame('damaged', logged.file, `the records that it repeats of transaction ${txnSeq} are not those of the data files`);
    }
  }
  for (const txnSeq of history.transactions.keys()) {
    if (txnSeq <= newest) continue;
    const file = history.fileOf.get(txnSeq) ?? LOG;
    inspection.blame('damaged', file, `it has transaction ${txnSeq}, the newest that the log knows is ${newest}`);
  }
}

interface Known {
  readonly version: number;
  readonly totalBytes: number;
  readonly rows: number;
  readonly chain: Uint8Array | null;
  /** Whether the hash of a version before is not known, and with it the running one. */
  readonly isLost: boolean;
}

/** The versions of each node one after the other, and the running sums of a series. */
function checkVersions(inspection: Inspection, history: History): void {
  const nodes = new Map<string, Known>();
  for (const row of history.rows()) {
    if (row.recordKind === 'run') continue;
    const key = `${row.partId} ${row.nodeId}`;
    const known = nodes.get(key);
    const wrong = (what: string): void => {
      const which = `version ${row.version} of node ${row.nodeId}`;
      inspection.blame('damaged', LOG, `${which} is not as it should be: ${what}`, { uses: [refOf(row)] });
    };
    const last = known?.version ?? 0;
    if (row.version !== last && row.version !== last + 1) wrong(`it follows version ${last}, versions without gaps were wanted`);
    const next: Known = {
      version: row.version, totalBytes: known?.totalBytes ?? 0, rows: known?.rows ?? 0,
      chain: known?.chain ?? null, isLost: known?.isLost ?? false,
    };
    nodes.set(key, row.recordKind === 'node' && row.entry.kind === 'series' ? continued(row, next, wrong) : next);
  }
}

function continued(row: Row, known: Known, wrong: (what: string) => void): Known {
  const { sizeBytes, sha256, totalBytes, chain, rowCount, totalRows } = row.entry;
  const sum = known.totalBytes + (sizeBytes ?? 0);
  const before = known.chain ?? new Uint8Array(32);
  // A merged version has no hash any more, so that the running hash cannot be followed through it.
  const isMerged = !(sha256 instanceof Uint8Array) && typeof row.entry.rowCount === 'number';
  const isLost = known.isLost || isMerged;
  const link = sha256 instanceof Uint8Array ? createHash('sha256').update(before).update(sha256).digest() : known.chain;
  if (row.version > 0 && (totalBytes ?? sum) !== sum) wrong(`its versions have ${sum} bytes, it says ${totalBytes}`);
  const isLinked = row.version === 0 || isLost || !(chain instanceof Uint8Array) || link === null || Buffer.compare(chain, link) === 0;
  if (!isLinked) wrong('the running hash of its versions is not what it says');
  const rows = known.rows + (rowCount ?? 0);
  if ((totalRows ?? rows) !== rows) wrong(`its versions have ${rows} rows, it says ${totalRows}`);
  return {
    version: row.version, totalBytes: totalBytes ?? sum, rows, chain: chain ?? link, isLost: isLost && !(chain instanceof Uint8Array),
  };
}
