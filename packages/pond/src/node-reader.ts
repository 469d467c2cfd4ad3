import type { FactSource, NameFact, NewEntry, NodeFact, Oplog, OplogView } from '@duckpond/oplog';
import {
  type ContentOptions, type DirectoryEntry, type DirectoryNode, type FileNode, type Node, type NodeReader, quote, ROOT_ID, TinyFsError,
  type VersionInfo,
} from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import { nodeOf, rowRange } from './node-facts.ts';

/** The tree in one state of the log. Directories are made here, out of the facts about names and nodes. */
export function createNodeReader(oplog: Oplog, view: OplogView): NodeReader {
  const tree = createTree(view);
  return {
    ...tree,
    content: (file, options) => fileContent(oplog, view, file, options),
    versions: (node) => nodeVersions(oplog, view, node),
  };
}

export interface Tree {
  root(): Promise<DirectoryNode>;
  lookup(directory: DirectoryNode, name: string): Promise<Node | undefined>;
  entries(directory: DirectoryNode): AsyncIterable<readonly DirectoryEntry[]>;
}

/** Names and nodes without their bytes: what a state and a transaction in progress have in common. */
export function createTree(facts: FactSource): Tree {
  return {
    async root() {
      const root = await facts.node(ROOT_ID, ROOT_ID);
      if (root === undefined) throw new PondError('corrupt', 'Cannot open the root directory: the log has no record of it');
      const node = nodeOf(root);
      if (node.kind !== 'directory') {
        throw new PondError('corrupt', `Cannot open the root directory: its record says that it is a ${node.kind}`);
      }
      return node;
    },

    async lookup(directory, name) {
      const fact = await facts.name(directory.id, name);
      return fact && nodeOf(await nodeFactOf(facts, fact));
    },

    async *entries(directory) {
      let siblings: Map<string, NodeFact> | undefined;
      for await (const batch of facts.names(directory.id)) {
        if (batch.length > 8 && siblings === undefined) {
          siblings = new Map();
          for await (const nodes of facts.nodes(directory.id)) for (const node of nodes) siblings.set(node.nodeId, node);
        }
        const entries: DirectoryEntry[] = [];
        for (const name of batch) {
          const fact = siblings?.get(name.childId) ?? await nodeFactOf(facts, name);
          entries.push({ name: name.name, node: nodeOf(fact) });
        }
        yield entries;
      }
    },
  };
}

async function nodeFactOf(facts: FactSource, name: NameFact): Promise<NodeFact> {
  const fact = await facts.node(name.childPart, name.childId);
  if (fact === undefined) {
    throw new PondError(
      'corrupt', `Cannot read "${name.name}": its directory names the node ${name.childId}, but the log has no record of it`,
    );
  }
  return fact;
}

export async function* fileContent(
  oplog: Oplog, view: OplogView, file: FileNode, options: ContentOptions = {},
): AsyncGenerator<Uint8Array> {
  const { range, version } = options;
  if (file.computed !== undefined) {
    throw new TinyFsError('unknown-factory', file.id, `Cannot read a computed file: no factory "${file.computed.factory}" is here`);
  }
  if (file.kind === 'series' && version === undefined) {
    yield* seriesContent(oplog, view, file, range);
    return;
  }
  if (version === undefined || version === file.version) {
    const fact = await view.node(file.home, file.id);
    if (fact !== undefined && fact.version === file.version) {
      yield* oplog.content(view, fact, range);
      return;
    }
  }
  const wanted = version ?? file.version;
  if (version === undefined && wanted === 0) return;
  if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > file.version) throw noVersion(file, wanted);
  yield* oplog.contentOfRow(await oplog.version(view, file.home, file.id, wanted), range);
}

function noVersion(file: FileNode, version: number): TinyFsError {
  return new TinyFsError('not-found', file.id, `Cannot read ${quote(file.id)}: no version ${version}, the newest is ${file.version}`);
}

/** All versions of a series, one after the other. */
async function* seriesContent(
  oplog: Oplog, view: OplogView, file: FileNode, range?: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (const row of await oplog.versions(view, file.home, file.id)) {
    const size = row.entry.sizeBytes ?? 0;
    const start = Math.max(0, (range?.start ?? 0) - position);
    const end = Math.min(size, (range?.end ?? Number.MAX_SAFE_INTEGER) - position);
    if (start === 0 && end === size) yield* oplog.contentOfRow(row);
    else if (start < end) yield* oplog.contentOfRow(row, { start, end });
    position += size;
  }
}

export async function* nodeVersions(oplog: Oplog, view: OplogView, node: Node): AsyncGenerator<VersionInfo> {
  const rows = await oplog.versions(view, node.home, node.id);
  const bounds = new Map<number, NewEntry>();
  for (const { entry } of rows) if (entry.versionMin != null) bounds.set(entry.versionMin, entry);
  for (const { version, timestampMicros, entry } of rows) {
    const { sizeBytes, sha256, rowCount } = entry;
    const { timeMinMicros, timeMaxMicros } = bounds.get(version) ?? entry;
    yield {
      version,
      modifiedMicros: timestampMicros,
      sizeBytes: sizeBytes ?? undefined,
      sha256: sha256 == null ? undefined : Buffer.from(sha256).toString('hex'),
      ...(rowCount == null ? {} : { tabular: rowRange(rowCount, timeMinMicros, timeMaxMicros) }),
    };
  }
}
