import { join } from 'node:path';
import { commitPath, openLocalStore } from '@duckpond/delta';
import { type Environment, type Head, Oplog } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { BytesGate, forEachWithin } from './bytes-gate.ts';
import { type BackupIndex, indexAfter, indexOf, onlyFiles } from './backup-index.ts';
import { appendEntry, entriesOf, newestEntry, readNext } from './backup-log.ts';
import type { Sealer } from './cipher.ts';
import type { BackupEntry, PondState, StoredFile } from './entry.ts';
import { createFileSender, type LargeFile } from './file-sender.ts';
import { assertContinues } from './history-check.ts';
import type { IndexCache } from './index-cache.ts';
import { LARGE_FILE_BYTES } from './layout.ts';
import { sha256Of } from './pack.ts';
import { sendPacks } from './pack-sender.ts';
import { assertThere, blobsSince } from './wanted-blobs.ts';
import { wantedFiles, type WantedFile } from './wanted-files.ts';

export interface PushOptions {
  /** Of the pond. */
  readonly directory: string;
  readonly store: RemoteStore;
  readonly sealer: Sealer;
  readonly environment: Environment;
  /** What is known of the backup since the last push; only a shorter way to what the backup says. */
  readonly cache: IndexCache;
  /** Says what would be pushed and sends nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface PushReport {
  readonly outcome: 'pushed' | 'unchanged' | 'would-push';
  /** The entry of the backup that has the state; -1 when there is none. */
  readonly sequence: number;
  readonly txnSeq: number;
  readonly deltaVersion: number;
  readonly transactions: number;
  readonly files: number;
  readonly blobs: number;
  /** Of the pond's files, read. */
  readonly readBytes: number;
}

/** Others push too, and writers go on meanwhile: each attempt begins with what there is then. */
const ATTEMPTS = 10;
const GATE_BYTES = 48 * 1024 * 1024;
const GATE_FILES = 8;
/** What a large file holds in memory on its way: frames and parts. */
const MOST_WEIGHT_BYTES = 24 * 1024 * 1024;

/**
 * Brings a backup to the newest state of a pond. Whenever this ends, or is ended, the backup has a whole state: the one before or the
 * new one; what is sent already is found again by the next push.
 *
 * @throws RemoteError `diverged`, `foreign-pond`, `corrupt-pond`, `unavailable`, `refused`
 */
export async function pushBackup(options: PushOptions): Promise<PushReport> {
  const { directory, store, environment, cache } = options;
  const oplog = await Oplog.open(openLocalStore(join(directory, 'store')), environment);
  let index = await freshIndex(store, cache, oplog.head.pondId);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const head = await oplog.refresh();
    const before = index?.newest.entry.to;
    if (before !== undefined) await assertContinues(oplog, before, store.label);
    if (before?.deltaVersion === head.snapshot.version) return unchanged(index, head);
    let pushed: BackupIndex | undefined;
    try {
      const plan = await planPush(oplog, head, index);
      if (options.dryRun === true) return { ...plan.report, outcome: 'would-push', sequence: index?.newest.entry.sequence ?? -1 };
      pushed = await send(options, oplog, plan, index);
      if (pushed !== undefined) {
        await cache.save(pushed);
        return { ...plan.report, outcome: 'pushed', sequence: pushed.newest.entry.sequence };
      }
    } catch (error) {
      // Maintenance of a writer may have taken files away that were live when this began.
      const isStale = error instanceof RemoteError && error.code === 'corrupt-pond' && await oplog.refresh() !== head;
      if (!isStale) throw error;
    }
    index = await newestIndex(store, index);
  }
  throw new RemoteError(
    'conflict', `Cannot push to "${store.label}": others pushed ${ATTEMPTS} times meanwhile, a turn was wanted`, { label: store.label },
  );
}

/** What the backup has now, beginning with what is remembered. */
async function freshIndex(store: RemoteStore, cache: IndexCache, pondId: string): Promise<BackupIndex | undefined> {
  const known = await cache.load(pondId);
  if (known === undefined) return newestIndex(store, undefined);
  try {
    return await newestIndex(store, known);
  } catch (error) {
    // The backup was made again, or pruned further than we know.
    if (error instanceof RemoteError && error.code === 'corrupt-object') return newestIndex(store, undefined);
    throw error;
  }
}

async function newestIndex(store: RemoteStore, known: BackupIndex | undefined): Promise<BackupIndex | undefined> {
  if (known === undefined) {
    const newest = await newestEntry(store);
    return newest === undefined ? undefined : indexOf(await entriesOf(store, newest));
  }
  let index = known;
  for (let next = await readNext(store, index.newest); next !== undefined; next = await readNext(store, index.newest)) {
    index = indexAfter(index, next);
  }
  return index;
}

