import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openLocalStore } from '@duckpond/delta';
import { type Environment, Oplog } from '@duckpond/oplog';
import { indexOf } from '../backup/backup-index.ts';
import { entriesOf, newestEntry, readEntry } from '../backup/backup-log.ts';
import type { Opener } from '../backup/cipher.ts';
import { fieldsOf, parseDocument } from '../backup/decode.ts';
import type { ReadEntry } from '../backup/entry.ts';
import { createFetcher, type Loss } from '../backup/fetch-files.ts';
import { openStagingDirectory, type StagingDirectory } from '../backup/staging-directory.ts';
import { blobsOfRecords } from '../backup/wanted-blobs.ts';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { overlayStores } from './overlay-store.ts';

/** A copy of another pond's store in the cache of this one: only read, renewed by pulls, and gone whenever someone wants room. */

export interface ReplicaState {
  readonly pondId: string;
  readonly txnSeq: number;
  /** The entry of the backup that it shows. */
  readonly sequence: number;
  readonly entrySha256: string;
}

export interface PullOptions {
  readonly store: RemoteStore;
  readonly opener: Opener;
  /** Of the replica. */
  readonly directory: string;
  readonly environment: Environment;
  readonly dryRun?: boolean;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface PullReport {
  readonly outcome: 'pulled' | 'unchanged' | 'would-pull';
  readonly txnSeq: number;
  readonly files: number;
  readonly blobs: number;
  readonly bytes: number;
}

const STATE = 'state.json';

/** Where the cache of a pond has the replica of an import: below what queries may read. */
export function replicaDirectory(computedCache: string, name: string): string {
  return join(computedCache, `import-${name}`);
}

export async function readReplicaState(directory: string): Promise<ReplicaState | undefined> {
  try {
    const fields = fieldsOf(parseDocument(await readFile(join(directory, STATE)), STATE), STATE);
    return {
      pondId: fields.text('pondId'), txnSeq: fields.integer('txnSeq'), sequence: fields.integer('sequence'),
      entrySha256: fields.text('entrySha256'),
    };
  } catch {
    return undefined; // Never pulled, or the cache was emptied.
  }
}

/**
 * Brings a replica to the newest state of a backup. What is new is fetched and compared with its hashes first, then the commits appear,
 * oldest first: whoever reads the replica meanwhile sees one state or the other.
 *
 * @throws RemoteError `not-found` when nothing was pushed, `missing-object`
 */
export async function pullReplica(options: PullOptions): Promise<PullReport> {
  const { store, opener, directory, environment } = options;
  const newest = await newestEntry(store);
  if (newest === undefined) {
    throw new RemoteError(
      'not-found', `Cannot pull "${store.label}": nothing was ever pushed to it, a backup was wanted`, { label: store.label },
    );
  }
  const state = await usableState(store, directory, newest);
  const { to, pondId, sequence } = newest.entry;
  const report = { txnSeq: to.txnSeq, files: 0, blobs: 0, bytes: 0 };
  if (state?.entrySha256 === newest.sha256) return { ...report, outcome: 'unchanged' };
  if (options.dryRun === true) return { ...report, outcome: 'would-pull' };
  // Of another pond, or of a history that was made again: nothing of it can stay.
  if (state === undefined) await rm(directory, { recursive: true, force: true });

  const place = join(directory, 'store');
  const incoming = openStagingDirectory(join(directory, 'incoming'));
  await mkdir(incoming.directory, { recursive: true });
  await mkdir(place, { recursive: true });
  const index = indexOf(await entriesOf(store, newest));
  const fresh = [];
  for (const file of index?.files.values() ?? []) if (!await isThere(join(place, file.path), file.sizeBytes)) fresh.push(file);
  let bytes = 0;
  let totalBytes = fresh.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const fetcher = createFetcher(store, opener, incoming, (count) => {
    bytes += count;
    options.onProgress?.(bytes, totalBytes);
  });
  assertWhole(store, await fetcher.fetch(fresh));
  const both = overlayStores(openLocalStore(incoming.directory), openLocalStore(place));
  const oplog = await Oplog.open(both, environment);
  const live = new Set([...oplog.head.snapshot.files.keys()]);
  const blobs = [];
  for (const blob of (await blobsOfRecords(oplog, state?.txnSeq ?? 0)).values()) {
    if (!await isThere(join(place, blob.path), blob.sizeBytes)) blobs.push(blob);
  }
  totalBytes = bytes + blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const needed = new Set(blobs.filter(({ isNeeded }) => isNeeded).map(({ path }) => path));
  assertWhole(store, (await fetcher.fetchBlobs(blobs)).filter(({ files }) => files.some((path) => needed.has(path))));
  await takeIn(incoming, place, live);
  await writeState(directory, { pondId, txnSeq: to.txnSeq, sequence, entrySha256: newest.sha256 }, environment.uuid());
  return { outcome: 'pulled', txnSeq: to.txnSeq, files: fresh.length, blobs: blobs.length, bytes };
}

/** What is known of the replica, as long as the backup still is what it came from. */
async function usableState(store: RemoteStore, directory: string, newest: ReadEntry): Promise<ReplicaState | undefined> {
  const state = await readReplicaState(directory);
  if (state === undefined || state.pondId !== newest.entry.pondId || state.sequence > newest.entry.sequence) return undefined;
  if (state.sequence === newest.entry.sequence) return state.entrySha256 === newest.sha256 ? state : undefined;
  const then = await readEntry(store, state.sequence);
  // One that was pruned says nothing; the history goes on from it all the same when the commit that it ended with is the same.
  return then === undefined || then.sha256 === state.entrySha256 ? state : undefined;
}

/** Data files and blobs, then checkpoints, then commits from the oldest on. */
async function takeIn(incoming: StagingDirectory, place: string, live: ReadonlySet<string>): Promise<void> {
  const paths: string[] = [];
  for await (const path of incoming.list()) if (path.startsWith('_') || live.has(path)) paths.push(path);
  const rank = (path: string): number => (!path.startsWith('_delta_log/') ? 0 : path.endsWith('.json') ? 2 : 1);
  for (const path of paths.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    await mkdir(dirname(join(place, path)), { recursive: true });
    await rename(join(incoming.directory, path), join(place, path));
  }
  await rm(incoming.directory, { recursive: true, force: true });
}

async function isThere(file: string, sizeBytes: number): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.size === sizeBytes;
}

function assertWhole(store: RemoteStore, losses: readonly Loss[]): void {
  const [first] = losses;
  const more = losses.length > 1 ? `; and ${losses.length - 1} more` : '';
  if (first === undefined) return;
  throw new RemoteError(
    'missing-object', `Cannot pull "${store.label}": "${first.object}": ${first.why}${more}`,
    { losses },
  );
}

async function writeState(directory: string, state: ReplicaState, uuid: string): Promise<void> {
  await writeFile(join(directory, `${uuid}.tmp`), JSON.stringify(state));
  await rename(join(directory, `${uuid}.tmp`), join(directory, STATE));
}

