import type { Oplog } from '@duckpond/oplog';
import { contentRoot } from './content-root.ts';
import type { FsckOptions, FsckReport } from './pond.ts';

export async function fsckPond(oplog: Oplog, _options: FsckOptions): Promise<FsckReport> {
  const view = await oplog.view();
  return { faults: [], contentRoot: await contentRoot(view), transactions: view.txnSeq, nodes: 0, versions: 0, blobs: 0, checkedBytes: 0 };
}
