import { type AddFile, type Commit, commit, type HeldTurn, type ObjectStore, readCommit, type Turn } from '@duckpond/delta';
import { type StoredContent, storeContent, readBlob } from './blob.ts';
import { transactionFactsOf, transactionRow, type TransactionFacts } from './commit-info.ts';
import { type Clash, findClash } from './conflict.ts';
import { memberOf, txnOf } from './create-oplog.ts';
import { dataFileFacts, writeDataFile } from './data-file.ts';
import { createDataReader, type DataReader } from './data-reader.ts';
import { ENGINE, type Environment } from './environment.ts';
import { isCode, OplogError } from './errors.ts';
import type { NodeFact } from './fact.ts';
import { linkedActions, sealOf } from './hash-chain.ts';
import { advanceHead, factsOf, type Head, headAfter, layerOf, openHead, transactionOf } from './head.ts';
import { adoptState, isMaintenanceDue, maintainAfterCommit } from './maintenance.ts';
import { maintainByHand, type MaintainOptions, type MaintainReport } from './maintain-by-hand.ts';
import { encodePayload } from './payload.ts';
import { createRecordsSource, rowsOfPart } from './records-source.ts';
import { SYSTEM_PART } from './reserved-ids.ts';
import type { Row } from './row.ts';
import type { WidenType } from './tabular.ts';
import { Transaction } from './transaction.ts';
import { utc } from './utc.ts';
import { readVersion } from './version-content.ts';
import type { FactSource } from './view.ts';

/** One state of the log and what it takes to read its bytes. */
export interface OplogView extends FactSource {
  readonly txnSeq: number;
  readonly timestampMicros: bigint;
  /** The data files that hold it; for an older state, more than it needs. */
  readonly files: ReadonlyMap<string, AddFile>;
}

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly facts: TransactionFacts }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'conflict'; readonly clash: Clash };

/** A writer gives up after so many lost races; each one means that another writer got through. */
const MOST_ATTEMPTS = 1000;
/** After a lost race a writer asks for its turn for so many commits. */
const CROWDED_COMMITS = 32;

/** The log of one pond: reading any of its states, and the one way to add a transaction. */
export class Oplog {
  readonly store: ObjectStore;
  readonly reader: DataReader;
  readonly environment: Environment;
  readonly #turn: Turn | undefined;
  #head: Head;
  /** The commits of this process, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** For how many more commits this process asks for the turn, because it has lost races. */
  #crowded = 0;
  /** The turn while this process has it, which is for as long as one commit follows the other. */
  #held: HeldTurn | undefined;
  #commits = 0;

  private constructor(store: ObjectStore, reader: DataReader, environment: Environment, head: Head, turn: Turn | undefined) {
    this.store = store;
    this.reader = reader;
    this.environment = environment;
    this.#head = head;
    this.#turn = turn;
  }

  /**
   * @param turn the courtesy between writers of one store, where there is one
   * @throws OplogError `not-a-pond`, `unsupported-format`; DeltaError
   */
  static async open(store: ObjectStore, environment: Environment, turn?: Turn): Promise<Oplog> {
    const reader = createDataReader(store);
    return new Oplog(store, reader, environment, await openHead(store, reader), turn);
  }

  /** The newest head known to this process; `refresh` looks for a newer one. */
  get head(): Head {
    return this.#head;
  }

  async refresh(): Promise<Head> {
    const head = await advanceHead(this.store, this.reader, this.#head);
    if (head.snapshot.version >= this.#head.snapshot.version) this.#head = head;
    return this.#head;
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
    const recent = this.#head.layers.find(({ facts }) => facts.txnSeq === txnSeq);
    if (recent !== undefined) return recent.facts;
    for (const row of await this.#auditRows(txnSeq, txnSeq)) if (row.txnSeq === txnSeq) return transactionFactsOf(row);
    const { txnSeq: newest } = this.#head;
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
    let next = this.#head.txnSeq;
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
      const transaction = await this.#unlessGone(transactionOf(this.reader, found));
      if (transaction === 'gone') return;
      if (transaction !== undefined) yield { facts: transaction.facts, rows: [...transaction.rows, transactionRow(transaction.facts)] };
    }
  }

  /** The data file that a commit added may have been merged into another and removed since. */
  async #unlessGone<T>(reading: Promise<T>): Promise<T | 'gone'> {
    try {
      return await reading;
    } catch (error) {
      if (isCode(error, 'corrupt-record')) return 'gone';
      throw error;
    }
  }

  /** Newest first, as far as they are kept and as they were written: what they repeat is in the records, too. */
  async *#recentCommits(): AsyncGenerator<Commit> {
    const { snapshot } = this.#head;
    const tail = new Map(snapshot.tail.map((known): [number, Commit] => [known.version, known]));
    for (let version = snapshot.version; version >= 0; version--) {
      const found = tail.get(version) ?? await readCommit(this.store, version);
      if (found === undefined || sealOf(found)?.infoHolds === false) return;
      yield found;
    }
  }

