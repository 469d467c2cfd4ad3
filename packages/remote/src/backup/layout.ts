/** Names and sizes of what a backup is made of (docs/formats/backup.md). */

/** The on-disk format that this version writes and the highest that it reads. */
export const BACKUP_FORMAT = 1;
export const IDENTITY_PATH = 'duckpond-backup.json';
export const LOG_PREFIX = 'log/';
export const LAST_PATH = 'log/_last';
export const PACKS_PREFIX = 'packs/';
export const FILES_PREFIX = 'files/';

/** Data files of this size are objects of their own. */
export const LARGE_FILE_BYTES: number = 8 * 1024 * 1024;
/** A pack ends at the first file after so many bytes. */
export const PACK_BYTES: number = 64 * 1024 * 1024;
/** Every so many entries one says everything. */
export const BASE_ENTRIES = 64;

export function entryPath(sequence: number): string {
  return `${LOG_PREFIX}${String(sequence).padStart(20, '0')}.json`;
}

/** The sequence in the name of an entry; undefined for other names. */
export function sequenceOf(path: string): number | undefined {
  const digits = /^log\/(\d{20})\.json$/.exec(path)?.[1];
  const sequence = Number(digits);
  return digits !== undefined && Number.isSafeInteger(sequence) ? sequence : undefined;
}

export function packPath(uuid: string, isEncrypted: boolean): string {
  return `${PACKS_PREFIX}${uuid}.tar.zst${isEncrypted ? '.age' : ''}`;
}

export interface FileName {
  /** SHA-256 of the content, or the MAC of it, in hexadecimal. */
  readonly name: string;
  readonly isCompressed: boolean;
  readonly isEncrypted: boolean;
}

/** @param burned a name under which the content once was, and which is not to be used again: the sequence of the entry that pruned it */
export function filePath({ name, isCompressed, isEncrypted }: FileName, burned?: number): string {
  return `${FILES_PREFIX}${name}${burned === undefined ? '' : `-${burned}`}${isCompressed ? '.zst' : ''}${isEncrypted ? '.age' : ''}`;
}

export function parseFilePath(path: string): FileName | undefined {
  const match = /^files\/([0-9a-f]{64})(?:-\d+)?(\.zst)?(\.age)?$/.exec(path);
  const name = match?.[1];
  return name === undefined ? undefined : { name, isCompressed: match?.[2] !== undefined, isEncrypted: match?.[3] !== undefined };
}
