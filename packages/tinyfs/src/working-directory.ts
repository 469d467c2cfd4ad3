import type { DirectoryNode, Node, VersionInfo } from './node.ts';
import type { ContentOptions } from './node-reader.ts';
import type { Content, NodeChange, NodeSpec } from './node-writer.ts';
import type { TabularFacts } from './tabular-facts.ts';

/** A node together with the real path that reached it: absolute, with every link on the way resolved. */
export interface NodePath<N extends Node = Node> {
  readonly path: string;
  readonly node: N;
}

/** Where a path leads: to a node, or to a free name in a directory. */
export type Lookup =
  | { readonly kind: 'found'; readonly at: NodePath }
  | { readonly kind: 'free'; readonly directory: NodePath<DirectoryNode>; readonly name: string; readonly path: string };

export interface GlobMatch extends NodePath {
  /** What each wildcard matched, in the order of the pattern: `$0`, `$1`, … */
  readonly captures: readonly string[];
}

export interface FollowOptions {
  /** Whether a link in the last position is followed; in the others it always is. Default true. */
  readonly follow?: boolean;
}

export interface GlobOptions {
  /** Whether wildcards match names that begin with a dot. Default false. */
  readonly hidden?: boolean;
}

export interface WalkOptions {
  /** Whether names that begin with a dot, and all below them, are in it. Default true: a walk is complete. */
  readonly hidden?: boolean;
  /** How many levels below the start; default all. */
  readonly depth?: number;
}

/**
 * A directory from which paths start, and a jail: no path leads above it. All paths are relative to it, a leading `/`
 * means the working directory of the root only.
 */
export interface WD {
  readonly at: NodePath<DirectoryNode>;
  open(path: string): Promise<WD>;
  get(path: string, options?: FollowOptions): Promise<NodePath>;
  lookup(path: string, options?: FollowOptions): Promise<Lookup>;
  /** Follows links: false for one that leads to nothing or goes in circles. */
  exists(path: string): Promise<boolean>;
  /** The children of a directory, sorted by the UTF-8 bytes of their names, links unfollowed. */
  list(path?: string): AsyncIterable<NodePath>;
  /** All below a directory, parents before children, sorted, links unfollowed; the directory itself is not in it. */
  walk(path?: string, options?: WalkOptions): AsyncIterable<NodePath>;
  /**
   * Sorted as a walk, each real path once. A link in the last position is reported as itself; before it, links are
   * followed where one component of the pattern matches them, never by `**`. Links to nothing match nothing.
   */
  glob(pattern: string, options?: GlobOptions): AsyncIterable<GlobMatch>;
  read(path: string, options?: ContentOptions): AsyncIterable<Uint8Array>;
  readlink(path: string): Promise<string>;
  versions(path: string): AsyncIterable<VersionInfo>;
}

export interface WriteOptions {
  /** The kind of a file that is not there yet; default `data`. One that is there keeps its kind. */
  readonly kind?: 'data' | 'table' | 'series';
  /** Whether missing directories on the way are made. Default false. */
  readonly parents?: boolean;
  /** What is known about the rows in the content of a table or series. */
  readonly tabular?: TabularFacts;
}

export interface WritableWD extends WD {
  open(path: string): Promise<WritableWD>;
  /** With `parents`, makes what is missing on the way and accepts a directory that is there. */
  mkdir(path: string, options?: { readonly parents?: boolean }): Promise<NodePath<DirectoryNode>>;
  /** A new node of any kind at a free name; `already-exists` otherwise. */
  create(path: string, spec: NodeSpec, options?: { readonly parents?: boolean }): Promise<NodePath>;
  /** Creates the file when it is missing, then stores one more version. */
  write(path: string, content: Content, options?: WriteOptions): Promise<NodePath>;
  symlink(target: string, path: string): Promise<NodePath>;
  update(path: string, change: NodeChange): Promise<NodePath>;
  /** Atomic, also for directories. With `replace`, a file or link at the new name goes away in the same transaction. */
  rename(from: string, to: string, options?: { readonly replace?: boolean }): Promise<void>;
  /** Removes a name (a link itself, never its target); a directory that has entries only with `recursive`. */
  remove(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
}

export interface FS {
  root(): Promise<WD>;
}

export interface WritableFS extends FS {
  root(): Promise<WritableWD>;
}
