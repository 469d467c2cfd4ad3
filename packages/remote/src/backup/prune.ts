import { join } from 'node:path';
import { openLocalStore } from '@duckpond/delta';
import type { Environment } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { indexOf } from './backup-index.ts';
import { appendEntry, entriesOf, needEntry, newestEntry, readEntry } from './backup-log.ts';
import { blobNamesIn } from './blob-names.ts';
import type { Opener } from './cipher.ts';
import type { ReadEntry, StoredFile } from './entry.ts';
import { assertOwn, readIdentity } from './identity.ts';
import { FILES_PREFIX, LAST_PATH, LOG_PREFIX, PACKS_PREFIX, parseFilePath, sequenceOf } from './layout.ts';

export interface PruneOptions {
  readonly store: RemoteStore;
  readonly opener: Opener;
  /** Of the pond: data files that it has need not be fetched. */
  readonly directory: string;
  readonly pondId: string;
  /** At least one of the two. */
  readonly keepLast?: number;
  readonly keepSinceMicros?: bigint;
  readonly dryRun?: boolean;
  readonly environment: Environment;
}

export interface PruneReport {
  readonly keptEntries: number;
  readonly removedEntries: number;
  readonly removedPacks: number;
  readonly removedFiles: number;
  readonly removedBytes: number;
}

interface Plan {
  readonly newest: ReadEntry;
  readonly kept: number;
  readonly entries: readonly string[];
  readonly packs: ReadonlyMap<string, number>;
  readonly files: ReadonlyMap<string, number>;
}

const ATTEMPTS = 5;
/** What a push that is under way has sent is younger. */
const GRACE_MILLIS = 24 * 60 * 60 * 1000;

/**
 * Forgets states of a backup that nobody asked to keep, and what only they had.
 *
 * @throws RemoteError `foreign-pond`, `not-found` when nothing was pushed, `no-key`
 */
export async function pruneBackup(options: PruneOptions): Promise<PruneReport> {
  const { store, environment, dryRun = false } = options;
  assertOwn(store, await readIdentity(store), options.pondId);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const plan = await planPrune(options);
    const report = {
      keptEntries: plan.kept, removedEntries: plan.entries.length, removedPacks: plan.packs.size, removedFiles: plan.files.size,
      removedBytes: [...plan.packs.values(), ...plan.files.values()].reduce((sum, size) => sum + size, 0),
    };
    if (dryRun || report.removedEntries + report.removedPacks + report.removedFiles === 0) return report;
    const { entry, sha256 } = plan.newest;
    const told = await appendEntry(store, {
      ...entry, sequence: entry.sequence + 1, previousSha256: sha256, writtenMicros: environment.nowMicros(),
      fromDeltaVersion: entry.to.deltaVersion, files: [], packs: [], isBase: false, pruned: [...plan.files.keys()],
    });
    if (told === undefined) continue;
    await store.putHint(LAST_PATH, Buffer.from(JSON.stringify({ sequence: told.entry.sequence })));
    for (const path of [...plan.entries, ...plan.packs.keys(), ...plan.files.keys()]) await store.delete(path);
    return report;
  }
  throw new RemoteError(
    'conflict', `Cannot prune "${store.label}": others pushed meanwhile, a quiet moment was wanted`, { label: store.label },
  );
}

async function planPrune(options: PruneOptions): Promise<Plan> {
  const { store, keepLast = 0, keepSinceMicros, environment } = options;
  const newest = await newestEntry(store);
  if (newest === undefined) {
    throw new RemoteError(
      'not-found', `Cannot prune "${store.label}": nothing was ever pushed to it, a backup was wanted`, { label: store.label },
    );
  }
  let oldest = newest;
  for (let kept = 1; oldest.entry.sequence > 0; kept++) {
    const before = await readEntry(store, oldest.entry.sequence - 1);
    if (before === undefined) break;
    const isYoung = keepSinceMicros !== undefined && before.entry.writtenMicros >= keepSinceMicros;
    if (kept >= keepLast && !isYoung) break;
    oldest = before;
  }
  const from = oldest.entry.base;
  const files: StoredFile[] = [];
  const places = new Set<string>();
  for (let sequence = from; sequence <= newest.entry.sequence; sequence++) {
    const { entry } = sequence === newest.entry.sequence ? newest : await needEntry(store, sequence);
    files.push(...entry.files);
    for (const { path } of entry.packs) places.add(path);
    for (const { place } of entry.files) places.add(place);
  }
  // The oldest kept state may have files that its base has from before: they are in its list of files.
  for (const file of indexOf(await entriesOf(store, oldest))?.files.values() ?? []) places.add(file.place);

  const entries: string[] = [];
  for await (const { path } of store.list(LOG_PREFIX)) if ((sequenceOf(path) ?? from) < from) entries.push(path);
  const old = await placesOf(store, entries);
  const latest = Number(environment.nowMicros() / 1000n) - GRACE_MILLIS;
  const packs = new Map<string, number>();
  for await (const { path, sizeBytes, modifiedMillis } of store.list(PACKS_PREFIX)) {
    if (!places.has(path) && (old.has(path) || modifiedMillis < latest)) packs.set(path, sizeBytes);
  }
  const candidates: { readonly path: string; readonly sizeBytes: number }[] = [];
  for await (const { path, sizeBytes, modifiedMillis } of store.list(FILES_PREFIX)) {
    if (!places.has(path) && modifiedMillis < latest) candidates.push({ path, sizeBytes });
  }
  const named = candidates.length === 0 ? new Set<string>()
    : await blobNamesIn(store, openLocalStore(join(options.directory, 'store')), options.opener, files);
  const doomed = candidates.filter(({ path }) => !named.has(parseFilePath(path)?.name ?? ''));
  return {
    newest, kept: newest.entry.sequence - from + 1, entries, packs,
    files: new Map(doomed.map(({ path, sizeBytes }) => [path, sizeBytes])),
  };
}

/** The packs of entries that are about to go. */
async function placesOf(store: RemoteStore, entries: readonly string[]): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  for (const path of entries) {
    const sequence = sequenceOf(path);
    const read = sequence === undefined ? undefined : await readEntry(store, sequence);
    for (const pack of read?.entry.packs ?? []) places.add(pack.path);
  }
  return places;
}

