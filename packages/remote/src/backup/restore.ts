import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commitPath, decodeCommit, listLog, openLocalStore, openSnapshot } from '@duckpond/delta';
import { type Environment, Oplog } from '@duckpond/oplog';
import { type At, fsckPondDirectory } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { type BackupIndex, indexAfter, indexOf } from './backup-index.ts';
import { entriesOf, needEntry } from './backup-log.ts';
import type { Opener } from './cipher.ts';
import type { ReadEntry } from './entry.ts';
import { createFetcher, type Loss } from './fetch-files.ts';
import { olderState } from './older-state.ts';
import { sha256Of } from './pack.ts';
import { findState, type FoundState } from './find-state.ts';
import { fsync, openStagingDirectory, type StagingDirectory } from './staging-directory.ts';
import { blobsOfRecords } from './wanted-blobs.ts';

export interface RestoreOptions {
  readonly store: RemoteStore;
  readonly opener: Opener;
  /** Where the pond is to be: missing, empty, or what a restore that was interrupted left. */
  readonly directory: string;
  /** The newest state unless given. */
  readonly at?: At;
  /** Makes a pond also of what cannot be had in full. */
  readonly partial?: boolean;
  readonly environment: Environment;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface RestoreReport {
  readonly pondId: string;
  readonly txnSeq: number;
  readonly deltaVersion: number;
  /** Undefined when something is missing from the newest tree. */
  readonly contentRoot: string | undefined;
  readonly files: number;
  readonly blobs: number;
  readonly bytes: number;
  /** What could not be had; empty unless `partial`. */
  readonly losses: readonly Loss[];
}

/** Where a restore puts things together; the pond appears when all is there. */
const STAGING = '.restore';
const BLOBS = '_blobs/';

/**
 * Makes a pond out of a backup: every byte is compared with the hash that was taken when it was written, and the result is checked as
 * `fsck` does, before it gets its name.
 *
 * @throws RemoteError `exists`, `not-found` (no such state), `missing-object` saying what is missing and what can still be had
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { store, opener, directory, environment } = options;
  await assertVacant(directory);
  const target = await findState(store, options.at);
  const index = await indexFor(store, target);

  const staging = openStagingDirectory(join(directory, STAGING, 'store'));
  await mkdir(staging.directory, { recursive: true });
  // What is left of an attempt at another state.
  await keepOnly(staging, (path) => index.files.has(path) || path.startsWith(BLOBS));
  let doneBytes = 0;
  let totalBytes = [...index.files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const fetcher = createFetcher(store, opener, staging, (count) => {
    doneBytes += count;
    options.onProgress?.(doneBytes, totalBytes);
  });
  const losses = [...await fetcher.fetch([...index.files.values()])];
  const isOfLog = ({ files: lost }: Loss): boolean => lost.some((path) => path.startsWith('_delta_log/'));
  if (losses.some(isOfLog)) throw await lossError(store, losses, target, directory);
  const deltaVersion = await cutLog(staging, target.entry, target.txnSeq, store);
  const local = openLocalStore(staging.directory);
  const { files } = await openSnapshot(local, { version: deltaVersion }).catch((error: unknown) => {
    throw target.txnSeq < target.entry.entry.to.txnSeq ? inexact(store, target.entry, target.txnSeq, undefined) : error;
  });
  // Files of versions in between are no part of the state; that some of them are gone does not matter.
  const live = [...files.values()];
  const missing = live.filter(({ path }) => !index.files.has(path));
  if (missing.length > 0) throw inexact(store, target.entry, target.txnSeq, missing.length);
  const relevant = losses.filter((loss) => loss.files.some((path) => files.has(path)));
  if (relevant.length > 0) throw await lossError(store, relevant, target, directory);
  await keepOnly(staging, (path) => path.includes('/') || files.has(path));

  const oplog = await Oplog.open(local, environment);
  const blobs = [...(await blobsOfRecords(oplog, 0)).values()];
  totalBytes = doneBytes + blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const named = new Set(blobs.map(({ path }) => path));
  await keepOnly(staging, (path) => !path.startsWith(BLOBS) || named.has(path));
  const needed = new Set(blobs.filter(({ isNeeded }) => isNeeded).map(({ path }) => path));
  const lostBlobs = (await fetcher.fetchBlobs(blobs)).filter((loss) => loss.files.some((path) => needed.has(path)));
  if (lostBlobs.length > 0 && options.partial !== true) throw await lossError(store, lostBlobs, target, directory);

  const { faults, contentRoot } = await fsckPondDirectory(join(directory, STAGING), { quick: true }, environment);
  const damage = faults.filter(({ severity }) => severity !== 'derived');
  if (damage.length > 0 && options.partial !== true) {
    throw new RemoteError(
      'corrupt-object', `Cannot restore "${store.label}": ${damage[0]?.message ?? ''}, a pond without damage was wanted`,
      { faults: damage },
    );
  }
  await staging.sync();
  await settle(directory);
  return {
    pondId: oplog.head.pondId, txnSeq: oplog.head.txnSeq, deltaVersion, contentRoot: lostBlobs.length > 0 ? undefined : contentRoot,
    files: live.length, blobs: blobs.length, bytes: doneBytes, losses: lostBlobs,
  };
}

/** What the state needs is where. What leads to a base from the entry before is in it, too. */
async function indexFor(store: RemoteStore, { entry: read, txnSeq }: FoundState): Promise<BackupIndex> {
  const { entry } = read;
  const isBetween = entry.isBase && entry.sequence > 0 && txnSeq < entry.to.txnSeq;
  const index = isBetween
    ? indexAfter(await indexBefore(store, entry.sequence), { ...read, entry: { ...entry, isBase: false } })
    : indexOf(await entriesOf(store, read));
  if (index === undefined) throw new TypeError('A state has at least one entry');
  return index;
}

async function indexBefore(store: RemoteStore, sequence: number): Promise<BackupIndex | undefined> {
  return indexOf(await entriesOf(store, await needEntry(store, sequence - 1)));
}

/** A pond, or anything else, is never written over. */
async function assertVacant(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown): string[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const other = names.find((name) => name !== STAGING);
  if (other === undefined) return;
  const what = other === 'store' ? 'there is a pond already' : `it has "${other}" in it`;
  throw new RemoteError('exists', `Cannot restore into "${directory}": ${what}, a missing or empty directory was wanted`, { directory });
}

/** Takes from the log what came after the transaction. @returns the Delta version that is the newest now */
async function cutLog(
  staging: StagingDirectory, { entry }: ReadEntry, txnSeq: number, store: RemoteStore,
): Promise<number> {
  let last = entry.to.deltaVersion;
  if (txnSeq < entry.to.txnSeq) {
    const local = openLocalStore(staging.directory);
    while (last > entry.fromDeltaVersion) {
      const bytes = await local.get(commitPath(last));
      if (bytes === undefined) throw inexact(store, { entry, sha256: '' }, txnSeq, undefined);
      const { actions } = decodeCommit(last, bytes);
      const txn = actions.find((action) => action.kind === 'txn' && action.txn.appId === `duckpond:${entry.pondId}`);
      if (txn?.kind === 'txn' && Number(txn.txn.version) <= txnSeq) break;
      last--;
    }
    if (last <= entry.fromDeltaVersion) throw inexact(store, { entry, sha256: '' }, txnSeq, undefined);
    for (const { file } of await listLog(local)) if (file.version > last) await staging.remove(file.path);
  } else {
    const commit = await openLocalStore(staging.directory).get(commitPath(last));
    if (commit === undefined || sha256Of(commit) !== entry.to.commitSha256) {
      throw new RemoteError(
        'corrupt-object', `Cannot restore "${store.label}": version ${last} of the log is not the one that was pushed`,
        { label: store.label },
      );
    }
  }
  return last;
}

async function keepOnly(staging: StagingDirectory, isKept: (path: string) => boolean): Promise<void> {
  for await (const path of staging.list()) if (!isKept(path)) await staging.remove(path);
}

function inexact(store: RemoteStore, { entry }: ReadEntry, txnSeq: number, count: number | undefined): RemoteError {
  const why = count === undefined ? 'the log of that time was never pushed' : `${count} data files of that time were never pushed`;
  return new RemoteError(
    'not-found',
    `Cannot restore transaction ${txnSeq} of "${store.label}" exactly: ${why}, a transaction that was pushed was wanted`,
    { label: store.label, txnSeq },
    { hint: `restore transaction ${entry.to.txnSeq} with --at ${entry.to.txnSeq}; that pond shows the older state with --at ${txnSeq}` },
  );
}

async function lossError(
  store: RemoteStore, losses: readonly Loss[], target: { readonly entry: ReadEntry }, directory: string,
): Promise<RemoteError> {
  const told = losses.slice(0, 3).map(({ object, why }) => `"${object}": ${why}`).join('; ');
  const more = losses.length > 3 ? `; and ${losses.length - 3} more` : '';
  const count = losses.length === 1 ? 'an object' : `${losses.length} objects`;
  const isOnlyBlobs = losses.every(({ files }) => files.every((path) => path.startsWith('_blobs/')));
  const older = await olderState(store, target.entry.entry.sequence, new Set(losses.map(({ object }) => object)));
  const hint = isOnlyBlobs
    ? `all else is in "${join(directory, STAGING)}"; --partial makes a pond of it, and 'pond fsck --verbose' then names what is lost`
    : older === undefined ? 'no older state is whole either: other copies of these objects are needed'
      : `the newest older state that is whole is that of transaction ${older}: --at ${older}`;
  return new RemoteError(
    'missing-object',
    `Cannot restore "${store.label}": ${count} cannot be had: ${told}${more}`,
    { losses }, { hint },
  );
}

/** Gives what was put together its name: from here on there is a pond. */
async function settle(directory: string): Promise<void> {
  await rename(join(directory, STAGING, 'store'), join(directory, 'store'));
  await rm(join(directory, STAGING), { recursive: true, force: true });
  await fsync(directory);
  await fsync(dirname(directory));
}

