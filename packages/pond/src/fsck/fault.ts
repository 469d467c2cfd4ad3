import type { Finding, VersionRef } from '@duckpond/oplog';
import { quote } from '@duckpond/tinyfs';
import type { Fault } from '../pond.ts';
import type { PlacedNode } from '../tree-index.ts';

/** So many paths are named in one message. */
const MOST_NAMED = 8;

interface Affected {
  readonly path: string;
  readonly version: number;
}

/** A finding of the store as a fault of the pond: with its file relative to the pond, and paths for node ids. */
export function faultOf(finding: Finding, nodes: ReadonlyMap<string, PlacedNode>): Fault {
  const { severity, message, uses = [], useCount = uses.length, txns } = finding;
  const named = uses.flatMap((use) => affectedBy(use, nodes));
  const affected = txns === undefined ? named : newestWithin(txns, nodes);
  const [first] = affected;
  const isVersion = first !== undefined && first.version > 0;
  return {
    severity,
    file: `store/${finding.file}`,
    ...(first === undefined ? {} : { path: first.path }),
    ...(isVersion ? { version: first.version } : {}),
    message: `${message}${tailOf(affected, txns === undefined ? useCount : affected.length, txns)}`,
    repaired: false,
  };
}

function affectedBy({ nodeId, version }: VersionRef, nodes: ReadonlyMap<string, PlacedNode>): Affected[] {
  const placed = nodes.get(nodeId);
  return placed === undefined ? [] : [{ path: placed.path, version }];
}

/** The nodes whose newest version is of these transactions: of older versions nothing is known. */
function newestWithin({ first, last }: NonNullable<Finding['txns']>, nodes: ReadonlyMap<string, PlacedNode>): Affected[] {
  return [...nodes.values()]
    .filter(({ fact }) => fact.txnSeq >= first && fact.txnSeq <= last)
    .filter(({ fact }) => fact.kind !== 'directory' && fact.kind !== 'symlink' && !fact.blob)
    .map(({ path, fact }) => ({ path, version: fact.version }));
}

function tailOf(affected: readonly Affected[], count: number, txns: Finding['txns']): string {
  const held = txns === undefined ? '' : `; it held transactions ${txns.first} to ${txns.last}`;
  if (count === 0) return held;
  const shown = affected.slice(0, MOST_NAMED).map(({ path, version }) => `${quote(path)} version ${version}`);
  if (shown.length === 0) return `${held}; needed by ${count} versions of files that are not in the tree now`;
  const more = count - shown.length;
  return `${held}; needed by ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