  async #auditRows(from: number, to: number, notLaterMicros?: bigint): Promise<Row[]> {
    const rows: Row[] = [];
    for (const add of this.#head.snapshot.files.values()) {
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
    const head = await this.refresh();
    return new Transaction(head, this.environment.uuid(), this.environment.nowMicros(), widen);
  }

  /**
   * Adds the transaction to the log, after whatever others have committed since it began. When this resolves with
   * `committed`, it is on disk. Commits of one process take turns; those of several race for the next version.
   */
  commit(transaction: Transaction, command: readonly string[]): Promise<CommitOutcome> {
    const outcome = this.#queue.then(() => this.#commit(transaction, command));
    this.#queue = outcome.catch(() => undefined);
    return outcome;
  }

  /** Runs something that changes the head (maintenance) between the commits of this process. */
  exclusively<T>(work: (head: Head) => Promise<{ readonly head: Head; readonly value: T }>): Promise<T> {
    const done = this.#queue.then(async () => {
      const { head, value } = await work(await this.refresh());
      this.#head = head;
      return value;
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Maintenance by hand: what commits do in small steps, to the end. */
  maintain(storeDirectory: string, options: MaintainOptions): Promise<MaintainReport> {
    return this.exclusively((head) => maintainByHand(this.store, this.reader, this.environment, head, storeDirectory, options));
  }

  async #commit(transaction: Transaction, command: readonly string[]): Promise<CommitOutcome> {
    if (transaction.isEmpty) return { kind: 'unchanged' };
    const footprint = transaction.footprint();
    let checked = transaction.base;
    this.#commits++;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const isNewTurn = this.#crowded > 0 && await this.#takeTurn();
      try {
        // A lone writer is most often the newest: asking again costs more than the rare lost race.
        const isFresh = attempt === 1 && !isNewTurn && this.#head === transaction.base;
        const head = isFresh ? this.#head : await this.refresh();
        const clash = findClash(footprint, await this.#rowsSince(checked, head));
        if (clash !== undefined) return { kind: 'conflict', clash };
        checked = head;
        const facts = await this.#commitAfter(head, transaction, command).catch(schemaClash);
        if (facts instanceof OplogError) return { kind: 'conflict', clash: { txnSeq: head.txnSeq, what: 'columns of the same series' } };
        if (facts !== undefined) {
          this.#crowded = Math.max(0, this.#crowded - 1);
          await this.#maintain();
          return { kind: 'committed', facts };
        }
      } finally {
        this.#endTurnUnlessNext();
      }
      this.#crowded = CROWDED_COMMITS;
      if (this.#turn === undefined) await backOff(attempt, this.environment.uuid());
    }
    return { kind: 'conflict', clash: { txnSeq: this.#head.txnSeq, what: `the turn to commit, lost ${MOST_ATTEMPTS} times` } };
  }

  async #maintain(): Promise<void> {
    const isCrowded = this.#crowded > 0;
    // Others need not wait for it.
    if (isCrowded && isMaintenanceDue(this.#head, isCrowded)) this.#endTurn();
    this.#head = await maintainAfterCommit(this.store, this.reader, this.environment, this.#head, isCrowded);
  }

  /** @returns false when this process has it still, so that nobody else has committed since */
  async #takeTurn(): Promise<boolean> {
    if (this.#held?.mayGoOn() === true) return false;
    this.#endTurn();
    this.#held = await this.#turn?.take(async () => {
      this.#head = await adoptState(this.store, this.reader, await this.refresh());
    });
    if (this.#held?.isCrowded === true) this.#crowded = CROWDED_COMMITS;
    return true;
  }

  /** A program that writes one transaction after the other begins the next before the event loop comes round. */
  #endTurnUnlessNext(): void {
    const commits = this.#commits;
    if (this.#held === undefined) return;
    setImmediate(() => {
      if (this.#commits === commits) this.#endTurn();
    });
  }

  #endTurn(): void {
    this.#held?.end();
    this.#held = undefined;
  }

  /** Tries to be the commit right after `head`; undefined when another one was faster. */
  async #commitAfter(head: Head, transaction: Transaction, command: readonly string[]): Promise<TransactionFacts | undefined> {
    const { environment, store } = this;
    const now = environment.nowMicros();
    const timestampMicros = now > head.timestampMicros ? now : head.timestampMicros + 1n;
    const facts: TransactionFacts = {
      txnSeq: head.txnSeq + 1, uuid: transaction.uuid, command, user: environment.user, host: environment.host,
      startedMicros: transaction.startedMicros, timestampMicros,
      durationMicros: Math.max(0, Number(now - transaction.startedMicros)), changes: transaction.counts(), pondId: head.pondId,
    };
    const rows = [...await transaction.rows(head.view, facts.txnSeq, timestampMicros), transactionRow(facts)];
    const nowMillis = Number(timestampMicros / 1000n);
    const { add, records, durable } = await writeDataFile(
      store, rows, { codec: 'snappy', tier: 0, uuid: environment.uuid(), nowMillis, dataChange: true },
    );
    const payload = encodePayload(rows);
    const actions = await linkedActions(
      store, head.snapshot,
      {
        timestamp: nowMillis, operation: 'WRITE', operationParameters: { mode: 'Append' }, isBlindAppend: true, engineInfo: ENGINE,
        txnId: environment.uuid(),
      },
      memberOf(facts, payload), [{ kind: 'txn', txn: txnOf(facts) }, { kind: 'add', add }],
    );
    const result = await commit(store, head.snapshot, actions, durable);
    if (result.kind === 'conflict') {
      await durable;
      await store.delete(add.path);
      return undefined;
    }
    this.reader.remember(add, records);
    this.#head = headAfter(head, result.snapshot, layerOf(facts, rows, payload !== undefined));
    return facts;
  }

  async #rowsSince(from: Head, to: Head): Promise<Row[]> {
    const since = to.layers.filter(({ facts }) => facts.txnSeq > from.txnSeq);
    if (since.length === to.txnSeq - from.txnSeq && since.every(({ isLight }) => isLight)) return since.flatMap((layer) => layer.rows);
    const rows: Row[] = [];
    const tail = new Map(to.snapshot.tail.map((known): [number, Commit] => [known.version, known]));
    for (let version = from.snapshot.version + 1; version <= to.snapshot.version; version++) {
      const found = tail.get(version) ?? await readCommit(this.store, version);
      const transaction = found === undefined ? 'gone' : await this.#unlessGone(transactionOf(this.reader, found));
      if (transaction === 'gone') return this.#rowsBetween(from, to);
      if (transaction !== undefined) rows.push(...transaction.rows);
    }
    return rows;
  }

  /** The same from the data files that there are now: merging keeps every row. */
  async #rowsBetween(from: Head, to: Head): Promise<Row[]> {
    const rows: Row[] = [];
    for (const add of to.snapshot.files.values()) {
      if (dataFileFacts(add).txnMax <= from.txnSeq) continue;
      for (const row of await this.reader.rows(add, { txnAtMost: to.txnSeq })) if (row.txnSeq > from.txnSeq) rows.push(row);
    }
    return rows;
  }
}

export function viewOf(head: Head): OplogView {
  const { view, txnSeq, timestampMicros } = head;
  return { ...view, txnSeq, timestampMicros, files: head.snapshot.files };
}

/** What others have appended has columns that contradict those of this transaction. */
function schemaClash(error: unknown): OplogError {
  if (isCode(error, 'schema-clash')) return error;
  throw error;
}

/** Waits a random time that grows with the attempts, so that racing writers spread out; the bits of a UUID are the dice. */
async function backOff(attempt: number, uuid: string): Promise<void> {
  const dice = Number.parseInt(uuid.slice(-6), 16) / 0x1000000;
  await new Promise((resolve) => setTimeout(resolve, dice * Math.min(attempt, 12)));
}
