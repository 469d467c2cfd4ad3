import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  createOplog, type LocalIo, nodeIo, openLocalStore, type Row, SETTINGS_ID, storageError, supportsHardLinks, SYSTEM_PART,
} from '@duckpond/oplog';
import { ROOT_ID } from '@duckpond/tinyfs';
import { realEnvironment } from './environment.ts';
import { PondError } from './errors.ts';
import { isThere, openPond, STORE_DIRECTORY } from './open-pond.ts';
import type { CreateOptions, Pond } from './pond.ts';

/**
 * Makes a pond in a missing or empty directory; what a killed `createPond` left behind counts as empty.
 *
 * @throws PondError `pond-exists`, `not-empty`, `no-hard-links`
 */
export async function createPond(directory: string, options: CreateOptions = {}, io: LocalIo = nodeIo): Promise<Pond> {
  const environment = options.environment ?? realEnvironment();
  await assertVacant(directory, io);
  const store = join(directory, STORE_DIRECTORY);
  makeDurable(resolve(directory), io);
  makeDurable(resolve(store), io);
  if (!await supportsHardLinks(store, io)) {
    throw new PondError(
      'no-hard-links', `Cannot make a pond at "${directory}": its file system has no hard links, which the commit of a transaction needs`,
      { directory },
    );
  }
  const created = environment.nowMicros();
  const done = await createOplog(openLocalStore(store, io), environment, {
    pondId: environment.uuid(),
    configuration: {
      'duckpond.created': created.toString(),
      'duckpond.user': environment.user,
      'duckpond.host': environment.host,
      'duckpond.birthplace': options.birthplace ?? '',
    },
    command: options.command ?? [],
    firstRows,
  });
  if (!done) throw exists(directory);
  return openPond(directory, { environment }, io);
}

/**
 * Makes a directory and those above it. The names survive a power cut, also that of one whose maker was killed before it could
 * see to that.
 */
function makeDurable(directory: string, io: LocalIo): void {
  const parent = dirname(directory);
  const isThere = existsSync(directory);
  if (!isThere) {
    if (!existsSync(parent)) makeDurable(parent, io);
    try {
      io.mkdir(directory);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw storageError(error, 'make directory', directory);
    }
  }
  try {
    io.fsyncDirectory(parent);
  } catch (error) {
    // A directory that was given to us may be in one that we may not read.
    if (!isThere || codeOf(error) !== 'EACCES') throw storageError(error, 'make directory', directory);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** An empty root directory and no settings of its own. */
function firstRows(txnSeq: number, timestampMicros: bigint): Row[] {
  const place = { txnSeq, timestampMicros, recordKind: 'node', version: 1 } as const;
  return [
    { ...place, partId: SYSTEM_PART, nodeId: SETTINGS_ID, entry: { kind: 'settings' } },
    { ...place, partId: ROOT_ID, nodeId: ROOT_ID, entry: { kind: 'directory' } },
  ];
}

async function assertVacant(directory: string, io: LocalIo): Promise<void> {
  if (!isThere(directory)) return;
  if (!statSync(directory).isDirectory()) {
    throw new PondError(
      'not-empty', `Cannot make a pond at "${directory}": there is a file, a missing or empty directory was wanted`, { directory },
    );
  }
  const store = join(directory, STORE_DIRECTORY);
  const names = namesIn(directory);
  if (names.includes(STORE_DIRECTORY) && namesIn(join(store, '_delta_log')).some((name) => COMMIT.test(name))) {
    throw await isOfSomethingElse(directory, io)
      ? notEmpty(directory, `a Delta table of something else in "${STORE_DIRECTORY}"`) : exists(directory);
  }
  const strange = names.find((name) => name !== STORE_DIRECTORY) ?? strangeIn(store);
  if (strange !== undefined) throw notEmpty(directory, `"${strange}" in it`);
}

/** The name of a commit or of a checkpoint: no killed `createPond` leaves one. */
const COMMIT = /^\d{20}\./;

/** The names in a directory; none when there is no such directory. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw storageError(error, 'list', directory);
  }
}

async function isOfSomethingElse(directory: string, io: LocalIo): Promise<boolean> {
  try {
    await openPond(directory, {}, io);
    return false;
  } catch (error) {
    return codeOf(error) === 'not-a-pond';
  }
}

function notEmpty(directory: string, what: string): PondError {
  return new PondError(
    'not-empty', `Cannot make a pond at "${directory}": it has ${what}, a missing or empty directory was wanted`, { directory },
  );
}

/** The first name in a store that no killed `createPond` can have left. */
function strangeIn(store: string): string | undefined {
  const leftover = /^(\..*\.tmp|part-[0-9a-f-]{36}\.snappy\.parquet|_delta_log)$/;
  const strange = namesIn(store).find((name) => !leftover.test(name));
  if (strange !== undefined) return join(STORE_DIRECTORY, strange);
  const inLog = namesIn(join(store, '_delta_log')).find((name) => !/^\..*\.tmp$/.test(name));
  return inLog === undefined ? undefined : join(STORE_DIRECTORY, '_delta_log', inLog);
}

function exists(directory: string): PondError {
  return new PondError('pond-exists', `Cannot make a pond at "${directory}": Pond already exists`, { directory });
}
