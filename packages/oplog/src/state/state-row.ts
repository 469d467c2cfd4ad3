import type { NameFact, NodeFact } from '../fact.ts';
import { defineShape, type NewRowOf, type RowOf, type Shape } from '../shape.ts';

const columns = {
  partId: ['part_id', 'string'],
  /** `name` or `node`: what `key` is. Names of a part sort before its nodes. */
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
} as const;

/** One row of a folded state file: a name or a node as it is, or the word that it is gone. */
export const StateRow: Shape<typeof columns> = defineShape('StateRow', columns);
export type StateRow = RowOf<typeof StateRow>;
export type NewStateRow = NewRowOf<typeof StateRow>;

export type Space = 'name' | 'node';

export function nameRow(partId: string, name: string, fact: NameFact | null): NewStateRow {
  if (fact === null) return { partId, space: 'name', key: name, gone: true };
  const usual = fact.childKind === 'directory' ? fact.childId : partId;
  return {
    partId, space: 'name', key: name, childId: fact.childId, kind: fact.childKind,
    childPart: fact.childPart === usual ? null : fact.childPart,
  };
}

export function nodeRow(partId: string, nodeId: string, fact: NodeFact | null): NewStateRow {
  if (fact === null) return { partId, space: 'node', key: nodeId, gone: true };
  const { kind, version, txnSeq, timestampMicros, sizeBytes, sha256, totalBytes, chain, blob, target, factory, config, attributes } = fact;
  return {
    partId, space: 'node', key: nodeId,
    kind, version, txnSeq, timestampMicros, sizeBytes, sha256, totalBytes, chain, blob: blob ? true : null, target, factory, config,
    attributes,
  };
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
  };
}
