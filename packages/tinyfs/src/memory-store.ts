import { createHash } from 'node:crypto';
import { cutRange } from './byte-range.ts';
import { cannot, quote, type TinyFsError } from './errors.ts';
import { type NodeId, ROOT_ID } from './node-id.ts';
import { type Computation, type DirectoryEntry, type DirectoryNode, type FileNode, isFile, type Node, type VersionInfo } from './node.ts';
import type { ContentOptions, NodeReader } from './node-reader.ts';
import type { Content, NodeSpec, NodeWriter } from './node-writer.ts';
import { compareNames, nameFault } from './path.ts';
import { appendedFacts, type RowRange, type TabularFacts, timesOf, type VersionBounds } from './tabular-facts.ts';

export interface MemoryStoreOptions {
  /** Microseconds since 1970 UTC. */
  readonly clock: () => bigint;
  /** A new id at each call. */
  readonly newId: () => NodeId;
  /** Lower-case hex SHA-256; default that of node:crypto. */
  readonly sha256?: (bytes: Uint8Array) => string;
}

/** The reference implementation of the port: all in memory, nothing shared with a snapshot ever changes. */
export interface MemoryStore extends NodeWriter {
  /** The state of now, for good. Costs one step a node. */
  snapshot(): NodeReader;
}

interface Version extends VersionInfo {
  readonly bytes: Uint8Array | undefined;
}

/** Values, replaced and never changed, but for the names of a directory that no snapshot shares yet. */
interface Stored {
  readonly node: Node;
  readonly versions: readonly Version[];
  readonly names: Map<string, NodeId> | undefined;
  readonly age: number;
}

