import {
  cleanLog, completeSnapshot, type ObjectStore, readLastCheckpoint, type Snapshot, writeCheckpoint, writeChecksum,
} from '@duckpond/delta';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import { isCode } from './errors.ts';
import { type Head, stateBase } from './head.ts';
import { merge, planMerge } from './merge.ts';
import { foldRecords } from './records-source.ts';
import {
  addStateRun, collectStateFiles, readStateHint, rowsOfLayers, type RunRef, type StateHint, writeStateHint,
} from './state/state-files.ts';
import { openStateRun, type StateRun } from './state/state-run.ts';
import { createView, NOTHING } from './view.ts';

/** Readers replay at most about so many commits on top of the folded state. */
const TAIL_COMMITS = 16;
/**
 * Where writers crowd, fewer and larger steps keep more of the time for commits, and whoever took the last one takes the next:
 * its code is warm. When it is gone, the one does whose commit comes at the right place.
 */
const CROWDED_TAIL_COMMITS = 32;
const ORPHANED_TAIL_COMMITS = 48;
const CHECKPOINT_COMMITS = 32;
const MERGES_AT_ONCE = 3;
/** How long a file that was merged into another stays, for readers that opened before. */
const GRACE_MILLIS = 60 * 60 * 1000;
const REMOVED_AT_ONCE = 256;
/** Log files are cleaned up each time the version passes a multiple of this. */
const CLEANUP_VERSIONS = 1024;

/**
 * What an ordinary commit does for the age of the pond, in small bounded steps: merge small files, fold the state,
 * checkpoint. All of it can fail or be lost without losing anything: the transaction is committed already.
 *
 * @param isCrowded whether other processes commit at the same time: then only one of them takes the step
 */
export async function maintainAfterCommit(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, isCrowded: boolean,
): Promise<Head> {
  if (!isMaintenanceDue(head, isCrowded)) return head;
  try {
    let current = await adoptState(store, reader, head);
    if (!isMaintenanceDue(current, isCrowded)) return current;
    // A merge of one tier can make the next one due.
    for (let step = 0; step < MERGES_AT_ONCE; step++) {
      const plan = planMerge(current.snapshot.files.values(), { foreground: true });
      if (plan === undefined) break;
      const result = await merge(store, reader, environment, current, plan);
      current = result.head;
      if (!result.merged) break;
    }
    return await foldState(store, reader, environment, current, true);
  } catch (error) {
    // Whatever was left undone is invisible, and the next commit tries again.
    if (isFromOutside(error)) return head;
    throw error;
  }
}

export function isMaintenanceDue(head: Head, isCrowded: boolean): boolean {
  const commits = tailCommits(head);
  // A large transaction makes opening expensive until it is folded.
  if (head.layers.at(-1)?.isLight === false) return true;
  if (!isCrowded) return commits >= TAIL_COMMITS;
  return head.isStateOurs === true ? commits >= CROWDED_TAIL_COMMITS : commits >= ORPHANED_TAIL_COMMITS && commits % TAIL_COMMITS === 0;
}

function tailCommits(head: Head): number {
  return head.snapshot.version - (head.state?.deltaVersion ?? -1);
}

/** The same head on top of the state that another process has folded meanwhile, which is as good as one of our own. */
export async function adoptState(store: ObjectStore, reader: DataReader, head: Head): Promise<Head> {
  if (tailCommits(head) < TAIL_COMMITS) return head;
  const hint = await readStateHint(store);
  const { snapshot, state, txnSeq } = head;
  if (hint === undefined || hint.deltaVersion <= (state?.deltaVersion ?? -1) || hint.deltaVersion > snapshot.version) return head;
  const layers = head.layers.filter(({ facts }) => facts.txnSeq > hint.txnSeq);
  if (layers.length !== txnSeq - hint.txnSeq) return head;
  try {
    const runs = await Promise.all(hint.runs.map(({ path, sizeBytes }) => openStateRun(store, path, sizeBytes)));
    const base = stateBase(reader, runs, snapshot.files, hint.txnSeq);
    return { ...head, state: hint, isStateOurs: false, base, layers, view: createView(base, layers.map(({ layer }) => layer)) };
  } catch (error) {
    if (isCode(error, 'corrupt-state')) return head;
    throw error;
  }
}

