import { type AddFile, type Commit, type ObjectStore, readCommit, type Turn } from '@duckpond/delta';
import { type StoredContent, storeContent, readBlob } from './blob.ts';
import { transactionFactsOf, transactionRow, type TransactionFacts } from './commit-info.ts';
import { dataFileFacts } from './data-file.ts';
import { createDataReader, type DataReader } from './data-reader.ts';
import type { Environment } from './environment.ts';
import { OplogError } from './errors.ts';
import type { NodeFact } from './fact.ts';
import { sealOf } from './hash-chain.ts';
import { factsOf, type Head, openHead, transactionUnlessGone } from './head.ts';
import { type LiveLog, refreshHead } from './live-log.ts';
import type { MaintainOptions, MaintainReport } from './maintain-by-hand.ts';
import { createRecordsSource, rowsOfPart } from './records-source.ts';
import { SYSTEM_PART } from './reserved-ids.ts';
import type { Row } from './row.ts';
import type { WidenType } from './tabular.ts';
import type { Transaction } from './transaction.ts';
import { utc } from './utc.ts';
import { readVersion } from './version-content.ts';
import type { FactSource } from './view.ts';
import type { CommitOutcome, Writer } from './writer.ts';

/** One state of the log and what it takes to read its bytes. */
export interface OplogView extends FactSource {
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  /** The data files that hold it; for an older state, more than it needs. */
  readonly files: ReadonlyMap<string, AddFile>;
}

/** The log of one pond: reading any of its states, and the one way to add a transaction. */
export class Oplog {
  readonly store: ObjectStore;
  readonly reader: DataReader;
  readonly environment: Environment;
  readonly #turn: Turn | undefined;
  readonly #log: LiveLog;
  #writer: Promise<Writer> | undefined;

  private constructor(log: LiveLog, turn: Turn | undefined) {
    this.store = log.store;
    this.reader = log.reader;
    this.environment = log.environment;
    this.#log = log;
    this.#turn = turn;
  }

  /**
   * @param turn the courtesy between writers of one store, where there is one
   * @throws OplogError `not-a-pond`, `unsupported-format`; DeltaError
   */
  static async open(store: ObjectStore, environment: Environment, turn?: Turn): Promise<Oplog> {
    const reader = createDataReader(store);
    return new Oplog({ store, reader, environment, head: await openHead(store, reader) }, turn);
  }

  /** The newest head known to this process; `refresh` looks for a newer one. */
  get head(): Head {
    return this.#log.head;
  }

  refresh(): Promise<Head> {
    return refreshHead(this.#log);
  }

  /** The newest state, or the one right after transaction `txnSeq`. */
  async view(txnSeq?: number): Promise<OplogView> {
    const head = await this.refresh();
    if (txnSeq === undefined || txnSeq === head.txnSeq) return viewOf(head);
    const facts = await this.transactionFacts(txnSeq);
    const { files } = head.snapshot;
    return { ...createRecordsSource(this.reader, files, txnSeq), txnSeq, timestampMicros: facts.timestampMicros, files };
  }

  /** @throws OplogError `not-found` */
  async transactionFacts(txnSeq: number): Promise<TransactionFacts> {
    const recent = this.#log.head.layers.find(({ facts }) => facts.txnSeq === txnSeq);
    if (recent !== undefined) return recent.facts;
    for (const row of await this.#auditRows(txnSeq, txnSeq)) if (row.txnSeq === txnSeq) return transactionFactsOf(row);
    const { txnSeq: newest } = this.#log.head;
    throw new OplogError(
      'not-found', `Cannot read transaction ${txnSeq}: there is none, a number from 1 to ${newest} was wanted`, { txnSeq, newest },
    );
  }

  /** The newest transaction that is not later than a time. @throws OplogError `not-found` */
  async transactionAt(timeMicros: bigint): Promise<TransactionFacts> {
    for await (const facts of this.transactions(timeMicros)) return facts;
    const { timestampMicros } = await this.transactionFacts(1);
    const message = `Cannot read the state at ${utc(timeMicros)}: the pond is younger, a time from ${utc(timestampMicros)} was wanted`;
    throw new OplogError('not-found', message, { timeMicros });
  }

  /** Newest first; with a time, from the newest one that is not later. */
  async *transactions(notLaterMicros?: bigint): AsyncGenerator<TransactionFacts> {
    const wanted = (facts: TransactionFacts): boolean => notLaterMicros === undefined || facts.timestampMicros <= notLaterMicros;
    let next = this.#log.head.txnSeq;
    for await (const found of this.#recentCommits()) {
      const facts = factsOf(found);
      if (facts === undefined) continue;
      if (facts.txnSeq !== next) break;
      next--;
      if (wanted(facts)) yield facts;
    }
    while (next > 0) {
      const from = Math.max(1, next - 1023);
      const rows = await this.#auditRows(from, next, notLaterMicros);
      for (const row of rows.toSorted((a, b) => b.txnSeq - a.txnSeq)) {
        const facts = transactionFactsOf(row);
        if (wanted(facts)) yield facts;
      }
      next = from - 1;
    }
  }

  /** The transactions whose commit files are there, newest first, with their rows. */
  async *recentTransactions(): AsyncGenerator<{ readonly facts: TransactionFacts; readonly rows: readonly Row[] }> {
    for await (const found of this.#recentCommits()) {
      const transaction = await transactionUnlessGone(this.reader, found);
      if (transaction === 'gone') return;
      if (transaction !== undefined) yield { facts: transaction.facts, rows: [...transaction.rows, transactionRow(transaction.facts)] };
    }
  }

  /** Newest first, as far as they are kept and as they were written: what they repeat is in the records, too. */
  async *#recentCommits(): AsyncGenerator<Commit> {
    const { snapshot } = this.#log.head;
    const tail = new Map(snapshot.tail.map((known): [number, Commit] => [known.version, known]));
    for (let version = snapshot.version; version >= 0; version--) {
      const found = tail.get(version) ?? await readCommit(this.store, version);
      if (found === undefined || sealOf(found)?.infoHolds === false) return;
      yield found;
    }
  }

  async #auditRows(from: number, to: number, notLaterMicros?: bigint): Promise<Row[]> {
    const rows: Row[] = [];
    for (const add of this.#log.head.snapshot.files.values()) {
      const facts = dataFileFacts(add);
      if (facts.txnMin > to || facts.txnMax < from || (notLaterMicros !== undefined && facts.timeMinMicros > notLaterMicros)) continue;
      for (const row of await this.reader.rows(add, { partId: SYSTEM_PART, txnAtMost: to })) {
        if (row.recordKind === 'transaction' && row.txnSeq >= from) rows.push(row);
      }
    }
    return rows;
  }

