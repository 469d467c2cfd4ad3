import { isDeepStrictEqual } from 'node:util';
import { foldRows, type NameFact, type NodeFact } from '../fact.ts';
import { type StateHint, readStateHint, STATE_HINT_PATH } from '../state/state-files.ts';
import { createStateSource } from '../state/state-source.ts';
import { openStateRun, type StateRun } from '../state/state-run.ts';
import { createView, type FactSource, NOTHING } from '../view.ts';
import { encodeRuns } from '../run.ts';
import type { CheckedLog } from './check-log.ts';
import type { History } from './history.ts';
import { attempt, type Inspection } from './inspection.ts';

/**
 * The folded state must say what the records say up to the transaction where it stands.
 *
 * @param history undefined when not all records are known: then only the files themselves are checked
 */
export async function checkState(inspection: Inspection, log: CheckedLog, history: History | undefined): Promise<void> {
  const { store } = inspection;
  const wrong = (what: string): void => inspection.blame('derived', STATE_HINT_PATH, what);
  const bytes = await attempt(inspection, 'derived', STATE_HINT_PATH, () => store.get(STATE_HINT_PATH));
  if (bytes === undefined) return;
  inspection.advance(bytes.byteLength);
  const hint = await readStateHint(store);
  if (hint === undefined) return wrong('it does not decode, the place of the folded state was wanted');
  if (hint.deltaVersion > log.newest) {
    const file = `_delta_log/${String(hint.deltaVersion).padStart(20, '0')}.json`;
    inspection.blame('lost', file, `it is missing, the folded state was made from it and holds transactions up to ${hint.txnSeq}`);
    return;
  }
  const seq = log.txnSeqAt.get(hint.deltaVersion);
  const isPlaced = seq === undefined || seq === hint.txnSeq;
  if (!isPlaced) wrong(`it says that version ${hint.deltaVersion} is transaction ${hint.txnSeq}, it is ${seq}`);
  const micros = history?.transactions.get(hint.txnSeq)?.timestampMicros;
  if (micros !== undefined && micros !== hint.timestampMicros) wrong(`its time is not that of transaction ${hint.txnSeq}`);
  const runs = await openRuns(inspection, hint);
  if (runs !== undefined && history !== undefined) await compareRuns(inspection, hint, runs, history);
}

async function openRuns(inspection: Inspection, hint: StateHint): Promise<StateRun[] | undefined> {
  const runs: StateRun[] = [];
  for (const { path, sizeBytes } of hint.runs) {
    inspection.expect(sizeBytes);
    const run = await attempt(inspection, 'derived', path, async () => {
      const opened = await openStateRun(inspection.store, path, sizeBytes);
      for await (const rows of opened.all()) void rows;
      return opened;
    });
    inspection.advance(sizeBytes);
    if (run !== undefined) runs.push(run);
  }
  return runs.length === hint.runs.length ? runs : undefined;
}

async function compareRuns(inspection: Inspection, hint: StateHint, runs: readonly StateRun[], history: History): Promise<void> {
  const layer = foldRows(history.rows().filter(({ txnSeq }) => txnSeq <= hint.txnSeq));
  const wanted = createView(NOTHING, [layer]);
  const state = createStateSource(runs);
  const parts = new Set([...layer.names.keys(), ...layer.nodes.keys()]);
  for (const run of runs) for await (const rows of run.all()) for (const { partId } of rows) parts.add(partId);
  let count = 0;
  for (const partId of parts) if (!await isSamePart(wanted, state, partId)) count++;
  if (count === 0) return;
  const file = hint.runs.at(-1)?.path ?? STATE_HINT_PATH;
  inspection.blame('derived', file, `the folded state of ${count} directories is not what the records say, the same was wanted`);
}

async function isSamePart(wanted: FactSource, state: FactSource, partId: string): Promise<boolean> {
  const names = async (from: FactSource): Promise<NameFact[]> => flat(from.names(partId));
  const nodes = async (from: FactSource): Promise<NodeFact[]> => flat(from.nodes(partId));
  const known = await nodes(wanted);
  if (!isDeepStrictEqual(await names(wanted), await names(state)) || !isDeepStrictEqual(known, await nodes(state))) return false;
  for (const { nodeId, kind } of known) {
    if (kind === 'series' && encodeRuns(await wanted.runs(partId, nodeId)) !== encodeRuns(await state.runs(partId, nodeId))) return false;
  }
  return true;
}

async function flat<F>(batches: AsyncIterable<readonly F[]>): Promise<F[]> {
  const all: F[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
