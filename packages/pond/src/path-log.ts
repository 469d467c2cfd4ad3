import type { Oplog, OplogView, TransactionFacts } from '@duckpond/oplog';
import { ROOT_ID } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import { indexTree } from './tree-index.ts';

/** The transactions that changed a path or anything below it, newest first. Nodes are followed by identity through renames. */
export async function* pathTransactions(
  oplog: Oplog, view: OplogView, path: string, notLaterMicros?: bigint,
): AsyncGenerator<TransactionFacts> {
  const clean = path.replace(/\/+$/, '');
  const index = await indexTree(view);
  const nodes = new Set<string>(clean === '' ? [ROOT_ID] : []);
  for (const [id, placed] of index) if (clean === '' || placed.path === clean || placed.path.startsWith(`${clean}/`)) nodes.add(id);
  if (nodes.size === 0) throw new PondError('not-found', `Cannot read the log of "${path}": there is no entry of that name`, { path });
  const touching = new Set<number>();
  for (const add of view.files.values()) {
    for (const row of await oplog.reader.rows(add, { txnAtMost: view.txnSeq })) {
      const { childId } = row.entry;
      if (nodes.has(row.nodeId) || (childId != null && nodes.has(childId))) touching.add(row.txnSeq);
    }
  }
  for await (const facts of oplog.transactions(notLaterMicros)) if (touching.has(facts.txnSeq)) yield facts;
}
