import type { ReadEntry, StoredFile } from './entry.ts';

/** What a state of a backup has of `store/`, by path, and what came with it. */
export interface BackupIndex {
  readonly newest: ReadEntry;
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Names below `files/` that are not to be used again, and the sequence of the entry that said so. */
  readonly burned: ReadonlyMap<string, number>;
}

/** The index after an entry more. */
export function indexAfter(index: BackupIndex | undefined, read: ReadEntry): BackupIndex {
  const { entry } = read;
  const files = new Map(entry.isBase || index === undefined ? [] : index.files);
  for (const file of entry.files) files.set(file.path, file);
  const burned = new Map(index?.burned ?? []);
  for (const path of entry.pruned) burned.set(path, entry.sequence);
  return { newest: read, files, burned };
}

/** The index of the last of some entries, the first of which is a base. */
export function indexOf(entries: readonly ReadEntry[]): BackupIndex | undefined {
  let index: BackupIndex | undefined;
  for (const read of entries) index = indexAfter(index, read);
  return index;
}

/** What of a file is where, for a base: only what its state needs. */
export function onlyFiles(index: BackupIndex, paths: Iterable<string>): StoredFile[] {
  const kept: StoredFile[] = [];
  for (const path of paths) {
    const file = index.files.get(path);
    if (file !== undefined) kept.push(file);
  }
  return kept;
}

