import { type AddFile, type Commit, openSnapshot, type ObjectStore, refreshSnapshot, type Snapshot, TAIL_MAX } from '@duckpond/delta';
import { decodeCommitFacts, type TransactionFacts } from './commit-info.ts';
import { dataFileFacts } from './data-file.ts';
import type { DataReader } from './data-reader.ts';
import { isCode, OplogError } from './errors.ts';
import { foldRows, type Layer } from './fact.ts';
import { assertSealed } from './hash-chain.ts';
import { decodePayload, isRepeated } from './payload.ts';
import { createRecordsSource } from './records-source.ts';
import type { Row } from './row.ts';
import { openStateRun, type StateRun } from './state/state-run.ts';
import { readStateHint, type StateHint } from './state/state-files.ts';
import { createStateSource, withFallback } from './state/state-source.ts';
import { createView, type FactSource, NOTHING } from './view.ts';

/** The on-disk format that this version writes and the highest that it reads. */
export const FORMAT = 1;

/** What one transaction did, as read from the log. */
export interface TransactionLayer {
  readonly facts: TransactionFacts;
  readonly layer: Layer;
  /** Whether the commit file repeats the rows, so that replaying it reads no Parquet. */
  readonly isLight: boolean;
  /** Of a light transaction: its rows without inline content. */
  readonly rows: readonly Row[];
}

/** The newest state known to this process. It never changes; the next state is another head. */
export interface Head {
  readonly snapshot: Snapshot;
  readonly pondId: string;
  /** 0 before the first transaction. */
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  /** The folded state below `layers`; undefined when it is missing or unusable, and the records serve instead. */
  readonly state: StateHint | undefined;
  /** Whether this process has folded it. */
  readonly isStateOurs?: boolean;
  readonly base: FactSource;
  /** The transactions since `state`, oldest first. */
  readonly layers: readonly TransactionLayer[];
  readonly view: FactSource;
}

/** `txn.appId` of the transactions of a pond. */
export function appIdOf(pondId: string): string {
  return `duckpond:${pondId}`;
}

/** @throws OplogError `not-a-pond`, `unsupported-format`; DeltaError when the log cannot be read */
export async function openHead(store: ObjectStore, reader: DataReader): Promise<Head> {
  const hint = await readStateHint(store);
  const snapshot = await openSnapshot(store, { anyChecksum: true, ...(hint === undefined ? {} : { hintVersion: hint.deltaVersion }) });
  const pondId = assertFormat(snapshot);
  return (hint && await headFromState(store, reader, snapshot, pondId, hint))
    ?? await headFromWholeLog(reader, snapshot, pondId)
    ?? headFromRecords(reader, snapshot, pondId);
}

/** The newest head: the same object when nothing is new. */
export async function advanceHead(store: ObjectStore, reader: DataReader, head: Head): Promise<Head> {
  const snapshot = await refreshSnapshot(store, head.snapshot);
  if (snapshot === head.snapshot) return head;
  if (snapshot.version - head.snapshot.version > TAIL_MAX || head.layers.length > TAIL_MAX) return openHead(store, reader);
  try {
    return await extendHead(reader, head, snapshot);
  } catch (error) {
    if (!isCode(error, 'corrupt-record')) throw error;
    return openHead(store, reader); // From the records, which do not need the damaged file.
  }
}

/** `head` with the commits that `snapshot` has on top of it. */
export async function extendHead(reader: DataReader, head: Head, snapshot: Snapshot): Promise<Head> {
  const commits = snapshot.tail.filter(({ version }) => version > head.snapshot.version);
  return withLayers(head, snapshot, await layersOf(reader, commits));
}

export function layerOf(facts: TransactionFacts, rows: readonly Row[], isLight: boolean): TransactionLayer {
  return { facts, layer: foldRows(rows), isLight, rows: isLight ? rows : [] };
}

/** `head` with one more transaction, whose rows are known. */
export function headAfter(head: Head, snapshot: Snapshot, transaction: TransactionLayer): Head {
  return withLayers(head, snapshot, [transaction]);
}

function withLayers(head: Head, snapshot: Snapshot, added: readonly TransactionLayer[]): Head {
  const layers = [...head.layers, ...added];
  const newest = added.at(-1)?.facts ?? head;
  return {
    ...head, snapshot, layers, txnSeq: newest.txnSeq, timestampMicros: newest.timestampMicros,
    view: createView(head.base, layers.map(({ layer }) => layer)),
  };
}

async function headFromState(
  store: ObjectStore, reader: DataReader, snapshot: Snapshot, pondId: string, hint: StateHint,
): Promise<Head | undefined> {
  const commits = snapshot.tail.filter(({ version }) => version > hint.deltaVersion);
  if (commits.length !== snapshot.version - hint.deltaVersion) return undefined;
  try {
    const layers = await layersOf(reader, commits);
    const first = layers[0]?.facts.txnSeq ?? newestTxnSeq(snapshot, pondId) + 1;
    if (first !== hint.txnSeq + 1) return undefined;
    const runs = await Promise.all(hint.runs.map(({ path, sizeBytes }) => openStateRun(store, path, sizeBytes)));
    const base = stateBase(reader, runs, snapshot.files, hint.txnSeq);
    const empty: Head = {
      snapshot, pondId, txnSeq: hint.txnSeq, timestampMicros: hint.timestampMicros, state: hint, base, layers: [], view: base,
    };
    return withLayers(empty, snapshot, layers);
  } catch (error) {
    if (isCode(error, 'corrupt-state') || isCode(error, 'corrupt-record')) return undefined;
    throw error;
  }
}

