import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BackupIndex } from './backup-index.ts';
import { fieldsOf, parseDocument } from './decode.ts';
import { decodeEntry, encodeEntry, type StoredFile } from './entry.ts';

/** What is remembered of a backup between pushes. Losing it costs a few requests. */
export interface IndexCache {
  /** Undefined when nothing usable is remembered. */
  load(pondId: string): Promise<BackupIndex | undefined>;
  save(index: BackupIndex): Promise<void>;
}

/** For a push that remembers nothing. */
export const NO_CACHE: IndexCache = { load: async () => undefined, save: async () => undefined };

/** A file in the cache of the pond. */
export function createIndexCache(path: string, uuid: () => string): IndexCache {
  return {
    async load(pondId) {
      try {
        const index = decode(await readFile(path));
        return index.newest.entry.pondId === pondId ? index : undefined;
      } catch {
        return undefined; // Absent, torn by a power cut, or of another version: the backup itself is asked.
      }
    },
    async save(index) {
      const temporary = `${path}.${uuid()}.tmp`;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, encode(index));
      await rename(temporary, path);
    },
  };
}

function encode({ newest, files, burned }: BackupIndex): string {
  return JSON.stringify({
    // The files of the entry are among all files.
    newest: Buffer.from(encodeEntry({ ...newest.entry, files: [] })).toString(), sequence: newest.entry.sequence, sha256: newest.sha256,
    files: [...files.values()], burned: [...burned],
  });
}

function decode(bytes: Uint8Array): BackupIndex {
  const fields = fieldsOf(parseDocument(bytes, 'cache'), 'cache');
  const { entry } = decodeEntry(Buffer.from(fields.text('newest')), fields.integer('sequence'), 'cache');
  const files = fields.list('files', (value): StoredFile => {
    const file = fieldsOf(value, 'cache');
    return { path: file.text('path'), sizeBytes: file.integer('sizeBytes'), sha256: file.text('sha256'), place: file.text('place') };
  });
  const burned = fields.list('burned', (value): [string, number] => {
    const [path, sequence]: unknown[] = Array.isArray(value) ? value : [];
    return [String(path), Number(sequence)];
  });
  return {
    newest: { entry, sha256: fields.text('sha256') },
    files: new Map(files.map((file) => [file.path, file])),
    burned: new Map(burned),
  };
}
