import type { Oplog, Transaction } from '@duckpond/oplog';
import { viewOf } from '@duckpond/oplog';
import { openWritableFs, type WritableFS } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import { createNodeWriter } from './node-writer.ts';
import type { TransactionInfo, WriteResult } from './pond.ts';
import { mayBeDue } from './run-plan.ts';
import type { RunWorkshop } from './runs.ts';
import { writeSetting } from './settings.ts';
import { widenType } from './widen-type.ts';

/** Runs `fn` and commits its changes, and the runs that they make due, as one transaction. @throws PondError `conflict` */
export async function transact<T>(
  workshop: RunWorkshop, fn: (fs: WritableFS) => Promise<T>, command: readonly string[],
): Promise<WriteResult<T>> {
  const { oplog } = workshop;
  const transaction = await oplog.begin(widenType);
  const value = await fn(openWritableFs(createNodeWriter(oplog, viewOf(transaction.base), transaction)));
  await addDueRuns(workshop, transaction);
  return settled(await oplog.commit(transaction, command), value);
}

/** Stores one setting. @throws PondError `invalid-setting`, `conflict` */
export async function transactSetting(oplog: Oplog, key: string, value: string, command: readonly string[]): Promise<WriteResult<void>> {
  const transaction = await oplog.begin();
  await writeSetting(transaction, oplog.environment.nowMicros(), key, value);
  return settled(await oplog.commit(transaction, command), undefined);
}

async function addDueRuns(workshop: RunWorkshop, transaction: Transaction): Promise<void> {
  for (const fact of transaction.appended()) {
    if (await mayBeDue(transaction, fact)) return (await import('./runs.ts')).addDueRuns(workshop, transaction);
  }
}

function settled<T>(outcome: Awaited<ReturnType<Oplog['commit']>>, value: T): WriteResult<T> {
  switch (outcome.kind) {
    case 'committed': return { value, transaction: outcome.facts satisfies TransactionInfo };
    case 'unchanged': return { value, transaction: undefined };
    case 'conflict': throw new PondError(
      'conflict', `Cannot commit: transaction ${outcome.clash.txnSeq} of another writer changed ${outcome.clash.what}`,
      { ...outcome.clash },
    );
  }
}
