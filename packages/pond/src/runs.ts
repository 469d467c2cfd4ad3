import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  decodeColumns, endOfRuns, type LocalIo, type NewRun, type NodeFact, type Oplog, type Row, rowsOfVersions, type RunFact, type Span,
  spansOf, type Transaction, viewOf,
} from '@duckpond/oplog';
import type { VersionContent } from '@duckpond/query';
import { PondError } from './errors.ts';
import { addVersion, pathOf, type RelationSource } from './relation.ts';
import type { RunMaker } from './run-maker.ts';
import {
  DUE_VERSIONS, isMergeable, mayBeDue, planAll, type PlannedRun, type PlannedUnit, type PlannedVersion, planTail, planTier,
} from './run-plan.ts';
import { indexTree } from './tree-index.ts';

/** Where runs are made, and by whom. */
export interface RunWorkshop {
  readonly oplog: Oplog;
  readonly storeDirectory: string;
  readonly cacheDirectory: string;
  readonly maker: RunMaker;
  /** The disk, when it is not the usual one. */
  readonly io?: LocalIo;
}

/**
 * What is put together. `due`: at most one merge of bounded size; `all`: everything but large versions; `collapse`: those, too. The last
 * two make runs as large as they may be.
 */
export type RunMode = 'due' | 'all' | 'collapse';

/** What becomes of a series, and what must be known to do it. */
export interface RunsPlan {
  readonly source: RelationSource;
  readonly fact: NodeFact;
  readonly runs: readonly RunFact[];
  readonly spans: readonly Span[];
  /** Versions that are in no run. */
  readonly rows: readonly Row[];
  readonly planned: readonly PlannedRun[];
}

/** Plans for versions that were committed before the transaction. Changes nothing. */
export async function planRuns(
  { oplog, storeDirectory }: RunWorkshop, transaction: Transaction, fact: NodeFact, mode: RunMode,
): Promise<RunsPlan> {
  const { partId, nodeId, version: newest } = fact;
  const source: RelationSource = { oplog, view: viewOf(transaction.base), storeDirectory };
  const runs = await transaction.base.view.runs(partId, nodeId);
  const spans = spansOf(runs, newest);
  const known = mode === 'collapse' ? { version: (spans.find(isApart)?.from ?? newest + 1) - 1, txnSeq: 0 } : endOfRuns(runs);
  const found = await rowsOfVersions(oplog, source.view, fact, known.version + 1, newest, known.txnSeq);
  const rows = found.filter(({ version }) => spans.some((span) => isApart(span) && span.from <= version && version <= span.to));
  const tail = rows.map(plannedVersion);
  const plan = (planned: readonly PlannedRun[]): RunsPlan => ({ source, fact, runs, spans, rows, planned });
  if (mode === 'due') {
    const tier = tail.length >= DUE_VERSIONS ? undefined : planTier(runs);
    const [first, last] = [tier?.[0], tier?.at(-1)];
    if (first === undefined || last === undefined) return plan(planTail(tail));
    return plan([{ from: first.versionMin, to: last.version, isMerged: true }]);
  }
  const units = spans.flatMap(({ run, from, to }): PlannedUnit[] => {
    if (run !== undefined) return [{ from, to, sizeBytes: run.sizeBytes, isMergeable: true }];
    const apart = { from, to: Math.min(to, known.version), sizeBytes: 0, isMergeable: false };
    const own = tail.filter(({ version }) => version >= from && version <= to).map((one): PlannedUnit => ({
      from: one.version, to: one.version, sizeBytes: one.sizeBytes, isMergeable: mode === 'collapse' ? one.isTabular : isMergeable(one),
    }));
    return apart.to >= apart.from ? [apart, ...own] : own;
  });
  return plan(planAll(units));
}

function isApart({ run }: Span): boolean {
  return run === undefined;
}

/** The versions and the runs that a planned run is made of. */
export function partsOf(
  { rows, spans }: RunsPlan, { from, to }: PlannedRun,
): { readonly rows: readonly Row[]; readonly runs: readonly OldRun[] } {
  return {
    rows: rows.filter(({ version }) => version >= from && version <= to),
    runs: spans.flatMap(({ run, ...span }) => (run !== undefined && span.from >= from && span.to <= to ? [{ run, ...span }] : [])),
  };
}

