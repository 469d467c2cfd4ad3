import type { Oplog } from '@duckpond/oplog';
import type { MaintainOptions, MaintainReport } from './pond.ts';

/** Maintenance by hand: what ordinary commits do in small steps, to the end. */
export async function maintainPond(oplog: Oplog, storeDirectory: string, options: MaintainOptions): Promise<MaintainReport> {
  return oplog.maintain(storeDirectory, options);
}
