import { type AddFile, decodeCommit, listLog, type ObjectStore, openSnapshot } from '@duckpond/delta';
import { decodeCommitFacts, transactionRow } from '../commit-info.ts';
import { dataFileFacts } from '../data-file.ts';
import { encodeDataFile } from '../data-file-write.ts';
import { createDataReader } from '../data-reader.ts';
import type { NewEntry } from '../entry.ts';
import { sha256 } from '../hash-chain.ts';
import { decodePayload } from '../payload.ts';
import { compareRows, type Row } from '../row.ts';

/**
 * Data files as they were, from the copies of their rows: in files that were merged and are not removed yet, and in the commits
 * that are kept; inline content, which commits do not repeat, from any file that has the same. Only what has the SHA-256 that the
 * log wants counts.
 *
 * @param paths data files that are damaged or missing
 * @returns their bytes by path, of those that could be made again
 */
export async function rebuildDataFiles(store: ObjectStore, paths: ReadonlySet<string>): Promise<ReadonlyMap<string, Uint8Array>> {
  const rebuilt = new Map<string, Uint8Array>();
  const live = await liveFiles(store);
  const wanted = [...live.values()].filter(({ path }) => paths.has(path));
  if (wanted.length === 0) return rebuilt;
  const log = await keptCommits(store);
  const others = [...log.added.values()].filter(({ path }) => !paths.has(path));
  const copies = new Map([...log.repeated, ...await supersededRows(store, others.filter(({ path }) => !live.has(path)))]);
  const rowsOf = new Map<AddFile, readonly Row[]>();
  for (const add of wanted) {
    const rows = rowsBetween(copies, dataFileFacts(add));
    if (rows !== undefined) rowsOf.set(add, rows);
  }
  const readable = [...new Map([...others, ...live.values()].map((add) => [add.path, add])).values()]
    .filter(({ path }) => !paths.has(path));
  const contents = await findContents(store, readable, hashesOf([...rowsOf.values()].flat()));
  for (const [add, rows] of rowsOf) {
    const whole = rows.map((row) => withContent(row, contents));
    // A transaction keeps its own order; what is merged is sorted.
    if (dataFileFacts(add).tier > 0) whole.sort(compareRows);
    const { bytes } = await encodeDataFile(whole, add.path.endsWith('.gzip.parquet') ? 'gzip' : 'snappy');
    if (sha256(bytes) === dataFileFacts(add).sha256) rebuilt.set(add.path, bytes);
  }
  return rebuilt;
}

async function liveFiles(store: ObjectStore): Promise<ReadonlyMap<string, AddFile>> {
  try {
    return (await openSnapshot(store)).files;
  } catch {
    return new Map(); // The log is damaged, too: nobody knows which files there should be.
  }
}

interface KeptCommits {
  /** The data files that they added, by path. */
  readonly added: ReadonlyMap<string, AddFile>;
  /** The rows that they repeat, by transaction, without inline content. */
  readonly repeated: ReadonlyMap<number, readonly Row[]>;
}

async function keptCommits(store: ObjectStore): Promise<KeptCommits> {
  const added = new Map<string, AddFile>();
  const repeated = new Map<number, readonly Row[]>();
  for (const { file } of await listLog(store)) {
    if (file.kind !== 'commit') continue;
    try {
      const bytes = await store.get(file.path);
      if (bytes === undefined) continue;
      const { actions, commitInfo } = decodeCommit(file.version, bytes);
      for (const action of actions) if (action.kind === 'add') added.set(action.add.path, action.add);
      const member = commitInfo?.['duckpond'];
      const facts = decodeCommitFacts(member, file.path);
      const told = facts === undefined ? undefined : decodePayload(member, facts, file.path);
      if (facts !== undefined && told !== undefined) repeated.set(facts.txnSeq, [...told, transactionRow(facts)]);
    } catch {
      // A damaged commit is told by the check; its copies are not to be trusted.
    }
  }
  return { added, repeated };
}

/** Rows by transaction of files that are not in the table any more, as far as they are on the disk. */
async function supersededRows(store: ObjectStore, files: readonly AddFile[]): Promise<ReadonlyMap<number, readonly Row[]>> {
  const found = new Map<number, Row[]>();
  const reader = createDataReader(store);
  // Merging may leave rows out: the files of single transactions come last and count.
  for (const add of [...files].sort((a, b) => dataFileFacts(b).tier - dataFileFacts(a).tier)) {
    const own = new Map<number, Row[]>();
    for (const row of await reader.rows(add).catch((): Row[] => [])) own.set(row.txnSeq, [...own.get(row.txnSeq) ?? [], row]);
    for (const [txnSeq, rows] of own) found.set(txnSeq, rows);
  }
  return found;
}

function rowsBetween(
  copies: ReadonlyMap<number, readonly Row[]>, { txnMin, txnMax }: { readonly txnMin: number; readonly txnMax: number },
): readonly Row[] | undefined {
  const rows: Row[] = [];
  for (let txnSeq = txnMin; txnSeq <= txnMax; txnSeq++) {
    const own = copies.get(txnSeq);
    if (own === undefined) return undefined;
    rows.push(...own);
  }
  return rows;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The hash of content that is inline in the row's data file. */
function inlineHash({ recordKind, entry }: Row): string | undefined {
  if (recordKind !== 'node' || entry.blob === true || entry.inline != null || !(entry.sha256 instanceof Uint8Array)) return undefined;
  return hex(entry.sha256);
}

function hashesOf(rows: readonly Row[]): Set<string> {
  return new Set(rows.map(inlineHash).filter((hash) => hash !== undefined));
}

async function findContents(store: ObjectStore, files: readonly AddFile[], hashes: Set<string>): Promise<ReadonlyMap<string, Uint8Array>> {
  const empty = new Uint8Array(0);
  const found = new Map<string, Uint8Array>([[sha256(empty), empty]]);
  const reader = createDataReader(store);
  for (const add of files) {
    if ([...hashes].every((hash) => found.has(hash))) break;
    for (const { entry } of await reader.rows(add).catch((): Row[] => [])) {
      if (!(entry.inline instanceof Uint8Array)) continue;
      const hash = sha256(entry.inline);
      if (hashes.has(hash)) found.set(hash, entry.inline);
    }
  }
  return found;
}

function withContent(row: Row, contents: ReadonlyMap<string, Uint8Array>): Row {
  const hash = inlineHash(row);
  const inline = hash === undefined ? undefined : contents.get(hash);
  return inline === undefined ? row : { ...row, entry: { ...row.entry, inline } satisfies NewEntry };
}