function isFromOutside(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DeltaError' || error.name === 'OplogError');
}

/** Writes the state at `head` beside the table, and what makes opening it cheap. The returned head reads from it. */
export async function foldState(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, foreground: boolean,
): Promise<Head> {
  const { snapshot, txnSeq, timestampMicros } = head;
  const nowMillis = Number(environment.nowMicros() / 1000n);
  const unique = environment.uuid().slice(-12);
  const { refs, runs } = await newRuns();
  const hint: StateHint = { deltaVersion: snapshot.version, txnSeq, timestampMicros, runs: refs };
  await writeChecksum(store, snapshot);
  await writeStateHint(store, hint);
  const pruned = await checkpointWhenDue(store, head, [...head.state?.runs ?? [], ...refs], nowMillis);
  const base = stateBase(reader, runs, snapshot.files, txnSeq);
  return { ...head, snapshot: pruned, state: hint, isStateOurs: true, base, layers: [], view: base };

  async function newRuns(): Promise<{ readonly refs: readonly RunRef[]; readonly runs: readonly StateRun[] }> {
    if (head.state !== undefined) {
      try {
        const rows = await rowsOfLayers(head.layers.map(({ layer }) => layer), head.view);
        const options = { firstTxnSeq: head.state.txnSeq + 1, txnSeq, unique, foreground };
        return await opened(rows.length === 0 ? head.state.runs : await addStateRun(store, head.state.runs, rows, options));
      } catch (error) {
        if (!isCode(error, 'corrupt-state')) throw error;
      }
    }
    // A log that was replayed from its beginning is in memory as a whole.
    const layers = head.base === NOTHING ? head.layers.map(({ layer }) => layer) : [await foldRecords(reader, snapshot.files, txnSeq)];
    const rows = await rowsOfLayers(layers, createView(NOTHING, layers));
    return opened(await addStateRun(store, [], rows, { firstTxnSeq: 1, txnSeq, unique, foreground }));
  }

  /** Also tells whether the runs that are kept are still there. */
  async function opened(refs: readonly RunRef[]): Promise<{ readonly refs: readonly RunRef[]; readonly runs: readonly StateRun[] }> {
    return { refs, runs: await Promise.all(refs.map(({ path, sizeBytes }) => openStateRun(store, path, sizeBytes))) };
  }
}

/**
 * A checkpoint for readers that do not know the folded state, when it is due. With it go the files that only older snapshots
 * name, once they are old enough, and their tombstones.
 */
async function checkpointWhenDue(
  store: ObjectStore, head: Head, stateRuns: readonly RunRef[], nowMillis: number,
): Promise<Snapshot> {
  const { version, files, tombstones } = head.snapshot;
  const last = (await readLastCheckpoint(store))?.version ?? 0;
  // A checkpoint costs as much as it has actions, tombstones above all: the larger, the rarer.
  if (version - last < Math.max(CHECKPOINT_COMMITS, (files.size + tombstones.size) / 2)) return head.snapshot;
  const complete = await completeSnapshot(store, head.snapshot);
  const kept = new Map(complete.tombstones);
  for (const [key, { path, deletionTimestamp }] of complete.tombstones) {
    if (complete.tombstones.size - kept.size >= REMOVED_AT_ONCE) break;
    if (nowMillis - (deletionTimestamp ?? nowMillis) <= GRACE_MILLIS) continue;
    if (!complete.files.has(key)) await store.delete(path);
    kept.delete(key);
  }
  const pruned = { ...complete, tombstones: kept };
  await writeCheckpoint(store, pruned);
  await collectStateFiles(store, stateRuns, nowMillis);
  if (Math.floor(version / CLEANUP_VERSIONS) !== Math.floor(last / CLEANUP_VERSIONS)) await cleanLog(store, { nowMillis });
  return pruned;
}
