import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createLocalTurn, type LocalIo, nodeIo, Oplog, OplogError, type OplogView, openLocalStore, storageError, type Transaction,
  type TransactionFacts, viewOf,
} from '@duckpond/oplog';
import { openFs, openWritableFs } from '@duckpond/tinyfs';
import { diffTrees } from './diff.ts';
import { isProcessAlive, realEnvironment } from './environment.ts';
import { PondError } from './errors.ts';
import { maintainPond } from './maintain.ts';
import { createNodeReader } from './node-reader.ts';
import { createNodeWriter } from './node-writer.ts';
import type { At, OpenOptions, Pond, PondIdentity, TransactionInfo, WriteResult } from './pond.ts';
import { recordsOf } from './records.ts';
import { revertFile, revertTree } from './revert.ts';
import { relationOf } from './relation.ts';
import { createRunMaker } from './run-maker.ts';
import { mayBeDue } from './run-plan.ts';
import type { RunWorkshop } from './runs.ts';
import { readSettings, writeSetting } from './settings.ts';
import { createSqlRunner } from './sql.ts';
import { pondStatus } from './status.ts';
import { pathTransactions } from './path-log.ts';
import { widenType } from './widen-type.ts';

/** Where in a pond its Delta table is. */
export const STORE_DIRECTORY = 'store';

/**
 * Opens a pond for reading and writing.
 *
 * @throws PondError `no-pond`, `unsupported-format`; OplogError `not-a-pond`; DeltaError when the log cannot be read
 */
export async function openPond(directory: string, options: OpenOptions = {}, io?: LocalIo): Promise<Pond> {
  const store = join(directory, STORE_DIRECTORY);
  if (!isThere(join(store, '_delta_log'))) throw noPond(directory);
  const environment = options.environment ?? realEnvironment();
  const turn = createLocalTurn(store, io ?? nodeIo, {
    nowMillis: () => Number(environment.nowMicros() / 1000n),
    isAlive: isProcessAlive,
  });
  const oplog = await Oplog.open(openLocalStore(store, io), environment, turn).catch((error: unknown) => {
    // A log without a commit is what a killed `createPond` leaves: it can be made again.
    throw isWithoutCommit(error) ? noPond(directory, { cause: error }) : withDirectory(error, directory);
  });
  return makePond(directory, oplog, options);
}

/** Whether there is something of that name. @throws DeltaError `storage` when that may not be known */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false;
    throw storageError(error, 'open', path);
  }
}

function noPond(directory: string, options?: ErrorOptions): PondError {
  return new PondError('no-pond', `Cannot open the pond at "${directory}": Pond does not exist`, { directory }, options);
}

function isWithoutCommit(error: unknown): boolean {
  return error instanceof Error && error.name === 'DeltaError' && 'code' in error && error.code === 'not-a-table';
}

/** The log does not know which pond it is of. */
function withDirectory(error: unknown, directory: string): unknown {
  if (!(error instanceof OplogError)) return error;
  const message = error.message.replace(/^Cannot open the pond:/, `Cannot open "${directory}":`);
  if (error.code === 'unsupported-format') {
    return new PondError('unsupported-format', message, { ...error.data, directory }, { cause: error });
  }
  return error.code === 'not-a-pond' ? new OplogError('not-a-pond', message, { directory }, { cause: error }) : error;
}

