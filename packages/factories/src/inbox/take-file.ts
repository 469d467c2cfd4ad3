import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { appendTabular, assertKind, type Pond, type RowImporter, type TabularContent } from '@duckpond/pond';
import { dirname, isFile, joinPath, basename, type WD, type WritableWD } from '@duckpond/tinyfs';
import { FactoryError } from '../errors.ts';
import type { HostFile } from './host-files.ts';
import { readOther, readText, type StoredRows, type TextOptions } from './read-table.ts';
import type { RejectedRow } from './spooled-rows.ts';

export type TakenAs = 'data' | 'table' | 'series';

/** What became of a file. `waiting`: it is still being written. */
export type Taken =
  | { readonly state: 'unchanged' | 'waiting' }
  | { readonly state: 'new' | 'changed'; readonly rows: number | undefined; readonly rejected: number };

export interface TakeWork {
  readonly pond: Pond;
  /** Of the inbox. */
  readonly path: string;
  readonly stableMillis: number;
  /** Of the files that were taken before, by `HostFile.relative`. */
  readonly memories: ReadonlyMap<string, Memory>;
  readonly nowMillis: number;
  readonly importer: () => Promise<RowImporter>;
  readonly signal: AbortSignal;
  readonly command: readonly string[];
}

/** What is remembered of a file, in a hidden directory beside what was made of it and in the same transaction. */
export interface Memory {
  readonly sizeBytes: number;
  readonly modifiedMillis: number;
  readonly sha256: string;
}

const TEXT_NAME = /\.(csv|tsv|tab|txt|dat|log)$/i;

/**
 * Takes one file into the pond when it is new or has changed, as one transaction. Of a series only rows that it does not have yet are added
 * when the file was taken before; a table or bytes get a new version.
 *
 * @throws FactoryError `bad-input`, PondError, QueryError
 */
export async function takeFile(work: TakeWork, file: HostFile, as: TakenAs, to: string, text: TextOptions): Promise<Taken> {
  const { pond, signal } = work;
  const memoryPath = memoryPathOf(work.path, file);
  const memory = work.memories.get(file.relative);
  if (memory?.sizeBytes === file.sizeBytes && memory.modifiedMillis === file.modifiedMillis) return { state: 'unchanged' };
  if (work.nowMillis - file.modifiedMillis < work.stableMillis) return { state: 'waiting' };
  const sha256 = await hashOf(file.path);
  const next: Memory = { sizeBytes: file.sizeBytes, modifiedMillis: file.modifiedMillis, sha256 };
  const isSame = memory?.sha256 === sha256;
  const read = isSame ? undefined : as === 'data' ? { content: undefined, rejected: [] }
    : await readRows(work, file.path, text, as === 'series' && memory !== undefined ? await storedRows(pond, to) : undefined);
  if (!await isStill(file)) return { state: 'waiting' };

  await pond.write(async (fs) => {
    const root = await fs.root();
    if (read !== undefined) {
      await assertKind(root, to, as);
      if (as === 'data') await root.write(to, createReadStream(file.path), { parents: true });
      else if (read.content !== undefined && read.content.facts.rowCount > 0) {
        await appendTabular(root, to, read.content, { kind: as, parents: true });
      }
      await writeRejected(root, to, file.path, as, read.rejected);
    }
    await root.write(memoryPath, [Buffer.from(`${JSON.stringify(next)}\n`)], { parents: true });
    if (await isStill(file)) return;
    throw new FactoryError('bad-input', `Cannot take "${file.path}": it was changed meanwhile, one at rest was wanted`);
  }, { command: work.command });
  signal.throwIfAborted();
  if (read === undefined) return { state: 'unchanged' };
  return { state: memory === undefined ? 'new' : 'changed', rows: read.content?.facts.rowCount, rejected: read.rejected.length };
}

interface Rows {
  readonly content: TabularContent | undefined;
  readonly rejected: readonly RejectedRow[];
}

async function readRows(
  { pond, importer, signal }: TakeWork, path: string, text: TextOptions, stored: StoredRows | undefined,
): Promise<Rows> {
  if (TEXT_NAME.test(path)) return readText(pond, await importer(), path, text, signal, stored);
  if (stored !== undefined) {
    throw new FactoryError('bad-input', `Cannot take "${path}" again: it has changed, and only of delimited text it is known which `
      + 'rows of a series are new, "as: table" was wanted');
  }
  return { content: await readOther(await importer(), path, text.timeColumns?.[0], signal), rejected: [] };
}

async function storedRows(pond: Pick<Pond, 'read'>, path: string): Promise<StoredRows | undefined> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    if (!await root.exists(path)) return undefined;
    const { node } = await root.get(path);
    return isFile(node) && node.tabular !== undefined ? { path, columns: node.tabular.columns.map(({ name }) => name) } : undefined;
  });
}

/** What is remembered of the files that were taken before. */
export async function readMemories(
  pond: Pick<Pond, 'read'>, path: string, files: readonly HostFile[],
): Promise<ReadonlyMap<string, Memory>> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const memories = new Map<string, Memory>();
    for (const file of files) {
      const memory = await readMemory(root, memoryPathOf(path, file));
      if (memory !== undefined) memories.set(file.relative, memory);
    }
    return memories;
  });
}

function memoryPathOf(path: string, { relative }: HostFile): string {
  return joinPath(path, `.inbox/${relative}.json`);
}

async function readMemory(root: WD, path: string): Promise<Memory | undefined> {
  if (!await root.exists(path)) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of root.read(path)) chunks.push(chunk);
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return isMemory(value) ? value : undefined;
}

function isMemory(value: unknown): value is Memory {
  if (typeof value !== 'object' || value === null) return false;
  const { sizeBytes, modifiedMillis, sha256 } = value as Readonly<Record<string, unknown>>;
  return typeof sizeBytes === 'number' && typeof modifiedMillis === 'number' && typeof sha256 === 'string';
}

/** Where rows are that do not fit: beside what was made of their file. Rows of the same file from before are not there any more. */
async function writeRejected(root: WritableWD, to: string, file: string, as: TakenAs, rejected: readonly RejectedRow[]): Promise<void> {
  if (as === 'data') return;
  const path = join(dirname(to), `${basename(to)}.rejected.ndjson`);
  const isThere = await root.exists(path);
  if (rejected.length === 0 && !isThere) return;
  const others: string[] = [];
  if (isThere && as === 'series') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of root.read(path)) chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    others.push(...lines.filter((line) => line !== '' && !line.startsWith(`{"file":${JSON.stringify(file)},`)));
  }
  const own = rejected.map(({ line, reason, text }) => JSON.stringify({ file, line, reason, text }));
  await root.write(path, [Buffer.from([...others, ...own].map((line) => `${line}\n`).join(''))], { parents: true });
}

async function isStill({ path, sizeBytes, modifiedMillis }: HostFile): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && facts.size === sizeBytes && Math.trunc(facts.mtimeMs) === modifiedMillis;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
