import type { At } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { needEntry, newestEntry, readEntry } from './backup-log.ts';
import type { BackupEntry, ReadEntry } from './entry.ts';
import { LOG_PREFIX, sequenceOf } from './layout.ts';

/** An entry whose state holds what is wanted, and the transaction. */
export interface FoundState {
  readonly entry: ReadEntry;
  readonly txnSeq: number;
}

/**
 * The newest state, or the first at or after a transaction or a time.
 *
 * @throws RemoteError `not-found`, `not-a-backup` when nothing was ever pushed
 */
export async function findState(store: RemoteStore, at: At | undefined): Promise<FoundState> {
  const newest = await newestEntry(store);
  if (newest === undefined) {
    throw new RemoteError(
      'not-found', `Cannot restore "${store.label}": nothing was ever pushed to it, a pushed state was wanted`, { label: store.label },
    );
  }
  if (at === undefined) return { entry: newest, txnSeq: newest.entry.to.txnSeq };
  const reaches = ({ to }: BackupEntry): boolean => ('txnSeq' in at ? to.txnSeq >= at.txnSeq : to.timestampMicros > at.timeMicros);
  if ('txnSeq' in at && (!reaches(newest.entry) || at.txnSeq < 1)) {
    throw new RemoteError(
      'not-found',
      `Cannot restore transaction ${at.txnSeq} of "${store.label}": it has 1 to ${newest.entry.to.txnSeq}, one of these was wanted`,
      { label: store.label, txnSeq: at.txnSeq },
    );
  }
  // Numbers and times only rise from entry to entry.
  let low = await oldestSequence(store);
  let high = newest.entry.sequence;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (reaches((await needEntry(store, middle)).entry)) high = middle;
    else low = middle + 1;
  }
  const found = await needEntry(store, low);
  if ('txnSeq' in at) return { entry: found, txnSeq: at.txnSeq };
  // The newest push that is not later than the time.
  const before = reaches(found.entry) ? await readEntry(store, low - 1) : found;
  if (before !== undefined) return { entry: before, txnSeq: before.entry.to.txnSeq };
  throw new RemoteError(
    'not-found', `Cannot restore "${store.label}": its oldest state is younger than the time that is wanted`, { label: store.label },
    { hint: `the oldest state is transaction ${found.entry.to.txnSeq}: --at ${found.entry.to.txnSeq}` },
  );
}

async function oldestSequence(store: RemoteStore): Promise<number> {
  for await (const { path } of store.list(LOG_PREFIX)) {
    const sequence = sequenceOf(path);
    if (sequence !== undefined) return sequence;
  }
  return 0;
}
