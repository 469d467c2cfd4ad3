import { type Action, decodeAction, type Sidecar } from './action.ts';
import { matchesSeal } from './checkpoint-seal.ts';
import { decodeLines } from './commit-file.ts';
import { DeltaError } from './errors.ts';
import { corrupt, isFields } from './fields.ts';
import { stringifyJson } from './json.ts';
import { SIDECAR_PREFIX } from './log-path.ts';
import type { Checkpoint } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';
import { createReplay, type TableState } from './replay.ts';

/** Reading checkpoints of every form: classic, in parts, V2 in JSON or Parquet with sidecars (PROTOCOL.md, "Checkpoints"). */

const COLUMNS: readonly string[] = ['txn', 'add', 'remove', 'metaData', 'protocol', 'domainMetadata', 'sidecar', 'checkpointMetadata'];

/** Codecs that hyparquet has built in; for others the decompressors are loaded. */
const BUILT_IN_CODECS: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY']);

/**
 * The state that a checkpoint holds.
 *
 * @throws DeltaError `corrupt-checkpoint`; its data has `isAbsent: true` when a file of it is not there
 */
export async function readCheckpoint(store: ObjectStore, checkpoint: Checkpoint): Promise<TableState> {
  const replay = createReplay();
  const sidecars: Sidecar[] = [];
  for (const path of checkpoint.paths) {
    for (const action of await readActions(store, path)) {
      if (action.kind === 'sidecar') sidecars.push(action.sidecar);
      else replay.apply(action);
    }
  }
  for (const { path } of sidecars) {
    // Sidecars are always in their folder; older writers give the whole path.
    for (const action of await readActions(store, SIDECAR_PREFIX + decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)))) {
      if (action.kind === 'add' || action.kind === 'remove') replay.apply(action);
    }
  }
  return replay.finish();
}

async function readActions(store: ObjectStore, path: string): Promise<Iterable<Action>> {
  const bytes = await store.get(path);
  if (bytes === undefined) {
    const message = `Cannot read "${path}": it is absent, wanted a part of a checkpoint`;
    throw new DeltaError('corrupt-checkpoint', message, { file: path, isAbsent: true });
  }
  if (path.endsWith('.json')) return decodeLines(path, bytes, 'corrupt-checkpoint');
  if (!matchesSeal(bytes)) {
    const what = 'its bytes do not match the SHA-256 in its footer, wanted the bytes as written';
    throw corrupt({ code: 'corrupt-checkpoint', file: path, line: 0 }, what);
  }
  return decodeRows(path, await readRows(path, bytes));
}

async function readRows(path: string, bytes: Uint8Array): Promise<readonly unknown[]> {
  const { parquetMetadata, parquetReadObjects } = await import('hyparquet');
  const file = new Uint8Array(bytes).buffer;
  try {
    const metadata = parquetMetadata(file);
    const codecs = metadata.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data?.codec ?? 'UNCOMPRESSED'));
    const present = new Set(metadata.schema.map((element) => element.name));
    const options = { file, metadata, columns: COLUMNS.filter((column) => present.has(column)) };
    if (codecs.every((codec) => BUILT_IN_CODECS.has(codec))) return await parquetReadObjects(options);
    const { compressors } = await import('hyparquet-compressors');
    return await parquetReadObjects({ ...options, compressors });
  } catch (cause) {
    throw corrupt({ code: 'corrupt-checkpoint', file: path, line: 0 }, 'it is no Parquet file that can be read', { cause });
  }
}

function* decodeRows(file: string, rows: readonly unknown[]): Generator<Action> {
  for (const [index, row] of rows.entries()) {
    const action = decodeAction(row, { code: 'corrupt-checkpoint', file, line: index + 1 });
    if (action?.kind === 'add' && action.add.stats === undefined) yield { kind: 'add', add: { ...action.add, ...recordCount(row) } };
    else if (action !== undefined) yield action;
  }
}

/** A writer may leave out the statistics as JSON and give them as columns: of those, the number of rows is taken over. */
function recordCount(row: unknown): { readonly stats?: string } {
  const add = isFields(row) ? row['add'] : undefined;
  const parsed = isFields(add) ? add['stats_parsed'] : undefined;
  const numRecords = isFields(parsed) ? parsed['numRecords'] : undefined;
  return typeof numRecords === 'bigint' ? { stats: stringifyJson({ numRecords }) } : {};
}
