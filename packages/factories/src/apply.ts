import type { Factories, FactoryEntry } from '@duckpond/pond';
import { type Computation, isComputedNode, isTinyFsError, type Lookup, type Node, type NodePath, type WritableWD } from '@duckpond/tinyfs';
import { distance } from 'fastest-levenshtein';
import { badConfig, type ConfigFault, FactoryError } from './errors.ts';
import { createNodeGraph, refuseCycles } from './node-graph.ts';
import type { Origin, Resource, WantedNode } from './resource.ts';

/** What became of a document, or of a node that no document asks for any more. */
export interface Applied {
  readonly state: 'created' | 'updated' | 'unchanged' | 'removed';
  readonly kind: string;
  readonly path: string;
}

/** How files of the host come in. */
export interface HostCopies {
  /** SHA-256 of a file, in lower-case hex. @throws when there is none */
  digest(source: string, origin: Origin): Promise<string>;
  /** Makes a file at a free path. */
  copy(root: WritableWD, source: string, origin: Origin, path: string): Promise<void>;
}

export interface ApplyOptions {
  readonly factories: Factories;
  readonly copies: HostCopies;
  /** Whether what earlier documents made, and none asks for any more, is removed. */
  readonly prune?: boolean;
}

/** The attribute of nodes that documents made: what may be pruned. */
export const APPLIED_ATTRIBUTE = 'applied';

/**
 * Everything that can be said about documents without a pond: factories, configs, paths that are asked for twice.
 *
 * @throws FactoryError `bad-config`, `unknown-factory`
 */
export async function checkResources(resources: readonly Resource[], factories: Factories): Promise<void> {
  const seen = new Map<string, Origin>();
  for (const { origin, nodes } of resources) {
    for (const node of nodes) {
      const before = seen.get(node.path);
      if (before !== undefined) {
        const problem = `${JSON.stringify(node.path)} is asked for in line ${before.line} of ${JSON.stringify(before.file)} already`;
        throw badConfig(origin.file, [{ line: origin.line, field: '', problem }]);
      }
      seen.set(node.path, origin);
      if (node.kind === 'computed') await checkNode(node, origin, factories);
    }
  }
}

async function checkNode(node: WantedNode & { readonly kind: 'computed' }, origin: Origin, factories: Factories): Promise<void> {
  const { computed, config: place } = node;
  const entry = factories.get(computed.factory);
  if (entry === undefined || entry.isInner === true) {
    const problem = unknownFactory(computed.factory, factories);
    throw badConfig(origin.file, [{ line: origin.line, field: 'factory', problem }], 'unknown-factory');
  }
  await atPlace(() => checkComputed(computed, origin.file, factories), origin.file, place.field, (line) => (
    line === undefined || place.line === undefined ? place.at ?? origin.line : line + place.line - 1));
}

/**
 * Whether a factory that is known can use a config, and so on for the children that the config tells.
 *
 * @throws FactoryError `bad-config`
 */
export async function checkComputed({ factory: name, config }: Computation, file: string, factories: Factories): Promise<void> {
  const factory = await factories.get(name)?.load();
  if (factory === undefined) throw badConfig(file, [{ line: undefined, field: 'factory', problem: unknownFactory(name, factories) }]);
  await factory.check(config, file);
  if (factory.makes !== 'directory') return;
  for (const { path, ...child } of await factory.children?.(config) ?? []) {
    await atPlace(() => checkComputed(child, file, factories), file, `the entry ${JSON.stringify(path)}`, () => undefined);
  }
}

/** Faults with the place in the document that they are in. */
async function atPlace(
  work: () => Promise<void>, file: string, field: string, lineOf: (line: number | undefined) => number | undefined,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FactoryError) || error.code !== 'bad-config') throw error;
    const faults = error.data['faults'] as readonly ConfigFault[];
    throw badConfig(file, faults.map((fault) => ({
      ...fault, line: lineOf(fault.line),
      field: [field, fault.field].filter((part) => part !== '').join(field.startsWith('the ') ? ': ' : '.').replace('.[', '['),
    })));
  }
}

