import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createLocalTurn, type LocalIo, nodeIo, Oplog, OplogError, type OplogView, openLocalStore, storageError, type TransactionFacts,
} from '@duckpond/oplog';
import { openFs } from '@duckpond/tinyfs';
import { isProcessAlive, realEnvironment } from './environment.ts';
import { computedLater } from './computed-later.ts';
import { PondError } from './errors.ts';
import { createNodeReader } from './node-reader.ts';
import type { At, OpenOptions, Pond, PondIdentity } from './pond.ts';
import type { RunMaker } from './run-maker.ts';
import type { RunWorkshop } from './runs.ts';
import type { SqlRunner } from './sql.ts';

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
  return makePond(directory, oplog, options, io);
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

/**
 * The pond of an open log; its directory is only asked for what is not in the store. What reading the tree and the log
 * does not need is loaded at its first use.
 */
export function makePond(
  directory: string, oplog: Oplog, options: Pick<OpenOptions, 'runMaker' | 'factories' | 'variable' | 'exported'> = {}, io?: LocalIo,
): Pond {
  const identity = identityOf(oplog);
  const factories = options.factories ?? new Map<string, never>();
  const storeDirectory = resolve(directory, STORE_DIRECTORY);
  const cacheDirectory = resolve(directory, 'cache', 'runs');

  let openWorkshop: Promise<RunWorkshop> | undefined;
  const workshop = (): Promise<RunWorkshop> => (openWorkshop ??= makeWorkshop());
  async function makeWorkshop(): Promise<RunWorkshop> {
    const maker: RunMaker = options.runMaker ?? (await import('./run-maker.ts')).createRunMaker(storeDirectory, cacheDirectory);
    return { oplog, storeDirectory, cacheDirectory, maker, ...(io === undefined ? {} : { io }) };
  }

  async function viewAt(at: At | undefined): Promise<OplogView> {
    return oplog.view(at === undefined ? undefined : (await factsAt(at)).txnSeq);
  }

  async function factsAt(at: At): Promise<TransactionFacts> {
    await oplog.refresh();
    return 'txnSeq' in at ? oplog.transactionFacts(at.txnSeq) : oplog.transactionAt(at.timeMicros);
  }

  let openRunner: Promise<SqlRunner> | undefined;
  let isOpen = true;
  const sql = (): Promise<SqlRunner> => (openRunner ??= makeRunner());
  async function makeRunner(): Promise<SqlRunner> {
    if (!isOpen) throw new PondError('closed', 'Cannot query: the pond is closed, an open one was wanted');
    const [{ createSqlRunner }, { relationOf }, { rememberedRelations }] = await Promise.all([
      import('./sql.ts'), import('./relation.ts'), import('./relation-memory.ts'),
    ]);
    return createSqlRunner({
      directory, storeDirectory, oplog, viewAt, factories,
      factoryEnvironment: {
        nowMicros: () => oplog.environment.nowMicros(), variable: options.variable ?? (() => undefined),
        ...(options.exported === undefined ? {} : { exported: options.exported }),
      },
      relationOf: rememberedRelations((view, file, bounds) => relationOf({ oplog, view, storeDirectory }, file, bounds)),
    });
  }

  const pond: Pond = {
    directory,
    identity,

    async read(fn, readOptions) {
      const view = await viewAt(readOptions?.at);
      const stored = createNodeReader(oplog, view);
      return fn(openFs(factories.size === 0 ? stored : computedLater(stored, async () => (await sql()).readerAt(view))));
    },

    async write(fn, writeOptions) {
      const { transact } = await import('./transact.ts');
      return transact(await workshop(), fn, writeOptions?.command ?? []);
    },

    async *transactions({ at, path, limit = Number.POSITIVE_INFINITY } = {}) {
      await oplog.refresh();
      const newest = at === undefined ? undefined : (await factsAt(at)).timestampMicros;
      const all = path === undefined ? oplog.transactions(newest)
        : (await import('./path-log.ts')).pathTransactions(oplog, await viewAt(at), path, newest);
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
      const { recordsOf } = await import('./records.ts');
      yield* recordsOf(oplog, await viewAt(recordOptions.at), recordOptions);
    },

    async *diff(a, b, pattern) {
      const { diffTrees } = await import('./diff.ts');
      yield* diffTrees(await viewAt(a), await viewAt(b), pattern);
    },

    async revert(to, revertOptions = {}) {
      const { revertTree } = await import('./revert.ts');
      return revertTree(pond, oplog, await viewAt(to), revertOptions);
    },
    async revertFile(path, version, writeOptions = {}) {
      const { revertFile } = await import('./revert.ts');
      return revertFile(pond, oplog, path, version, writeOptions);
    },

    sql: async (script, sqlOptions = {}) => (await sql()).query(script, sqlOptions),
    origins: async (targets, originOptions = {}) => (await sql()).origins(targets, originOptions),
    explain: async (script, explainOptions = {}) => (await sql()).explain(script, explainOptions),
    async *sqlParquet(script, parquetOptions = {}) {
      yield* (await sql()).parquet(script, parquetOptions);
    },
    deltaFiles: async (script, deltaOptions) => (await sql()).deltaFiles(script, deltaOptions),

    async settings() {
      const { readSettings } = await import('./settings.ts');
      return readSettings(await oplog.view());
    },
    async setSetting(key, value, writeOptions) {
      const { transactSetting } = await import('./transact.ts');
      return transactSetting(oplog, key, value, writeOptions?.command ?? []);
    },

    async status() {
      const { pondStatus } = await import('./status.ts');
      return pondStatus(oplog, identity);
    },
    async maintain(maintainOptions = {}) {
      const { maintainPond } = await import('./maintain.ts');
      return maintainPond(await workshop(), maintainOptions);
    },
    async fsck(fsckOptions = {}) {
      const { fsckStore } = await import('./fsck/fsck.ts');
      return fsckStore(oplog.store, storeDirectory, fsckOptions, oplog.environment);
    },
    async close() {
      isOpen = false;
      (await openWorkshop)?.maker.close();
      await (await openRunner)?.close();
    },
  };
  return pond;
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
