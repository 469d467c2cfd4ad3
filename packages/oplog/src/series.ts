import { OplogError } from './errors.ts';
import type { NodeFact } from './fact.ts';
import type { Oplog, OplogView } from './oplog.ts';
import { rowsOfPart } from './records-source.ts';
import type { Row } from './row.ts';
import { liveRuns, type RunFact, runFactOf } from './run.ts';

/**
 * The runs of a series for any state that is not newer than the newest one: versions never change, so that a run serves older
 * states too, and those must use it, because merged versions have nothing else. A series that was removed has its in the records.
 */
export async function findRuns(oplog: Oplog, view: OplogView, partId: string, nodeId: string): Promise<readonly RunFact[]> {
  const { head } = oplog;
  if (await head.view.node(partId, nodeId) !== undefined) {
    const newest = await head.view.runs(partId, nodeId);
    // A view may be newer than the head that this process remembers, never the other way round in what it needs.
    return view.txnSeq <= head.txnSeq ? newest : liveRuns([...newest, ...await view.runs(partId, nodeId)]);
  }
  const rows = await rowsOfPart(oplog.reader, head.snapshot.files.values(), partId, Number.MAX_SAFE_INTEGER, nodeId);
  return liveRuns(rows.filter((row) => row.recordKind === 'run' && row.nodeId === nodeId).map(runFactOf));
}

/**
 * The rows of the versions `from` to `to` of a series, in order, without reading transactions that are older than `txnAtLeast`.
 *
 * @throws OplogError `corrupt-record` when one is missing
 */
export async function rowsOfVersions(
  oplog: Oplog, view: OplogView, { partId, nodeId }: Pick<NodeFact, 'partId' | 'nodeId'>, from: number, to: number, txnAtLeast: number = 0,
): Promise<readonly Row[]> {
  if (from > to) return [];
  const rows = (await rowsOfPart(oplog.reader, view.files.values(), partId, view.txnSeq, nodeId, txnAtLeast))
    .filter((row) => row.recordKind === 'node' && row.nodeId === nodeId && row.version >= from && row.version <= to)
    .sort((a, b) => a.version - b.version);
  for (let version = from; version <= to; version++) {
    if (rows[version - from]?.version === version) continue;
    throw new OplogError(
      'corrupt-record', `Cannot read version ${version} of the node ${nodeId}: no record has it, one was wanted`,
      { partId, nodeId, version },
    );
  }
  return rows;
}
