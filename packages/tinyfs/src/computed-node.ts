import { createHash } from 'node:crypto';
import type { NodeId } from './node-id.ts';
import type { Computation, DirectoryNode, FileKind, FileNode } from './node.ts';

/**
 * A node that a computed directory shows and nobody stores: itself computed, with an id that follows from the directory's
 * and its name, so that it is the same at every reading.
 */
export function computedChild(directory: DirectoryNode, name: string, kind: 'directory', computed: Computation): DirectoryNode;
export function computedChild(directory: DirectoryNode, name: string, kind: FileKind, computed: Computation): FileNode;
export function computedChild(
  directory: DirectoryNode, name: string, kind: FileKind | 'directory', computed: Computation,
): DirectoryNode | FileNode {
  const { version, modifiedMicros } = directory;
  const facts = { id: derivedNodeId(directory.id, name), home: directory.id, version, modifiedMicros, computed };
  return kind === 'directory' ? { ...facts, kind } : { ...facts, kind, sizeBytes: undefined, sha256: undefined };
}

/** The first 122 free bits of the SHA-256 of `<parent>/<name>`, as a UUIDv8: never equal to an id that was given out by time. */
export function derivedNodeId(parent: NodeId, name: string): NodeId {
  const hex = createHash('sha256').update(`${parent}/${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)];
  return groups.join('-') as NodeId;
}
