import type { AddFile } from '@duckpond/delta';
import { dataFileFacts } from './data-file.ts';
import type { DataReader } from './data-reader.ts';
import { foldRows, type Layer } from './fact.ts';
import { compareKeys } from './key-order.ts';
import type { Row } from './row.ts';
import { createView, NOTHING, type FactSource } from './view.ts';

/** The rows of one part up to a transaction, or only those from one on, in the order in which they happened. */
export async function rowsOfPart(
  reader: DataReader, files: Iterable<AddFile>, partId: string, txnAtMost: number, nodeId?: string, txnAtLeast: number = 0,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const add of files) {
    const facts = dataFileFacts(add);
    if (facts.txnMin > txnAtMost || facts.txnMax < txnAtLeast || facts.parts?.has(partId) === false) continue;
    const found = await reader.rows(add, { partId, txnAtLeast, txnAtMost, ...(nodeId === undefined ? {} : { nodeId }) });
    for (const row of found) rows.push(row); // Of a large file, more than a call may have arguments.
  }
  return rows.sort((a, b) => a.txnSeq - b.txnSeq);
}

/**
 * The state after transaction `txnAtMost`, from the records alone. This is the truth that the folded state repeats: it
 * serves older states, and the newest one when the folded state is missing or damaged. Parts are folded as they are asked for.
 */
export function createRecordsSource(reader: DataReader, files: ReadonlyMap<string, AddFile>, txnAtMost: number): FactSource {
  const parts = new Map<string, Promise<FactSource>>();

  function part(partId: string): Promise<FactSource> {
    let source = parts.get(partId);
    if (source === undefined) {
      source = rowsOfPart(reader, files.values(), partId, txnAtMost).then((rows) => createView(NOTHING, [foldRows(rows)]));
      parts.set(partId, source);
      source.catch(() => parts.delete(partId));
    }
    return source;
  }

  return {
    name: async (partId, name) => (await part(partId)).name(partId, name),
    async *names(partId) { yield* (await part(partId)).names(partId); },
    node: async (partId, nodeId) => (await part(partId)).node(partId, nodeId),
    async *nodes(partId) { yield* (await part(partId)).nodes(partId); },
    runs: async (partId, nodeId) => (await part(partId)).runs(partId, nodeId),
  };
}

/** Everything up to a transaction, folded at once: what the folded state files are rebuilt from. */
export async function foldRecords(reader: DataReader, files: ReadonlyMap<string, AddFile>, txnAtMost: number): Promise<Layer> {
  const rows: Row[] = [];
  const sorted = [...files.values()].sort((a, b) => dataFileFacts(a).txnMin - dataFileFacts(b).txnMin || compareKeys(a.path, b.path));
  for (const add of sorted) {
    if (dataFileFacts(add).txnMin > txnAtMost) continue;
    for (const row of await reader.rows(add, { txnAtMost })) {
      if (row.recordKind !== 'transaction') rows.push(row.entry.inline == null ? row : { ...row, entry: { ...row.entry, inline: null } });
    }
  }
  return foldRows(rows.sort((a, b) => a.txnSeq - b.txnSeq));
}