/** `is "sqlderived", "sql-derived-table" was wanted?`. */
export function unknownFactory(name: string, factories: Factories): string {
  const known = [...factories.values()].filter(({ isInner }) => isInner !== true).map((entry) => entry.name).sort();
  const [nearest] = [...known].sort((a, b) => distance(a, name) - distance(b, name));
  const isNear = nearest !== undefined && distance(nearest, name) <= Math.max(2, name.length / 3);
  const wanted = isNear ? `"${nearest}" was wanted?` : `one of ${known.map((one) => `"${one}"`).join(', ')} was wanted`;
  return `there is no factory ${JSON.stringify(name)}, ${wanted}`;
}

/**
 * Makes a tree have what documents ask for, in one transaction of the caller's: to be called with documents that `checkResources` knows.
 *
 * @throws FactoryError `cycle`, `bad-input` for what is in the way; nothing is to be committed then
 */
export async function applyResources(root: WritableWD, resources: readonly Resource[], options: ApplyOptions): Promise<readonly Applied[]> {
  const applied = new Map<Resource, Applied['state']>();
  const changed: string[] = [];
  // What stands in a directory comes after it, whatever the order of the documents.
  const order: readonly WantedNode['kind'][] = ['directory', 'copy', 'computed', 'link'];
  for (const kind of order) {
    for (const resource of resources) {
      for (const node of resource.nodes.filter((one) => one.kind === kind)) {
        const state = await applyNode(root, node, resource, options);
        if (state !== 'unchanged' && node.kind === 'computed') changed.push(node.path);
        const before = applied.get(resource);
        applied.set(resource, before === undefined || before === state ? state : 'updated');
      }
    }
  }
  const removed = options.prune === true ? await prune(root, new Set(resources.flatMap(({ nodes }) => nodes.map(({ path }) => path)))) : [];
  await refuseCyclesAt(root, changed, options.factories);
  return [
    ...resources.map((resource) => ({ state: applied.get(resource) ?? 'unchanged', kind: resource.kind, path: resource.path })), ...removed,
  ];
}

/** @throws FactoryError `cycle` when a node at one of the paths needs itself */
export async function refuseCyclesAt(root: WritableWD, paths: readonly string[], factories: Factories): Promise<void> {
  if (paths.length === 0) return;
  const graph = createNodeGraph(root, factories);
  const nodes = await Promise.all(paths.map(async (path) => graph.at(await root.get(path, { follow: false }))));
  await refuseCycles(graph, nodes.flat());
}

async function applyNode(
  root: WritableWD, node: WantedNode, { origin }: Resource, { factories, copies }: ApplyOptions,
): Promise<Applied['state']> {
  const found = await lookup(root, node.path);
  switch (node.kind) {
    case 'directory': {
      if (found === undefined) {
        await root.mkdir(node.path, { parents: true });
        await mark(root, node.path, 'mkdir');
        return 'created';
      }
      if (found.kind !== 'directory' || isComputedNode(found)) throw inTheWay('make directory', node.path, found, 'a directory');
      return 'unchanged';
    }
    case 'link': {
      if (found !== undefined && found.kind !== 'symlink') throw inTheWay('link', node.path, found, 'a link');
      if (found?.target === node.target) return 'unchanged';
      if (found !== undefined) await root.remove(node.path);
      const attributes = { [APPLIED_ATTRIBUTE]: 'link' };
      await root.create(node.path, { kind: 'symlink', target: node.target, attributes }, { parents: true });
      return found === undefined ? 'created' : 'updated';
    }
    case 'copy': return applyCopy(root, node, found, origin, copies);
    case 'computed': return putComputed(root, node.path, node.computed, found, factories, { [APPLIED_ATTRIBUTE]: 'mknod' });
  }
}

