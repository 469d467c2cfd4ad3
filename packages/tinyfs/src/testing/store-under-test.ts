import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { TinyFsError, type TinyFsErrorCode } from '../errors.ts';
import { type DirectoryNode, type FileNode, isFile, type Node, type VersionInfo } from '../node.ts';
import type { ContentOptions, NodeReader } from '../node-reader.ts';
import type { NodeWriter } from '../node-writer.ts';

/** A fresh, empty store, as the suite sees it: changes that are committed, and the state after them. */
export interface StoreUnderTest {
  /** Runs one change in a transaction of its own and commits it. */
  write<T>(change: (writer: NodeWriter) => Promise<T>): Promise<T>;
  /** Opens the state of the newest commit, from what was stored and not from what is remembered. */
  read<T>(use: (reader: NodeReader) => Promise<T>): Promise<T>;
  close?(): Promise<void>;
}

/** What the suite takes from a test runner; vitest and node:test both have it. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, test: () => Promise<void>) => unknown;
}

/** One test: what it is given is closed after it, whatever happens. */
export type StoreTest = (name: string, run: (store: StoreUnderTest) => Promise<void>) => void;

/** Runs a change, then looks at the result twice: inside the transaction, and after it through a new reader. */
export async function inBoth(
  store: StoreUnderTest, change: (writer: NodeWriter) => Promise<void>, check: (reader: NodeReader) => Promise<void>,
): Promise<void> {
  await store.write(async (writer) => {
    await change(writer);
    await check(writer);
  });
  await store.read(check);
}

/** The node at some names below the root. */
export async function nodeAt(reader: NodeReader, ...names: readonly string[]): Promise<Node> {
  let node: Node = await reader.root();
  for (const name of names) {
    assert.equal(node.kind, 'directory', `${name} is looked up in a ${node.kind}`);
    const next: Node | undefined = await reader.lookup(node, name);
    assert.ok(next, `no entry ${JSON.stringify(name)} below the root, of ${JSON.stringify(names)}`);
    node = next;
  }
  return node;
}

export async function directoryAt(reader: NodeReader, ...names: readonly string[]): Promise<DirectoryNode> {
  const node = await nodeAt(reader, ...names);
  assert.equal(node.kind, 'directory');
  return node;
}

export async function fileAt(reader: NodeReader, ...names: readonly string[]): Promise<FileNode> {
  return asFile(await nodeAt(reader, ...names));
}

export function asFile(node: Node): FileNode {
  assert.ok(isFile(node), `a ${node.kind} is not a file`);
  return node;
}

export async function makeDirectory(writer: NodeWriter, parent: DirectoryNode, name: string): Promise<DirectoryNode> {
  const node = await writer.create(parent, name, { kind: 'directory' });
  assert.equal(node.kind, 'directory');
  return node;
}

export async function makeFile(
  writer: NodeWriter, parent: DirectoryNode, name: string, ...contents: readonly string[]
): Promise<FileNode> {
  let file = asFile(await writer.create(parent, name, { kind: 'data' }));
  for (const content of contents) file = await writer.write(file, [bytes(content)]);
  return file;
}

export async function namesIn(reader: NodeReader, directory: DirectoryNode): Promise<string[]> {
  const names: string[] = [];
  for await (const batch of reader.entries(directory)) for (const { name } of batch) names.push(name);
  return names;
}

export async function textOf(reader: NodeReader, file: FileNode, options?: ContentOptions): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.content(file, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function versionsOf(reader: NodeReader, node: Node): Promise<VersionInfo[]> {
  const versions: VersionInfo[] = [];
  for await (const version of reader.versions(node)) versions.push(version);
  return versions;
}

export async function rejectsWith(code: TinyFsErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof TinyFsError, `expected a TinyFsError ${code}, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return true;
  });
}

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
