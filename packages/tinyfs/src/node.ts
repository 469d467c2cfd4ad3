import type { NodeId } from './node-id.ts';
import type { RowRange, TabularFacts } from './tabular-facts.ts';

/** `data`: opaque bytes, the newest version is the content. `table`: rows, the newest version. `series`: rows, all versions together. */
export type FileKind = 'data' | 'table' | 'series';
export type NodeKind = FileKind | 'directory' | 'symlink';

/** How a computed node is made: nothing but this is stored for it. */
export interface Computation {
  readonly factory: string;
  /** YAML, as the user wrote it. */
  readonly config: string;
}

interface NodeFacts {
  readonly id: NodeId;
  /**
   * The directory in which the node was created, or a directory's own id. It never changes, so a store can file everything
   * about the node under it.
   */
  readonly home: NodeId;
  /** The newest version, counted from 1 without gaps; 0 while there is none. */
  readonly version: number;
  /** When the newest version was written, microseconds since 1970 UTC. */
  readonly modifiedMicros: bigint;
  /** Set by users; carried along, never interpreted here. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface DirectoryNode extends NodeFacts {
  readonly kind: 'directory';
  readonly computed?: Computation;
}

export interface FileNode extends NodeFacts {
  readonly kind: FileKind;
  /** Of the content: the newest version, or all versions of a series together; undefined when it is computed. */
  readonly sizeBytes: number | undefined;
  /** Lower-case hex SHA-256 of the newest version's bytes; undefined when it is computed, and for rows of a series. */
  readonly sha256: string | undefined;
  /** Of a table's newest version, or of all versions of a series; there when every version was written with its own. */
  readonly tabular?: TabularFacts;
  readonly computed?: Computation;
}

export interface SymlinkNode extends NodeFacts {
  readonly kind: 'symlink';
  /** As the user wrote it; relative targets start at the directory that holds the link. */
  readonly target: string;
}

/** A node as it is in one state of the file system: a value, not a handle. */
export type Node = DirectoryNode | FileNode | SymlinkNode;

export interface DirectoryEntry {
  readonly name: string;
  readonly node: Node;
}

/** One version of a node's content. */
export interface VersionInfo {
  readonly version: number;
  readonly modifiedMicros: bigint;
  /** Of this version alone. */
  readonly sizeBytes: number | undefined;
  readonly sha256: string | undefined;
  /** The rows that this version brought. */
  readonly tabular?: RowRange;
}

export function isFile(node: Node): node is FileNode {
  return node.kind === 'data' || node.kind === 'table' || node.kind === 'series';
}