async function applyCopy(
  root: WritableWD, { path, source, overwrite }: WantedNode & { readonly kind: 'copy' }, found: Node | undefined, origin: Origin,
  copies: HostCopies,
): Promise<Applied['state']> {
  const digest = await copies.digest(source, origin);
  const note = `copy ${digest}`;
  if (found !== undefined) {
    const isBytes = found.kind === 'data' && found.computed === undefined;
    const isSame = isBytes ? found.sha256 === digest : found.attributes?.[APPLIED_ATTRIBUTE] === note;
    if (isSame) return 'unchanged';
    if (found.kind === 'directory') throw inTheWay('copy to', path, found, 'a file');
    if (!overwrite) {
      const what = `Cannot copy ${JSON.stringify(source)} to ${JSON.stringify(path)}: it already exists`;
      throw new FactoryError('bad-input', `${what}, a free path or "overwrite: true" was wanted`, { path });
    }
    if (!isBytes) await root.remove(path);
  }
  await copies.copy(root, source, origin, path);
  await mark(root, path, note);
  return found === undefined ? 'created' : 'updated';
}

/** Stores how a node is made, in place of a computed node that is there. @throws FactoryError `bad-input` for another one */
export async function putComputed(
  root: WritableWD, path: string, computed: Computation, found: Node | undefined, factories: Factories,
  attributes: Readonly<Record<string, string>> = {},
): Promise<Exclude<Applied['state'], 'removed'>> {
  const kind = kindOf(factories.get(computed.factory));
  const spec = { kind, computed, ...(Object.keys(attributes).length === 0 ? {} : { attributes }) };
  const create = (): Promise<NodePath> => root.create(path, spec, { parents: true });
  if (found === undefined) {
    await create();
    return 'created';
  }
  if (!isComputedNode(found)) throw inTheWay('make', path, found, 'a computed node or a free path');
  if (found.computed.factory === computed.factory && found.computed.config === computed.config) return 'unchanged';
  if (found.kind === kind) await root.update(path, { computed });
  else {
    await root.remove(path);
    await create();
  }
  return 'updated';
}

function kindOf(entry: FactoryEntry | undefined): FactoryEntry['makes'] {
  if (entry === undefined) throw new TypeError('A factory that was checked is gone');
  return entry.makes;
}

async function mark(root: WritableWD, path: string, note: string): Promise<void> {
  const { node } = await root.get(path, { follow: false });
  await root.update(path, { attributes: { ...node.attributes, [APPLIED_ATTRIBUTE]: note } });
}

/** The node of a name itself, undefined where there is none yet. */
export async function lookup(root: WritableWD, path: string): Promise<Node | undefined> {
  try {
    const found: Lookup = await root.lookup(path, { follow: false });
    return found.kind === 'found' ? found.at.node : undefined;
  } catch (error) {
    if (isTinyFsError(error, 'not-found')) return undefined;
    throw error;
  }
}

function inTheWay(verb: string, path: string, node: Node, wanted: string): FactoryError {
  const what = isComputedNode(node) ? `made by ${JSON.stringify(node.computed.factory)}`
    : node.kind === 'directory' ? 'a directory' : node.kind === 'symlink' ? 'a link' : `a ${node.kind} file`;
  const problem = `it already exists and is ${what}, ${wanted} was wanted`;
  return new FactoryError('bad-input', `Cannot ${verb} ${JSON.stringify(path)}: ${problem}`, { path });
}

/** Children before their directories; a directory that holds something else stays. */
async function prune(root: WritableWD, wanted: ReadonlySet<string>): Promise<readonly Applied[]> {
  const found: { readonly path: string; readonly note: string; readonly isStored: boolean }[] = [];
  for await (const { path, node } of root.walk('/')) {
    const note = node.attributes?.[APPLIED_ATTRIBUTE];
    if (note === undefined || wanted.has(path)) continue;
    found.push({ path, note, isStored: node.kind === 'directory' && node.computed === undefined });
  }
  const removed: Applied[] = [];
  for (const { path, note, isStored } of found.reverse()) {
    try {
      await root.remove(path);
    } catch (error) {
      if (isStored && isTinyFsError(error, 'not-empty')) continue;
      throw error;
    }
    removed.push({ state: 'removed', kind: note.split(' ', 1)[0] ?? '', path });
  }
  return removed;
}
