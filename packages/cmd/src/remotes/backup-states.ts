import type { Pond } from '@duckpond/pond';
import { plural } from '../output/size.ts';

/** How far a backup is, as far as this machine knows without asking it. */
export interface BackupState {
  readonly name: string;
  readonly url: string;
  readonly auto: boolean;
  /** Null when nothing is known. */
  readonly pushedTxn: number | null;
  readonly lag: number | null;
  readonly failure: string | null;
}

/** @param txnSeq the newest transaction of the pond */
export async function backupStates(pond: Pond, txnSeq: number): Promise<readonly BackupState[]> {
  // Most ponds have none: they do not load what reaches other machines.
  if (!(await pond.settings()).some(({ key }) => key.startsWith('backup.'))) return [];
  const { attachments, readStatus } = await import('@duckpond/remote');
  return Promise.all((await attachments(pond, 'backup')).map(async ({ name, attachment }) => {
    const { txnSeq: pushed, failure } = await readStatus(pond.directory, name);
    return {
      name, url: attachment.url, auto: attachment.auto === true, pushedTxn: pushed ?? null,
      lag: pushed === undefined ? null : Math.max(0, txnSeq - pushed), failure: failure?.message ?? null,
    };
  }));
}

export function lagText({ lag, pushedTxn, failure }: BackupState): string {
  const where = lag === null || pushedTxn === null ? 'nothing is known to be there'
    : lag === 0 ? 'up to date' : `at transaction ${pushedTxn}, ${plural(lag, 'transaction', 'transactions')} behind`;
  return failure === null ? where : `${where}; the last push failed`;
}
