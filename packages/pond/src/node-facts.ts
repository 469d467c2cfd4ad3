import { decodeColumns, type NodeFact } from '@duckpond/oplog';
import type { FileKind, Node, NodeId, RowRange, TabularFacts } from '@duckpond/tinyfs';
import { COLUMN_NOTES, withNotes } from './column-notes.ts';

/** A node of the file system as the log knows it: the one place where facts become nodes. Pure and total. */
export function nodeOf(fact: NodeFact): Node {
  const id = fact.nodeId as NodeId;
  const home = fact.partId as NodeId;
  const { version, timestampMicros: modifiedMicros } = fact;
  const attributes = fact.attributes === null ? undefined : { attributes: attributesOf(fact.attributes) };
  const computed = fact.factory === null ? undefined : { computed: { factory: fact.factory, config: fact.config ?? '' } };
  switch (fact.kind) {
    case 'directory': return { id, home, version, modifiedMicros, kind: 'directory', ...attributes, ...computed };
    case 'symlink': return { id, home, version, modifiedMicros, kind: 'symlink', target: fact.target ?? '', ...attributes };
    default: return {
      id, home, version, modifiedMicros, kind: fileKindOf(fact.kind),
      sizeBytes: computed === undefined ? fact.totalBytes ?? fact.sizeBytes ?? 0 : undefined,
      sha256: fact.sha256 === null || computed !== undefined || isRowsOfSeries(fact) ? undefined : hexOf(fact.sha256),
      ...attributes, ...computed, ...tabularOf(fact, attributes?.attributes),
    };
  }
}

/** Their bytes may be gone at any time, when they are merged with others; their hashes then are. */
function isRowsOfSeries({ kind, rowCount }: NodeFact): boolean {
  return kind === 'series' && rowCount !== null;
}

/** Of a table its newest version, of a series all of them: no cost depends on how many there are. */
function tabularOf(
  fact: NodeFact, attributes: Readonly<Record<string, string>> | undefined,
): { readonly tabular: TabularFacts } | undefined {
  const isSeries = fact.kind === 'series';
  const rowCount = isSeries ? fact.totalRows : fact.rowCount;
  if (rowCount === null || fact.schema === null) return undefined;
  const stored = decodeColumns(fact.schema);
  if (stored === undefined) return undefined;
  const columns = withNotes(stored, attributes?.[COLUMN_NOTES]);
  const timeMin = isSeries ? fact.totalTimeMinMicros : fact.timeMinMicros;
  const timeMax = isSeries ? fact.totalTimeMaxMicros : fact.timeMaxMicros;
  return {
    tabular: {
      columns, ...rowRange(rowCount, timeMin, timeMax), ...(fact.timeColumn === null ? {} : { timeColumn: fact.timeColumn }),
    },
  };
}

export function rowRange(rowCount: number, timeMinMicros?: bigint | null, timeMaxMicros?: bigint | null): RowRange {
  return {
    rowCount, ...(timeMinMicros == null ? {} : { timeMinMicros }), ...(timeMaxMicros == null ? {} : { timeMaxMicros }),
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** A kind that a newer version wrote reads as bytes. */
function fileKindOf(kind: string): FileKind {
  return kind === 'table' || kind === 'series' ? kind : 'data';
}

function attributesOf(text: string): { readonly [key: string]: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
