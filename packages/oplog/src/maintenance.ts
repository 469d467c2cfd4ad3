import { type ObjectStore, writeChecksum } from '@duckpond/delta';
import type { DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import { isCode } from './errors.ts';
import { type Head, stateBase } from './head.ts';
import { keepHouse } from './housekeeping.ts';
import { maintenanceSettings } from './maintenance-settings.ts';
import { merge, planMerge } from './merge.ts';
import { foldRecords } from './records-source.ts';
import {
  addStateRun, readStateHint, rowsOfLayers, type RunRef, type StateHint, writeStateHint,
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
/** Where it is not crowded, what can wait is done half-way between two folds, so that no commit does all of it. */
const HOUSEKEEPING_COMMITS = 8;

/**
 * What an ordinary commit does for the age of the pond, in small bounded steps (docs/decisions/0017): every 16 commits it merges the small
 * files and folds the state; half-way in between it does one thing of what can wait. All of it can fail or be lost without losing
 * anything: the transaction is committed already.
 *
 * @param isCrowded whether other processes commit at the same time: then only one of them takes the step, and all of it
 */
export async function maintainAfterCommit(
  store: ObjectStore, reader: DataReader, environment: Environment, head: Head, isCrowded: boolean,
): Promise<Head> {
  const isFoldDue = isMaintenanceDue(head, isCrowded);
  if (!isFoldDue && (isCrowded || tailCommits(head) !== HOUSEKEEPING_COMMITS)) return head;
  try {
    if (!(await maintenanceSettings(head)).isAutomatic) return head;
    const current = await adoptState(store, reader, head);
    if (!isFoldDue) return await mergeOrKeepHouse(current);
    if (!isMaintenanceDue(current, isCrowded)) return current;
    const folded = await foldState(store, reader, environment, await mergeOne(current, 0, 0), true);
    return isCrowded ? await mergeOrKeepHouse(folded) : folded;
  } catch (error) {
    // Whatever was left undone is invisible, and the next commit tries again.
    if (isFromOutside(error)) return head;
    throw error;
  }

  async function mergeOne(from: Head, leastTier: number, mostTier?: number): Promise<Head> {
    const plan = planMerge(from.snapshot.files.values(), { foreground: true, leastTier, ...(mostTier === undefined ? {} : { mostTier }) });
    return plan === undefined ? from : (await merge(store, reader, environment, from, plan)).head;
  }

  async function mergeOrKeepHouse(from: Head): Promise<Head> {
    const merged = await mergeOne(from, 1);
    return merged === from ? keepHouse(store, environment, from) : merged;
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
  const unique = environment.uuid().slice(-12);
  const { refs, runs } = await newRuns();
  const hint: StateHint = { deltaVersion: snapshot.version, txnSeq, timestampMicros, runs: refs };
  await writeChecksum(store, snapshot);
  await writeStateHint(store, hint);
  const base = stateBase(reader, runs, snapshot.files, txnSeq);
  return { ...head, state: hint, isStateOurs: true, base, layers: [], view: base };

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
