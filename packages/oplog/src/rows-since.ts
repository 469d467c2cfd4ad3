import { type Commit, readCommit } from '@duckpond/delta';
import { dataFileFacts } from './data-file.ts';
import type { DataReader } from './data-reader.ts';
import { type Head, transactionUnlessGone } from './head.ts';
import type { LiveLog } from './live-log.ts';
import type { Row } from './row.ts';

/** What was committed after `from`, up to `to`. */
export async function rowsSince({ store, reader }: LiveLog, from: Head, to: Head): Promise<Row[]> {
  const since = to.layers.filter(({ facts }) => facts.txnSeq > from.txnSeq);
  if (since.length === to.txnSeq - from.txnSeq && since.every(({ isLight }) => isLight)) return since.flatMap((layer) => layer.rows);
  const rows: Row[] = [];
  const tail = new Map(to.snapshot.tail.map((known): [number, Commit] => [known.version, known]));
  for (let version = from.snapshot.version + 1; version <= to.snapshot.version; version++) {
    const found = tail.get(version) ?? await readCommit(store, version);
    const transaction = found === undefined ? 'gone' : await transactionUnlessGone(reader, found);
    if (transaction === 'gone') return rowsBetween(reader, from, to);
    if (transaction !== undefined) rows.push(...transaction.rows);
  }
  return rows;
}

/** The same from the data files that there are now: merging keeps every row. */
async function rowsBetween(reader: DataReader, from: Head, to: Head): Promise<Row[]> {
  const rows: Row[] = [];
  for (const add of to.snapshot.files.values()) {
    if (dataFileFacts(add).txnMax <= from.txnSeq) continue;
    for (const row of await reader.rows(add, { txnAtMost: to.txnSeq })) if (row.txnSeq > from.txnSeq) rows.push(row);
  }
  return rows;
}