/**
 * Puts versions of a series together as planned, and records the runs in the transaction. Versions never change, so that the runs stay
 * true whatever others commit meanwhile.
 *
 * @returns how many were put together
 */
export async function addRuns(workshop: RunWorkshop, transaction: Transaction, plan: RunsPlan): Promise<number> {
  const { source, fact, runs: known, planned } = plan;
  const { partId, nodeId } = fact;
  let merged = 0;
  for (const one of planned) {
    const { rows, runs } = partsOf(plan, one);
    const counted = await Promise.all(runs.map((part) => countedRun(source, fact, part)));
    const facts = runFacts(one.from, one.to, counted, rows);
    if (one.isMerged) {
      transaction.addRun(partId, nodeId, await mergedRun(workshop, source, facts, runs, rows, fact));
      merged++;
    } else transaction.addRun(partId, nodeId, standingRun(known, facts));
  }
  return merged;
}

function plannedVersion({ version, entry }: Row): PlannedVersion {
  const hasBytes = (entry.sizeBytes ?? 0) === 0 || entry.inline != null || entry.blob === true;
  return { version, sizeBytes: entry.sizeBytes ?? 0, isTabular: hasBytes && (entry.rowCount != null || (entry.sizeBytes ?? 0) === 0) };
}

/** A run whose rows are those of the versions that are taken from it: all of them, unless runs overlap. */
async function countedRun(source: RelationSource, fact: NodeFact, { run, from, to }: OldRun): Promise<RunFact> {
  if (run.versionMin === from && run.version === to) return run;
  const rows = await rowsOfVersions(source.oplog, source.view, fact, from, to);
  return { ...run, rowCount: rows.reduce((sum, { entry }) => sum + (entry.rowCount ?? 0), 0) };
}

/** A run, and the versions that are taken from it. */
export type OldRun = { readonly run: RunFact; readonly from: number; readonly to: number };
type RunFacts = Omit<NewRun, 'sha256' | 'sizeBytes'>;

function runFacts(from: number, to: number, runs: readonly RunFact[], rows: readonly Row[]): RunFacts {
  const ranges = [...runs, ...rows.map(({ entry }) => entry)];
  const starts = ranges.flatMap(({ timeMinMicros }) => (timeMinMicros == null ? [] : [timeMinMicros]));
  const ends = ranges.flatMap(({ timeMaxMicros }) => (timeMaxMicros == null ? [] : [timeMaxMicros]));
  return {
    versionMin: from, version: to,
    rowCount: ranges.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0),
    timeMinMicros: starts.length === 0 ? null : starts.reduce((a, b) => (b < a ? b : a)),
    timeMaxMicros: ends.length === 0 ? null : ends.reduce((a, b) => (b > a ? b : a)),
    versionTxnSeq: Math.max(rows.at(-1)?.txnSeq ?? 0, runs.at(-1)?.versionTxnSeq ?? 0),
  };
}

/** Versions that stand for themselves join those right before them that do so, too: it costs nothing. */
function standingRun(runs: readonly RunFact[], facts: RunFacts): NewRun {
  const before = runs.find(({ sha256, version }) => sha256 === null && version === facts.versionMin - 1);
  return { ...facts, versionMin: before?.versionMin ?? facts.versionMin, sha256: null, sizeBytes: 0, rowCount: 0 };
}

/**
 * What a run repeats is checked first: its own hash would vouch for whatever damage it took over.
 *
 * @throws OplogError `corrupt-blob`
 */
async function mustBeAsWritten(
  oplog: Oplog, { sha256, sizeBytes }: { readonly sha256?: Uint8Array | null; readonly sizeBytes?: number | null },
): Promise<void> {
  if (sha256 == null || sizeBytes == null) return;
  for await (const chunk of oplog.blob({ inline: undefined, sha256, sizeBytes })) void chunk;
}

