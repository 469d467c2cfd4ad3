import { join } from 'node:path';
import { blobPath } from '@duckpond/oplog';
import type { FilePart } from '@duckpond/query';
import { type FileNode, quote } from '@duckpond/tinyfs';
import type { CatalogState, Reading } from './catalog.ts';
import { PondError } from './errors.ts';

/** A data file as something that DuckDB reads: a blob in place, smaller or computed content from the spool. */
export async function dataFilePart(
  state: CatalogState, path: string, node: FileNode, reading: Reading, version: number | undefined,
): Promise<FilePart> {
  const told = state.library.formatOfName(path);
  const format = reading.format ?? told.format;
  if (format === undefined) {
    throw new PondError(
      'not-tabular', `Cannot query ${quote(reading.shown)}: its name does not tell a format, a URL that names one such as `
      + `${quote(`csv://${path}`)} was wanted`, { path },
    );
  }
  const compression = reading.compression ?? told.compression;
  const hostPath = await hostFileOf(state, path, node, version);
  // A blob has no extension: what the name says has to be said.
  const isTold = compression === undefined || format === 'file' || 'compression' in reading.options;
  const options = isTold ? reading.options : { ...reading.options, compression };
  return { kind: 'file', format, paths: [hostPath], options };
}

/** A file of the host with the content of a version of a data file, the newest unless told. Messages call it by its path. */
export async function hostFileOf(state: CatalogState, path: string, node: FileNode, version?: number): Promise<string> {
  const hostPath = await fileOf(state, path, node, version);
  state.named(hostPath, path);
  return hostPath;
}

async function fileOf(
  { oplog, view, root, storeDirectory, spool }: CatalogState, path: string, node: FileNode, version: number | undefined,
): Promise<string> {
  if (node.computed !== undefined) {
    return spool.file(`computed ${node.id} ${view.txnSeq} ${path}`, () => root.read(path));
  }
  if (version === undefined || version === node.version) {
    const fact = await view.node(node.home, node.id);
    if (fact?.blob === true && fact.sha256 !== null) return join(storeDirectory, blobPath(fact.sha256));
    return spool.file(`sha256 ${node.sha256 ?? 'empty'}`, () => root.read(path));
  }
  const { entry } = await oplog.version(view, node.home, node.id, version);
  if (entry.blob === true && entry.sha256 != null) return join(storeDirectory, blobPath(entry.sha256));
  return spool.file(`version ${node.id} ${version}`, () => root.read(path, { version }));
}
