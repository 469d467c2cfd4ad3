import {
  type AddFile, createPrefixedStore, decodeStatistics, DeltaError, fileRetentionMillis, isAbsolutePath, type ObjectMeta, openSnapshot,
  type Snapshot,
} from '@duckpond/delta';
import type { Environment } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import { probeConditionalWrites } from '../probe.ts';
import type { RemoteStore } from '../remote-store.ts';
import { nowMillis } from './lake-table.ts';
import { LAKE_FILE_BYTES } from './push-lake.ts';

/** Something that is as it should not be. `fault`: rows are lost, wrong or cannot be read; `advice`: reading is slower or dearer. */
export interface LakeFinding {
  readonly severity: 'fault' | 'advice';
  readonly table: string;
  readonly message: string;
}

/** A Delta table of a lake, as far as it can be read. */
export interface LakeTableReport {
  readonly table: string;
  readonly version: number | undefined;
  readonly readerVersion: number | undefined;
  readonly writerVersion: number | undefined;
  readonly files: number;
  readonly bytes: number;
  /** As the statistics say; undefined when a file has none. */
  readonly rows: number | undefined;
}

export interface LakeReport {
  readonly tables: readonly LakeTableReport[];
  readonly findings: readonly LakeFinding[];
}

const SMALL_FILES_MAX = 64;
const SMALL_BYTES = LAKE_FILE_BYTES / 8;
const LARGE_BYTES = 8 * LAKE_FILE_BYTES;
const TAIL_MAX = 100;
/** Files of a push that is still running are younger. */
const SETTLED_MILLIS = 24 * 3_600_000;
const COMMIT = /^_delta_log\/(\d{20})\.json$/;
const CHECKPOINT = /^_delta_log\/(\d{20})\.checkpoint\..*parquet$/;
/** What Spark allows in no name of a column that it writes, as long as names are not mapped. */
const SPARK_FORBIDS = /[ ,;{}()\n\t=]/;

/**
 * Looks at every Delta table below a place: protocol, log, files, statistics; and at the store, whether two writers are safe there. Data
 * files are not opened.
 *
 * @throws RemoteError `not-found` when there is no table, `unavailable`, `refused`
 */
export async function examineLake(store: RemoteStore, { environment }: { readonly environment: Environment }): Promise<LakeReport> {
  const byTable = new Map<string, ObjectMeta[]>();
  const objects: ObjectMeta[] = [];
  for await (const object of store.list('')) objects.push(object);
  for (const { path } of objects) {
    const at = path.indexOf('_delta_log/');
    if (at === 0 || path[at - 1] === '/') byTable.set(path.slice(0, Math.max(0, at - 1)), []);
  }
  if (byTable.size === 0) {
    throw new RemoteError('not-found', `Cannot examine "${store.label}": there is no Delta table, at least one was wanted`, {}, {
      hint: 'pond lake push URL makes some',
    });
  }
  for (const object of objects) {
    const table = ownerOf(object.path, byTable);
    if (table !== undefined) byTable.get(table)?.push({ ...object, path: object.path.slice(table === '' ? 0 : table.length + 1) });
  }
  const findings: LakeFinding[] = [];
  const tables: LakeTableReport[] = [];
  for (const [table, found] of [...byTable].sort(([a], [b]) => (a < b ? -1 : 1))) {
    tables.push(await examineTable(store, table, found, nowMillis(environment), (severity, message) => {
      findings.push({ severity, table, message });
    }));
  }
  await probeConditionalWrites(store, environment.uuid()).catch((error: unknown) => {
    if (!(error instanceof RemoteError) || error.code !== 'no-conditional-writes') throw error;
    findings.push({ severity: 'fault', table: '', message: 'The store ignores If-None-Match: two writers would overwrite each other' });
  });
  return { tables, findings };
}

/** The innermost table that an object is below. */
function ownerOf(path: string, tables: ReadonlyMap<string, unknown>): string | undefined {
  for (let directory = path; directory !== '';) {
    directory = directory.slice(0, Math.max(0, directory.lastIndexOf('/')));
    if (tables.has(directory)) return directory;
  }
  return undefined;
}

type Tell = (severity: LakeFinding['severity'], message: string) => void;

