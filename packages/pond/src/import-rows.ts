import { rm } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import type { Engine, FilePart, IngestOptions, TabularContent } from '@duckpond/query';
import { isFile, isTinyFsError, type NodePath, quote, type WritableWD } from '@duckpond/tinyfs';
import { appendTabular } from './append-tabular.ts';
import { PondError } from './errors.ts';
import type { Pond } from './pond.ts';
import { makeProcessDirectory } from './process-directory.ts';

/** What is said about the rows of a file beside what it says itself. */
export type RowOptions = Pick<IngestOptions, 'timeColumn' | 'units' | 'descriptions' | 'signal'>;

/** Turns files of the host into rows that can be stored, with one DuckDB for all of them. */
export interface RowImporter {
  /** Where files may be put that are to be read; it goes with the importer. */
  readonly directory: string;
  readonly engine: Engine;
  /** @throws QueryError `bad-input` with file, line and column where they are known; `unsupported-format` */
  read(source: FilePart, options?: RowOptions): Promise<TabularContent>;
  close(): Promise<void>;
}

/** Opens DuckDB with the limits that the pond's settings give it. */
export async function openRowImporter(pond: Pick<Pond, 'directory' | 'settings'>): Promise<RowImporter> {
  const [{ FORMAT_READERS, openEngine }, settings] = await Promise.all([import('@duckpond/query'), pond.settings()]);
  const setting = (key: string): string => settings.find((one) => one.key === key)?.value ?? '';
  const directory = await makeProcessDirectory(join(resolve(pond.directory, 'cache'), 'import'));
  const threads = setting('sql.threads');
  const engine = await openEngine({
    // Nobody's SQL runs here: what is read is what the caller names.
    readableDirectories: [parse(directory).root],
    spillDirectory: directory,
    memoryLimit: setting('sql.memory_limit'),
    ...(threads === 'auto' ? {} : { threads: Number(threads) }),
    readers: FORMAT_READERS,
  });
  return {
    directory,
    engine,
    read: (source, options = {}) => engine.ingest(source, { spillDirectory: directory, ...options }),
    async close() {
      engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface ImportOptions extends RowOptions {
  readonly kind: 'table' | 'series';
}

/**
 * Rows of files as one more version of a table or series, which is made with the directories above it when it is not there: the rows of a
 * table are replaced, those of a series added to.
 *
 * @throws PondError `wrong-kind` when there is something of another kind, `schema-conflict`; QueryError for files that cannot be read.
 * Nothing is written then
 */
export async function importRows(
  importer: RowImporter, root: WritableWD, path: string, source: FilePart, { kind, ...options }: ImportOptions,
): Promise<NodePath> {
  await assertKind(root, path, kind);
  return appendTabular(root, path, await importer.read(source, options), { kind, parents: true });
}

/** Refuses to write a file of one kind over one of another. @throws PondError `wrong-kind` */
export async function assertKind(root: WritableWD, path: string, kind: 'data' | 'table' | 'series'): Promise<void> {
  const found = await root.lookup(path).catch((error: unknown) => {
    // What is above it is missing too.
    if (isTinyFsError(error, 'not-found')) return undefined;
    throw error;
  });
  if (found?.kind !== 'found' || !isFile(found.at.node) || found.at.node.kind === kind) return;
  const is = found.at.node.kind === 'data' ? 'a data file' : `a ${found.at.node.kind}`;
  const wanted = kind === 'data' ? 'a data file' : `a ${kind}`;
  throw new PondError('wrong-kind', `Cannot write ${wanted} to ${quote(path)}: it is ${is}, ${wanted} or a free name was wanted`, {
    path, kind: found.at.node.kind, wanted: kind,
  });
}
