import { posix, resolve } from 'node:path';
import type { QueryResult } from '@duckpond/query';
import { basename, type FileNode, hasGlobSyntax, isFile, quote, type TabularColumn, type WD } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';
import { type ExportDirectory, openExportDirectory, type StagedFile } from './export-directory.ts';
import { type ExportedFile, MANIFEST_NAME } from './export-manifest.ts';
import {
  isWhole, type Partition, partitionEnd, partitionPath, partitionStart, TEMPORAL_PARTS, type TemporalPart, timeExpression,
} from './export-partition.ts';
import { parquetNotes } from './parquet-notes.ts';
import type { At, Pond } from './pond.ts';

/** How rows become a file; without one they become Parquet. */
export interface ExportFormat {
  /** The end of the names of files: `csv`. */
  readonly extension: string;
  encode(result: QueryResult, write: (chunk: string | Uint8Array) => Promise<void>): Promise<void>;
}

export interface ExportOptions {
  /** Of paths in the pond. What their wildcards match forms the path below the directory. */
  readonly patterns: readonly string[];
  /** Of the host. */
  readonly directory: string;
  /** Divides rows by event time, down to this part of it, into directories such as `year=2026/month=6`. */
  readonly finest?: TemporalPart;
  readonly format?: ExportFormat;
  /** The first event time, and the one behind the last; microseconds since 1970 UTC. */
  readonly timeStartMicros?: bigint;
  readonly timeEndMicros?: bigint;
  readonly at?: At;
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Names what is not finished; no other export may have it. */
  readonly uuid: string;
  readonly onFile?: (path: string, state: 'written' | 'kept') => void;
  /** Called when all files of a pattern are there, and before those of the next one are made. */
  readonly onPattern?: (files: ExportedTree) => void;
}

/** What a pattern became: the files of a path, by what the first wildcard of the pattern matched, then by the second and so on. */
export type ExportedTree = readonly ExportedSpan[] | { readonly [capture: string]: ExportedTree };

/** A file, its path below the directory, and the time that it is of: seconds since 1970 UTC, up to and without `end_time`. */
export interface ExportedSpan {
  readonly file: string;
  readonly start_time: number | null;
  readonly end_time: number | null;
}

export interface ExportReport {
  readonly written: number;
  readonly kept: number;
  readonly removed: number;
  readonly rows: number;
  readonly manifest: string;
}

/**
 * Writes the files that patterns match to a directory of the host, in one state of the pond, with a manifest of what it has put there.
 * Exported again, files whose rows are the same stay untouched, and those that the last manifest lists and that would not be made now are
 * removed; nothing else in the directory is. Until the new manifest is in place the old one and what it lists stay as they are, but for
 * files whose names do not tell their content, which are replaced right before it.
 *
 * @throws PondError `no-match`, `not-tabular` for rows without event times, `bad-manifest`; QueryError
 */
export async function exportRows(pond: Pond, options: ExportOptions): Promise<ExportReport> {
  const { txnSeq } = await pond.transaction(options.at);
  const at = { txnSeq };
  const directory = openExportDirectory(options.directory, pond.identity.id, options.uuid);
  try {
    return await pond.read(async (fs) => {
      const root = await fs.root();
      const work: Work = { pond, options, at, root, directory, recipe: recipeOf(options) };
      const files: ExportedFile[] = [];
      const added = new Map<string, StagedFile>();
      let rows = 0;
      for (const pattern of options.patterns) {
        const spans: { readonly captures: readonly string[]; readonly span: ExportedSpan }[] = [];
        for (const source of await sourcesOf(root, pattern)) {
          options.signal?.throwIfAborted();
          for (const { file, staged } of await filesOf(work, source)) {
            files.push(file);
            rows += file.rows ?? 0;
            if (staged !== undefined) added.set(file.path, staged);
            options.onFile?.(file.path, staged === undefined ? 'kept' : 'written');
            spans.push({ captures: source.captures, span: spanOf(file, options.finest) });
          }
        }
        options.onPattern?.(treeOf(spans));
      }
      const clash = files.find((file, index) => files.findIndex(({ path }) => path === file.path) !== index);
      if (clash !== undefined) throw sameName(clash, files);
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      const before = directory.manifest;
      const isSame = before?.transaction === txnSeq && before.recipe === work.recipe && before.files.length === files.length
        && added.size === 0;
      const removed = isSame ? 0
        : await directory.publish(added, { pond: pond.identity.id, transaction: txnSeq, recipe: work.recipe, files });
      return {
        written: added.size, kept: files.length - added.size, removed, rows, manifest: resolve(options.directory, MANIFEST_NAME),
      };
    }, { at });
  } finally {
    directory.close();
  }
}