async function examineTable(
  store: RemoteStore, table: string, objects: readonly ObjectMeta[], now: number, tell: Tell,
): Promise<LakeTableReport> {
  const snapshot = await openSnapshot(table === '' ? store : createPrefixedStore(store, table)).catch((error: unknown) => {
    if (!(error instanceof DeltaError)) throw error;
    tell('fault', error.message);
    return undefined;
  });
  const unknown = { table, version: undefined, readerVersion: undefined, writerVersion: undefined, files: 0, bytes: 0, rows: undefined };
  examineLog(objects, tell);
  if (snapshot === undefined) return unknown;
  const { version, protocol, files } = snapshot;
  examineProtocol(snapshot, tell);
  examineFiles(snapshot, objects, now, tell);
  const counts = [...files.values()].map(({ stats }) => decodeStatistics(snapshot.schema, stats)?.numRecords);
  const rows = counts.some((count) => count === undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  const { minReaderVersion: readerVersion, minWriterVersion: writerVersion } = protocol;
  return { table, version, readerVersion, writerVersion, files: files.size, bytes, rows };
}

function examineLog(objects: readonly ObjectMeta[], tell: Tell): void {
  const versions = (pattern: RegExp): number[] => objects.flatMap(({ path }) => {
    const text = pattern.exec(path)?.[1];
    return text === undefined ? [] : [Number(text)];
  });
  const commits = versions(COMMIT).sort((a, b) => a - b);
  for (const [at, version] of commits.entries()) {
    const before = commits[at - 1];
    if (before !== undefined && version !== before + 1) tell('fault', `The log has no commit between ${before} and ${version}`);
  }
  const newest = commits.at(-1) ?? 0;
  const behind = newest - Math.max(-1, ...versions(CHECKPOINT));
  if (behind > TAIL_MAX) tell('advice', `The last checkpoint is ${behind} commits ago: every reader reads them all`);
}

function examineProtocol({ protocol, schema, metadata }: Snapshot, tell: Tell): void {
  const { minReaderVersion, minWriterVersion, readerFeatures = [] } = protocol;
  if (minReaderVersion > 1) {
    const features = readerFeatures.length === 0 ? '' : ` and ${readerFeatures.join(', ')}`;
    tell('advice', `Readers need version ${minReaderVersion}${features}: not all engines have it`);
  }
  if (minWriterVersion > 2) tell('advice', `Writers need version ${minWriterVersion}: lake push may refuse to go on with the table`);
  const names = schema.fields.map(({ name }) => name).filter((name) => SPARK_FORBIDS.test(name));
  const isMapped = metadata.configuration['delta.columnMapping.mode'] === 'name';
  if (names.length === 0 || isMapped) return;
  tell('advice', `Spark does not write columns called ${names.map((name) => `"${name}"`).join(', ')}; it reads them`);
}

function examineFiles({ files, tombstones, schema, metadata }: Snapshot, objects: readonly ObjectMeta[], now: number, tell: Tell): void {
  const there = new Map(objects.map((object) => [object.path, object]));
  const live = [...files.values()];
  for (const { path, size } of live) {
    if (isAbsolutePath(path)) continue;
    const object = there.get(path);
    if (object === undefined) tell('fault', `The file "${path}" is missing`);
    else if (object.sizeBytes !== size) tell('fault', `The file "${path}" has ${object.sizeBytes} bytes, the log says ${size}`);
  }
  const without = live.filter(({ stats }) => decodeStatistics(schema, stats) === undefined);
  if (without.length > 0) tell('advice', `${without.length} of ${live.length} files have no statistics: readers open all of them`);
  examineBounds(live, schema, metadata, tell);
  const small = live.filter(({ size }) => size < SMALL_BYTES);
  if (small.length > SMALL_FILES_MAX) tell('advice', `${small.length} of ${live.length} files are smaller than 16 MiB`);
  const large = live.filter(({ size }) => size > LARGE_BYTES);
  if (large.length > 0) tell('advice', `${large.length} of ${live.length} files are larger than 1 GiB: few readers divide them`);
  const referred = new Set([...live, ...tombstones.values()].map(({ path }) => path));
  const oldest = now - Math.max(SETTLED_MILLIS, fileRetentionMillis(metadata));
  const orphans = objects.filter(({ path, modifiedMillis }) => (
    !referred.has(path) && modifiedMillis < now - SETTLED_MILLIS && path.split('/').every((part) => !/^[_.]/.test(part))));
  const old = [...tombstones.values()].filter(({ path, deletionTimestamp = 0 }) => deletionTimestamp < oldest && there.has(path));
  if (orphans.length + old.length > 0) {
    const sizes = [...orphans.map(({ sizeBytes }) => sizeBytes), ...old.map(({ path }) => there.get(path)?.sizeBytes ?? 0)];
    const bytes = sizes.reduce((a, b) => a + b, 0);
    tell('advice', `${sizes.length} files with ${bytes} bytes belong to no version that is kept: VACUUM of another engine removes them`);
  }
}

/** Statistics that contradict themselves make readers skip rows. */
function examineBounds(live: readonly AddFile[], schema: Snapshot['schema'], { configuration }: Snapshot['metadata'], tell: Tell): void {
  for (const { path, stats } of live) {
    const statistics = decodeStatistics(schema, stats, configuration);
    for (const [name, { min, max, nullCount }] of statistics?.columns ?? []) {
      const isBackwards = min !== undefined && max !== undefined && typeof min === typeof max && min > max;
      const isTooMany = (nullCount ?? 0) > (statistics?.numRecords ?? 0);
      if (isBackwards || isTooMany) tell('fault', `The statistics of "${path}" contradict themselves in "${name}"`);
    }
  }
}
