import type { NameFact, NodeChange, Oplog, OplogView, StoredContent, Transaction } from '@duckpond/oplog';
import {
  type ContentOptions, type DirectoryNode, type FileNode, isFile, type Node, type NodeReader, type NodeSpec, type NodeWriter,
  quote, TinyFsError,
} from '@duckpond/tinyfs';
import { nodeOf, rowRange } from './node-facts.ts';
import { createTree, fileContent, nodeVersions } from './node-reader.ts';
import { bounded, boundsWithTotals, rowsOfFact, withFormat } from './version-rows.ts';

/** Small files stay in their record up to this much a transaction; beyond it, larger ones become blobs so that memory stays flat. */
const INLINE_BUDGET_BYTES = 16 * 1024 * 1024;
const SMALL_BYTES = 1024;

/** The tree as a transaction sees it: the state that it began from, with its own changes. */
export function createNodeWriter(oplog: Oplog, view: OplogView, transaction: Transaction): NodeWriter {
  const tree = createTree(transaction);
  const { environment } = oplog;
  let inlineBytes = 0;

  async function take(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredContent> {
    const stored = await oplog.storeContent(content, inlineBytes < INLINE_BUDGET_BYTES ? undefined : SMALL_BYTES);
    inlineBytes += stored.inline?.byteLength ?? 0;
    return stored;
  }

  /** Parquet is a blob however small it is, so that it is a file that DuckDB can open. */
  async function takeTabular(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredContent> {
    const { isParquet, chunks } = await withFormat(content);
    return isParquet ? oplog.storeContent(chunks, 0) : take(chunks);
  }

  /** The bytes of the newest version again, when a version without new content needs them in its own record. */
  async function sameContent(node: Node): Promise<StoredContent | undefined> {
    if (node.kind !== 'data' && node.kind !== 'table') return undefined;
    if (node.computed !== undefined || node.version === 0) return undefined;
    const fact = await transaction.node(node.home, node.id);
    return fact === undefined || fact.blob || fact.sha256 === null ? undefined : take(reader.content(node));
  }

  const reader: NodeReader = {
    ...tree,
    async *content(file: FileNode, { version, range }: ContentOptions = {}) {
      const { before, changes, current } = await pendingOf(file);
      if (changes.length === 0 || (version !== undefined && version <= before)) {
        yield* fileContent(oplog, view, { ...file, version: before }, {
          ...(version === undefined ? {} : { version }), ...(range === undefined ? {} : { range }),
        });
        return;
      }
      if (version !== undefined && changes[version - before - 1] === undefined) {
        throw new TinyFsError('not-found', file.id, `Cannot read ${quote(file.id)}: no version ${version}, the newest is ${current}`);
      }
      const upTo = changes.slice(0, version === undefined ? changes.length : version - before);
      const wanted = file.kind === 'series' && version !== undefined ? upTo.slice(-1) : upTo;
      const contents = wanted.flatMap(({ content }) => (content === undefined ? [] : [content]));
      const committed = { ...file, version: before };
      // An update of the attributes brings no content: the newest before it counts.
      const chunks = file.kind !== 'series'
        ? (contents.length > 0 ? storedChunks(oplog, contents.slice(-1)) : fileContent(oplog, view, committed))
        : version === undefined && before > 0 ? concatenated(fileContent(oplog, view, committed), storedChunks(oplog, contents))
          : storedChunks(oplog, contents);
      yield* range === undefined ? chunks : cut(chunks, range);
    },
    async *versions(node) {
      const { before, changes } = await pendingOf(node);
      const bounds = new Map(changes.flatMap(({ bounds: given }) => (given === undefined ? [] : [[given.version, given] as const])));
      let newest: { readonly sizeBytes: number | undefined; readonly sha256: string | undefined } = {
        sizeBytes: undefined, sha256: undefined,
      };
      if (before > 0) {
        for await (const info of nodeVersions(oplog, view, node)) {
          newest = info;
          if (info.version <= before) yield bounded(info, bounds);
        }
      }
      for (const [index, { content, rows }] of changes.entries()) {
        if (content !== undefined) newest = { sizeBytes: content.sizeBytes, sha256: Buffer.from(content.sha256).toString('hex') };
        const { sizeBytes, sha256 } = content === undefined && node.kind === 'series'
          ? { sizeBytes: undefined, sha256: undefined } : newest;
        yield bounded({
          version: before + index + 1, modifiedMicros: node.modifiedMicros, sizeBytes, sha256,
          ...(rows === undefined ? {} : { tabular: rowRange(rows.rowCount, rows.timeMinMicros, rows.timeMaxMicros) }),
        }, bounds);
      }
    },
  };

  /** What the transaction adds to a node, whose value may be older than that. */
  async function pendingOf(
    node: Node,
  ): Promise<{ readonly before: number; readonly changes: readonly NodeChange[]; readonly current: number }> {
    const changes = transaction.pendingChanges(node.id);
    const current = (await transaction.node(node.home, node.id))?.version ?? node.version;
    return { before: current - changes.length, changes, current };
  }

  return {
    ...reader,

    async create(directory, name, spec) {
      if (await transaction.name(directory.id, name) !== undefined) {
        throw new TinyFsError('already-exists', name, `Cannot create "${name}": there is an entry of that name, a free name was wanted`);
      }
      const id = environment.uuid();
      const partId = spec.kind === 'directory' ? id : directory.id;
      await transaction.insert(directory.id, { name, childId: id, childPart: partId, childKind: spec.kind });
      return nodeOf(transaction.create(partId, id, spec.kind, changeOf(spec), environment.nowMicros(), attributesOf(spec) ?? null));
    },

    async write(file, content, tabular) {
      const stored = tabular === undefined ? await take(content) : await takeTabular(content);
      const change = { content: stored, ...(tabular === undefined ? {} : { rows: tabular }) };
      const node = nodeOf(await transaction.write(file.home, file.id, change, environment.nowMicros()));
      if (!isFile(node)) throw new TinyFsError('not-a-file', file.id, `Cannot write: the node is a ${node.kind}, a file was wanted`);
      return node;
    },

    async update(node, { computed, attributes, bounds }) {
      const content = await sameContent(node);
      const rows = content === undefined ? undefined : rowsOfFact(await transaction.node(node.home, node.id));
      const change: NodeChange = {
        ...(content === undefined ? {} : { content }),
        ...(rows === undefined ? {} : { rows }),
        ...(bounds === undefined ? {} : { bounds: await boundsWithTotals(reader, node, bounds) }),
        ...(computed === undefined ? {} : { factory: computed.factory, config: computed.config }),
        ...(attributes === undefined ? {} : { attributes: JSON.stringify(attributes) }),
      };
      return nodeOf(await transaction.write(node.home, node.id, change, environment.nowMicros()));
    },

    async rename(from: DirectoryNode, name: string, to: DirectoryNode, newName: string) {
      if (await transaction.name(to.id, newName) !== undefined) {
        throw new TinyFsError(
          'already-exists', newName,
          `Cannot rename "${name}" to "${newName}": there is an entry of that name, a free name was wanted`,
        );
      }
      const fact = await nameOf(from, name, 'rename');
      await transaction.remove(from.id, name, true);
      await transaction.insert(to.id, { ...fact, name: newName });
    },

    async remove(directory, name) {
      const { childKind, childId } = await nameOf(directory, name, 'remove');
      if (childKind === 'directory') transaction.relyOnPart(childId);
      await transaction.remove(directory.id, name, false);
    },
  };

  async function nameOf(directory: DirectoryNode, name: string, verb: string): Promise<NameFact> {
    const fact = await transaction.name(directory.id, name);
    if (fact === undefined) throw new TinyFsError('not-found', name, `Cannot ${verb} "${name}": there is no entry of that name`);
    return fact;
  }
}

/** The first version of a new node; a stored file has none until it is written. */
function changeOf(spec: NodeSpec): NodeChange | undefined {
  if (spec.kind === 'symlink') return { target: spec.target };
  if (spec.computed !== undefined) return { factory: spec.computed.factory, config: spec.computed.config };
  return spec.kind === 'directory' ? {} : undefined;
}

function attributesOf(spec: NodeSpec): string | undefined {
  return spec.attributes === undefined ? undefined : JSON.stringify(spec.attributes);
}

async function* storedChunks(oplog: Oplog, parts: readonly StoredContent[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part.inline === undefined) yield* oplog.blob(part);
    else if (part.inline.byteLength > 0) yield part.inline;
  }
}

async function* concatenated(...parts: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* part;
}

async function* cut(
  chunks: AsyncIterable<Uint8Array>, { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    const from = Math.max(0, start - position);
    const to = Math.min(chunk.byteLength, end - position);
    if (from < to) yield chunk.subarray(from, to);
    position += chunk.byteLength;
    if (position >= end) return;
  }
}