type State = Map<NodeId, Stored>;

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const sha256 = options.sha256 ?? ((bytes) => createHash('sha256').update(bytes).digest('hex'));
  const state: State = new Map();
  let age = 0;

  const facts = (id: NodeId, home: NodeId, version: number): Pick<Node, 'id' | 'home' | 'version' | 'modifiedMicros'> =>
    ({ id, home, version, modifiedMicros: options.clock() });
  const save = (node: Node, versions: readonly Version[], names: Map<string, NodeId> | undefined): void => {
    state.set(node.id, { node, versions, names, age });
  };
  const emptyVersion = ({ version, modifiedMicros }: Node): Version =>
    ({ version, modifiedMicros, sizeBytes: undefined, sha256: undefined, bytes: undefined });
  /** The names of a directory for changing: copied once when a snapshot has them too. */
  const namesOf = (directory: DirectoryNode, verb: string): Map<string, NodeId> => {
    const stored = find(state, directory);
    if (stored.names === undefined) throw cannot('immutable', verb, directory.id, 'it is computed, a stored directory was wanted');
    if (stored.age === age) return stored.names;
    const names = new Map(stored.names);
    save(stored.node, stored.versions, names);
    return names;
  };

  const root: DirectoryNode = { kind: 'directory', ...facts(ROOT_ID, ROOT_ID, 1) };
  save(root, [emptyVersion(root)], new Map());

  return {
    ...memoryReader(state),

    async create(directory, name, spec) {
      const names = namesOf(directory, 'create');
      const fault = nameFault(name);
      if (fault !== undefined) throw cannot('invalid-path', 'create', name, fault);
      if (names.has(name)) throw taken('create', name, directory);
      const node = newNode(spec, facts(options.newId(), directory.id, isFileSpec(spec) && spec.computed === undefined ? 0 : 1));
      const inside = node.kind === 'directory' && node.computed === undefined ? new Map<string, NodeId>() : undefined;
      save(node, node.version === 0 ? [] : [emptyVersion(node)], inside);
      names.set(name, node.id);
      sorted.delete(names);
      return node;
    },

    async write(file, content, tabular) {
      const bytes = await collect(content);
      const { node, versions } = find(state, file);
      if (!isFile(node) || node.computed !== undefined) {
        throw cannot('immutable', 'write', file.id, 'it is computed, a stored file was wanted');
      }
      const version: Version = {
        version: node.version + 1, modifiedMicros: options.clock(), sizeBytes: bytes.length, sha256: sha256(bytes), bytes,
        ...(tabular === undefined ? {} : { tabular: rangeOf(tabular) }),
      };
      const { tabular: before, ...rest } = node;
      const isFirst = versions.every((known) => known.bytes === undefined);
      const isKnown = tabular !== undefined && (node.kind !== 'series' || isFirst || before !== undefined);
      const after = !isKnown ? undefined : node.kind === 'series' && before !== undefined ? appendedFacts(before, tabular) : tabular;
      const written: FileNode = {
        ...rest,
        ...(after === undefined ? {} : { tabular: after }),
        version: version.version,
        modifiedMicros: version.modifiedMicros,
        sizeBytes: (node.kind === 'series' ? node.sizeBytes ?? 0 : 0) + bytes.length,
        sha256: version.sha256,
      };
      save(written, [...versions, version], undefined);
      return written;
    },

    async update(node, change) {
      const stored = find(state, node);
      if (change.computed !== undefined && (stored.node.kind === 'symlink' || stored.node.computed === undefined)) {
        throw cannot('immutable', 'update', node.id, 'it is stored, a computed node was wanted');
      }
      const { bounds, ...rest } = change;
      const versions = bounds === undefined ? stored.versions : withBounds(stored, bounds);
      const times = bounds === undefined ? {} : timesAfter(stored.node, versions);
      const updated: Node = { ...stored.node, ...rest, ...times, version: stored.node.version + 1, modifiedMicros: options.clock() };
      save(updated, [...versions, emptyVersion(updated)], stored.names === undefined ? undefined : new Map(stored.names));
      return updated;
    },

    async rename(from, name, to, newName) {
      const id = namesOf(from, 'rename').get(name);
      if (id === undefined) throw missing('rename', name, from);
      const target = namesOf(to, 'rename');
      const fault = nameFault(newName);
      if (fault !== undefined) throw cannot('invalid-path', 'rename', newName, fault);
      if (target.has(newName)) throw taken('rename', newName, to);
      const source = namesOf(from, 'rename');
      source.delete(name);
      target.set(newName, id);
      sorted.delete(source);
      sorted.delete(target);
    },

    async remove(directory, name) {
      const names = namesOf(directory, 'remove');
      if (!names.delete(name)) throw missing('remove', name, directory);
      sorted.delete(names);
    },

    snapshot() {
      const copy: State = new Map();
      const waiting: NodeId[] = [ROOT_ID];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const stored = state.get(id);
        if (stored === undefined || copy.has(id)) continue;
        copy.set(id, stored);
        for (const child of stored.names?.values() ?? []) waiting.push(child);
      }
      age += 1;
      return memoryReader(copy);
    },
  };
}

/** The order of a directory's names, kept until they change: sorting costs more than all else of a listing. */
const sorted = new WeakMap<Map<string, NodeId>, readonly (readonly [string, NodeId])[]>();

const BATCH = 1_024;

function memoryReader(state: State): NodeReader {
  return {
    async root() {
      const root = state.get(ROOT_ID)?.node;
      if (root?.kind !== 'directory') throw new TypeError('A memory store is without its root');
      return root;
    },

    async lookup(directory, name) {
      const id = find(state, directory).names?.get(name);
      return id === undefined ? undefined : state.get(id)?.node;
    },

    async *entries(directory) {
      const { names } = find(state, directory);
      if (names === undefined) throw uncomputed('list', directory);
      const order = sorted.get(names) ?? [...names].sort(([a], [b]) => compareNames(a, b));
      sorted.set(names, order);
      for (let start = 0; start < order.length; start += BATCH) {
        const batch: DirectoryEntry[] = [];
        for (const [name, id] of order.slice(start, start + BATCH)) {
          const node = state.get(id)?.node;
          if (node !== undefined) batch.push({ name, node });
        }
        yield batch;
      }
    },

    async *content(file, options = {}) {
      const { node, versions } = find(state, file);
      if (!isFile(node) || node.computed !== undefined) throw uncomputed('read', file);
      // Handed out as copies, so that no reader can change what is stored.
      for await (const chunk of cutRange(parts(node, versions, options), options.range)) yield chunk.slice();
    },

    async *versions(node) {
      for (const { bytes: _, ...info } of find(state, node).versions) yield info;
    },
  };
}

