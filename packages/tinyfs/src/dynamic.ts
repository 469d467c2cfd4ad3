import { cutRange } from './byte-range.ts';
import { cannot, quote } from './errors.ts';
import type { NodeId } from './node-id.ts';
import { type Computation, type DirectoryEntry, type DirectoryNode, type FileNode, isFile, type Node } from './node.ts';
import type { NodeReader } from './node-reader.ts';
import type { NodeSpec, NodeWriter } from './node-writer.ts';

/** What a factory is given to make one node with. */
export interface FactoryContext<N extends DirectoryNode | FileNode = DirectoryNode | FileNode> {
  readonly node: N;
  /** As the user wrote it: YAML by contract, which this package cannot read. */
  readonly config: string;
  /** The whole file system, computed nodes included; needing the node itself again is a `walk-loop`. */
  readonly reader: NodeReader;
}

/** The names in a computed directory: read-only, over nodes that are stored elsewhere or computed themselves. */
export interface ComputedDirectory {
  lookup(name: string): Promise<Node | undefined>;
  /** As in the port: in batches of any size, sorted by the UTF-8 bytes of the names. */
  entries(): AsyncIterable<readonly DirectoryEntry[]>;
}

export interface ComputedFile {
  /** All of it; ranges are cut from it, and no more is asked for than they need. */
  content(): AsyncIterable<Uint8Array>;
}

interface FactoryBase {
  /** Throws when the config cannot be used; called before it is stored. */
  check?(config: string): void;
}

export interface DirectoryFactory extends FactoryBase {
  readonly makes: 'directory';
  make(context: FactoryContext<DirectoryNode>): ComputedDirectory | Promise<ComputedDirectory>;
}

export interface FileFactory extends FactoryBase {
  readonly makes: 'file';
  make(context: FactoryContext<FileNode>): ComputedFile | Promise<ComputedFile>;
}

export type Factory = DirectoryFactory | FileFactory;

/** By the name that is stored in a node's `computed.factory`. */
export type FactoryRegistry = ReadonlyMap<string, Factory>;

/**
 * A reader in which computed directories and files answer through their factories. What they are made of is kept as
 * long as the reader, whose state does not change. Errors: `unknown-factory`; `walk-loop` for a node that needs itself.
 */
export function withFactories(base: NodeReader, registry: FactoryRegistry): NodeReader {
  return computingReader(base, registry, [], true);
}

/** The same for a writer. It keeps nothing computed, and refuses a computation that its factory does not accept. */
export function withFactoriesForWrite(base: NodeWriter, registry: FactoryRegistry): NodeWriter {
  const check = (kind: Node['kind'], computed: Computation, about: string): void => {
    factoryFor(registry, kind === 'directory' ? 'directory' : 'file', computed, about).check?.(computed.config);
  };
  const computationOf = (spec: NodeSpec): Computation | undefined => (spec.kind === 'symlink' ? undefined : spec.computed);
  return {
    ...computingReader(base, registry, [], false),
    async create(directory, name, spec) {
      const computed = computationOf(spec);
      if (computed !== undefined) check(spec.kind, computed, name);
      return base.create(directory, name, spec);
    },
    async update(node, change) {
      if (change.computed !== undefined) check(node.kind, change.computed, node.id);
      return base.update(node, change);
    },
    write: (file, content, tabular) => base.write(file, content, tabular),
    rename: (from, name, to, newName) => base.rename(from, name, to, newName),
    remove: (directory, name) => base.remove(directory, name),
  };
}

/**
 * `within` are the nodes being computed further up. It is handed down with the reader and not kept anywhere, so that an
 * error leaves nothing marked and two who read at the same time do not see each other.
 */
function computingReader(base: NodeReader, registry: FactoryRegistry, within: readonly NodeId[], keep: boolean): NodeReader {
  const kept = new Map<NodeId, Promise<ComputedDirectory>>();
  const contextOf = <N extends DirectoryNode | FileNode>(node: N, { config }: Computation): FactoryContext<N> => {
    if (within.includes(node.id)) {
      throw cannot('walk-loop', 'compute', node.id, 'it is needed to make itself, sources outside of it were wanted');
    }
    return { node, config, reader: computingReader(base, registry, [...within, node.id], keep) };
  };
  const makeDirectory = async (node: DirectoryNode, computed: Computation): Promise<ComputedDirectory> =>
    factoryFor(registry, 'directory', computed, node.id).make(contextOf(node, computed));
  const directoryOf = (node: DirectoryNode, computed: Computation): Promise<ComputedDirectory> => {
    if (!keep) return makeDirectory(node, computed);
    const known = kept.get(node.id);
    if (known !== undefined) return known;
    const made = makeDirectory(node, computed);
    kept.set(node.id, made);
    // A failure is told to all who asked, and tried again for the next.
    made.catch(() => kept.delete(node.id));
    return made;
  };

  return {
    root: () => base.root(),

    async lookup(directory, name) {
      if (directory.computed === undefined) return base.lookup(directory, name);
      return (await directoryOf(directory, directory.computed)).lookup(name);
    },

    async *entries(directory) {
      if (directory.computed === undefined) yield* base.entries(directory);
      else yield* (await directoryOf(directory, directory.computed)).entries();
    },

    async *content(file, options = {}) {
      if (file.computed === undefined) {
        yield* base.content(file, options);
        return;
      }
      if (options.version !== undefined && options.version !== file.version) {
        const why = `no version ${options.version}, only the newest of a computed file can be read, which is ${file.version}`;
        throw cannot('not-found', 'read', file.id, why);
      }
      const made = await factoryFor(registry, 'file', file.computed, file.id).make(contextOf(file, file.computed));
      yield* cutRange(made.content(), options.range);
    },

    versions: (node) => base.versions(node),
  };
}

type Making<K extends Factory['makes']> = Extract<Factory, { readonly makes: K }>;

function factoryFor<K extends Factory['makes']>(
  registry: FactoryRegistry, makes: K, { factory: name }: Computation, about: string,
): Making<K> {
  const factory = registry.get(name);
  if (factory === undefined) {
    const known = [...registry.keys()].sort().map(quote).join(', ');
    const wanted = known === '' ? 'a registered one' : `one of ${known}`;
    throw cannot('unknown-factory', 'compute', about, `there is no factory ${quote(name)}, ${wanted} was wanted`);
  }
  if (!isMaking(factory, makes)) {
    const why = `the factory ${quote(name)} makes a ${factory.makes}, one that makes a ${makes} was wanted`;
    throw cannot('unknown-factory', 'compute', about, why);
  }
  return factory;
}

function isMaking<K extends Factory['makes']>(factory: Factory, makes: K): factory is Making<K> {
  return factory.makes === makes;
}

/** Whether a node is made by a factory. */
export function isComputedNode(node: Node): node is (DirectoryNode | FileNode) & { readonly computed: Computation } {
  return (node.kind === 'directory' || isFile(node)) && node.computed !== undefined;
}