async function mergedRun(
  { oplog, cacheDirectory, maker }: RunWorkshop, source: RelationSource, facts: RunFacts, runs: readonly OldRun[], rows: readonly Row[],
  { nodeId, schema }: NodeFact,
): Promise<NewRun> {
  const contents: { readonly from: number; readonly content: VersionContent }[] = [];
  for (const { run, from, to } of runs) {
    const path = await pathOf(source, run.sha256, run.sizeBytes);
    await mustBeAsWritten(oplog, run);
    contents.push({ from, content: { kind: 'run', path, versions: { from, to } } });
  }
  for (const row of rows) {
    if (row.entry.blob === true) await mustBeAsWritten(oplog, row.entry);
    await addVersion(source, row, (part) => {
      const { version } = row;
      const add = (content: VersionContent): void => { contents.push({ from: version, content }); };
      if (part.kind === 'parquet') for (const path of part.paths) add({ kind: 'parquet', version, path });
      if (part.kind === 'arrow') for (const bytes of part.streams) add({ kind: 'arrow', version, bytes });
    });
  }
  contents.sort((a, b) => a.from - b.from);
  const directory = resolve(cacheDirectory);
  await mkdir(directory, { recursive: true });
  const path = join(directory, `run-${oplog.environment.uuid()}.parquet`);
  try {
    const columns = (decodeColumns(schema) ?? []).map(({ name, type }) => ({ name, type }));
    const { rowCount } = await maker.make(contents.map(({ content }) => content), columns, path);
    if (rowCount !== facts.rowCount) {
      const which = `versions ${facts.versionMin} to ${facts.version} of the node ${nodeId}`;
      throw new PondError('corrupt', `Cannot merge ${which}: they have ${rowCount} rows, ${facts.rowCount} were written`, { nodeId });
    }
    const { sha256, sizeBytes } = await oplog.storeContent(createReadStream(path), 0);
    return { ...facts, sha256, sizeBytes };
  } finally {
    await rm(path, { force: true });
  }
}

/** Of so many series that a transaction appends to, one gets a run: those that are due at once take turns, and none waits for long. */
const SERIES_A_RUN = 16;

/** The runs that appends of this transaction make due; one that cannot be made waits for the next append. */
export async function addDueRuns(workshop: RunWorkshop, transaction: Transaction): Promise<void> {
  const appended = transaction.appended();
  let left = Math.ceil(appended.length / SERIES_A_RUN);
  for (const fact of appended) {
    if (!await mayBeDue(transaction, fact)) continue;
    if (left-- === 0) return;
    try {
      await addRuns(workshop, transaction, await planRuns(workshop, transaction, fact, 'due'));
    } catch (error) {
      if (!isFromOutside(error)) throw error;
    }
  }
}

/** What DuckDB, a full disk or a damaged file refuses must not keep anybody from appending. */
function isFromOutside(error: unknown): boolean {
  return error instanceof Error && (['QueryError', 'DeltaError', 'OplogError', 'PondError'].includes(error.name) || 'syscall' in error);
}

/**
 * Puts together everything that can be, in one transaction.
 *
 * @returns what the disk refused, if it did: to be told when the rest of the maintenance, which may make room, is done
 */
export async function compactRuns(workshop: RunWorkshop): Promise<unknown> {
  const { oplog } = workshop;
  const transaction = await oplog.begin();
  let merged = 0;
  let refusal: unknown;
  for (const { fact } of (await indexTree(transaction.base.view)).values()) {
    if (fact.kind !== 'series' || fact.totalRows === null) continue;
    try {
      merged += await addRuns(workshop, transaction, await planRuns(workshop, transaction, fact, 'all'));
    } catch (error) {
      // Damage, which fsck names, or no place: the other series and the rest of the maintenance go on.
      if (!isFromOutside(error)) throw error;
      if (isRefusedByDisk(error)) refusal ??= error;
    }
  }
  if (merged > 0) await oplog.commit(transaction, ['maintain', '--compact']);
  return refusal;
}

function isRefusedByDisk(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DeltaError' || 'syscall' in error);
}