/**
 * Folded state, with the records behind it. Nothing but these four is kept by what this returns: heads follow each other, and a
 * closure that held the one before would hold them all.
 */
export function stateBase(reader: DataReader, runs: readonly StateRun[], files: ReadonlyMap<string, AddFile>, txnSeq: number): FactSource {
  return withFallback(createStateSource(runs), () => createRecordsSource(reader, files, txnSeq));
}

/** A young log is replayed from its beginning, as long as the commits repeat their rows. */
async function headFromWholeLog(reader: DataReader, snapshot: Snapshot, pondId: string): Promise<Head | undefined> {
  if (snapshot.tail.length !== snapshot.version + 1) return undefined;
  const layers: TransactionLayer[] = [];
  for (const commit of snapshot.tail) {
    if (factsOf(commit) !== undefined && !isRepeated(commit)) return undefined;
    layers.push(...await layersOf(reader, [commit]));
  }
  const empty: Head = { snapshot, pondId, txnSeq: 0, timestampMicros: 0n, state: undefined, base: NOTHING, layers: [], view: NOTHING };
  return withLayers(empty, snapshot, layers);
}

function headFromRecords(reader: DataReader, snapshot: Snapshot, pondId: string): Head {
  // The first lines repeat what the records say; the others say which records there are.
  for (const commit of snapshot.tail) assertSealed(commit, 'all but the first');
  const txnSeq = newestTxnSeq(snapshot, pondId);
  const base = createRecordsSource(reader, snapshot.files, txnSeq);
  const times = [...snapshot.files.values()].map((add) => dataFileFacts(add).timeMaxMicros);
  const timestampMicros = times.reduce((a, b) => (a > b ? a : b), 0n);
  return { snapshot, pondId, txnSeq, timestampMicros, state: undefined, base, layers: [], view: base };
}

function newestTxnSeq(snapshot: Snapshot, pondId: string): number {
  return Number(snapshot.transactions.get(appIdOf(pondId))?.version ?? 0);
}

function assertFormat(snapshot: Snapshot): string {
  const { configuration } = snapshot.metadata;
  const format = configuration['duckpond.format'];
  const pondId = configuration['duckpond.id'];
  if (format == null || pondId == null) {
    throw new OplogError(
      'not-a-pond', 'Cannot open the pond: its store is a Delta table of something else, a table with "duckpond.format" was wanted',
    );
  }
  if (!(Number(format) <= FORMAT)) {
    throw new OplogError(
      'unsupported-format', `Cannot open the pond: it has format ${format}, a format up to ${FORMAT} was wanted`,
      { format, supported: FORMAT },
    );
  }
  return pondId;
}

/** The transactions among commits, in order; maintenance and foreign commits change no state. */
export async function layersOf(reader: DataReader, commits: readonly Commit[]): Promise<TransactionLayer[]> {
  const layers: TransactionLayer[] = [];
  for (const commit of commits) {
    const transaction = await transactionOf(reader, commit);
    if (transaction !== undefined) {
      layers.push(layerOf(transaction.facts, transaction.rows, transaction.isLight));
    }
  }
  return layers;
}

/** The facts of the transaction that a commit is; undefined when it is none. */
export function factsOf(commit: Commit): TransactionFacts | undefined {
  return decodeCommitFacts(commit.commitInfo?.['duckpond'], labelOf(commit));
}

/**
 * The rows of the transaction that a commit is, without its audit row and, when it is light, without inline content;
 * undefined when it is none.
 *
 * @throws OplogError `corrupt-record` unless the commit is as it was written
 */
export async function transactionOf(
  reader: DataReader, commit: Commit,
): Promise<{ readonly facts: TransactionFacts; readonly rows: Row[]; readonly isLight: boolean } | undefined> {
  assertSealed(commit);
  const facts = factsOf(commit);
  if (facts === undefined) return undefined;
  const told = decodePayload(commit.commitInfo?.['duckpond'], facts, labelOf(commit));
  if (told !== undefined) return { facts, rows: told, isLight: true };
  const added = commit.actions.flatMap((action): AddFile[] => (action.kind === 'add' && action.add.dataChange ? [action.add] : []));
  const rows: Row[] = [];
  for (const add of added) for (const row of await reader.rows(add)) if (row.recordKind !== 'transaction') rows.push(row);
  return { facts, rows, isLight: false };
}

/** The same; the data file that the commit added may have been merged into another and removed since. */
export async function transactionUnlessGone(
  reader: DataReader, commit: Commit,
): Promise<Awaited<ReturnType<typeof transactionOf>> | 'gone'> {
  try {
    return await transactionOf(reader, commit);
  } catch (error) {
    if (isCode(error, 'corrupt-record')) return 'gone';
    throw error;
  }
}

function labelOf({ version }: Commit): string {
  return `_delta_log/${String(version).padStart(20, '0')}.json`;
}
