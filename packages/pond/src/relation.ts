import { join } from 'node:path';
import {
  blobPath, decodeColumns, endOfRuns, findRuns, type Oplog, OplogError, type OplogView, type Row, rowsOfVersions,
  type RunFact, type Span, spansOf,
} from '@duckpond/oplog';
import type { Part, Relation } from '@duckpond/query';
import { type FileNode, quote, TinyFsError } from '@duckpond/tinyfs';
import { bytesOf } from './bytes-of.ts';

/** One state of a pond whose store is a directory, so that blobs have paths. */
export interface RelationSource {
  readonly oplog: Oplog;
  readonly view: OplogView;
  readonly storeDirectory: string;
}

/** Which rows of a table or series. */
export interface RowBounds {
  /** One version alone. */
  readonly version?: number;
  /** Of a series: only the versions behind this one. */
  readonly after?: number;
  /** The first event time, microseconds since 1970 UTC: what lies before it as a whole is left out. */
  readonly timeStartMicros?: bigint;
  /** The event time behind the last. */
  readonly timeEndMicros?: bigint;
  /** The last rows of what there was up to a version. What lies before them as a whole is not read. Not together with the others. */
  readonly last?: { readonly rows: number; readonly untilVersion: number };
}

/**
 * The rows of a table or series in one state: its runs and large versions as files, its newest small versions as Arrow streams, in
 * the order of the versions. Whatever the age of a series, only the records behind its last run are read.
 *
 * @throws TinyFsError `not-found` for a version that is not there; OplogError `corrupt-blob`, `corrupt-record`
 */
export async function relationOf(source: RelationSource, file: FileNode, bounds: RowBounds = {}): Promise<Relation> {
  const { version, last } = bounds;
  if (last !== undefined) return lastRows(source, file, last);
  if (version !== undefined && (!Number.isSafeInteger(version) || version < 1 || version > file.version)) {
    throw new TinyFsError('not-found', file.id, `Cannot read ${quote(file.id)}: no version ${version}, the newest is ${file.version}`);
  }
  const wanted = version ?? file.version;
  if (wanted === 0) return { parts: [] };
  const place = { partId: file.home, nodeId: file.id };
  if (file.kind !== 'series') return relationOfVersion(source, await source.oplog.version(source.view, file.home, file.id, wanted));
  const runs = await findRuns(source.oplog, source.view, file.home, file.id);
  const spans = spansOf(runs, wanted).flatMap((span) => within(span, version ?? (bounds.after ?? 0) + 1, version ?? wanted));
  const parts = partList();
  for (const span of spans) {
    if (span.run !== undefined) {
      if (isAsked(span.run, bounds)) parts.addRun(await pathOf(source, span.run.sha256, span.run.sizeBytes), span.run, span);
      continue;
    }
    for (const row of await rowsOfVersions(source.oplog, source.view, place, span.from, span.to, oldestTxnSeq(runs, span))) {
      if (isAsked(row.entry, bounds)) await addVersion(source, row, parts.add);
    }
  }
  const columns = version === undefined
    ? file.tabular?.columns : decodeColumns((await source.oplog.version(source.view, file.home, file.id, version)).entry.schema ?? null);
  return { parts: parts.parts, ...columnsOf(columns) };
}

/** Rows are counted from the end until there are enough. */
async function lastRows(source: RelationSource, file: FileNode, { rows, untilVersion }: NonNullable<RowBounds['last']>): Promise<Relation> {
  const newest = Math.min(untilVersion, file.version);
  const place = { partId: file.home, nodeId: file.id };
  const { oplog, view } = source;
  const parts = partList();
  const adding: (() => void | Promise<void>)[] = [];
  let counted = 0;
  if (newest > 0 && file.kind !== 'series') {
    const row = await oplog.version(view, file.home, file.id, newest);
    counted = rowsIn(row);
    adding.push(() => addVersion(source, row, parts.add));
  } else if (newest > 0) {
    const runs = await findRuns(oplog, view, file.home, file.id);
    for (const span of spansOf(runs, newest).toReversed()) {
      if (counted >= rows) break;
      const { run, from, to } = span;
      if (run?.versionMin === from && run.version === to) {
        counted += run.rowCount;
      } else {
        const found = await rowsOfVersions(oplog, view, place, from, to, run === undefined ? oldestTxnSeq(runs, span) : 0);
        for (const row of found.toReversed()) {
          if (run === undefined && counted >= rows) break;
          counted += rowsIn(row);
          if (run === undefined) adding.push(() => addVersion(source, row, parts.add));
        }
      }
      if (run !== undefined) adding.push(async () => { parts.addRun(await pathOf(source, run.sha256, run.sizeBytes), run, span); });
    }
  }
  for (const add of adding.toReversed()) await add();
  return { parts: parts.parts, ...columnsOf(file.tabular?.columns), slice: { offset: Math.max(0, counted - rows), limit: rows } };
}

function rowsIn({ version, nodeId, entry }: Row): number {
  if (entry.rowCount != null) return entry.rowCount;
  if ((entry.sizeBytes ?? 0) === 0) return 0;
  throw new OplogError('corrupt-record', `Cannot count the rows of version ${version} of the node ${nodeId}: it says nothing of rows`);
}

