import { join } from 'node:path';
import { openLocalStore } from '@duckpond/delta';
import { type Environment, Oplog } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { indexOf } from './backup-index.ts';
import { entriesOf, newestEntry, readNext } from './backup-log.ts';
import type { Opener } from './cipher.ts';
import { createDiscard } from './discard-directory.ts';
import type { ReadEntry } from './entry.ts';
import { createFetcher } from './fetch-files.ts';
import { assertContinues } from './history-check.ts';
import { assertOwn, readIdentity } from './identity.ts';
import { FILES_PREFIX, PACKS_PREFIX, parseFilePath } from './layout.ts';
import { blobsOfRecords } from './wanted-blobs.ts';

export interface VerifyOptions {
  /** Of the pond that the backup is compared with. */
  readonly directory: string;
  readonly store: RemoteStore;
  /** Names blobs; for `data` it must open what it has sealed, too. */
  readonly opener: Opener | { readonly nameOf: (sha256: string) => string };
  /** Reads every byte of the newest state, instead of looking only whether it is there. */
  readonly data?: boolean;
  readonly environment: Environment;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface VerifyReport {
  /** What is wrong, a sentence each; none when the newest state can be restored. */
  readonly problems: readonly string[];
  readonly sequence: number;
  readonly txnSeq: number;
  /** How many transactions the pond is ahead. */
  readonly lag: number;
  readonly packs: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly isDataRead: boolean;
}

/**
 * Compares a backup with its pond: the chain of entries, every object of the newest state by name and size, and that both have one
 * history; with `data` every byte too.
 *
 * @throws RemoteError `not-a-backup`, `foreign-pond`, `unavailable`; damage is told in the report
 */
export async function verifyBackup(options: VerifyOptions): Promise<VerifyReport> {
  const { directory, store, environment } = options;
  const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
  assertOwn(store, await readIdentity(store), oplog.head.pondId);
  const problems: string[] = [];
  const report = { sequence: -1, txnSeq: 0, lag: oplog.head.txnSeq, packs: 0, blobs: 0, bytes: 0, isDataRead: options.data === true };
  const entries = await told(problems, () => chain(store));
  const newest = entries?.at(-1);
  if (entries === undefined || newest === undefined) {
    if (problems.length === 0) problems.push('Nothing was pushed yet');
    return { ...report, problems };
  }
  const { to, sequence } = newest.entry;
  await told(problems, () => assertContinues(oplog, to, store.label));
  const index = indexOf(entries);
  const files = [...index?.files.values() ?? []];
  const there = await sizes(store, PACKS_PREFIX);
  const objects = await sizes(store, FILES_PREFIX);
  const packSizes = new Map(entries.flatMap(({ entry }) => entry.packs.map(({ path, sizeBytes }): [string, number] => [path, sizeBytes])));
  const places = new Set(files.map(({ place }) => place));
  for (const place of places) {
    const sizeBytes = (place.startsWith(PACKS_PREFIX) ? there : objects).get(place);
    const wanted = packSizes.get(place);
    if (sizeBytes === undefined) problems.push(`"${place}" is missing`);
    else if (wanted !== undefined && wanted !== sizeBytes) problems.push(`"${place}" has ${sizeBytes} bytes, ${wanted} were written`);
  }
  const names = new Set([...objects.keys()].map((path) => parseFilePath(path)?.name));
  const blobs = [...(await blobsOfRecords(oplog, 0, to.txnSeq)).values()].filter(({ isNeeded }) => isNeeded);
  for (const { path, sha256 } of blobs) {
    const name = options.opener.nameOf(sha256);
    if (!names.has(name)) problems.push(`"${FILES_PREFIX}${name}" is missing, which is "store/${path}" of the pond`);
  }
  let bytes = [...places].reduce((sum, place) => sum + (there.get(place) ?? objects.get(place) ?? 0), 0);
  if (options.data === true && 'open' in options.opener && problems.length === 0) {
    let doneBytes = 0;
    const totalBytes = [...files, ...blobs].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const fetcher = createFetcher(store, options.opener, createDiscard(), (count) => {
      doneBytes += count;
      options.onProgress?.(doneBytes, totalBytes);
    });
    for (const { object, why } of [...await fetcher.fetch(files), ...await fetcher.fetchBlobs(blobs)]) problems.push(`"${object}": ${why}`);
    bytes = doneBytes;
  }
  const lag = Math.max(0, oplog.head.txnSeq - to.txnSeq);
  return { ...report, problems, sequence, txnSeq: to.txnSeq, lag, packs: places.size, blobs: blobs.length, bytes };
}

/** The entries that the newest state needs, each following the one before. */
async function chain(store: RemoteStore): Promise<ReadEntry[]> {
  const newest = await newestEntry(store);
  if (newest === undefined) return [];
  const after = await readNext(store, newest);
  return entriesOf(store, after ?? newest);
}

/** What is wrong with the backup is told, what keeps us from asking is thrown. */
async function told<T>(problems: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code === 'unavailable' || error.code === 'refused') throw error;
    problems.push(error.message);
    return undefined;
  }
}

async function sizes(store: RemoteStore, prefix: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { path, sizeBytes } of store.list(prefix)) found.set(path, sizeBytes);
  return found;
}