/** The pond of an open log; its directory is only asked for what is not in the store. */
export function makePond(directory: string, oplog: Oplog, options: Pick<OpenOptions, 'runMaker'> = {}): Pond {
  const identity = identityOf(oplog);
  const storeDirectory = resolve(directory, STORE_DIRECTORY);
  const cacheDirectory = resolve(directory, 'cache', 'runs');
  const maker = options.runMaker ?? createRunMaker(storeDirectory, cacheDirectory);
  const workshop: RunWorkshop = { oplog, storeDirectory, cacheDirectory, maker };

  async function addDueRuns(transaction: Transaction): Promise<void> {
    for (const fact of transaction.appended()) {
      if (await mayBeDue(transaction, fact)) return (await import('./runs.ts')).addDueRuns(workshop, transaction);
    }
  }

  async function viewAt(at: At | undefined): Promise<OplogView> {
    return oplog.view(at === undefined ? undefined : (await factsAt(at)).txnSeq);
  }

  async function factsAt(at: At): Promise<TransactionFacts> {
    await oplog.refresh();
    return 'txnSeq' in at ? oplog.transactionFacts(at.txnSeq) : oplog.transactionAt(at.timeMicros);
  }

  const sql = createSqlRunner({
    directory, storeDirectory, oplog, viewAt,
    relationOf: (view, file, bounds) => relationOf({ oplog, view, storeDirectory }, file, bounds),
  });

  const pond: Pond = {
    directory,
    identity,

    async read(fn, readOptions) {
      return fn(openFs(createNodeReader(oplog, await viewAt(readOptions?.at))));
    },

    async write(fn, writeOptions) {
      const transaction = await oplog.begin(widenType);
      const value = await fn(openWritableFs(createNodeWriter(oplog, viewOf(transaction.base), transaction)));
      await addDueRuns(transaction);
      return settled(await oplog.commit(transaction, writeOptions?.command ?? []), value);
    },

    async *transactions({ at, path, limit = Number.POSITIVE_INFINITY } = {}) {
      await oplog.refresh();
      const newest = at === undefined ? undefined : (await factsAt(at)).timestampMicros;
      const all = path === undefined ? oplog.transactions(newest) : pathTransactions(oplog, await viewAt(at), path, newest);
      let count = 0;
      if (limit <= 0) return;
      for await (const facts of all) {
        yield facts;
        if (++count >= limit) return;
      }
    },

    async transaction(at) {
      await oplog.refresh();
      return factsAt(at ?? { txnSeq: oplog.head.txnSeq });
    },

    async *records(recordOptions = {}) {
      yield* recordsOf(oplog, await viewAt(recordOptions.at), recordOptions);
    },

    async *diff(a, b, pattern) {
      yield* diffTrees(await viewAt(a), await viewAt(b), pattern);
    },

    revert: async (to, revertOptions = {}) => revertTree(pond, oplog, await viewAt(to), revertOptions),
    revertFile: (path, version, writeOptions = {}) => revertFile(pond, oplog, path, version, writeOptions),

    sql: (script, sqlOptions = {}) => sql.query(script, sqlOptions),
    explain: (script, explainOptions = {}) => sql.explain(script, explainOptions),
    sqlParquet: (script, parquetOptions = {}) => sql.parquet(script, parquetOptions),

    settings: async () => readSettings(await oplog.view()),
    async setSetting(key, value, writeOptions) {
      const transaction = await oplog.begin();
      await writeSetting(transaction, oplog.environment.nowMicros(), key, value);
      return settled(await oplog.commit(transaction, writeOptions?.command ?? []), undefined);
    },

    status: () => pondStatus(oplog, identity),
    maintain: (maintainOptions = {}) => maintainPond(workshop, maintainOptions),
    async fsck(fsckOptions = {}) {
      const { fsckStore } = await import('./fsck/fsck.ts');
      return fsckStore(oplog.store, storeDirectory, fsckOptions, oplog.environment);
    },
    close: () => {
      maker.close();
      return sql.close();
    },
  };
  return pond;
}

function settled<T>(outcome: Awaited<ReturnType<Oplog['commit']>>, value: T): WriteResult<T> {
  switch (outcome.kind) {
    case 'committed': return { value, transaction: outcome.facts satisfies TransactionInfo };
    case 'unchanged': return { value, transaction: undefined };
    case 'conflict': throw new PondError(
      'conflict', `Cannot commit: transaction ${outcome.clash.txnSeq} of another writer changed ${outcome.clash.what}`,
      { ...outcome.clash },
    );
  }
}

function identityOf(oplog: Oplog): PondIdentity {
  const { configuration } = oplog.head.snapshot.metadata;
  const created = configuration['duckpond.created'] ?? '0';
  return {
    id: oplog.head.pondId,
    createdMicros: /^\d+$/.test(created) ? BigInt(created) : 0n,
    user: configuration['duckpond.user'] ?? '',
    host: configuration['duckpond.host'] ?? '',
    birthplace: configuration['duckpond.birthplace'] ?? '',
    format: Number(configuration['duckpond.format']),
  };
}
