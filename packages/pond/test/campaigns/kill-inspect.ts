import { join } from 'node:path';
import { openLocalStore, Oplog } from '@duckpond/oplog';
import { isFile } from '@duckpond/tinyfs';
import { type Pond, realEnvironment, relationOf } from '../../src/index.ts';
import { rowsOf } from '../fake-rows.ts';
import { describeModel, describeRows, hashOf, type Model } from './kill-model.ts';

/** All files and rows as they are read; fsck with names and sizes too; every byte and the order of all transactions. */
export type Depth = 'contents' | 'quick' | 'everything';

/** What is wrong with a pond of which it is known what it must hold. */
export async function faultsOf(pond: Pond, model: Model, depth: Depth): Promise<string[]> {
  const wrong: string[] = [];
  const found = await describePond(pond);
  const wanted = describeModel(model);
  if (found.join('\n') !== wanted.join('\n')) {
    const missing = wanted.filter((line) => !found.includes(line));
    const strange = found.filter((line) => !wanted.includes(line));
    wrong.push(`wanted ${missing.join(', ')}, found ${strange.join(', ')}`);
  }
  if (depth === 'contents') return wrong;
  const { faults } = await pond.fsck({ quick: depth === 'quick' });
  // What is derived may be behind or torn: it is rebuilt.
  for (const { severity, file, message } of faults) if (severity !== 'derived') wrong.push(`fsck: ${file}: ${message}`);
  if (depth === 'everything') wrong.push(...await orderFaults(pond));
  return wrong;
}

async function describePond(pond: Pond): Promise<readonly string[]> {
  const storeDirectory = join(pond.directory, 'store');
  let source: { readonly oplog: Oplog; readonly view: Awaited<ReturnType<Oplog['view']>>; readonly storeDirectory: string } | undefined;
  return pond.read(async (fs) => {
    const root = await fs.root();
    const lines: string[] = [];
    for await (const { path, node } of root.walk('/')) {
      if (!isFile(node)) continue;
      if (node.kind === 'series' && node.tabular !== undefined) {
        if (source === undefined) {
          const oplog = await Oplog.open(openLocalStore(storeDirectory), realEnvironment());
          source = { oplog, view: await oplog.view(), storeDirectory };
        }
        lines.push(describeRows(path, rowsOf(await relationOf(source, node))));
        continue;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of root.read(path)) chunks.push(chunk);
      lines.push(`${path} ${node.kind} ${hashOf(chunks)}`);
    }
    return lines.sort();
  });
}

/** Transactions are numbered without a gap, and each is later than the one before. */
async function orderFaults(pond: Pond): Promise<string[]> {
  let next = (await pond.transaction()).txnSeq;
  let later: bigint | undefined;
  for await (const { txnSeq, timestampMicros } of pond.transactions()) {
    if (txnSeq !== next) return [`transaction ${next} is missing in the log, found ${txnSeq}`];
    if (later !== undefined && timestampMicros >= later) return [`the time of transaction ${txnSeq} is not before the next one's`];
    later = timestampMicros;
    next--;
  }
  return next === 0 ? [] : [`transaction ${next} is missing in the log`];
}
