import type { Row } from './row.ts';
import { type RunFact, runFactOf } from './run.ts';
import type { RowFacts } from './tabular.ts';

/** What a name in a directory leads to. */
export interface NameFact {
  readonly name: string;
  readonly childId: string;
  /** The part that has the child's records: its own id for a directory, else the directory in which it was created. */
  readonly childPart: string;
  readonly childKind: string;
}

/** A node in its newest version: everything about it except its bytes. */
export interface NodeFact extends RowFacts {
  readonly partId: string;
  readonly nodeId: string;
  readonly kind: string;
  readonly version: number;
  /** The transaction that wrote this version. */
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  /** Bytes of this version. */
  readonly sizeBytes: number | null;
  /** SHA-256 of this version's bytes; not told of rows of a series, which may be merged with others. */
  readonly sha256: Uint8Array | null;
  /** Bytes of all versions of a series. */
  readonly totalBytes: number | null;
  /** Running SHA-256 over the hashes of all versions of a series; of merged versions only where a reader needs it. */
  readonly chain: Uint8Array | null;
  /** Whether the bytes of this version are a blob of their own; not told of rows of a series. */
  readonly blob: boolean;
  readonly target: string | null;
  readonly factory: string | null;
  readonly config: string | null;
  /** A JSON object of strings. */
  readonly attributes: string | null;
}

/** A directory whose names changed, without the rest of what is known about it. */
export interface Touch {
  readonly version: number;
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
}

/** The runs that a node got. */
export interface RunChange {
  /** Whether the node was removed before: runs from before that do not count. */
  readonly isReset: boolean;
  readonly added: readonly RunFact[];
}

/**
 * The changes of one transaction (or of several, folded): what each name and node became. A `null` says that it is
 * gone. Layers are never changed once they are part of a view, so that a reader keeps its state while others write.
 */
export interface Layer {
  readonly names: ReadonlyMap<string, ReadonlyMap<string, NameFact | null>>;
  readonly nodes: ReadonlyMap<string, ReadonlyMap<string, NodeFact | null>>;
  readonly touches: ReadonlyMap<string, Touch>;
  readonly runs: ReadonlyMap<string, ReadonlyMap<string, RunChange>>;
}

interface GrowingLayer extends Layer {
  readonly names: Map<string, Map<string, NameFact | null>>;
  readonly nodes: Map<string, Map<string, NodeFact | null>>;
  readonly touches: Map<string, Touch>;
  readonly runs: Map<string, Map<string, RunChange>>;
}

function within<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let inner = outer.get(key);
  if (inner === undefined) outer.set(key, inner = new Map<string, V>());
  return inner;
}

/** Folds rows, in the order in which they happened, into what they leave behind. Pure. */
export function foldRows(rows: Iterable<Row>): Layer {
  const layer: GrowingLayer = { names: new Map(), nodes: new Map(), touches: new Map(), runs: new Map() };
  for (const row of rows) {
    if (row.recordKind === 'directory') applyName(layer, row);
    else if (row.recordKind === 'node') within(layer.nodes, row.partId).set(row.nodeId, nodeFactOf(row));
    else if (row.recordKind === 'run') addRun(layer, row);
  }
  return layer;
}

function addRun(layer: GrowingLayer, row: Row): void {
  const runs = within(layer.runs, row.partId);
  const { isReset, added } = runs.get(row.nodeId) ?? { isReset: false, added: [] };
  runs.set(row.nodeId, { isReset, added: [...added, runFactOf(row)] });
}

function applyName(layer: GrowingLayer, row: Row): void {
  const { name, childId, childHome, childKind, operation } = row.entry;
  layer.touches.set(row.partId, { version: row.version, txnSeq: row.txnSeq, timestampMicros: row.timestampMicros });
  if (name == null || childId == null) return;
  const childPart = childHome ?? (childKind === 'directory' ? childId : row.partId);
  if (operation === 'insert') {
    within(layer.names, row.partId).set(name, { name, childId, childPart, childKind: childKind ?? 'data' });
    return;
  }
  within(layer.names, row.partId).set(name, null);
  if (operation !== 'delete') return;
  within(layer.nodes, childPart).set(childId, null);
  if (childKind === 'series') within(layer.runs, childPart).set(childId, { isReset: true, added: [] });
}

export function nodeFactOf(row: Row): NodeFact {
  const { entry } = row;
  // Whether the bytes of such a version are still there depends on merging, and no fact does.
  const mayBeMerged = entry.kind === 'series' && entry.rowCount != null;
  return {
    partId: row.partId,
    nodeId: row.nodeId,
    kind: entry.kind ?? 'data',
    version: row.version,
    txnSeq: row.txnSeq,
    timestampMicros: row.timestampMicros,
    sizeBytes: entry.sizeBytes ?? null,
    sha256: mayBeMerged ? null : entry.sha256 ?? null,
    totalBytes: entry.totalBytes ?? null,
    chain: entry.chain ?? null,
    blob: !mayBeMerged && (entry.blob ?? false),
    target: entry.target ?? null,
    factory: entry.factory ?? null,
    config: entry.config ?? null,
    attributes: entry.attributes ?? null,
    timeColumn: entry.timeColumn ?? null,
    rowCount: entry.rowCount ?? null,
    timeMinMicros: entry.timeMinMicros ?? null,
    timeMaxMicros: entry.timeMaxMicros ?? null,
    totalRows: entry.totalRows ?? null,
    totalTimeMinMicros: entry.totalTimeMinMicros ?? null,
    totalTimeMaxMicros: entry.totalTimeMaxMicros ?? null,
    schema: entry.schema ?? null,
  };
}

/** A directory's fact with the newest change of its names taken into account. */
export function touched(fact: NodeFact, touch: Touch | undefined): NodeFact {
  if (touch === undefined || touch.txnSeq < fact.txnSeq) return fact;
  return { ...fact, version: touch.version, txnSeq: touch.txnSeq, timestampMicros: touch.timestampMicros };
}