  /** Every version of a node up to a state, oldest first. */
  async versions(view: OplogView, partId: string, nodeId: string): Promise<Row[]> {
    const rows = await rowsOfPart(this.reader, view.files.values(), partId, view.txnSeq, nodeId);
    return rows.filter((row) => row.recordKind === 'node' && row.nodeId === nodeId && row.version > 0);
  }

  /** The highest version that a node ever had, changes of a directory's names included; 0 when it had none. */
  async newestVersion(view: OplogView, partId: string, nodeId: string): Promise<number> {
    let newest = 0;
    for (const row of await rowsOfPart(this.reader, view.files.values(), partId, view.txnSeq, nodeId)) {
      if (row.nodeId === nodeId && row.recordKind !== 'run' && row.version > newest) newest = row.version;
    }
    return newest;
  }

  /** The row that holds one version of a node. @throws OplogError `not-found` */
  async version(view: OplogView, partId: string, nodeId: string, version: number, txnSeq?: number): Promise<Row> {
    for (const add of view.files.values()) {
      const facts = dataFileFacts(add);
      if (facts.parts?.has(partId) === false || (txnSeq !== undefined && (txnSeq < facts.txnMin || txnSeq > facts.txnMax))) continue;
      for (const row of await this.reader.rows(add, { partId, nodeId, txnAtMost: view.txnSeq })) {
        if (row.recordKind === 'node' && row.nodeId === nodeId && row.version === version) return row;
      }
    }
    throw new OplogError('not-found', `Cannot read version ${version}: there is none`, { partId, nodeId, version });
  }

  /** The bytes of a node's newest version in `view`. */
  async *content(view: OplogView, fact: NodeFact, range?: { readonly start: number; readonly end: number }): AsyncGenerator<Uint8Array> {
    if (fact.sizeBytes === null || (fact.sha256 === null && fact.rowCount === null)) return;
    if (fact.blob && fact.sha256 !== null) yield* readBlob(this.store, fact.sha256, fact.sizeBytes, range);
    else yield* this.contentOfRow(await this.version(view, fact.partId, fact.nodeId, fact.version, fact.txnSeq), range);
  }

  /** The bytes of the version that a row holds. @throws OplogError `merged-version` when it has none any more */
  contentOfRow(row: Row, range?: { readonly start: number; readonly end: number }): AsyncGenerator<Uint8Array> {
    return readVersion(this.store, row, range);
  }

  /** The bytes of content that is a blob, whether a commit names it yet or not. */
  blob(content: StoredContent): AsyncGenerator<Uint8Array> {
    return readBlob(this.store, content.sha256, content.sizeBytes);
  }

  /** Takes in content; a large one is durable when this resolves, but belongs to nothing until a commit names it. */
  storeContent(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, inlineBytes?: number): Promise<StoredContent> {
    return storeContent(this.store, source, inlineBytes);
  }

  /** @param widen what to do when rows are appended whose columns have other types than those of the series */
  async begin(widen?: WidenType): Promise<Transaction> {
    return (await this.#writing()).begin(widen);
  }

  /**
   * Adds the transaction to the log, after whatever others have committed since it began. When this resolves with
   * `committed`, it is on disk. Commits of one process take turns; those of several race for the next version.
   */
  async commit(transaction: Transaction, command: readonly string[]): Promise<CommitOutcome> {
    return (await this.#writing()).commit(transaction, command);
  }

  /** Maintenance by hand: what commits do in small steps, to the end. */
  async maintain(storeDirectory: string, options: MaintainOptions): Promise<MaintainReport> {
    return (await this.#writing()).maintain(storeDirectory, options);
  }

  /** What writes is loaded when something is to be written. */
  #writing(): Promise<Writer> {
    return (this.#writer ??= import('./writer.ts').then((writer) => new writer.Writer(this.#log, this.#turn)));
  }
}

export function viewOf(head: Head): OplogView {
  const { view, txnSeq, timestampMicros } = head;
  return { ...view, txnSeq, timestampMicros, files: head.snapshot.files };
}
