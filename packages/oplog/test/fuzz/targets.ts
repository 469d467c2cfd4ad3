import { isDeepStrictEqual } from 'node:util';
import { createMemoryStore } from '@duckpond/delta';
import { FuzzFailure, type FuzzTarget, seededRandom } from '@duckpond/oplog/testing/faults';
import { decodeEntries, encodeEntries, type NewEntry } from '../../src/entry.ts';
import { encodeParquet, readParquet } from '../../src/parquet.ts';
import { decodeSmallParquet } from '../../src/parquet-small-read.ts';
import { decodePayload, encodePayload } from '../../src/payload.ts';
import { type NewRecord, Record } from '../../src/record.ts';
import { packRows, type Row, rowsOfRecord } from '../../src/row.ts';
import { snappyBound, snappyFrom, snappyInto } from '../../src/snappy.ts';
import { encodeStateRun, openStateRun, type StateRun } from '../../src/state/state-run.ts';
import { nameRow, nodeRow } from '../../src/state/state-row.ts';
import { decodeColumns } from '../../src/tabular.ts';

const REFUSALS = ['OplogError'];
const ID = '01900000-0000-7000-8000-000000000001';

function rowsOf(count: number): Row[] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, i): Row => {
    const place = { partId: ID, nodeId: ID, txnSeq: 1 + i, version: 1, timestampMicros: BigInt(1 + i) * 1_000_000n };
    const sha256 = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    const file: NewEntry = { kind: 'data', sizeBytes: 3, sha256, inline: Uint8Array.from([1, 2, 3]), attributes: '{"a":"b"}' };
    const series: NewEntry = { kind: 'series', sizeBytes: 90_000, sha256, blob: true, rowCount: 7, timeMinMicros: 1n, timeMaxMicros: 9n, timeColumn: 't' };
    const name: NewEntry = { name: `f${i}`, childId: ID, childKind: 'data', operation: 'insert' };
    return i % 3 === 0 ? { ...place, recordKind: 'directory', entry: name } : { ...place, recordKind: 'node', entry: i % 3 === 1 ? file : series };
  });
}

const FACTS = {
  txnSeq: 1, uuid: ID, command: ['x'], user: 'u', host: 'h', startedMicros: 0n, timestampMicros: 1_000_000n, durationMicros: 5,
  changes: { created: 1, written: 0, renamed: 0, removed: 0 }, pondId: ID,
};

function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => (
    typeof item === 'bigint' ? `${item}n` : item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item)));
}

export async function targets(): Promise<readonly FuzzTarget[]> {
  const records = [1, 3, 12].map((count) => packRows(rowsOf(count)));
  const snappy = await Promise.all(records.map((some) => encodeParquet(Record, some, { codec: 'snappy' })));
  const gzip = await Promise.all(records.map((some) => encodeParquet(Record, some, { codec: 'gzip' })));
  const state = encodeStateRun([
    nameRow(ID, 'a', { name: 'a', childId: ID, childKind: 'data', childPart: ID, txnSeq: 1, version: 1 } as Parameters<typeof nameRow>[2]),
    nodeRow(ID, ID, null),
  ]);
  const wanted = await allOf(await openState(state));
  const payload = Buffer.from(JSON.stringify({ payload: encodePayload(rowsOf(4)) }));
  const compressed = [Buffer.from('abcabcabcabcabcabcabcabc'.repeat(30)), Buffer.alloc(500, 7), Buffer.from('no repetition')].map((input) => {
    const out = new Uint8Array(snappyBound(input.length));
    return out.subarray(0, snappyInto(out, 0, input));
  });
  return [
    { name: 'entries', corpus: [1, 3, 12].map((count) => encodeEntries(rowsOf(count).map(({ entry }) => entry))), refusals: REFUSALS, read: (bytes) => decodeEntries(bytes) },
    { name: 'records', corpus: [...snappy, ...gzip], refusals: REFUSALS, cost: 10, read: readRecords },
    {
      name: 'folded state', corpus: [state], refusals: REFUSALS,
      async read(bytes) {
        const found = await allOf(await openState(bytes));
        if (!isDeepStrictEqual(found, wanted)) throw new FuzzFailure('rows that were never written');
      },
    },
    { name: 'snappy', corpus: compressed, refusals: ['RangeError'], read: (bytes) => snappyFrom(bytes) },
    {
      name: 'rows in a commit', corpus: [payload], words: ['"entry":{', '"part":', 'null', '-1', '1e9', '{}', '[]'], refusals: [...REFUSALS, 'SyntaxError'],
      read: (bytes) => decodePayload(JSON.parse(Buffer.from(bytes).toString()), FACTS, 'x'),
    },
    {
      name: 'columns', corpus: [Buffer.from('[["a","BIGINT",0],["b","VARCHAR",3]]'), Buffer.from('[{"name":"a","type":"BIGINT","nulls":0}]')],
      words: ['[', ']', '{', '}', 'null', '"type":'], refusals: REFUSALS, read: (bytes) => decodeColumns(Buffer.from(bytes).toString()),
    },
  ];
}

/** Both readers of small files say the same, or one of them refuses. */
async function readRecords(bytes: Uint8Array): Promise<void> {
  let small: readonly NewRecord[] | undefined;
  let failure: unknown;
  try {
    small = decodeSmallParquet(Record, bytes);
    for (const record of small ?? []) rowsOfRecord(record as Parameters<typeof rowsOfRecord>[0]);
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined && !(failure instanceof Error && REFUSALS.includes(failure.name))) throw failure;
  const source = { label: 'x.parquet', byteLength: bytes.length, slice: (start: number, end: number) => bytes.subarray(start, end) };
  const all = await readParquet(Record, source);
  for (const record of all) rowsOfRecord(record);
  if (small !== undefined && !isDeepStrictEqual(withoutUndefined(small), withoutUndefined(all))) {
    throw new FuzzFailure(`the readers differ: ${JSON.stringify(withoutUndefined(small)).slice(0, 300)} and ${JSON.stringify(withoutUndefined(all)).slice(0, 300)}`);
  }
}

async function openState(bytes: Uint8Array): Promise<StateRun> {
  const store = createMemoryStore();
  await store.put('_state/x.arrow', bytes);
  return openStateRun(store, '_state/x.arrow', bytes.length);
}

async function allOf(run: StateRun): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of run.all()) rows.push(...batch.map(withoutUndefined));
  return rows;
}
