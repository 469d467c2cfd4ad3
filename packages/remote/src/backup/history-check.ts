import { commitPath } from '@duckpond/delta';
import { type Oplog, OplogError } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import { sha256Of } from './pack.ts';
import type { PondState } from './entry.ts';

/**
 * Makes sure that a pond is what a backup has, or went on from there.
 *
 * @throws RemoteError `diverged`
 */
export async function assertContinues(oplog: Oplog, pushed: PondState, label: string): Promise<void> {
  const { head } = oplog;
  if (head.snapshot.version < pushed.deltaVersion || head.txnSeq < pushed.txnSeq) {
    const ahead = pushed.txnSeq - head.txnSeq;
    const isShort = ahead > 0 && await uuidOf(oplog, head.txnSeq) !== undefined;
    throw diverged(label, isShort
      ? `the backup is at transaction ${pushed.txnSeq} and the pond at ${head.txnSeq}, a pond that went on from there was wanted`
      : `the backup is at version ${pushed.deltaVersion} of the log and the pond at ${head.snapshot.version}, a later one was wanted`);
  }
  const commit = await oplog.store.get(commitPath(pushed.deltaVersion));
  if (commit !== undefined) {
    if (sha256Of(commit) === pushed.commitSha256) return;
    throw diverged(label, `version ${pushed.deltaVersion} of the log is another one there, the same history was wanted`);
  }
  // Old commits are removed by and by; what was done stays in the records.
  if (await uuidOf(oplog, pushed.txnSeq) === pushed.txnUuid) return;
  throw diverged(label, `transaction ${pushed.txnSeq} is another one there, the same history was wanted`);
}

async function uuidOf(oplog: Oplog, txnSeq: number): Promise<string | undefined> {
  try {
    return (await oplog.transactionFacts(txnSeq)).uuid;
  } catch (error) {
    if (error instanceof OplogError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function diverged(label: string, what: string): RemoteError {
  return new RemoteError('diverged', `Cannot push to "${label}": ${what}`, { label }, {
    hint: 'this pond was restored to an earlier state, or a copy of it pushed: restore the backup, or add a backup with another prefix',
  });
}
