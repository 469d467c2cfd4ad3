import { defineShape, type NewRowOf, type RowOf, type Shape } from './shape.ts';

const columns = {
  /** Id of the directory that the record belongs to; a reserved constant for the audit record of a transaction. */
  partId: ['part_id', 'string'],
  /** Id of the node that the record is about; the directory's own for changes of its names. */
  nodeId: ['node_id', 'string'],
  /** The transaction that wrote the entries; the highest one when the record is folded from several. */
  txnSeq: ['txn_seq', 'long'],
  /** Version of the node that the record holds; the highest one when folded. */
  version: ['version', 'long'],
  /** Time of the transaction `txnSeq`, in µs since 1970 UTC. */
  timestampMicros: ['timestamp', 'timestamp'],
  /** Arrow IPC stream of entries (entry.ts), plain or compact. */
  content: ['content', 'binary'],
  /** What the entries describe: directory (changes of names), node (versions of nodes), run (merged versions) or transaction. */
  kind: ['kind', 'string', 'nullable'],
  /** The lowest transaction in a folded record; null when `txnSeq` is the only one. */
  txnMin: ['txn_min', 'long', 'nullable'],
  /** Lowest key covered by a record that packs many names or nodes, otherwise null. */
  keyMin: ['key_min', 'string', 'nullable'],
  /** Highest key covered by a record that packs many names or nodes, otherwise null. */
  keyMax: ['key_max', 'string', 'nullable'],
  /** Earliest event time in the content of tables and series, in µs since 1970 UTC, otherwise null. */
  timeMinMicros: ['time_min', 'timestamp', 'nullable'],
  /** Latest event time in the content of tables and series, in µs since 1970 UTC, otherwise null. */
  timeMaxMicros: ['time_max', 'timestamp', 'nullable'],
} as const;

/** The outer shape: one row of the oplog's Delta table. The first six columns are frozen; nullable ones may be added, none removed. */
export const Record: Shape<typeof columns> = defineShape('Record', columns);
export type Record = RowOf<typeof Record>;

/** A record to be written: nullable fields may be left out. */
export type NewRecord = NewRowOf<typeof Record>;
