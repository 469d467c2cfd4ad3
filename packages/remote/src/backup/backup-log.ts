import { hash } from 'node:crypto';
import { RemoteError } from '../errors.ts';
import type { RemoteStore } from '../remote-store.ts';
import { fieldsOf, parseDocument } from './decode.ts';
import { type BackupEntry, decodeEntry, encodeEntry, type ReadEntry } from './entry.ts';
import { entryPath, LAST_PATH, LOG_PREFIX, sequenceOf } from './layout.ts';

/** The entry of a sequence; undefined when there is none. */
export async function readEntry(store: RemoteStore, sequence: number): Promise<ReadEntry | undefined> {
  const bytes = await store.get(entryPath(sequence));
  return bytes === undefined ? undefined : decodeEntry(bytes, sequence, store.label);
}

/** @throws RemoteError `missing-object` */
export async function needEntry(store: RemoteStore, sequence: number): Promise<ReadEntry> {
  const found = await readEntry(store, sequence);
  if (found !== undefined) return found;
  throw new RemoteError(
    'missing-object', `Cannot read the backup at "${store.label}": "${entryPath(sequence)}" is missing, a log without gaps was wanted`,
    { label: store.label, path: entryPath(sequence) },
  );
}

/** The entry after another one, which must carry its hash. */
export async function readNext(store: RemoteStore, before: ReadEntry): Promise<ReadEntry | undefined> {
  const next = await readEntry(store, before.entry.sequence + 1);
  if (next !== undefined) assertFollows(store, before, next);
  return next;
}

/** The newest entry; undefined in a backup to which nothing was pushed. */
export async function newestEntry(store: RemoteStore): Promise<ReadEntry | undefined> {
  const hinted = await readHint(store);
  // A hint that leads nowhere is no error: entries may have been pruned, or the hint may be lost.
  let newest = hinted === undefined ? undefined : await readEntry(store, hinted);
  if (newest === undefined) {
    const last = await newestListed(store);
    if (last === undefined) return undefined;
    newest = await needEntry(store, last);
  }
  for (let next = await readNext(store, newest); next !== undefined; next = await readNext(store, newest)) newest = next;
  return newest;
}

/** The entries from the newest base at or before `last` to it: all that its state needs. */
export async function entriesOf(store: RemoteStore, last: ReadEntry): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = [];
  let before: ReadEntry | undefined;
  for (let sequence = last.entry.base; sequence < last.entry.sequence; sequence++) {
    const read = await needEntry(store, sequence);
    if (before !== undefined) assertFollows(store, before, read);
    entries.push(read);
    before = read;
  }
  if (before !== undefined) assertFollows(store, before, last);
  return [...entries, last];
}

/** @returns false when somebody else has made the entry */
export async function appendEntry(store: RemoteStore, entry: BackupEntry): Promise<ReadEntry | undefined> {
  const bytes = encodeEntry(entry);
  if (!await store.putIfAbsent(entryPath(entry.sequence), bytes)) return undefined;
  if (entry.isBase) await store.putHint(LAST_PATH, Buffer.from(JSON.stringify({ sequence: entry.sequence })));
  return { entry, sha256: hash('sha256', bytes, 'hex') };
}

async function readHint(store: RemoteStore): Promise<number | undefined> {
  const bytes = await store.get(LAST_PATH);
  if (bytes === undefined) return undefined;
  try {
    return fieldsOf(parseDocument(bytes, LAST_PATH), LAST_PATH).integer('sequence');
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

async function newestListed(store: RemoteStore): Promise<number | undefined> {
  let newest: number | undefined;
  for await (const { path } of store.list(LOG_PREFIX)) newest = sequenceOf(path) ?? newest;
  return newest;
}

function assertFollows(store: RemoteStore, before: ReadEntry, next: ReadEntry): void {
  if (next.entry.previousSha256 === before.sha256 && next.entry.pondId === before.entry.pondId) return;
  const path = entryPath(next.entry.sequence);
  throw new RemoteError(
    'corrupt-object', `Cannot read "${store.label}/${path}": it does not follow the entry before it, whose SHA-256 was wanted`,
    { label: store.label, path },
  );
}