async function relationOfVersion(source: RelationSource, row: Row): Promise<Relation> {
  const parts = partList();
  await addVersion(source, row, parts.add);
  return { parts: parts.parts, ...columnsOf(decodeColumns(row.entry.schema ?? null)) };
}

function columnsOf(columns: readonly { readonly name: string; readonly type: string }[] | undefined): Pick<Relation, 'columns'> {
  return columns === undefined ? {} : { columns: columns.map(({ name, type }) => ({ name, type })) };
}

function within(span: Span, first: number, last: number): Span[] {
  const [from, to] = [Math.max(span.from, first), Math.min(span.to, last)];
  return from <= to ? [{ run: span.run, from, to }] : [];
}

/** Rows that have event times are only asked for by event times. */
function isAsked(
  { timeMinMicros, timeMaxMicros }: { readonly timeMinMicros?: bigint | null; readonly timeMaxMicros?: bigint | null },
  { timeStartMicros, timeEndMicros }: RowBounds,
): boolean {
  if (timeStartMicros === undefined && timeEndMicros === undefined) return true;
  if (timeMinMicros == null || timeMaxMicros == null) return false;
  return (timeStartMicros === undefined || timeMaxMicros >= timeStartMicros)
    && (timeEndMicros === undefined || timeMinMicros < timeEndMicros);
}

/** Before this transaction no version of the span was written. */
function oldestTxnSeq(runs: readonly RunFact[], { from }: Span): number {
  const end = endOfRuns(runs.filter(({ version }) => version < from));
  return end.version === from - 1 ? end.txnSeq : 0;
}

type AddPart = (part: Part) => void;

/** The bytes of one version: a file of its own or a stream, as its first bytes tell. */
export async function addVersion(source: RelationSource, row: Row, add: AddPart): Promise<void> {
  const { sizeBytes, blob, sha256 } = row.entry;
  if ((sizeBytes ?? 0) === 0) return;
  if (blob === true && sha256 != null && sizeBytes != null) {
    const path = await pathOf(source, sha256, sizeBytes);
    const start = await source.oplog.store.get(blobPath(sha256), { start: 0, end: 4 });
    if (start !== undefined && isParquet(start)) return add({ kind: 'parquet', paths: [path] });
  }
  const bytes = await bytesOf(source.oplog.contentOfRow(row));
  if (!isArrow(bytes)) {
    const which = `version ${row.version} of the node ${row.nodeId}`;
    throw new OplogError('corrupt-record', `Cannot read the rows of ${which}: it is neither Parquet nor Arrow, either was wanted`);
  }
  add({ kind: 'arrow', streams: [bytes] });
}

function isParquet(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1';
}

function isArrow(bytes: Uint8Array): boolean {
  return bytes.byteLength >= 4 && bytes.subarray(0, 4).every((byte) => byte === 0xff);
}

/** Where a blob is for whoever opens files by path. @throws OplogError `corrupt-blob` unless it is there in its size */
export async function pathOf({ oplog, storeDirectory }: RelationSource, sha256: Uint8Array | null, sizeBytes: number): Promise<string> {
  const path = blobPath(sha256 ?? new Uint8Array(0));
  const found = await oplog.store.head(path);
  if (found?.sizeBytes === sizeBytes) return join(storeDirectory, path);
  const what = found === undefined ? 'it is missing' : `it has ${found.sizeBytes} bytes, ${sizeBytes} were written`;
  throw new OplogError('corrupt-blob', `Cannot read the blob "${path}": ${what}`, { file: path });
}

interface PartList {
  readonly parts: Part[];
  readonly add: AddPart;
  /** A run, of which these versions are wanted. */
  readonly addRun: (path: string, run: RunFact, span: Span) => void;
}

/** Neighbours of a kind in one part: the fewer parts a relation has, the cheaper it is to open. */
function partList(): PartList {
  const parts: Part[] = [];
  /** Whether rows behind the last version of the part would come from its last run. */
  let isCut = false;

  return {
    parts,
    add(part) {
      const last = parts.at(-1);
      if (part.kind === 'arrow' && last?.kind === 'arrow') {
        parts[parts.length - 1] = { ...last, streams: [...last.streams, ...part.streams] };
      } else if (part.kind === 'parquet' && last?.kind === 'parquet' && last.versions === undefined) {
        parts[parts.length - 1] = { ...last, paths: [...last.paths, ...part.paths] };
      } else parts.push(part);
    },
    addRun(path, run, { from, to }) {
      const last = parts.at(-1);
      const isNext = last?.kind === 'parquet' && last.versions?.to === from - 1 && !isCut && run.versionMin === from;
      if (isNext && last.versions !== undefined) {
        parts[parts.length - 1] = { ...last, paths: [...last.paths, path], versions: { from: last.versions.from, to } };
      } else parts.push({ kind: 'parquet', paths: [path], versions: { from, to } });
      isCut = run.version !== to;
    },
  };
}

