import { join } from 'node:path';
import type { Catalog, Engine, Parameters, SelectPart } from '@duckpond/query';
import {
  type ComputedDirectory, type DirectoryNode, type Factory, type FactoryContext as NodeContext, type FactoryRegistry, type FileNode,
  type NodeId, type NodePath, type NodeReader, openFs, quote, withFactories,
} from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import type {
  ComputedRows, Factories, FactoryContext, FactoryEntry, FactoryEnvironment, PondFactory, RowsFactory, Tables,
} from './factory.ts';
import { type Origin, type OriginHost, originOf, type OwnOrigin } from './origin.ts';
import type { RowBounds } from './relation.ts';

/** What computed nodes are made with, in one state of a pond. */
export interface ComputingHost {
  readonly factories: Factories;
  /** Stored nodes. */
  readonly reader: NodeReader;
  readonly environment: FactoryEnvironment;
  /** Where each node has a directory of its own, by its id. */
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal;
  /** What a name means to a reader that sees this. */
  readonly resolve: (computing: Computing, target: string, bounds: RowBounds) => Promise<ComputedRows | undefined>;
  /** The files that a name means; undefined for what is no file of the pond. */
  readonly files: (computing: Computing, target: string) => Promise<readonly NodePath<FileNode>[] | undefined>;
  /** The engine that may read all that was resolved so far. */
  readonly engine: () => Promise<Engine>;
  readonly parquet: (sql: string, catalog: Catalog) => AsyncIterable<Uint8Array>;
}

/** A state of the pond in which computed nodes answer, but for those that are being computed. */
export interface Computing {
  readonly reader: NodeReader;
  /** The rows of a computed table or series. @throws PondError `loop`, TinyFsError `unknown-factory` */
  rowsOf(path: string, file: FileNode): Promise<ComputedRows>;
  /** What the rows that a target means are made of. */
  origin(target: string): Promise<Origin>;
  /** What a computed file reads by itself. */
  originOfNode(path: string, file: FileNode): Promise<OwnOrigin>;
}

/** The state as the user sees it. */
export function createComputing(host: ComputingHost): Computing {
  return computingWithin(host, []);
}

function computingWithin(host: ComputingHost, within: readonly NodeId[]): Computing {
  const below = (node: DirectoryNode | FileNode): Computing => {
    if (within.includes(node.id)) {
      throw new PondError('loop', `Cannot compute the node ${node.id}: it is needed to make itself, sources outside of it were wanted`, {
        nodeId: node.id,
      });
    }
    return computingWithin(host, [...within, node.id]);
  };
  const contextOf = async <N extends DirectoryNode | FileNode>(node: N, config: string): Promise<FactoryContext<N>> => {
    const inner = below(node);
    const signal = host.signal === undefined ? {} : { signal: host.signal };
    return {
      node, config,
      root: await openFs(inner.reader).root(),
      factories: host.factories,
      environment: host.environment,
      cacheDirectory: join(host.cacheDirectory, node.id),
      ...signal,
      async rows(target, bounds = {}) {
        const rows = await host.resolve(inner, target, bounds);
        if (rows !== undefined) return rows;
        const why = 'it names nothing, a path, a pattern or a URL was wanted';
        throw new PondError('not-found', `Cannot read ${quote(target)}: ${why}`, { target });
      },
      origin: (target) => originOf(originHost(inner), target),
      async query(sql, tables, params?: Parameters) {
        return (await host.engine()).query(sql, { catalog: catalogOf(tables), ...(params === undefined ? {} : { params }), ...signal });
      },
      async writeParquet(sql, tables, path) {
        return (await host.engine()).copyToParquet({ sql, query: { catalog: catalogOf(tables) } }, path, signal);
      },
    };
  };

  const originHost = (at: Computing): OriginHost => ({
    files: (target) => host.files(at, target),
    computed: ({ path, node }) => at.originOfNode(path, node),
  });

  const computing: Computing = {
    origin: (target) => originOf(originHost(computing), target),
    async originOfNode(path, file) {
      const { factory: name, config } = file.computed ?? { factory: '', config: '' };
      const factory = await host.factories.get(name)?.load();
      if (factory === undefined) throw unknownFactory(path, name, host.factories);
      const inputs = await factory.inputs(config);
      const dependence = isRows(factory) ? await factory.dependence?.(await contextOf(file, config)) ?? 'any' : 'unknown';
      return { inputs, dependence, host: originHost(below(file)) };
    },
    reader: withFactories(host.reader, registryOf(host, contextOf)),
    async rowsOf(path, file) {
      const { factory: name, config } = file.computed ?? { factory: '', config: '' };
      const entry = host.factories.get(name);
      if (entry === undefined) throw unknownFactory(path, name, host.factories);
      const factory = await entry.load();
      if (!isRows(factory)) {
        const why = `its factory ${quote(name)} makes no rows, one that does was wanted`;
        throw new PondError('not-tabular', `Cannot query ${quote(path)}: ${why}`, { path });
      }
      return factory.rows(await contextOf(file, config));
    },
  };
  return computing;
}

