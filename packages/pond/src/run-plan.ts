import { endOfRuns, type NodeFact, type RunFact, type Transaction } from '@duckpond/oplog';

/** So many versions behind the last run make the next one due. */
export const DUE_VERSIONS = 32;
/** So many runs of a tier become one of the next. */
const TIER_RUNS = 8;
/** A larger version stands for itself. */
const LARGE_BYTES = 8 * 1024 * 1024;
/** What an append puts together at most; larger steps wait for `maintain`. */
const STEP_BYTES = 32 * 1024 * 1024;
/** Runs are not made larger than this. */
export const MOST_RUN_BYTES: number = 128 * 1024 * 1024;

/** What a plan must know of a version. */
export interface PlannedVersion {
  readonly version: number;
  readonly sizeBytes: number;
  /** Whether its rows are known and its bytes are there. */
  readonly isTabular: boolean;
}

/** Versions that become one run; `isMerged` false: that stand for themselves, and only become known to do so. */
export interface PlannedRun {
  readonly from: number;
  readonly to: number;
  readonly isMerged: boolean;
}

/** Whether an append to the series should look for runs that are due. Reads no records. */
export async function mayBeDue(transaction: Transaction, { partId, nodeId, version, totalRows }: NodeFact): Promise<boolean> {
  if (totalRows === null || version < DUE_VERSIONS) return false;
  const runs = await transaction.base.view.runs(partId, nodeId);
  const behind = version - endOfRuns(runs).version;
  // Where making one fails, not every append tries again.
  return behind >= DUE_VERSIONS ? behind < 2 * DUE_VERSIONS || behind % DUE_VERSIONS === 0 : planTier(runs) !== undefined;
}

/**
 * What an append makes of the versions behind the last run, oldest first: at most one merge, and nothing before there are 32. Pure.
 */
export function planTail(tail: readonly PlannedVersion[]): readonly PlannedRun[] {
  const plan: PlannedRun[] = [];
  for (let start = 0; tail.length - start >= DUE_VERSIONS;) {
    const isSmall = isMergeable(tail[start]);
    let sizeBytes = 0;
    let end = start;
    while (end < tail.length && isMergeable(tail[end]) === isSmall && (!isSmall || sizeBytes + (tail[end]?.sizeBytes ?? 0) <= STEP_BYTES)) {
      sizeBytes += tail[end]?.sizeBytes ?? 0;
      end++;
    }
    const [first, last] = [tail[start], tail[end - 1]];
    if (first === undefined || last === undefined) break;
    const isMerged = isSmall && end - start > 1;
    plan.push({ from: first.version, to: last.version, isMerged });
    if (isMerged) break;
    start = end;
  }
  return plan;
}

export function isMergeable(version: PlannedVersion | undefined): boolean {
  return version !== undefined && version.isTabular && version.sizeBytes <= LARGE_BYTES;
}

/** The runs that an append puts together, oldest first; undefined when none are due. Pure. */
export function planTier(runs: readonly RunFact[]): readonly RunFact[] | undefined {
  let group: RunFact[] = [];
  let sizeBytes = 0;
  for (const run of runs) {
    const last = group.at(-1);
    const isFull = run.sha256 === null || run.sizeBytes >= STEP_BYTES / 2;
    const goesOn = last !== undefined && run.versionMin === last.version + 1 && tierOf(run) === tierOf(last);
    if (isFull || !goesOn || sizeBytes + run.sizeBytes > STEP_BYTES) {
      if (!isFull && goesOn && group.length > 1) return group;
      group = [];
      sizeBytes = 0;
    }
    if (isFull) continue;
    group.push(run);
    sizeBytes += run.sizeBytes;
    if (group.length === TIER_RUNS) return group;
  }
  return undefined;
}

function tierOf({ versionMin, version }: RunFact): number {
  return Math.max(0, Math.floor(Math.log(Math.max(1, (version - versionMin + 1) / DUE_VERSIONS)) / Math.log(TIER_RUNS) + 1e-9));
}

/** Something that goes into a run as a whole when all is put together. */
export interface PlannedUnit {
  readonly from: number;
  readonly to: number;
  readonly sizeBytes: number;
  readonly isMergeable: boolean;
}

/** Everything that can be put together, in runs as large as they may be. Pure. */
export function planAll(units: readonly PlannedUnit[]): readonly PlannedRun[] {
  const plan: PlannedRun[] = [];
  let group: PlannedUnit[] = [];
  let sizeBytes = 0;
  const close = (): void => {
    const [first, last] = [group[0], group.at(-1)];
    if (first !== undefined && last !== undefined && group.length > 1) plan.push({ from: first.from, to: last.to, isMerged: true });
    group = [];
    sizeBytes = 0;
  };
  for (const unit of units) {
    if (!unit.isMergeable || sizeBytes + unit.sizeBytes > MOST_RUN_BYTES) close();
    if (!unit.isMergeable) continue;
    group.push(unit);
    sizeBytes += unit.sizeBytes;
  }
  close();
  return plan;
}