interface Work {
  readonly pond: Pond;
  readonly options: ExportOptions;
  readonly at: At;
  readonly root: WD;
  readonly directory: ExportDirectory;
  readonly recipe: string;
}

/** A file of the pond and where it goes, without partitions and extension. */
interface Source {
  readonly path: string;
  readonly node: FileNode;
  readonly target: string;
  readonly captures: readonly string[];
}

interface Made {
  readonly file: ExportedFile;
  /** Undefined when the file that is there stays. */
  readonly staged?: StagedFile;
}

function recipeOf({ finest, format, timeStartMicros, timeEndMicros }: ExportOptions): string {
  const bounds = `${timeStartMicros ?? ''}..${timeEndMicros ?? ''}`;
  return `${format?.extension ?? 'parquet'} ${finest === undefined ? 'whole' : `by ${finest}`}${bounds === '..' ? '' : ` ${bounds}`}`;
}

async function sourcesOf(root: WD, pattern: string): Promise<readonly Source[]> {
  const found: Source[] = [];
  const add = async (path: string, captures: readonly string[]): Promise<void> => {
    // Links stand for what they lead to.
    const { node } = await root.get(path);
    if (!isFile(node)) return;
    const target = captures.filter((capture) => capture !== '').join('/');
    found.push({ path, node, captures, target: target === '' ? basename(path) ?? '' : target });
  };
  if (hasGlobSyntax(pattern)) for await (const { path, captures } of root.glob(pattern)) await add(path, captures);
  else await add(pattern, []);
  if (found.length > 0) return found;
  throw new PondError('no-match', `Cannot export ${quote(pattern)}: it matches no file, at least one was wanted`, { pattern });
}

function spanOf({ path, timeMinMicros }: ExportedFile, finest: TemporalPart | undefined): ExportedSpan {
  if (finest === undefined || timeMinMicros === undefined) return { file: path, start_time: null, end_time: null };
  const start = partitionStart(timeMinMicros, finest);
  return { file: path, start_time: Number(start / 1_000_000n), end_time: Number(partitionEnd(start, finest) / 1_000_000n) };
}

function treeOf(all: readonly { readonly captures: readonly string[]; readonly span: ExportedSpan }[], depth = 0): ExportedTree {
  if (all.every(({ captures }) => captures.length <= depth)) {
    return all.map(({ span }) => span).sort((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0));
  }
  const names = new Set(all.map(({ captures }) => captures[depth] ?? ''));
  return Object.fromEntries([...names].map((name) => [name, treeOf(all.filter(({ captures }) => captures[depth] === name), depth + 1)]));
}

function sameName(clash: ExportedFile, files: readonly ExportedFile[]): PondError {
  const both = files.filter(({ path }) => path === clash.path).map(({ source }) => quote(source));
  return new PondError(
    'bad-manifest', `Cannot export ${both.join(' and ')}: both would become "${clash.path}", patterns that tell them apart were wanted`,
    { path: clash.path },
  );
}

