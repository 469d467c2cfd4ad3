import type { Computation, DirectoryNode, FileKind, FileNode, Node } from './node.ts';
import type { NodeReader } from './node-reader.ts';
import type { TabularFacts, VersionBounds } from './tabular-facts.ts';

/** Bytes to be stored: streamed, so that no file is ever held whole. */
export type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What a new node is. A stored file is created without a version; `write` gives it the first. */
export type NodeSpec =
  | { readonly kind: 'directory'; readonly computed?: Computation; readonly attributes?: Readonly<Record<string, string>> }
  | { readonly kind: 'symlink'; readonly target: string; readonly attributes?: Readonly<Record<string, string>> }
  | { readonly kind: FileKind; readonly computed?: Computation; readonly attributes?: Readonly<Record<string, string>> };

/** What of a node can be replaced without writing content. What is left out stays. */
export interface NodeChange {
  readonly computed?: Computation;
  readonly attributes?: Readonly<Record<string, string>>;
  /** What a series says about the times of one of its versions. The rows stay what they are. */
  readonly bounds?: VersionBounds;
}

/**
 * The port through which a file system is changed. What it has written, it also reads, through node values of any age.
 * Names reaching it are valid (`path.ts` says which) and directories are stored ones, never computed.
 */
export interface NodeWriter extends NodeReader {
  /** Rejects with `already-exists` when the name is taken, changing nothing. */
  create(directory: DirectoryNode, name: string, spec: NodeSpec): Promise<Node>;

  /**
   * A new version: the whole content of `data` and `table`, one more part of a `series`. Content that fails leaves no version.
   *
   * @param tabular what is known about the rows in `content`
   */
  write(file: FileNode, content: Content, tabular?: TabularFacts): Promise<FileNode>;

  /**
   * Replaces how a computed node is made, the attributes of any node, and the times of a version: a new version without new content.
   * Rejects with `not-found` for bounds of a version that brought no rows.
   */
  update(node: Node, change: NodeChange): Promise<Node>;

  /** Moves one name (`not-found`), whatever is below it, in constant time. The new name must be free (`already-exists`). */
  rename(from: DirectoryNode, name: string, to: DirectoryNode, newName: string): Promise<void>;

  /** Removes one name (`not-found`) and all that can be reached only through it, in constant time. */
  remove(directory: DirectoryNode, name: string): Promise<void>;
}
