import { createHash } from 'node:crypto';
import type { StoredContent } from './blob.ts';
import type { NewEntry } from './entry.ts';
import { OplogError } from './errors.ts';
import type { NodeFact } from './fact.ts';
import {
  type ColumnClash, decodeColumns, encodeColumns, least, mergeColumns, most, NO_ROW_FACTS, type RowFacts, type StoredColumn,
  type VersionRows, type WidenType,
} from './tabular.ts';

/** What a new version of a node says; what it leaves out stays as it was. */
export interface NodeChange {
  readonly content?: StoredContent;
  /** What is known about the rows in `content`. */
  readonly rows?: VersionRows;
  /** Replaces what a series says about the times of one of its versions. */
  readonly bounds?: VersionBounds;
  readonly target?: string;
  readonly factory?: string;
  readonly config?: string;
  readonly attributes?: string;
}

/** Event times that a user gave to a version, and what those of all versions together are with it. */
export interface VersionBounds {
  readonly version: number;
  readonly timeMinMicros: bigint;
  readonly timeMaxMicros: bigint;
  readonly totalTimeMinMicros: bigint;
  readonly totalTimeMaxMicros: bigint;
}

/**
 * What is known about the rows of a node after a change. The totals of a series are known while every version has told its rows.
 *
 * @throws OplogError `schema-clash`
 */
export async function rowsAfter(kind: string, base: NodeFact, change: NodeChange, widen: WidenType): Promise<RowFacts> {
  const { content, rows, bounds } = change;
  const { timeColumn, totalRows, totalTimeMinMicros, totalTimeMaxMicros, schema } = base;
  if (content === undefined) {
    if (kind !== 'series') return rowFactsOf(base);
    const totals = { timeColumn, totalRows, totalTimeMinMicros, totalTimeMaxMicros, schema };
    return { ...NO_ROW_FACTS, ...totals, ...(bounds === undefined ? {} : withoutVersion(bounds)) };
  }
  if (rows === undefined) return NO_ROW_FACTS;
  const { columns, rowCount } = rows;
  const own = {
    rowCount, timeColumn: rows.timeColumn ?? null, timeMinMicros: rows.timeMinMicros ?? null, timeMaxMicros: rows.timeMaxMicros ?? null,
  };
  const isFirst = base.chain === null && base.totalRows === null;
  if (kind !== 'series') return { ...NO_ROW_FACTS, ...own, schema: encodeColumns(columns) };
  const known = isFirst ? [] : decodeColumns(schema);
  if (known === undefined || (!isFirst && totalRows === null)) return { ...NO_ROW_FACTS, ...own };
  const merged = await mergeColumns(known, totalRows ?? 0, columns, rowCount, widen);
  const clash = 'clash' in merged ? merged.clash : timeClash(timeColumn, own.timeColumn);
  if (clash !== undefined || !('columns' in merged)) throw schemaClash(clash, known, columns);
  return {
    ...own,
    timeColumn: timeColumn ?? own.timeColumn,
    totalRows: (totalRows ?? 0) + rowCount,
    totalTimeMinMicros: least(totalTimeMinMicros, own.timeMinMicros),
    totalTimeMaxMicros: most(totalTimeMaxMicros, own.timeMaxMicros),
    schema: encodeColumns(merged.columns),
  };
}

function rowFactsOf(fact: NodeFact): RowFacts {
  const { timeColumn, rowCount, timeMinMicros, timeMaxMicros, totalRows, totalTimeMinMicros, totalTimeMaxMicros, schema } = fact;
  return { timeColumn, rowCount, timeMinMicros, timeMaxMicros, totalRows, totalTimeMinMicros, totalTimeMaxMicros, schema };
}

function withoutVersion({ version: _, ...times }: VersionBounds): Omit<VersionBounds, 'version'> {
  return times;
}

function timeClash(have: string | null, brought: string | null): ColumnClash | undefined {
  const isSame = have === null || brought === null || have === brought;
  return isSame ? undefined : { column: brought, have: `time column "${have}"`, brought: `time column "${brought}"` };
}

function schemaClash(clash: ColumnClash | undefined, have: readonly StoredColumn[], brought: readonly StoredColumn[]): OplogError {
  const { column, ...types } = clash ?? { column: '', have: '', brought: '' };
  return new OplogError(
    'schema-clash', `Cannot append to the series: its column "${column}" is ${types.have}, ${types.brought} is brought`,
    { column, ...types, haveColumns: have, broughtColumns: brought },
  );
}

/** A node after a change; `rows` is what `rowsAfter` made of it. Pure. */
export function nextFact(base: NodeFact, change: NodeChange, rows: RowFacts, version: number, timestampMicros: bigint): NodeFact {
  const { content } = change;
  const isSeries = base.kind === 'series';
  // A version of a series is one part of it: what it does not bring, it does not have.
  const inherited = isSeries ? undefined : base;
  // Field by field: a spread of so many makes the engine's slow kind of object, of which there may be many thousands.
  return {
    partId: base.partId,
    nodeId: base.nodeId,
    kind: base.kind,
    version,
    txnSeq: base.txnSeq,
    timestampMicros,
    sizeBytes: content?.sizeBytes ?? inherited?.sizeBytes ?? null,
    sha256: content?.sha256 ?? inherited?.sha256 ?? null,
    totalBytes: isSeries ? (base.totalBytes ?? 0) + (content?.sizeBytes ?? 0) : null,
    chain: isSeries ? chainOf(base.chain, content?.sha256) : null,
    blob: content === undefined ? inherited?.blob ?? false : content.inline === undefined,
    target: change.target ?? base.target,
    factory: change.factory ?? base.factory,
    config: change.config ?? base.config,
    attributes: change.attributes === NO_ATTRIBUTES ? null : change.attributes ?? base.attributes,
    timeColumn: rows.timeColumn,
    rowCount: rows.rowCount,
    timeMinMicros: rows.timeMinMicros,
    timeMaxMicros: rows.timeMaxMicros,
    totalRows: rows.totalRows,
    totalTimeMinMicros: rows.totalTimeMinMicros,
    totalTimeMaxMicros: rows.totalTimeMaxMicros,
    schema: rows.schema,
  };
}

/** How a change says that a node has no attributes any more. */
const NO_ATTRIBUTES = '{}';

function chainOf(before: Uint8Array | null, sha256: Uint8Array | undefined): Uint8Array | null {
  if (sha256 === undefined) return before;
  return createHash('sha256').update(before ?? new Uint8Array(32)).update(sha256).digest();
}

/** The entry of the version that `fact` is. */
export function entryOf(fact: NodeFact, change: NodeChange): NewEntry {
  return {
    kind: fact.kind,
    sizeBytes: fact.sizeBytes,
    sha256: fact.sha256,
    inline: change.content?.inline ?? null,
    blob: fact.blob ? true : null,
    totalBytes: fact.totalBytes,
    chain: fact.chain,
    target: fact.target,
    factory: fact.factory,
    config: fact.config,
    attributes: fact.attributes,
    timeColumn: fact.timeColumn,
    timeMinMicros: fact.timeMinMicros,
    timeMaxMicros: fact.timeMaxMicros,
    rowCount: fact.rowCount,
    schema: fact.schema,
    totalRows: fact.totalRows,
    totalTimeMinMicros: fact.totalTimeMinMicros,
    totalTimeMaxMicros: fact.totalTimeMaxMicros,
    versionMin: change.bounds?.version ?? null,
  };
}