async function filesOf(work: Work, source: Source): Promise<readonly Made[]> {
  const { options: { finest, format, timeStartMicros, timeEndMicros }, directory, recipe } = work;
  const { node, path } = source;
  const before = (directory.manifest?.recipe === recipe ? directory.manifest.files : [])
    .filter((file) => file.node === node.id && file.source === path && file.path.startsWith(source.target));
  const areThere = before.every((file) => directory.isThere(file.path, file.sizeBytes));
  // What is computed changes without a version of its own.
  const isUnchanged = node.computed === undefined && before.every(({ version }) => version === node.version);
  if (before.length > 0 && areThere && isUnchanged) return before.map((file) => ({ file }));
  if (node.kind === 'data') return [await made(work, source, source.target, before, {}, (write) => bytesOf(work, path, write))];
  if (node.version === 0 && node.computed === undefined) return [];
  const extension = format?.extension ?? 'parquet';
  const isByTime = finest !== undefined || timeStartMicros !== undefined || timeEndMicros !== undefined;
  const time = isByTime ? await timeOf(work, source) : undefined;
  const where = [
    ...(time === undefined || timeStartMicros === undefined ? [] : [`${time} >= make_timestamp(${timeStartMicros})`]),
    ...(time === undefined || timeEndMicros === undefined ? [] : [`${time} < make_timestamp(${timeEndMicros})`]),
  ];
  if (finest === undefined || time === undefined) {
    const [[rows] = []] = await rowsOf(work, path, `SELECT count(*) FROM source${conditions(where)}`);
    const sql = `SELECT * FROM source${conditions(where)}`;
    const facts = { rows: Number(rows ?? 0) };
    return [await made(work, source, `${source.target}.${extension}`, before, facts, (write) => encode(work, source, sql, write))];
  }
  const partitions = await partitionsOf(work, path, time, finest, where);
  const changed = await changesSince(work, source, before);
  const files: Made[] = [];
  for (const partition of partitions) {
    const { startMicros, ...facts } = partition;
    const name = posix.join(source.target, partitionPath(startMicros, finest));
    const own = before.filter((file) => posix.dirname(file.path) === name);
    const [same] = own;
    const isSame = same !== undefined && own.length === 1 && same.rows === facts.rows && same.timeMinMicros === facts.timeMinMicros
      && same.timeMaxMicros === facts.timeMaxMicros && directory.isThere(same.path, same.sizeBytes) && !changed(partition, finest);
    if (isSame) {
      files.push({ file: { ...same, version: node.version } });
      continue;
    }
    const range = startMicros === undefined ? [`(${time} IS NULL OR NOT isfinite(${time}))`]
      : [`${time} >= make_timestamp(${startMicros})`, `${time} < make_timestamp(${partitionEnd(startMicros, finest)})`];
    const sql = `SELECT * FROM source${conditions([...where, ...range])}`;
    files.push(await made(work, source, `${name}/data`, own, facts, (write) => encode(work, source, sql, write), extension));
  }
  return files;
}

/** A file with this content: the one that is there when it has the same. With an extension, the name tells the content. */
async function made(
  { directory }: Work, { path: source, node }: Source, path: string, before: readonly ExportedFile[],
  facts: Pick<ExportedFile, 'rows' | 'timeMinMicros' | 'timeMaxMicros'>,
  make: (write: (chunk: string | Uint8Array) => Promise<void>) => Promise<void>, extension?: string,
): Promise<Made> {
  const staged = await directory.stage(make);
  const { sizeBytes, sha256 } = staged;
  const name = extension === undefined ? path : `${path}-${sha256.slice(0, 16)}.${extension}`;
  const file: ExportedFile = { path: name, source, node: node.id, version: node.version, sizeBytes, sha256, ...facts };
  const same = before.some((one) => one.path === name && one.sha256 === sha256) && directory.isThere(name, sizeBytes);
  return same ? { file } : { file, staged };
}

async function bytesOf({ root, options }: Work, path: string, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  for await (const chunk of root.read(path)) {
    options.signal?.throwIfAborted();
    await write(chunk);
  }
}

async function encode(
  work: Work, { path, node }: Source, sql: string, write: (chunk: string | Uint8Array) => Promise<void>,
): Promise<void> {
  const { pond, options: { format } } = work;
  if (format === undefined) {
    const metadata = parquetNotes(node.tabular?.columns ?? []);
    for await (const chunk of pond.sqlParquet(sql, { ...queryOptions(work, path), metadata })) await write(chunk);
    return;
  }
  const result = await pond.sql(sql, queryOptions(work, path));
  try {
    await format.encode(result, write);
  } finally {
    await result.close();
  }
}

function queryOptions({ at, options: { settings, signal } }: Work, path: string): NonNullable<Parameters<Pond['sql']>[1]> {
  return { tables: { source: path }, at, ...(settings === undefined ? {} : { settings }), ...(signal === undefined ? {} : { signal }) };
}

