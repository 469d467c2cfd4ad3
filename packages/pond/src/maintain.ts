import { isProcessAlive } from './environment.ts';
import type { MaintainOptions, MaintainReport } from './pond.ts';
import type { RunWorkshop } from './runs.ts';

/** Maintenance by hand: what ordinary commits do in small steps, to the end. */
export async function maintainPond(workshop: RunWorkshop, options: MaintainOptions): Promise<MaintainReport> {
  const { oplog, storeDirectory } = workshop;
  if (options.compact === true && options.dryRun !== true) {
    const { compactRuns } = await import('./runs.ts');
    await compactRuns(workshop);
  }
  const isAlive = (processId: number): boolean => oplog.environment.isAlive?.(processId) ?? isProcessAlive(processId);
  return oplog.maintain(storeDirectory, { ...options, isAlive, ...(workshop.io === undefined ? {} : { io: workshop.io }) });
}
