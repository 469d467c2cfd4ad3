import { join } from 'node:path';
import {
  dataFileFacts, encodeEntries, Entry, expandIpc, type Record as LogRecord, rowsOfRecord, type Row, type ScanRecords, SYSTEM_PART,
  transactionFactsOf,
} from '@duckpond/oplog';
import type { Column, NestedStream, Relation } from '@duckpond/query';
import { ROOT_ID } from '@duckpond/tinyfs';
import { hex, longOf, textsOf, timestampOf } from './system-table-values.ts';
import type { SystemState } from './system-tables.ts';

const VERSION_COLUMNS: readonly Column[] = [
  { name: 'path', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'node_id', type: 'VARCHAR' },
  { name: 'part_id', type: 'VARCHAR' },
  { name: 'version', type: 'BIGINT' },
  { name: 'txn_seq', type: 'BIGINT' },
  { name: 'modified', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'size', type: 'BIGINT' },
  { name: 'sha256', type: 'VARCHAR' },
  { name: 'stored', type: 'VARCHAR' },
  { name: 'time_column', type: 'VARCHAR' },
  { name: 'time_min', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'time_max', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'rows', type: 'BIGINT' },
  { name: 'schema', type: 'VARCHAR' },
];

/** `pond.versions`: every version of every node up to the state; the path is null when the node is no more. */
export async function versionsTable(state: SystemState): Promise<Relation> {
  const tree = await state.tree();
  const scan = await state.scan();
  return {
    columns: VERSION_COLUMNS,
    parts: [{
      kind: 'rows',
      columns: VERSION_COLUMNS,
      *rows() {
        for (const row of rowsUpTo(state, scan, 'node')) {
          const { entry, partId, nodeId, version } = row;
          if (partId === SYSTEM_PART || version < 1) continue;
          const path = nodeId === ROOT_ID ? '/' : tree.get(nodeId)?.path ?? null;
          yield [
            path, entry.kind ?? null, nodeId, partId, BigInt(version), BigInt(row.txnSeq), timestampOf(row.timestampMicros),
            longOf(entry.sizeBytes), hex(entry.sha256), storedAs(row), entry.timeColumn ?? null,
            timestampOf(entry.timeMinMicros), timestampOf(entry.timeMaxMicros), longOf(entry.rowCount), entry.schema ?? null,
          ];
        }
      },
    }],
  };
}

const TRANSACTION_COLUMNS: readonly Column[] = [
  { name: 'txn_seq', type: 'BIGINT' },
  { name: 'time', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'started', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'duration_micros', type: 'BIGINT' },
  { name: 'user', type: 'VARCHAR' },
  { name: 'host', type: 'VARCHAR' },
  { name: 'command', type: 'VARCHAR[]' },
  { name: 'created', type: 'BIGINT' },
  { name: 'written', type: 'BIGINT' },
  { name: 'renamed', type: 'BIGINT' },
  { name: 'removed', type: 'BIGINT' },
  { name: 'uuid', type: 'VARCHAR' },
  { name: 'pond_id', type: 'VARCHAR' },
];

/** `pond.transactions`: all up to the state, in no order. */
export async function transactionsTable(state: SystemState): Promise<Relation> {
  const scan = await state.scan();
  return {
    columns: TRANSACTION_COLUMNS,
    parts: [{
      kind: 'rows',
      columns: TRANSACTION_COLUMNS,
      *rows() {
        for (const row of rowsUpTo(state, scan, 'transaction')) {
          const { changes, ...facts } = transactionFactsOf(row);
          yield [
            BigInt(facts.txnSeq), timestampOf(facts.timestampMicros), timestampOf(facts.startedMicros), BigInt(facts.durationMicros),
            facts.user, facts.host, textsOf(facts.command), BigInt(changes.created), BigInt(changes.written), BigInt(changes.renamed),
            BigInt(changes.removed), facts.uuid, facts.pondId,
          ];
        }
      },
    }],
  };
}

/** What an entry says about its place is in these columns, too; where it says nothing, its record counts. */
const RECORD_COLUMNS: readonly Column[] = [
  { name: 'part_id', type: 'VARCHAR' },
  { name: 'node_id', type: 'VARCHAR' },
  { name: 'txn_seq', type: 'BIGINT' },
  { name: 'version', type: 'BIGINT' },
  { name: 'timestamp', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'record_kind', type: 'VARCHAR' },
  { name: 'file', type: 'VARCHAR' },
  { name: 'record', type: 'BIGINT' },
];

const ENTRY_TYPES: Readonly<{ [type in (typeof Entry.columns)[number]['type']]: string }> = {
  string: 'VARCHAR', long: 'BIGINT', integer: 'INTEGER', double: 'DOUBLE', boolean: 'BOOLEAN', binary: 'BLOB',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
};

const ENTRY_COLUMNS: readonly Column[] = Entry.columns.map(({ name, type }) => ({ name, type: ENTRY_TYPES[type] }));

/** `pond.entries`: the entries inside the records of the log, decoded while they are read, with the columns of their records. */
export async function entriesTable(state: SystemState): Promise<Relation> {
  const scan = await state.scan();
  return {
    parts: [{
      kind: 'nested',
      beside: RECORD_COLUMNS,
      columns: ENTRY_COLUMNS,
      streams: () => entryStreams(state, scan),
    }],
  };
}

function* entryStreams(state: SystemState, scan: ScanRecords): Generator<NestedStream> {
  for (const { record, file, index } of recordsUpTo(state, scan)) {
    const beside = [
      record.partId, record.nodeId, BigInt(record.txnSeq), BigInt(record.version), timestampOf(record.timestampMicros), record.kind,
      file, BigInt(index),
    ];
    yield { beside, stream: record.txnSeq <= state.view.txnSeq ? expandIpc(record.content) : olderEntries(record, state.view.txnSeq) };
  }
}

/** The entries of a merged record that were there after a transaction. */
function olderEntries(record: LogRecord, txnAtMost: number): Uint8Array {
  return encodeEntries(rowsOfRecord(record).filter(({ txnSeq }) => txnSeq <= txnAtMost).map(({ entry }) => entry));
}

function* rowsUpTo(state: SystemState, scan: ScanRecords, kind: string): Generator<Row> {
  for (const { record } of recordsUpTo(state, scan)) {
    if (record.kind !== kind) continue;
    for (const row of rowsOfRecord(record)) if (row.txnSeq <= state.view.txnSeq) yield row;
  }
}

/** The records of the files that hold the state, one after the other. */
function* recordsUpTo(
  { view, storeDirectory }: SystemState, scan: ScanRecords,
): Generator<{ readonly record: LogRecord; readonly file: string; readonly index: number }> {
  for (const add of view.files.values()) {
    if (dataFileFacts(add).txnMin > view.txnSeq) continue;
    for (const { record, index } of scan(join(storeDirectory, add.path), add.size)) {
      if ((record.txnMin ?? record.txnSeq) <= view.txnSeq) yield { record, file: add.path, index };
    }
  }
}

function storedAs({ entry }: Row): string | null {
  if (entry.purged === true) return 'purged';
  if (entry.blob === true) return 'blob';
  if (entry.inline != null) return 'inline';
  return (entry.sizeBytes ?? 0) > 0 ? 'run' : null;
}
