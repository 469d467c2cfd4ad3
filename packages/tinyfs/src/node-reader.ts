import type { DirectoryEntry, DirectoryNode, FileNode, Node, VersionInfo } from './node.ts';

export interface ContentOptions {
  /** One version by number; without it the content: the newest version, or all versions of a series in order. */
  readonly version?: number;
  /** Half-open range of bytes of that content, cut at its end. */
  readonly range?: { readonly start: number; readonly end: number };
}

/**
 * The port through which a file system is read: one unchanging state of it. Computed directories and files are
 * implementations of this port too. Nodes are passed as values; a reader is asked only for nodes that it gave.
 */
export interface NodeReader {
  root(): Promise<DirectoryNode>;

  lookup(directory: DirectoryNode, name: string): Promise<Node | undefined>;

  /** In batches of any size, sorted by the UTF-8 bytes of the names. */
  entries(directory: DirectoryNode): AsyncIterable<readonly DirectoryEntry[]>;

  /** Rejects with `not-found` for a version that is not there. */
  content(file: FileNode, options?: ContentOptions): AsyncIterable<Uint8Array>;

  /** Oldest first. */
  versions(node: Node): AsyncIterable<VersionInfo>;
}
