import type { Factories } from '@duckpond/pond';
import { isUrl, parseFormatUrl } from '@duckpond/query';
import {
  type Computation, type Glob, hasGlobSyntax, isComputedNode, isTinyFsError, joinPath, matchGlob, type NodePath, parseGlob, type WD,
} from '@duckpond/tinyfs';
import { FactoryError } from './errors.ts';

/** A computed node, or a child that the config of one tells. */
export interface GraphNode extends Computation {
  /** Distinct among all nodes of a pond. */
  readonly key: string;
  readonly path: string;
}

/** What reads from what, in one state of a pond: each answer is looked up once. */
export interface NodeGraph {
  /** A stored node, and the children that its config tells. */
  at(path: NodePath): Promise<readonly GraphNode[]>;
  /** The patterns of the pond that a node reads from by itself. */
  patterns(node: GraphNode): Promise<readonly string[]>;
  /** The computed nodes that it reads from by itself. */
  needs(node: GraphNode): Promise<readonly GraphNode[]>;
  /** Itself and all that it needs, through whatever is in between. */
  closure(node: GraphNode): Promise<readonly GraphNode[]>;
}

/** The graph of a state. Nothing is computed for it: configs alone say what a node reads. */
export function createNodeGraph(root: WD, factories: Factories): NodeGraph {
  const kept = new Map<string, Promise<readonly GraphNode[]>>();

  async function withChildren(node: GraphNode): Promise<readonly GraphNode[]> {
    const factory = await factories.get(node.factory)?.load();
    if (factory?.makes !== 'directory' || factory.children === undefined) return [node];
    const children = await factory.children(node.config);
    const all = await Promise.all(children.map(({ path, ...computed }) =>
      withChildren({ ...computed, key: `${node.key}/${path}`, path: joinPath(node.path, path) })));
    return [node, ...all.flat()];
  }

  const at = async ({ path, node }: NodePath): Promise<readonly GraphNode[]> => (
    isComputedNode(node) ? withChildren({ ...node.computed, key: node.id, path }) : []);

  async function patterns({ factory, config }: GraphNode): Promise<readonly string[]> {
    // A node whose factory is not known here can neither be computed nor be in the way.
    const inputs = await (await factories.get(factory)?.load())?.inputs(config) ?? [];
    return inputs.map(pondPattern).filter((pattern) => pattern !== undefined);
  }

  async function reached(pattern: string): Promise<readonly GraphNode[]> {
    const { parts } = parseGlob(pattern);
    const names = namesOf(pattern);
    const found: GraphNode[] = [];
    for (let length = 1; length <= names.length; length++) {
      let isThere = false;
      const isLast = length === names.length;
      const rest = parts.slice(parts[length - 1]?.kind === 'levels' ? length - 1 : length);
      for await (const match of matches(root, `/${names.slice(0, length).join('/')}`)) {
        isThere = true;
        const [self, ...children] = match.node.kind === 'directory' || isLast ? await at(match) : [];
        if (self === undefined) continue;
        found.push(self, ...children.filter(({ path }) => mayReach(rest, namesOf(path.slice(self.path.length)))));
      }
      if (!isThere) break;
    }
    return found;
  }

  const needs = (node: GraphNode): Promise<readonly GraphNode[]> => {
    const known = kept.get(node.key) ?? patterns(node).then(async (all) => (await Promise.all(all.map(reached))).flat());
    kept.set(node.key, known);
    return known;
  };

  return {
    at, patterns, needs,
    async closure(node) {
      const all = new Map([[node.key, node]]);
      for (const next of all.values()) for (const needed of await needs(next)) all.set(needed.key, needed);
      return [...all.values()];
    },
  };
}

/** @throws FactoryError `cycle` when one of the nodes needs itself, with the way on which it does */
export async function refuseCycles(graph: NodeGraph, nodes: readonly GraphNode[]): Promise<void> {
  const done = new Set<string>();
  const visit = async (node: GraphNode, way: readonly GraphNode[]): Promise<void> => {
    const from = way.findIndex(({ key }) => key === node.key);
    if (from >= 0) throw cycle([...way.slice(from), node]);
    if (done.has(node.key)) return;
    for (const needed of await graph.needs(node)) await visit(needed, [...way, node]);
    done.add(node.key);
  };
  for (const node of nodes) await visit(node, []);
}

function cycle(way: readonly GraphNode[]): FactoryError {
  const [{ path } = { path: '' }] = way;
  const shown = way.map((node) => node.path);
  const what = way.length === 2 ? 'its inputs match the node itself' : `it needs itself, ${shown.join(' -> ')}`;
  return new FactoryError('cycle', `Cannot make ${JSON.stringify(path)}: ${what}, sources outside of it were wanted`, { path, way: shown });
}

/** Whether a pattern can match something at or below a path; of a path that is a pattern itself, the part before its wildcards counts. */
export function mayReadFrom(pattern: string, path: string): boolean {
  const names = namesOf(path);
  const wild = names.findIndex(hasGlobSyntax);
  return mayReach(parseGlob(pattern).parts, wild < 0 ? names : names.slice(0, wild));
}

function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function mayReach(parts: Glob['parts'], names: readonly string[]): boolean {
  const [name, ...below] = names;
  const [part, ...rest] = parts;
  if (name === undefined) return true;
  if (part === undefined) return false;
  if (part.kind === 'levels') return mayReach(rest, names) || mayReach(parts, below);
  const one = { source: name, absolute: false, directory: false, parts: [part], captureCount: 0 };
  return matchGlob(one, name) !== undefined && mayReach(rest, below);
}

/** The path or pattern in the pond that an input means; undefined when it means something else. */
export function pondPattern(input: string): string | undefined {
  if (!isUrl(input)) return input.startsWith('/') ? input : undefined;
  const { host, path } = parseFormatUrl(input);
  return host ? undefined : path;
}

async function* matches(root: WD, pattern: string): AsyncIterable<NodePath> {
  try {
    if (hasGlobSyntax(pattern)) {
      for await (const match of root.glob(pattern)) yield match.node.kind === 'symlink' ? await root.get(match.path) : match;
      return;
    }
    const found = await root.lookup(pattern);
    if (found.kind === 'found') yield found.at;
  } catch (error) {
    // What leads nowhere is read by nobody.
    if (!isTinyFsError(error, 'not-found', 'not-a-directory', 'symlink-loop', 'above-root')) throw error;
  }
}
