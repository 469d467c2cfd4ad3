import { basename, type Node, type NodePath } from '@duckpond/tinyfs';
import type { Column, Row } from './output/rows.ts';
import { printable } from './output/printable.ts';

/** What every command that lists nodes tells of one. */
export const NODE_COLUMNS: readonly Column[] = [
  { name: 'path', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'size', type: 'long' },
  { name: 'version', type: 'long' },
  { name: 'modified', type: 'timestamp' },
  { name: 'id', type: 'string' },
  { name: 'sha256', type: 'string' },
  { name: 'target', type: 'string' },
  { name: 'factory', type: 'string' },
];

export function nodeRow({ path, node }: NodePath): Row {
  return [path, node.kind, sizeBytes(node), node.version, node.modifiedMicros, node.id, sha256(node), target(node), factory(node)];
}

export function sizeBytes(node: Node): number | undefined {
  return node.kind === 'directory' || node.kind === 'symlink' ? undefined : node.sizeBytes;
}

export function sha256(node: Node): string | undefined {
  return node.kind === 'directory' || node.kind === 'symlink' ? undefined : node.sha256;
}

function target(node: Node): string | undefined {
  return node.kind === 'symlink' ? node.target : undefined;
}

export function factory(node: Node): string | undefined {
  return node.kind === 'symlink' ? undefined : node.computed?.factory;
}

/** The last name of a path; empty for the root. */
export function nodeName(path: string): string {
  return basename(path) ?? '';
}

/** A path for a line of text, with what a link points to. */
export function pathText({ path, node }: NodePath): string {
  return node.kind === 'symlink' ? `${printable(path)} -> ${printable(node.target)}` : printable(path);
}
