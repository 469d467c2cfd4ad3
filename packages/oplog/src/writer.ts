import { commit, type HeldTurn, type Turn } from '@duckpond/delta';
import { transactionRow, type TransactionFacts, withUuid } from './commit-info.ts';
import { type Clash, findClash } from './conflict.ts';
import { memberOf, txnOf } from './create-oplog.ts';
import { writeDataFile } from './data-file-write.ts';
import { ENGINE } from './environment.ts';
import { isCode, OplogError } from './errors.ts';
import { linkedActions } from './hash-chain.ts';
import { type Head, headAfter, layerOf } from './head.ts';
import { type LiveLog, refreshHead } from './live-log.ts';
import { adoptState, isMaintenanceDue, maintainAfterCommit } from './maintenance.ts';
import { maintainByHand, type MaintainOptions, type MaintainReport } from './maintain-by-hand.ts';
import { encodePayload } from './payload.ts';
import { rowsSince } from './rows-since.ts';
import type { WidenType } from './tabular.ts';
import { Transaction } from './transaction.ts';

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly facts: TransactionFacts }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'conflict'; readonly clash: Clash };

/** A writer gives up after so many lost races; each one means that another writer got through. */
const MOST_ATTEMPTS = 1000;
/** After a lost race a writer asks for its turn for so many commits. */
const CROWDED_COMMITS = 32;

/** The one way to add to the log of a pond. */
export class Writer {
  readonly #log: LiveLog;
  readonly #turn: Turn | undefined;
  /** The commits of this process, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** For how many more commits this process asks for the turn, because it has lost races. */
  #crowded = 0;
  /** The turn while this process has it, which is for as long as one commit follows the other. */
  #held: HeldTurn | undefined;
  #commits = 0;

  constructor(log: LiveLog, turn: Turn | undefined) {
    this.#log = log;
    this.#turn = turn;
  }

  async begin(widen?: WidenType): Promise<Transaction> {
    const head = await refreshHead(this.#log);
    return new Transaction(head, this.#log.environment.nowMicros(), widen);
  }

  commit(transaction: Transaction, command: readonly string[]): Promise<CommitOutcome> {
    const outcome = this.#queue.then(() => this.#commit(transaction, command));
    this.#queue = outcome.catch(() => undefined);
    return outcome;
  }

  /** Maintenance by hand, between the commits of this process. */
  maintain(storeDirectory: string, options: MaintainOptions): Promise<MaintainReport> {
    const { store, reader, environment } = this.#log;
    const done = this.#queue.then(async () => {
      const { head, value } = await maintainByHand(store, reader, environment, await refreshHead(this.#log), storeDirectory, options);
      this.#log.head = head;
      return value;
    });
    this.#queue = done.catch(() => undefined);
    return done;
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
        const isFresh = attempt === 1 && !isNewTurn && this.#log.head === transaction.base;
        const head = isFresh ? this.#log.head : await refreshHead(this.#log);
        const clash = findClash(footprint, await rowsSince(this.#log, checked, head));
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
      if (this.#turn === undefined) await backOff(attempt, this.#log.environment.uuid());
    }
    return { kind: 'conflict', clash: { txnSeq: this.#log.head.txnSeq, what: `the turn to commit, lost ${MOST_ATTEMPTS} times` } };
  }

  async #maintain(): Promise<void> {
    const { store, reader, environment } = this.#log;
    const isCrowded = this.#crowded > 0;
    // Others need not wait for it.
    if (isCrowded && isMaintenanceDue(this.#log.head, isCrowded)) this.#endTurn();
    this.#log.head = await maintainAfterCommit(store, reader, environment, this.#log.head, isCrowded);
  }

  /** @returns false when this process has it still, so that nobody else has committed since */
  async #takeTurn(): Promise<boolean> {
    if (this.#held?.mayGoOn() === true) return false;
    this.#endTurn();
    this.#held = await this.#turn?.take(async (isNext) => {
      const head = await refreshHead(this.#log);
      this.#log.head = isNext ? await adoptState(this.#log.store, this.#log.reader, head) : head;
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
    const { environment, store } = this.#log;
    const now = environment.nowMicros();
    const timestampMicros = now > head.timestampMicros ? now : head.timestampMicros + 1n;
    const facts = withUuid({
      txnSeq: head.txnSeq + 1, command, user: environment.user, host: environment.host,
      startedMicros: transaction.startedMicros, timestampMicros,
      durationMicros: Math.max(0, Number(now - transaction.startedMicros)), changes: transaction.counts(), pondId: head.pondId,
    });
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
    this.#log.reader.remember(add, records);
    this.#log.head = headAfter(head, result.snapshot, layerOf(facts, rows, payload !== undefined));
    return facts;
  }
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