function unchanged(index: BackupIndex | undefined, head: Head): PushReport {
  return {
    outcome: 'unchanged', sequence: index?.newest.entry.sequence ?? -1, txnSeq: head.txnSeq, deltaVersion: head.snapshot.version,
    transactions: 0, files: 0, blobs: 0, readBytes: 0,
  };
}

interface Plan {
  readonly isBase: boolean;
  readonly to: PondState;
  readonly wanted: readonly WantedFile[];
  /** In packs, and on their own. */
  readonly small: readonly WantedFile[];
  readonly large: readonly LargeFile[];
  readonly blobs: readonly LargeFile[];
  readonly totalBytes: number;
  readonly report: Omit<PushReport, 'outcome' | 'sequence'>;
}

async function planPush(oplog: Oplog, head: Head, index: BackupIndex | undefined): Promise<Plan> {
  const { isBase, files: wanted } = await wantedFiles(oplog.store, head, index);
  const fresh = wanted.filter(({ path }) => index?.files.has(path) !== true);
  const isLarge = ({ sizeBytes }: WantedFile): boolean => (sizeBytes ?? 0) >= LARGE_FILE_BYTES;
  const small = fresh.filter((file) => !isLarge(file));
  const large: LargeFile[] = [];
  for (const file of fresh.filter(isLarge)) {
    if (!file.isLive && await oplog.store.head(file.path) === undefined) continue;
    large.push({ path: file.path, sizeBytes: file.sizeBytes ?? 0, sha256: file.sha256 ?? await hashOf(oplog, file.path) });
  }
  const blobs: LargeFile[] = [];
  for (const blob of (await blobsSince(oplog, index?.newest.entry.to.txnSeq ?? 0)).values()) {
    if (assertThere(blob, await oplog.store.head(blob.path) !== undefined)) blobs.push(blob);
  }
  const totalBytes = [...small, ...large, ...blobs].reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return {
    isBase, to: await stateOf(oplog, head), wanted, small, large, blobs, totalBytes,
    report: {
      txnSeq: head.txnSeq, deltaVersion: head.snapshot.version, transactions: head.txnSeq - (index?.newest.entry.to.txnSeq ?? 0),
      files: small.length + large.length, blobs: blobs.length, readBytes: totalBytes,
    },
  };
}

async function stateOf(oplog: Oplog, head: Head): Promise<PondState> {
  const { version } = head.snapshot;
  const commit = await oplog.store.get(commitPath(version));
  const { uuid, timestampMicros } = await oplog.transactionFacts(head.txnSeq);
  return {
    deltaVersion: version, commitSha256: sha256Of(commit ?? new Uint8Array(0)), txnSeq: head.txnSeq, txnUuid: uuid, timestampMicros,
  };
}

async function hashOf(oplog: Oplog, path: string): Promise<string> {
  const { createMeter } = await import('./pack.ts');
  const meter = createMeter();
  for await (const chunk of meter.of(oplog.store.read(path))) void chunk;
  return meter.sha256();
}

/** Files, packs, and then the entry. @returns undefined when somebody else has made that entry */
async function send(options: PushOptions, oplog: Oplog, plan: Plan, index: BackupIndex | undefined): Promise<BackupIndex | undefined> {
  const { store, sealer, environment, onProgress } = options;
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    doneBytes += count;
    onProgress?.(Math.min(doneBytes, plan.totalBytes), plan.totalBytes);
  };
  const sender = await createFileSender(oplog.store, store, sealer, index?.burned ?? new Map(), plan.blobs.length + plan.large.length);
  const large: StoredFile[] = [];
  const gate = new BytesGate(GATE_BYTES, GATE_FILES);
  const weightOf = ({ sizeBytes }: LargeFile): number => Math.min(sizeBytes * 2, MOST_WEIGHT_BYTES);
  const isDataFile = new Set(plan.large);
  await forEachWithin(gate, [...plan.large, ...plan.blobs], weightOf, async (file) => {
    const place = await sender.send(file, onBytes);
    if (isDataFile.has(file)) large.push({ ...file, place });
  });
  const { packs, files } = await sendPacks(oplog.store, store, sealer, plan.small, () => environment.uuid(), onBytes);
  const before = index?.newest;
  const sequence = (before?.entry.sequence ?? -1) + 1;
  const known = plan.isBase && index !== undefined ? onlyFiles(index, plan.wanted.map(({ path }) => path)) : [];
  const entry: BackupEntry = {
    pondId: oplog.head.pondId,
    sequence,
    previousSha256: before?.sha256 ?? null,
    writtenMicros: environment.nowMicros(),
    fromDeltaVersion: before?.entry.to.deltaVersion ?? -1,
    to: plan.to,
    files: [...known, ...files, ...large],
    packs,
    base: plan.isBase ? sequence : before?.entry.base ?? sequence,
    isBase: plan.isBase,
    pruned: [],
  };
  const read = await appendEntry(store, entry);
  if (read !== undefined) return indexAfter(index, read);
  for (const { path } of packs) await store.delete(path);
  return undefined;
}
