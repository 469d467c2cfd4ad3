import type { NameFact, NodeFact } from '../fact.ts';
import { decodeRuns, encodeRuns, type RunFact } from '../run.ts';
import { defineShape, type NewRowOf, type RowOf, type Shape } from '../shape.ts';

const columns = {
  partId: ['part_id', 'string'],
  /** `name`, `node` or `run`: what `key` is. Names of a part sort before its nodes. */
  space: ['space', 'string'],
  key: ['key', 'string'],
  /** True where a newer run says that an older run's key is gone. */
  gone: ['gone', 'boolean', 'nullable'],
  childId: ['child_id', 'string', 'nullable'],
  /** Null when it is the part itself, or for a directory its own id. */
  childPart: ['child_part', 'string', 'nullable'],
  kind: ['kind', 'string', 'nullable'],
  version: ['version', 'long', 'nullable'],
  txnSeq: ['txn_seq', 'long', 'nullable'],
  timestampMicros: ['timestamp', 'timestamp', 'nullable'],
  sizeBytes: ['size', 'long', 'nullable'],
  sha256: ['sha256', 'binary', 'nullable'],
  totalBytes: ['total_size', 'long', 'nullable'],
  chain: ['chain', 'binary', 'nullable'],
  blob: ['blob', 'boolean', 'nullable'],
  target: ['target', 'string', 'nullable'],
  factory: ['factory', 'string', 'nullable'],
  config: ['config', 'string', 'nullable'],
  attributes: ['attributes', 'string', 'nullable'],
  timeColumn: ['time_column', 'string', 'nullable'],
  rowCount: ['row_count', 'long', 'nullable'],
  timeMinMicros: ['time_min', 'timestamp', 'nullable'],
  timeMaxMicros: ['time_max', 'timestamp', 'nullable'],
  totalRows: ['total_rows', 'long', 'nullable'],
  totalTimeMinMicros: ['total_time_min', 'timestamp', 'nullable'],
  totalTimeMaxMicros: ['total_time_max', 'timestamp', 'nullable'],
  schema: ['schema', 'string', 'nullable'],
  /** Of a series: its live runs, JSON. */
  runs: ['runs', 'string', 'nullable'],
} as const;

/** One row of a folded state file: a name or a node as it is, or the word that it is gone. */
export const StateRow: Shape<typeof columns> = defineShape('StateRow', columns);
export type StateRow = RowOf<typeof StateRow>;
export type NewStateRow = NewRowOf<typeof StateRow>;

export type Space = 'name' | 'node' | 'run';
type NewSpaceRow = NewStateRow & { readonly space: Space };

export function nameRow(partId: string, name: string, fact: NameFact | null): NewSpaceRow {
  if (fact === null) return { partId, space: 'name', key: name, gone: true };
  const usual = fact.childKind === 'directory' ? fact.childId : partId;
  return {
    partId, space: 'name', key: name, childId: fact.childId, kind: fact.childKind,
    childPart: fact.childPart === usual ? null : fact.childPart,
  };
}

export function nodeRow(partId: string, nodeId: string, fact: NodeFact | null): NewSpaceRow {
  if (fact === null) return { partId, space: 'node', key: nodeId, gone: true };
  // Field by field: a spread of so many makes the engine's slow kind of object, of which there may be many thousands.
  return {
    partId,
    space: 'node',
    key: nodeId,
    kind: fact.kind,
    version: fact.version,
    txnSeq: fact.txnSeq,
    timestampMicros: fact.timestampMicros,
    sizeBytes: fact.sizeBytes,
    sha256: fact.sha256,
    totalBytes: fact.totalBytes,
    chain: fact.chain,
    blob: fact.blob ? true : null,
    target: fact.target,
    factory: fact.factory,
    config: fact.config,
    attributes: fact.attributes,
    timeColumn: fact.timeColumn,
    rowCount: fact.rowCount,
    timeMinMicros: fact.timeMinMicros,
    timeMaxMicros: fact.timeMaxMicros,
    totalRows: fact.totalRows,
    totalTimeMinMicros: fact.totalTimeMinMicros,
    totalTimeMaxMicros: fact.totalTimeMaxMicros,
    schema: fact.schema,
  };
}

export function runsRow(partId: string, nodeId: string, runs: readonly RunFact[]): NewSpaceRow {
  const place = { partId, space: 'run', key: nodeId } as const;
  return runs.length === 0 ? { ...place, gone: true } : { ...place, runs: encodeRuns(runs) };
}

/** @throws OplogError `corrupt-state` */
export function runsOf(row: StateRow): readonly RunFact[] {
  return decodeRuns(row.runs);
}

export function nameFactOf(row: StateRow): NameFact {
  const childId = row.childId ?? '';
  const childKind = row.kind ?? 'data';
  return { name: row.key, childId, childKind, childPart: row.childPart ?? (childKind === 'directory' ? childId : row.partId) };
}

export function nodeFactOf(row: StateRow): NodeFact {
  return {
    partId: row.partId,
    nodeId: row.key,
    kind: row.kind ?? 'data',
    version: row.version ?? 0,
    txnSeq: row.txnSeq ?? 0,
    timestampMicros: row.timestampMicros ?? 0n,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    totalBytes: row.totalBytes,
    chain: row.chain,
    blob: row.blob ?? false,
    target: row.target,
    factory: row.factory,
    config: row.config,
    attributes: row.attributes,
    timeColumn: row.timeColumn,
    rowCount: row.rowCount,
    timeMinMicros: row.timeMinMicros,
    timeMaxMicros: row.timeMaxMicros,
    totalRows: row.totalRows,
    totalTimeMinMicros: row.totalTimeMinMicros,
    totalTimeMaxMicros: row.totalTimeMaxMicros,
    schema: row.schema,
  };
}
