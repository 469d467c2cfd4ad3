import {
  type Action, type Checkpoint, type Commit, completeCheckpoints, createReplay, decodeCommit, EMPTY_STATE, listLog, readCheckpoint,
  type TableState,
} from '@duckpond/delta';
import { decodeCommitFacts, type TransactionFacts, transactionRow } from '../commit-info.ts';
import { createDataReader } from '../data-reader.ts';
import { sealOf, sha256 } from '../hash-chain.ts';
import { appIdOf, openHead } from '../head.ts';
import { maintenanceSettings } from '../maintenance-settings.ts';
import { decodePayload } from '../payload.ts';
import { checkCheckpointAt, checkChecksumAt, checkLastCheckpoint } from './check-log-hints.ts';
import { attempt, type Inspection } from './inspection.ts';
import { NO_ROWS, type RowDigest, withRow } from './row-digest.ts';

/** The retention of the log that ponds are made with, for one whose settings cannot be read. */
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
  /** The transactions whose commit files are kept, by number. */
  readonly transactions: ReadonlyMap<number, LoggedTransaction>;
  /** The number of the newest transaction at each kept version. */
  readonly txnSeqAt: ReadonlyMap<number, number>;
}

/** The files of the log, by version. */
interface LogFiles {
  readonly commits: ReadonlySet<number>;
  readonly checkpoints: ReadonlyMap<number, Checkpoint>;
  /** Paths of `.crc` files. */
  readonly checksums: ReadonlyMap<number, string>;
  readonly newest: number;
}

/**
 * The log: versions without gaps, commits that decode, their seals and links, transactions in order, and everything that is
 * derived from commits equal to what they say. Goes on behind a damaged commit from the next checkpoint or `.crc`.
 */
export async function checkLog(inspection: Inspection): Promise<CheckedLog> {
  const files = await listFiles(inspection);
  const { newest } = files;
  const start = await oldestKept(inspection, files);
  const transactions = new Map<number, LoggedTransaction>();
  const txnSeqAt = new Map<number, number>();
  let state: TableState | undefined = start === 0 ? EMPTY_STATE : undefined;
  let known: { readonly state: TableState; readonly version: number } | undefined;
  let previous: PreviousCommit | undefined;
  let last: TransactionFacts | undefined;
  let hasBase = start === 0;

  for (let version = Math.max(0, start - 1); version <= newest; version++) {
    const file = commitFile(version);
    if (version >= start && !files.commits.has(version)) {
      inspection.blame('lost', file, `it is missing, a commit of every version up to ${newest} was wanted`);
    }
    const bytes = files.commits.has(version) ? await attempt(inspection, 'damaged', file, () => inspection.store.get(file)) : undefined;
    inspection.advance(bytes?.byteLength ?? 0);
    const commit = bytes === undefined ? undefined : await attempt(inspection, 'damaged', file, async () => decodeCommit(version, bytes));
    const linesHold = commit !== undefined && checkSeal(inspection, file, commit, previous);
    if (bytes !== undefined) previous = { version, sha256: sha256(bytes) };
    if (state !== undefined) state = commit === undefined || !linesHold ? undefined : applied(state, commit.actions);
    if (commit === undefined) last = undefined;
    const transaction = commit && await attempt(inspection, 'damaged', file, async () => loggedTransaction(file, commit));
    if (commit !== undefined && transaction !== undefined) {
      checkOrder(inspection, transaction, commit, last);
      transactions.set(transaction.facts.txnSeq, transaction);
      last = transaction.facts;
    }
    state = await checkDerivedAt(inspection, files, version, state, commit, hasBase);
    if (state === undefined) continue;
    hasBase = true;
    known = { state, version };
    const txnSeq = txnSeqOf(state);
    if (txnSeq !== undefined) txnSeqAt.set(version, txnSeq);
  }
  if (!hasBase && newest >= 0) {
    inspection.blame('lost', commitFile(Math.max(0, start - 1)), 'it is missing, and so is a checkpoint that makes it unnecessary');
  }
  await checkLastCheckpoint(inspection, files.checkpoints);
  return { newest, state: known?.state, version: known?.version ?? -1, transactions, txnSeqAt };
}

function commitFile(version: number): string {
  return `_delta_log/${String(version).padStart(20, '0')}.json`;
}

async function listFiles(inspection: Inspection): Promise<LogFiles> {
  const listed = await listLog(inspection.store);
  const commits = new Set<number>();
  const checksums = new Map<number, string>();
  let newest = -1;
  for (const { file, sizeBytes } of listed) {
    inspection.expect(sizeBytes);
    newest = Math.max(newest, file.version);
    if (file.kind === 'commit') commits.add(file.version);
    if (file.kind === 'checksum') checksums.set(file.version, file.path);
  }
  const checkpoints = new Map(completeCheckpoints(listed.map(({ file }) => file)).map((found) => [found.version, found]));
  return { commits, checkpoints, checksums, newest };
}

