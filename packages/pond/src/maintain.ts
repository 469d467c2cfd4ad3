import { isProcessAlive } from './environment.ts';
import type { MaintainOptions, MaintainReport } from './pond.ts';
import type { RunWorkshop } from './runs.ts';

const NOTHING_COLLAPSED = { collapsedParts: 0, collapsedBytes: 0, collapsedIntoRuns: 0 };

/** Maintenance by hand: what ordinary commits do in small steps, to the end. */
export async function maintainPond(workshop: RunWorkshop, options: MaintainOptions): Promise<MaintainReport> {
  const { oplog, storeDirectory } = workshop;
  const collapsed = options.collapse === undefined ? NOTHING_COLLAPSED
    : await (await import('./collapse.ts')).collapseSeries(workshop, options.collapse, options.dryRun === true);
  let refusal: unknown;
  if (options.compact === true && options.dryRun !== true) {
    const { compactRuns } = await import('./runs.ts');
    refusal = await compactRuns(workshop);
  }
  await oplog.refresh();
  const purge = options.purge === undefined ? {} : { purge: await (await import('./purge-targets.ts')).purgeTargets(oplog, options.purge) };
  const isAlive = (processId: number): boolean => oplog.environment.isAlive?.(processId) ?? isProcessAlive(processId);
  const { purge: _, collapse: __, ...others } = options;
  const report = await oplog.maintain(
    storeDirectory, { ...others, ...purge, isAlive, ...(workshop.io === undefined ? {} : { io: workshop.io }) });
  if (refusal !== undefined) throw refusal;
  return { ...report, ...collapsed };
}
