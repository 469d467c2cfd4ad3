import {
  type Action, type Commit, completeCheckpoints, createReplay, decodeCommit, EMPTY_STATE, listLog, type ListedLogFile,
  readCheckpoint, type TableState,
} from '@duckpond/delta';
import { decodeCommitFacts, decodePayload, type TransactionFacts } from '../commit-info.ts';
import { sealOf, sha256 } from '../hash-chain.ts';
import { appIdOf } from '../head.ts';
import { rowsOfRecord } from '../row.ts';
import { checkCheckpointAt, checkChecksumAt, checkLastCheckpoint } from './check-log-hints.ts';
import { attempt, type Inspection } from './inspection.ts';
import { NO_ROWS, type RowDigest, withRow } from './row-digest.ts';

/** The retention of the log that ponds are made with. */
const LOG_RETENTION_MILLIS = 7 * 24 * 60 * 60 * 1000;

/** A transaction as its commit file tells it. */
export interface LoggedTransaction {
  readonly file: string;
  readonly facts: TransactionFacts;
  /** Of the rows that the commit repeats; undefined when it repeats none. */
  readonly rows: RowDigest | undefined;
}

export interface CheckedLog {
  /** The newest version that a file of the log speaks of; -1 when there is none. */
  readonly newest: number;
  /** The newest state that the log gives, and its version; undefined when it gives none. */
  readonly state: TableState | undefined;
  readonly version: number;
  readonly pondId: string | undefined;
  /** The transactions whose commit files are kept, by number. */
  readonly transactions: ReadonlyMap<number, LoggedTransaction>;
  /** The number of the newest transaction at each kept version. */
  readonly txnSeqAt: ReadonlyMap<number, number>;
}

/**
 * The log: versions without gaps, commits that decode, their seals and links, transactions in order, and everything that is
 * derived from commits equal to what they say. Goes on behind a damaged commit from the next checkpoint or `.crc`.
 */
export async function checkLog(inspection: Inspection): Promise<CheckedLog> {
  const { store } = inspection;
  const listed = await listLog(store);
  const commits = new Map(listed.filter(({ file }) => file.kind === 'commit').map((entry): [number, ListedLogFile] => [entry.file.version, entry]));
  for (const { sizeBytes } of listed) inspection.expect(sizeBytes);
  const newest = listed.reduce((most, { file }) => Math.max(most, file.version), -1);
  const start = await oldestKept(inspection, commits, newest);
  const checkpoints = new Map(completeCheckpoints(listed.map(({ file }) => file)).map((found) => [found.version, found]));
  const checksums = new Map(listed.filter(({ file }) => file.kind === 'checksum').map((entry): [number, ListedLogFile] => [entry.file.version, entry]));

  let state: TableState | undefined = start === 0 ? EMPTY_STATE : undefined;
  let known: { readonly state: TableState; readonly version: number } | undefined;
  let previous: { readonly version: number; readonly sha256: string; readonly holds: boolean } | undefined;
  let last: TransactionFacts | undefined;
  const transactions = new Map<number, LoggedTransaction>();
  const txnSeqAt = new Map<number, number>();
  let hasBase = start === 0;

  for (let version = Math.max(0, start - 1); version <= newest; version++) {
    const file = commitFile(version);
    const found = commits.get(version);
    const bytes = found === undefined ? undefined : await attempt(inspection, 'damaged', file, () => store.get(file));
    if (version >= start && found === undefined) {
      inspection.report({ severity: 'lost', file, message: `Cannot read "${file}": it is missing, a commit of every version up to ${newest} was wanted` });
    }
    inspection.advance(bytes?.byteLength ?? 0);
    const commit = bytes === undefined ? undefined : await attempt(inspection, 'damaged', file, () => Promise.resolve(decodeCommit(version, bytes)));
    const linesHold = commit !== undefined && checkSeal(inspection, file, commit, previous);
    if (bytes !== undefined) previous = { version, sha256: sha256(bytes), holds: linesHold };
    if (state !== undefined) state = commit === undefined || !linesHold ? undefined : applied(state, commit.actions);
    if (commit !== undefined) {
      const transaction = await attempt(inspection, 'damaged', file, () => Promise.resolve(loggedTransaction(file, commit)));
      if (transaction !== undefined) {
        checkOrder(inspection, file, transaction.facts, commit, last);
        transactions.set(transaction.facts.txnSeq, transaction);
        last = transaction.facts;
      }
    }
    const checkpoint = checkpoints.get(version);
    const checksum = checksums.get(version);
    if (state === undefined) {
      // From here on the log can only be read from what was derived from it.
      if (checkpoint !== undefined) {
        state = await attempt(inspection, hasBase ? 'derived' : 'damaged', checkpoint.paths[0] ?? file, () => readCheckpoint(store, checkpoint));
        if (state !== undefined) hasBase = true;
      }
      if (state === undefined && checksum !== undefined) state = await checkChecksumAt(inspection, checksum.file.path, version, undefined, commit);
    } else {
      if (checkpoint !== undefined) await checkCheckpointAt(inspection, checkpoint, state);
      if (checksum !== undefined) await checkChecksumAt(inspection, checksum.file.path, version, state, commit);
    }
    if (state !== undefined) {
      known = { state, version };
      const seq = txnSeqOf(state);
      if (seq !== undefined) txnSeqAt.set(version, seq);
    }
  }
  if (!hasBase && newest >= 0) {
    const file = commitFile(Math.max(0, start - 1));
    inspection.report({ severity: 'lost', file, message: `Cannot read "${file}": it is missing, and so is a checkpoint that makes it unnecessary` });
  }
  await checkLastCheckpoint(inspection, checkpoints);
  const pondId = known?.state.metadata?.configuration['duckpond.id'] ?? undefined;
  return { newest, state: known?.state, version: known?.version ?? -1, pondId, transactions, txnSeqAt };
}