function conditions(all: readonly string[]): string {
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
}

async function rowsOf(work: Work, path: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const result = await work.pond.sql(sql, queryOptions(work, path));
  const rows: (readonly unknown[])[] = [];
  for await (const row of result.rows()) rows.push(row);
  return rows;
}

/** The event time as SQL. @throws PondError `not-tabular` */
async function timeOf(work: Work, { path, node }: Source): Promise<string> {
  const column = node.computed === undefined
    ? node.tabular?.columns.find((one) => one.name === node.tabular?.timeColumn) : await computedTime(work, path);
  if (column === undefined) {
    throw new PondError('not-tabular', `Cannot export ${quote(path)} by time: it has no time column, one was wanted`, { path });
  }
  const { quoteIdentifier } = await import('@duckpond/query');
  const quoted = quoteIdentifier(column.name);
  if (!isWhole(column.type)) return timeExpression(quoted, column.type, undefined);
  const [[least] = []] = await rowsOf(work, path, `SELECT CAST(min(${quoted}) AS BIGINT) FROM source`);
  return timeExpression(quoted, column.type, typeof least === 'bigint' ? least : 0n);
}

/** The event times of what is computed: found in its columns as in a file that comes in. */
async function computedTime(work: Work, path: string): Promise<Pick<TabularColumn, 'name' | 'type'> | undefined> {
  const { findTimeColumn, quoteIdentifier } = await import('@duckpond/query');
  const described = await rowsOf(work, path, 'SELECT column_name, column_type FROM (DESCRIBE FROM source)');
  const columns = described.map(([name, type]) => ({ name: String(name), type: String(type) }));
  const time = await findTimeColumn(columns, async (name) => {
    const quoted = quoteIdentifier(name);
    const range = `SELECT CAST(min(${quoted}) AS BIGINT), CAST(max(${quoted}) AS BIGINT) FROM source`;
    const [[least, greatest] = []] = await rowsOf(work, path, range);
    return typeof least === 'bigint' && typeof greatest === 'bigint' ? { least, greatest } : undefined;
  });
  return columns.find(({ name }) => name === time?.name);
}

async function partitionsOf(
  work: Work, path: string, time: string, finest: TemporalPart, where: readonly string[],
): Promise<readonly Partition[]> {
  const known = TEMPORAL_PARTS.find((part) => part === finest) ?? 'year';
  const rows = await rowsOf(work, path, `
    SELECT epoch_us(CAST(CASE WHEN isfinite(t) THEN date_trunc('${known}', t) END AS TIMESTAMP)) AS start, count(*),
      epoch_us(min(t) FILTER (isfinite(t))), epoch_us(max(t) FILTER (isfinite(t)))
    FROM (SELECT ${time} AS t FROM source${conditions(where)}) GROUP BY 1 ORDER BY 1`);
  return rows.map(([start, count, least, greatest]): Partition => ({
    startMicros: typeof start === 'bigint' ? start : undefined, rows: Number(count),
    ...(typeof least === 'bigint' ? { timeMinMicros: least } : {}), ...(typeof greatest === 'bigint' ? { timeMaxMicros: greatest } : {}),
  }));
}

/** Whether rows of a partition may have come since the last export: only where versions since then have times. */
async function changesSince(
  { root }: Work, { path, node }: Source, before: readonly ExportedFile[],
): Promise<(partition: Partition, finest: TemporalPart) => boolean> {
  const last = before.reduce((least, { version }) => Math.min(least, version), Number.POSITIVE_INFINITY);
  if (node.kind !== 'series' || node.computed !== undefined || before.length === 0 || last > node.version) return () => true;
  const ranges: (readonly [bigint, bigint])[] = [];
  for await (const { version, tabular } of root.versions(path)) {
    if (version <= last) continue;
    // What is not known of its rows could be anything.
    if (tabular?.timeMinMicros === undefined || tabular.timeMaxMicros === undefined) return () => true;
    ranges.push([tabular.timeMinMicros, tabular.timeMaxMicros]);
  }
  return ({ startMicros }, finest) => {
    if (startMicros === undefined) return true;
    const end = partitionEnd(startMicros, finest);
    return ranges.some(([from, to]) => from < end && to >= startMicros);
  };
}
