import type { ObjectMeta, ObjectStore } from '@duckpond/oplog';
import type { DeltaPart, DeltaSource } from '@duckpond/query';
import { type FileNode, hasGlobSyntax, isFile, isTinyFsError, type NodePath, quote, type WD } from '@duckpond/tinyfs';
import { bytesOf } from './bytes-of.ts';
import type { CatalogState, Reading } from './catalog.ts';
import { hostFileOf } from './catalog-data-file.ts';
import { lookupName } from './catalog-lookup.ts';
import { PondError } from './errors.ts';

/** Delta tables that are directories of the pond: log, deletion vectors and data files are data files there. */

const LOG = '_delta_log';
const MICROS_A_MILLI = 1000n;

/** The table that a path leads to, or one for each directory that a pattern matches. */
export async function deltaParts(state: CatalogState, reading: Reading): Promise<DeltaPart[]> {
  const { pattern, shown, options } = reading;
  const paths = await directoriesOf(state, reading);
  const parts: DeltaPart[] = [];
  for (const path of paths) {
    const table = await state.root.open(path);
    if (!await table.exists(LOG)) throw noTable(shown, path, `a directory without ${quote(LOG)}`);
    const name = path === pattern ? shown : `delta://${path}`;
    parts.push({ kind: 'delta', source: deltaSource(state, table, name), options });
  }
  return parts;
}

async function directoriesOf({ root }: CatalogState, { pattern, shown }: Reading): Promise<readonly string[]> {
  const isGlob = hasGlobSyntax(pattern);
  const found = await lookupName(root, pattern);
  if (found !== undefined) {
    const { path, node } = found;
    if (node.kind !== 'directory') throw noTable(shown, path, node.kind === 'data' ? 'a data file' : `a ${node.kind}`);
    return [pattern];
  }
  if (!isGlob) {
    throw new PondError(
      'not-found', `Cannot query ${quote(shown)}: there is no entry of that name, the directory of a Delta table was wanted`,
      { path: pattern, nearest: [] },
    );
  }
  const paths: string[] = [];
  for await (const { path, node } of root.glob(pattern)) if (node.kind === 'directory') paths.push(path);
  if (paths.length > 0) return paths;
  throw new PondError('no-match', `Cannot query ${quote(shown)}: the pattern matches no directory, at least one was wanted`, { pattern });
}

function deltaSource(state: CatalogState, table: WD, name: string): DeltaSource {
  return {
    name,
    store: directoryStore(table),
    async locate(path) {
      if (path.startsWith('/') || /^[a-z][a-z0-9+.-]*:\//i.test(path)) {
        throw wrongFile(name, path, 'outside the table', 'a path relative to it');
      }
      const file = await fileAt(table, path);
      if (file === undefined) throw wrongFile(name, path, 'not there', `a data file in ${quote(table.at.path)}`);
      return hostFileOf(state, file.path, file.node);
    },
  };
}

/** The data files below a directory as objects, one state of them, which cannot be changed. */
export function directoryStore(directory: WD): ObjectStore {
  const read = (path: string, range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array> =>
    directory.read(path, range === undefined ? {} : { range });
  const meta = async (path: string, { node }: NodePath<FileNode>): Promise<ObjectMeta> => ({
    path, sizeBytes: node.sizeBytes ?? await sizeOf(read(path)), modifiedMillis: Number(node.modifiedMicros / MICROS_A_MILLI),
  });
  const refuse = (path: string): Promise<never> => Promise.reject(new PondError(
    'wrong-kind', `Cannot write ${quote(`${directory.at.path}/${path}`)}: a query reads the pond, a transaction was wanted`, { path },
  ));
  return {
    get: async (path, range) => await fileAt(directory, path) === undefined ? undefined : bytesOf(read(path, range)),
    async *read(path, range) {
      yield* read(path, range);
    },
    async head(path) {
      const found = await fileAt(directory, path);
      return found && meta(path, found);
    },
    async *list(prefix) {
      const above = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const objects: ObjectMeta[] = [];
      for (const path of await pathsBelow(directory, above)) {
        const found = path.startsWith(prefix) ? await fileAt(directory, path) : undefined;
        if (found !== undefined) objects.push(await meta(path, found));
      }
      yield* objects.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
    },
    put: refuse, putIfAbsent: refuse, putHint: refuse, stage: () => refuse(''), delete: refuse,
  };
}

/** A directory that is absent has nothing below it; `above` is empty or ends with a slash. */
async function pathsBelow(directory: WD, above: string): Promise<readonly string[]> {
  const start = above === '' ? directory : await orAbsent(directory.open(above));
  if (start === undefined) return [];
  const paths: string[] = [];
  const root = start.at.path === '/' ? '' : start.at.path;
  for await (const { path, node } of start.walk()) {
    if (node.kind !== 'directory') paths.push(`${above}${path.slice(root.length + 1)}`);
  }
  return paths;
}

/** Undefined where there is nothing, or a directory. */
async function fileAt(directory: WD, path: string): Promise<NodePath<FileNode> | undefined> {
  const found = await orAbsent(directory.get(path));
  if (found === undefined || !isFile(found.node)) return undefined;
  if (found.node.kind === 'data') return { path: found.path, node: found.node };
  throw new PondError(
    'not-tabular', `Cannot read ${quote(found.path)} as a file of a Delta table: it is a ${found.node.kind}, a data file was wanted`,
    { path: found.path },
  );
}

async function orAbsent<Found>(finding: Promise<Found>): Promise<Found | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (isTinyFsError(error, 'not-found', 'not-a-directory')) return undefined;
    throw error;
  }
}

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.byteLength;
  return size;
}

function noTable(shown: string, path: string, is: string): PondError {
  return new PondError(
    'not-tabular', `Cannot query ${quote(shown)}: ${quote(path)} is ${is}, the directory of a Delta table was wanted`, { path },
  );
}

function wrongFile(name: string, file: string, is: string, wanted: string): PondError {
  return new PondError('not-tabular', `Cannot query ${quote(name)}: its file ${quote(file)} is ${is}, ${wanted} was wanted`, { file });
}
