import type { Oplog } from '@duckpond/oplog';
import { isProcessAlive } from './environment.ts';
import type { MaintainOptions, MaintainReport } from './pond.ts';

/** Maintenance by hand: what ordinary commits do in small steps, to the end. */
export async function maintainPond(oplog: Oplog, storeDirectory: string, options: MaintainOptions): Promise<MaintainReport> {
  const isAlive = (processId: number): boolean => oplog.environment.isAlive?.(processId) ?? isProcessAlive(processId);
  return oplog.maintain(storeDirectory, { ...options, isAlive });
}
