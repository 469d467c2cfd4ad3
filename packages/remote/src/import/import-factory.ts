import { dirname, join } from 'node:path';
import { openLocalStore } from '@duckpond/delta';
import { Oplog } from '@duckpond/oplog';
import {
  type ComputedRows, type DataFactory, type DirectoryOfFactory, type FactoryContext, type FactoryMakes, openPond, type PondFactory,
  realEnvironment,
  relationOf, type RowsFactory, STORE_DIRECTORY, type WD,
} from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import { decodeImportConfig, encodeImportConfig } from './import-config.ts';
import { IMPORT_FACTORY } from './import-entries.ts';
import { readReplicaState, replicaDirectory } from './replica.ts';

type Directory = Awaited<ReturnType<DirectoryOfFactory['make']>>;
type DirectoryContext = Parameters<DirectoryOfFactory['make']>[0];
type FileContext = Parameters<RowsFactory['rows']>[0];
type Entry = Awaited<ReturnType<Directory['lookup']>>;
type Found = Awaited<ReturnType<WD['get']>>;

/** What shows nodes of a replica: the same names and contents, and nothing that could be written. */
export function importFactory(makes: FactoryMakes): PondFactory {
  const base = { check: (config: string) => void decodeImportConfig(config), inputs: () => [] };
  if (makes === 'directory') return { ...base, makes, make: makeDirectory } satisfies DirectoryOfFactory;
  if (makes === 'data') return { ...base, makes, content } satisfies DataFactory;
  return { ...base, makes, rows } satisfies RowsFactory;
}

async function makeDirectory(context: DirectoryContext): Promise<Directory> {
  const { name, path } = decodeImportConfig(context.config);
  const isPulled = await readReplicaState(replicaDirectory(dirname(context.cacheDirectory), name)) !== undefined;
  const root = isPulled ? await replicaRoot(context, name) : undefined;
  const show = (found: Found): NonNullable<Entry> => shown(context, name, found);
  return {
    async lookup(child) {
      const found = await (await (root ?? await replicaRoot(context, name)).open(path)).lookup(child, { follow: false });
      return found.kind === 'found' ? show(found.at) : undefined;
    },
    async *entries() {
      // Before the first pull there is nothing: whoever lists the whole pond is not to fail over it.
      if (root === undefined) return;
      const batch = [];
      for await (const at of root.list(path)) batch.push({ name: at.path.slice(at.path.lastIndexOf('/') + 1), node: show(at) });
      yield batch;
    },
  };
}

/** A node of the replica as a computed one: of files only what makes them is stored, and they have the other pond's facts. */
function shown({ node: holder }: DirectoryContext, name: string, { path, node }: Found): NonNullable<Entry> {
  if (node.kind === 'symlink') return node;
  const factory = node.kind === 'directory' ? IMPORT_FACTORY : `${IMPORT_FACTORY}-${node.kind}`;
  const isRows = node.kind !== 'directory' && node.kind !== 'data' && node.tabular !== undefined;
  const config = encodeImportConfig({ name, path });
  const computed = { factory: node.kind === 'directory' || isRows ? factory : `${IMPORT_FACTORY}-data`, config };
  if (node.kind === 'directory') return { ...node, home: holder.id, computed };
  const { id, version, modifiedMicros, attributes } = node;
  const facts = { id, home: holder.id, version, modifiedMicros, computed, sizeBytes: undefined, sha256: undefined };
  return { ...facts, kind: isRows ? node.kind : 'data', ...(attributes === undefined ? {} : { attributes }) };
}

async function* content(context: FactoryContext): AsyncGenerator<Uint8Array> {
  const { name, path } = decodeImportConfig(context.config);
  yield* (await replicaRoot(context, name)).read(path);
}

async function rows(context: FileContext): Promise<ComputedRows> {
  const { name, path } = decodeImportConfig(context.config);
  const directory = await replicaOf(context, name);
  const { node } = await (await rootOf(directory)).get(path);
  if (node.kind !== 'table' && node.kind !== 'series') throw gone(name, path);
  const storeDirectory = join(directory, STORE_DIRECTORY);
  const oplog = await Oplog.open(openLocalStore(storeDirectory), realEnvironment());
  const relation = await relationOf({ oplog, view: await oplog.view(), storeDirectory }, node);
  const timeColumn = node.tabular?.timeColumn;
  return { relation, ...(timeColumn === undefined ? {} : { timeColumn }) };
}

async function replicaRoot(context: FactoryContext, name: string): Promise<WD> {
  return rootOf(await replicaOf(context, name));
}

async function rootOf(directory: string): Promise<WD> {
  const pond = await openPond(directory);
  try {
    return await pond.read((fs) => fs.root());
  } finally {
    await pond.close();
  }
}

/** @throws RemoteError `not-found` when it was never pulled, or the cache was emptied */
async function replicaOf({ cacheDirectory }: FactoryContext, name: string): Promise<string> {
  const directory = replicaDirectory(dirname(cacheDirectory), name);
  if (await readReplicaState(directory) !== undefined) return directory;
  throw new RemoteError(
    'not-found', `Cannot read the import "${name}": it was not pulled to this machine yet`, { name }, { hint: `pond pull ${name}` },
  );
}

function gone(name: string, path: string): RemoteError {
  return new RemoteError(
    'not-found', `Cannot read "${path}" of the import "${name}": it has no rows there, a table or a series was wanted`, { name, path },
  );
}
