import type { ObjectStore } from '@duckpond/delta';
import { QueryError } from './errors.ts';

/** Where a Delta table is: its log and its deletion vectors are objects, its data files are files of the host, which DuckDB reads. */
export interface DeltaSource {
  /** How messages call the table. */
  readonly name: string;
  /** The directory of the table. */
  readonly store: ObjectStore;
  /** The file of the host that has the data file; `path` is as the log has it, decoded: relative to the table, or absolute. */
  locate(path: string): string | Promise<string>;
}

/** A table in a directory of the host. */
export async function hostDeltaSource(root: string): Promise<DeltaSource> {
  const [{ isAbsolutePath, openLocalStore }, { join }] = await Promise.all([import('@duckpond/delta'), import('node:path')]);
  return {
    name: root,
    store: openLocalStore(root),
    locate: (path) => {
      if (!isAbsolutePath(path)) return join(root, path);
      if (path.startsWith('/')) return path;
      throw new QueryError(
        'bad-input', `Cannot read "${root}": its file "${path}" is not on this machine, wanted a path or a file URL`, { file: path },
      );
    },
  };
}