/** The oldest version whose commit must be there. What a cleanup removed, and a power cut brought back in part, is left aside. */
async function oldestKept(inspection: Inspection, { commits, newest }: LogFiles): Promise<number> {
  const versions = [...commits].sort((a, b) => a - b);
  let start = versions[0] ?? Math.max(0, newest);
  // A cleanup may come long after the newest commit.
  const nowMillis = Math.max(inspection.nowMillis, await timestampOf(inspection, versions.at(-1)) ?? 0);
  if (versions.at(-1) === start + versions.length - 1) return start;
  const retentionMillis = await logRetention(inspection);
  for (const [index, version] of versions.entries()) {
    const next = versions[index + 1];
    if (next === undefined || next === version + 1) continue;
    const millis = await timestampOf(inspection, version);
    if (millis !== undefined && nowMillis - millis >= retentionMillis) start = next;
  }
  return start;
}

async function logRetention({ store }: Inspection): Promise<number> {
  try {
    return (await maintenanceSettings(await openHead(store, createDataReader(store)))).logRetentionMillis;
  } catch {
    return LOG_RETENTION_MILLIS; // Why it cannot be opened is told where that is checked.
  }
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

/** What was derived at a version against `state`; without one, the state that it gives to go on from. */
async function checkDerivedAt(
  inspection: Inspection, { checkpoints, checksums }: LogFiles, version: number,
  state: TableState | undefined, commit: Commit | undefined, hasBase: boolean,
): Promise<TableState | undefined> {
  const checkpoint = checkpoints.get(version);
  const checksum = checksums.get(version);
  if (state !== undefined) {
    if (checkpoint !== undefined) await checkCheckpointAt(inspection, checkpoint, state);
    if (checksum !== undefined) await checkChecksumAt(inspection, checksum, version, state, commit);
    return state;
  }
  const [file = ''] = checkpoint?.paths ?? [];
  const severity = hasBase ? 'derived' : 'damaged';
  const found = checkpoint && await attempt(inspection, severity, file, () => readCheckpoint(inspection.store, checkpoint));
  if (found !== undefined || checksum === undefined) return found;
  return checkChecksumAt(inspection, checksum, version, undefined, commit);
}

interface PreviousCommit {
  readonly version: number;
  readonly sha256: string;
}

/** @returns whether the actions of the commit are those that were written */
function checkSeal(inspection: Inspection, file: string, commit: Commit, previous: PreviousCommit | undefined): boolean {
  const seal = sealOf(commit);
  if (seal === undefined) return true;
  if (!seal.infoHolds) inspection.blame('damaged', file, 'its first line does not match its own checksum, the line as written was wanted');
  const lines = commit.bytes.subarray(commit.bytes.indexOf(0x0a) + 1);
  if (!seal.linesHold || (seal.infoHolds && seal.linesSha256 !== sha256(lines))) {
    inspection.blame('damaged', file, 'its lines do not match the hash in its first line, the lines as written were wanted');
  }
  if (seal.infoHolds && previous?.version === commit.version - 1 && seal.previousSha256 !== previous.sha256) {
    inspection.blame('damaged', commitFile(previous.version), `it does not match the hash in "${file}", the commit as written was wanted`);
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
  const told = decodePayload(member, facts, file);
  return { file, facts, rows: told && [...told, transactionRow(facts)].reduce(withRow, NO_ROWS) };
}

function checkOrder(inspection: Inspection, { file, facts }: LoggedTransaction, commit: Commit, last: TransactionFacts | undefined): void {
  const wrong = (what: string): void => inspection.blame('damaged', file, what);
  const { txnSeq, timestampMicros, pondId } = facts;
  const txn = commit.actions.find((action) => action.kind === 'txn' && action.txn.appId === appIdOf(pondId));
  const isNamed = txn?.kind === 'txn' && Number(txn.txn.version) === txnSeq;
  if (!isNamed) wrong(`its txn action does not name transaction ${txnSeq}, the same number was wanted`);
  if (last === undefined) return;
  if (txnSeq !== last.txnSeq + 1) wrong(`it is transaction ${txnSeq}, ${last.txnSeq + 1} was wanted`);
  if (timestampMicros <= last.timestampMicros) wrong('its time is not later than that of the transaction before, a later one was wanted');
}

function txnSeqOf(state: TableState): number | undefined {
  const pondId = state.metadata?.configuration['duckpond.id'];
  const txn = typeof pondId === 'string' ? state.transactions.get(appIdOf(pondId)) : undefined;
  return txn === undefined ? undefined : Number(txn.version);
}