function commitFile(version: number): string {
  return `_delta_log/${String(version).padStart(20, '0')}.json`;
}

/** The oldest version whose commit must be there. What a cleanup removed, and a power cut brought back in part, is left aside. */
async function oldestKept(inspection: Inspection, commits: ReadonlyMap<number, ListedLogFile>, newest: number): Promise<number> {
  const versions = [...commits.keys()].sort((a, b) => a - b);
  let start = versions[0] ?? Math.max(0, newest);
  const newestMillis = await timestampOf(inspection, versions.at(-1));
  for (const [index, version] of versions.entries()) {
    const next = versions[index + 1];
    if (next === undefined || next === version + 1) continue;
    const millis = await timestampOf(inspection, version);
    if (millis !== undefined && newestMillis !== undefined && newestMillis - millis > LOG_RETENTION_MILLIS) start = next;
  }
  return start;
}

async function timestampOf({ store }: Inspection, version: number | undefined): Promise<number | undefined> {
  if (version === undefined) return undefined;
  try {
    const bytes = await store.get(commitFile(version));
    return bytes === undefined ? undefined : decodeCommit(version, bytes).commitInfo?.timestamp;
  } catch {
    return undefined; // Told where the commit itself is checked.
  }
}

/** @returns whether the actions of the commit are those that were written */
function checkSeal(
  inspection: Inspection, file: string, commit: Commit, previous: { readonly version: number; readonly sha256: string; readonly holds: boolean } | undefined,
): boolean {
  const seal = sealOf(commit);
  if (seal === undefined) return true;
  if (!seal.infoHolds) {
    inspection.report({ severity: 'damaged', file, message: `Cannot read "${file}": its first line does not match its own hash, the line as written was wanted` });
  }
  if (!seal.linesHold) {
    inspection.report({ severity: 'damaged', file, message: `Cannot read "${file}": its lines do not match the hash in its first line, the lines as written were wanted` });
  }
  if (seal.infoHolds && previous?.version === commit.version - 1 && seal.previousSha256 !== previous.sha256) {
    const before = commitFile(previous.version);
    inspection.report({ severity: 'damaged', file: before, message: `Cannot read "${before}": it does not match the hash in "${file}", the commit as written was wanted` });
  }
  return seal.linesHold;
}

function applied(state: TableState, actions: readonly Action[]): TableState {
  const replay = createReplay(state);
  for (const action of actions) replay.apply(action);
  return replay.finish();
}

function loggedTransaction(file: string, commit: Commit): LoggedTransaction | undefined {
  const member = commit.commitInfo?.['duckpond'];
  const facts = decodeCommitFacts(member, file);
  if (facts === undefined) return undefined;
  const records = decodePayload(member, facts, file);
  return { file, facts, rows: records?.flatMap(rowsOfRecord).reduce(withRow, NO_ROWS) };
}

function checkOrder(inspection: Inspection, file: string, facts: TransactionFacts, commit: Commit, last: TransactionFacts | undefined): void {
  const wrong = (what: string): void => inspection.report({ severity: 'damaged', file, message: `Cannot read "${file}": ${what}` });
  const txn = commit.actions.find((action) => action.kind === 'txn' && action.txn.appId === appIdOf(facts.pondId));
  if (txn?.kind !== 'txn' || Number(txn.txn.version) !== facts.txnSeq) wrong(`its txn action does not name transaction ${facts.txnSeq}, the same number was wanted`);
  if (last === undefined) return;
  if (facts.txnSeq !== last.txnSeq + 1) wrong(`it is transaction ${facts.txnSeq}, ${last.txnSeq + 1} was wanted`);
  if (facts.timestampMicros <= last.timestampMicros) wrong('its time is not later than that of the transaction before, a later one was wanted');
}

function txnSeqOf(state: TableState): number | undefined {
  const pondId = state.metadata?.configuration['duckpond.id'];
  const txn = pondId == null ? undefined : state.transactions.get(appIdOf(pondId));
  return txn === undefined ? undefined : Number(txn.version);
}
