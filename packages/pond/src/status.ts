import type { Oplog } from '@duckpond/oplog';
import type { PondIdentity, PondStatus } from './pond.ts';
import { indexTree } from './tree-index.ts';

/** One look at a pond, from what is on this machine. */
export async function pondStatus(oplog: Oplog, identity: PondIdentity): Promise<PondStatus> {
  const view = await oplog.view();
  const { head } = oplog;
  const nodes = { directories: 1, files: 0, symlinks: 0 };
  let contentBytes = 0;
  for (const { fact } of (await indexTree(view)).values()) {
    if (fact.kind === 'directory') nodes.directories++;
    else if (fact.kind === 'symlink') nodes.symlinks++;
    else nodes.files++;
    contentBytes += fact.totalBytes ?? fact.sizeBytes ?? 0;
  }
  let storeBytes = 0;
  let storeFiles = 0;
  for await (const { sizeBytes } of oplog.store.list('')) {
    storeBytes += sizeBytes;
    storeFiles++;
  }
  return {
    identity,
    lastTransaction: await oplog.transactionFacts(view.txnSeq),
    deltaVersion: head.snapshot.version,
    nodes,
    contentBytes,
    storeBytes,
    storeFiles,
    tailCommits: head.snapshot.version - (head.state?.deltaVersion ?? -1),
    problems: [],
  };
}
