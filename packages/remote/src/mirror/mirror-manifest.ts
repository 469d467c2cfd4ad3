import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fieldsOf, parseDocument } from '../backup/decode.ts';
import { RemoteError } from '../errors.ts';

/** What a mirror has made, so that it touches nothing else. */

export const MANIFEST_NAME = '.duckpond-mirror.json';
const FORMAT = 1;

export interface MirroredEntry {
  readonly kind: 'file' | 'link' | 'directory';
  /** What it shows: changes when the pond's node does. */
  readonly key: string;
  /** As it was left; 0 for what is no file. */
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
  /** It is being written: after a kill it may be the old, the new or absent. */
  readonly isPending: boolean;
}

export interface MirrorManifest {
  readonly pondId: string;
  /** Empty for all of the pond. */
  readonly pattern: string;
  readonly txnSeq: number;
  /** By the path below the directory. */
  readonly entries: ReadonlyMap<string, MirroredEntry>;
}

/** @throws RemoteError `corrupt-object` when there is one that cannot be read */
export async function readManifest(directory: string): Promise<MirrorManifest | undefined> {
  const label = join(directory, MANIFEST_NAME);
  const bytes = await readFile(label).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const fields = fieldsOf(parseDocument(bytes, label), label);
  if (fields.integer('format') > FORMAT) {
    throw new RemoteError('unsupported-format', `Cannot read "${label}": it has format ${fields.integer('format')}, ${FORMAT} was wanted`);
  }
  const entries = fields.list('entries', (value): [string, MirroredEntry] => {
    const entry = fieldsOf(value, label);
    const kind = entry.text('kind');
    return [entry.text('path'), {
      kind: kind === 'link' || kind === 'directory' ? kind : 'file', key: entry.text('key'), sizeBytes: entry.integer('sizeBytes'),
      modifiedMillis: entry.integer('modifiedMillis'), isPending: entry.flag('isPending'),
    }];
  });
  return { pondId: fields.text('pondId'), pattern: fields.text('pattern'), txnSeq: fields.integer('txnSeq'), entries: new Map(entries) };
}

export async function writeManifest(directory: string, { entries, ...facts }: MirrorManifest, uuid: string): Promise<void> {
  const temporary = join(directory, `.duckpond-${uuid}.tmp`);
  const list = [...entries].map(([path, entry]) => ({ path, ...entry }));
  await writeFile(temporary, `${JSON.stringify({ format: FORMAT, ...facts, entries: list })}\n`);
  await rename(temporary, join(directory, MANIFEST_NAME));
}
