import { decodeIpc, encodeIpc } from './ipc.ts';
import { expandIpc } from './ipc-compact.ts';
import { defineShape, type NewRowOf, type RowOf, type Shape } from './shape.ts';

const columns = {
  // Where the entry belongs, only when that differs from its record: in packed and folded records.
  /** Transaction of this entry, when it is not the record's. */
  txnSeq: ['txn_seq', 'long', 'nullable'],
  /** Version of this entry, when it is not the record's. */
  version: ['version', 'long', 'nullable'],
  /** Time of this entry's transaction in µs since 1970 UTC, when it is not the record's. */
  timestampMicros: ['timestamp', 'timestamp', 'nullable'],
  /** Node of this entry, when it is not the record's. */
  nodeId: ['node_id', 'string', 'nullable'],

  // A change of a directory's names.
  /** The name that changes. */
  name: ['name', 'string', 'nullable'],
  /** Id of the node behind the name. */
  childId: ['child_id', 'string', 'nullable'],
  /** part_id under which the child's records are, when it is not the directory itself. */
  childHome: ['child_home', 'string', 'nullable'],
  /** Kind of the child, so that listing need not read it. */
  childKind: ['child_kind', 'string', 'nullable'],
  /** insert: the name leads to the child; delete: name and child are gone; rename: the name is gone, the child has another. */
  operation: ['operation', 'string', 'nullable'],

  // A version of a node.
  /** Kind of the node: directory, symlink, data, table, series; settings in the system part. */
  kind: ['kind', 'string', 'nullable'],
  /** Size of the content. */
  sizeBytes: ['size', 'long', 'nullable'],
  /** SHA-256 of the content, 32 bytes; not kept for merged small versions. */
  sha256: ['sha256', 'binary', 'nullable'],
  /** The content itself while it is small. */
  inline: ['inline', 'binary', 'nullable'],
  /** True when the content is the blob named by `sha256`. */
  blob: ['blob', 'boolean', 'nullable'],
  /** True when the content was removed for good; what is known about it stays. */
  purged: ['purged', 'boolean', 'nullable'],
  /** Size of all versions of a series together, this one included. */
  totalBytes: ['total_size', 'long', 'nullable'],
  /** Running SHA-256 of a series: of the chain before, then of this version's hash; 32 bytes. */
  chain: ['chain', 'binary', 'nullable'],
  /** Where a symlink points, relative to the directory that holds it. */
  target: ['target', 'string', 'nullable'],
  /** Factory of a dynamic node. */
  factory: ['factory', 'string', 'nullable'],
  /** YAML configuration of a dynamic node. */
  config: ['config', 'string', 'nullable'],
  /** User attributes, a JSON object. */
  attributes: ['attributes', 'string', 'nullable'],
  /** Timestamp column of a table or series. */
  timeColumn: ['time_column', 'string', 'nullable'],
  /** Earliest event time of this version in µs since 1970 UTC. */
  timeMinMicros: ['time_min', 'timestamp', 'nullable'],
  /** Latest event time of this version in µs since 1970 UTC. */
  timeMaxMicros: ['time_max', 'timestamp', 'nullable'],
  /** Rows of this version of a table or series, or of a run. */
  rowCount: ['row_count', 'long', 'nullable'],
  /** Columns of a table, or of all versions of a series so far: a JSON array (tables-and-series.md). */
  schema: ['schema', 'string', 'nullable'],
  /** Rows of all versions of a series, this one included; null when those of one are not known. */
  totalRows: ['total_rows', 'long', 'nullable'],
  /** Earliest event time of all versions of a series, this one included. */
  totalTimeMinMicros: ['total_time_min', 'timestamp', 'nullable'],
  /** Latest event time of all versions of a series, this one included. */
  totalTimeMaxMicros: ['total_time_max', 'timestamp', 'nullable'],
  /** Of a run: the first version in it. Of a version that overrides the times of another: that one. */
  versionMin: ['version_min', 'long', 'nullable'],
  /** Of a run: the transaction of the last version in it. */
  versionTxnSeq: ['version_txn', 'long', 'nullable'],

  // A transaction, in its audit record.
  /** UUID of the transaction, when it does not follow from the rest. */
  uuid: ['uuid', 'string', 'nullable'],
  /** Command line with secrets removed, a JSON array of strings. */
  command: ['command', 'string', 'nullable'],
  /** User that ran it. */
  user: ['user', 'string', 'nullable'],
  /** Host that it ran on. */
  host: ['host', 'string', 'nullable'],
  /** When it began, in µs since 1970 UTC, by that host's clock; null when it is the time less the duration. */
  startedMicros: ['started', 'timestamp', 'nullable'],
  /** How long it took until the commit. */
  durationMicros: ['duration_micros', 'long', 'nullable'],
  /** Counts of changes, a JSON object. */
  changes: ['changes', 'string', 'nullable'],
  /** Id of the pond that it was made in. */
  pondId: ['pond_id', 'string', 'nullable'],
} as const;

/** The inner shape: one row inside a record's content. Every column is nullable, written only where used, and may be joined by others. */
export const Entry: Shape<typeof columns> = defineShape('Entry', columns);
export type Entry = RowOf<typeof Entry>;

/** An entry to be written: fields that are null may be left out. */
export type NewEntry = NewRowOf<typeof Entry>;

/** The Arrow IPC stream of a record's `content`. */
export function encodeEntries(entries: readonly NewEntry[]): Uint8Array<ArrayBuffer> {
  return encodeIpc(Entry, entries);
}

/** Reads a record's `content`, compact or plain; `label` names the record in errors. Throws `corrupt-record` and `unsupported-format`. */
export function decodeEntries(content: Uint8Array, label?: string): Entry[] {
  return decodeIpc(Entry, expandIpc(content), label);
}
