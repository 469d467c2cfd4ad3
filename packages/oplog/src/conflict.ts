import type { Row } from './row.ts';

/** What a transaction did and relied on, as far as others can clash with it. */
export interface Footprint {
  /** Names it changed. */
  readonly changedNames: ReadonlySet<string>;
  /** Names it went through or acted upon, and that must still lead to the same node. */
  readonly reliedNames: ReadonlySet<string>;
  /** Directories whose whole content it relied on: those it removed. */
  readonly reliedParts: ReadonlySet<string>;
  /** Nodes of which it wrote a version, other than by an append to a series, or which it removed. */
  readonly writtenNodes: ReadonlySet<string>;
  /** Series to which it appended: appends commute with each other. */
  readonly appendedNodes: ReadonlySet<string>;
}

export interface Clash {
  readonly txnSeq: number;
  readonly what: string;
}

export function nameKey(partId: string, name: string): string {
  return `${partId}/${name}`;
}

/**
 * The first thing in `rows`, committed by others since the transaction began, that it cannot be put after. Pure.
 * Different names and different nodes never clash, even in one directory.
 */
export function findClash(footprint: Footprint, rows: readonly Row[]): Clash | undefined {
  for (const row of rows) {
    const { txnSeq, entry } = row;
    if (row.recordKind === 'directory' && entry.name != null) {
      const key = nameKey(row.partId, entry.name);
      if (footprint.changedNames.has(key) || footprint.reliedNames.has(key)) return { txnSeq, what: `the name "${entry.name}"` };
      if (footprint.reliedParts.has(row.partId)) return { txnSeq, what: 'a directory that was to be removed' };
      if (entry.operation === 'delete' && entry.childId != null
        && (footprint.writtenNodes.has(entry.childId) || footprint.appendedNodes.has(entry.childId))) {
        return { txnSeq, what: `"${entry.name}", which was removed` };
      }
    }
    if (row.recordKind === 'node') {
      const isAppend = entry.kind === 'series' && entry.chain != null;
      if (footprint.writtenNodes.has(row.nodeId) || (footprint.appendedNodes.has(row.nodeId) && !isAppend)) {
        return { txnSeq, what: 'a version of the same file' };
      }
    }
  }
  return undefined;
}