/** A query over relations, as a part of another. */
export function selectOf(sql: string, tables: Tables): SelectPart {
  return { kind: 'select', sql, catalog: catalogOf(tables) };
}

function catalogOf(tables: Tables): Catalog {
  const byName = new Map(Object.entries(tables).map(([name, relation]) => [name.toLowerCase(), relation]));
  return { resolve: (name) => Promise.resolve(byName.get(name.toLowerCase())) };
}

type MakeContext = <N extends DirectoryNode | FileNode>(node: N, config: string) => Promise<FactoryContext<N>>;

/** The factories as tinyfs wants them: a table or series as bytes is a Parquet file. */
function registryOf(host: ComputingHost, contextOf: MakeContext): FactoryRegistry {
  const adapted = (entry: FactoryEntry): Factory => {
    if (entry.makes === 'directory') {
      return {
        makes: 'directory',
        async make({ node, config }: NodeContext<DirectoryNode>): Promise<ComputedDirectory> {
          const factory = await entry.load();
          if (factory.makes !== 'directory') throw wrongFactory(entry);
          return factory.make(await contextOf(node, config));
        },
      };
    }
    return {
      makes: 'file',
      async make({ node, config }: NodeContext<FileNode>) {
        const factory = await entry.load();
        const context = await contextOf(node, config);
        if (isRows(factory)) return { content: () => parquetOf(host, factory, context) };
        if (factory.makes !== 'data') throw wrongFactory(entry);
        return { content: () => factory.content(context) };
      },
    };
  };
  return new Map([...host.factories].map(([name, entry]) => [name, adapted(entry)]));
}

async function* parquetOf(host: ComputingHost, factory: RowsFactory, context: FactoryContext<FileNode>): AsyncGenerator<Uint8Array> {
  const { relation, timeColumn } = await factory.rows(context);
  const order = timeColumn === undefined ? '' : ` ORDER BY "${timeColumn.replaceAll('"', '""')}"`;
  yield* host.parquet(`FROM rows${order}`, catalogOf({ rows: relation }));
}

function isRows(factory: PondFactory): factory is RowsFactory {
  return factory.makes === 'table' || factory.makes === 'series';
}

function wrongFactory({ name, makes }: FactoryEntry): PondError {
  return new PondError('corrupt', `Cannot use the factory ${quote(name)}: it was said to make a ${makes} and does not`);
}

function unknownFactory(path: string, name: string, factories: Factories): PondError {
  const known = [...factories.keys()].sort().map(quote).join(', ');
  return new PondError(
    'not-found', `Cannot compute ${quote(path)}: there is no factory ${quote(name)}, one of ${known} was wanted`, { path, factory: name },
  );
}