function rangeOf({ rowCount, timeMinMicros, timeMaxMicros }: TabularFacts): RowRange {
  return { rowCount, ...(timeMinMicros === undefined ? {} : { timeMinMicros }), ...(timeMaxMicros === undefined ? {} : { timeMaxMicros }) };
}

function withBounds({ node, versions }: Stored, { version: wanted, ...times }: VersionBounds): Version[] {
  const known = versions.find(({ version }) => version === wanted);
  if (node.kind !== 'series' || known?.tabular === undefined) {
    throw cannot('not-found', 'set bounds of', node.id, `no version ${wanted} with rows, the version of a series was wanted`);
  }
  const { rowCount } = known.tabular;
  return versions.map((version) => (version === known ? { ...known, tabular: { rowCount, ...times } } : version));
}

function timesAfter(node: Node, versions: readonly Version[]): { readonly tabular?: TabularFacts } {
  if (!isFile(node) || node.tabular === undefined) return {};
  const { timeMinMicros: _, timeMaxMicros: __, ...facts } = node.tabular;
  return { tabular: { ...facts, ...timesOf(versions.flatMap(({ tabular }) => (tabular === undefined ? [] : [tabular]))) } };
}

function find(state: State, node: Node): Stored {
  const stored = state.get(node.id);
  if (stored === undefined) throw cannot('not-found', 'use', node.id, 'there is no such node');
  return stored;
}

function parts(node: FileNode, versions: readonly Version[], { version: wanted }: ContentOptions): Uint8Array[] {
  const chosen = wanted === undefined ? versions : versions.filter(({ version }) => version === wanted);
  if (wanted !== undefined && chosen.length === 0) {
    throw cannot('not-found', 'read', node.id, `no version ${wanted}, the newest is ${node.version}`);
  }
  const bytes = chosen.flatMap((version) => (version.bytes === undefined ? [] : [version.bytes]));
  return node.kind === 'series' ? bytes : bytes.slice(-1);
}

async function collect(content: Content): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : new Uint8Array(Buffer.concat(chunks));
}

function isFileSpec(spec: NodeSpec): spec is Extract<NodeSpec, { kind: FileNode['kind'] }> {
  return spec.kind !== 'directory' && spec.kind !== 'symlink';
}

function newNode(spec: NodeSpec, facts: Pick<Node, 'id' | 'home' | 'version' | 'modifiedMicros'>): Node {
  const common = { ...facts, ...(spec.attributes === undefined ? {} : { attributes: { ...spec.attributes } }) };
  if (spec.kind === 'symlink') return { ...common, kind: 'symlink', target: spec.target };
  const computed: { readonly computed?: Computation } = spec.computed === undefined ? {} : { computed: spec.computed };
  if (spec.kind === 'directory') return { ...common, ...computed, kind: 'directory' };
  return { ...common, ...computed, kind: spec.kind, sizeBytes: spec.computed === undefined ? 0 : undefined, sha256: undefined };
}

function taken(verb: string, name: string, directory: DirectoryNode): TinyFsError {
  return cannot('already-exists', verb, name, `directory ${quote(directory.id)} has an entry of that name, a free name was wanted`);
}

function missing(verb: string, name: string, directory: DirectoryNode): TinyFsError {
  return cannot('not-found', verb, name, `no such entry in directory ${quote(directory.id)}`);
}

function uncomputed(verb: string, node: Node): TinyFsError {
  return cannot('unknown-factory', verb, node.id, 'it is computed, a reader with factories was wanted');
}
