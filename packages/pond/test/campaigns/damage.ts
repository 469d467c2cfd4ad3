import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type ObjectStore, Oplog } from '@duckpond/oplog';
import { makePond } from '../../src/open-pond.ts';
import type { Pond } from '../../src/pond.ts';
import { seededEnvironment } from '../every-kind.ts';

/** The files of a store, by path. */
export type StoreFiles = ReadonlyMap<string, Uint8Array>;

export function readStore(storeDirectory: string): StoreFiles {
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(storeDirectory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(storeDirectory, file), new Uint8Array(readFileSync(file)));
  }
  return files;
}

/** What a file is instead; undefined: it is missing. */
export interface Damage {
  readonly path: string;
  readonly bytes: Uint8Array | undefined;
}

/** A store that cannot be written to, with one file damaged. `touched` collects the files that were asked for. */
export function storeWith(files: StoreFiles, damage?: Damage, touched: Set<string> = new Set()): ObjectStore {
  const bytesOf = (path: string): Uint8Array | undefined => {
    touched.add(path);
    return path === damage?.path ? damage.bytes : files.get(path);
  };
  const refuse = (): Promise<never> => Promise.reject(new Error('a store of a test was written to'));
  return {
    get: (path, range) => Promise.resolve(range === undefined ? bytesOf(path)?.slice() : bytesOf(path)?.slice(range.start, range.end)),
    async *read(path, range) {
      const bytes = bytesOf(path);
      if (bytes === undefined) throw new Error(`"${path}" is missing`);
      yield range === undefined ? bytes.slice() : bytes.slice(range.start, range.end);
    },
    head: (path) => Promise.resolve(metaOf(path)),
    async *list(prefix) {
      for (const path of [...files.keys()].sort()) {
        const meta = path.startsWith(prefix) ? metaOf(path) : undefined;
        if (meta !== undefined) yield meta;
      }
    },
    put: refuse, putIfAbsent: refuse, putHint: refuse, stage: refuse, delete: refuse,
  };

  function metaOf(path: string): { path: string; sizeBytes: number; modifiedMillis: number } | undefined {
    const bytes = path === damage?.path ? damage.bytes : files.get(path);
    return bytes === undefined ? undefined : { path, sizeBytes: bytes.byteLength, modifiedMillis: 1_795_363_200_000 };
  }
}

export async function openStore(store: ObjectStore): Promise<Pond> {
  return makePond('/nowhere', await Oplog.open(store, seededEnvironment()));
}

/** One answer of the pond: a value, or the error that it was. */
export type Answer = { readonly value: string } | { readonly error: string };

const KNOWN_ERRORS = new Set(['PondError', 'TinyFsError', 'OplogError', 'DeltaError']);

/** Everything that can be read from a pond, question by question. */
export async function readEverything(store: ObjectStore): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();

  async function ask(question: string, answer: () => Promise<unknown>): Promise<void> {
    try {
      const value = JSON.stringify(await answer(), (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
      answers.set(question, { value });
    } catch (error) {
      const isKnown = error instanceof Error && KNOWN_ERRORS.has(error.name) && 'code' in error;
      const crash = `CRASH ${error instanceof Error ? error.stack : String(error)}`;
      answers.set(question, { error: isKnown ? `${error.name}: ${error.message}` : crash });
    }
  }

  let pond: Pond | undefined;
  await ask('open', async () => (pond = await openStore(store)).identity);
  if (pond === undefined) return answers;
  const open = pond;
  const paths: string[] = [];
  await ask('tree', () => open.read(async (fs) => {
    const root = await fs.root();
    const found: unknown[] = [];
    for await (const entry of root.walk('/')) {
      found.push([entry.path, entry.node]);
      if (entry.node.kind !== 'directory' && entry.node.kind !== 'symlink') paths.push(entry.path);
    }
    return found;
  }));
  for (const path of paths) {
    await ask(`content ${path}`, () => open.read(async (fs) => contentOf((await fs.root()).read(path))));
    await ask(`versions ${path}`, () => open.read(async (fs) => listOf((await fs.root()).versions(path))));
    await ask(`version 1 ${path}`, () => open.read(async (fs) => contentOf((await fs.root()).read(path, { version: 1 }))));
  }
  await ask('transactions', () => listOf(open.transactions()));
  await ask('records', () => listOf(open.records({ entries: true })));
  await ask('newest records', () => listOf(open.records({ entries: true, limit: 3 })));
  await ask('settings', () => open.settings());
  await ask('status', async () => {
    // What counts files and bytes on disk is not about the content of the pond.
    const { lastTransaction, deltaVersion, nodes, contentBytes } = await open.status();
    return { lastTransaction, deltaVersion, nodes, contentBytes };
  });
  for (const txnSeq of [2, 5, 7]) {
    await ask(`transaction ${txnSeq}`, () => open.transaction({ txnSeq }));
    await ask(`tree at ${txnSeq}`, () => open.read(async (fs) => listOf((await fs.root()).walk('/')), { at: { txnSeq } }));
    await ask(`a.txt at ${txnSeq}`, () => open.read(async (fs) => contentOf((await fs.root()).read('/inline/a.txt')), { at: { txnSeq } }));
  }
  await ask('diff', () => listOf(open.diff({ txnSeq: 5 })));
  return answers;
}

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('base64');
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export interface Verdict {
  /** Questions that were answered otherwise than by the intact pond, without an error. */
  readonly wrong: readonly string[];
  readonly crashed: readonly string[];
  /** Questions that were answered with an error of the pond. */
  readonly refused: readonly string[];
}

export function judge(intact: ReadonlyMap<string, Answer>, damaged: ReadonlyMap<string, Answer>): Verdict {
  const wrong: string[] = [];
  const crashed: string[] = [];
  const refused: string[] = [];
  for (const [question, answer] of damaged) {
    const expected = intact.get(question);
    if (expected !== undefined && JSON.stringify(expected) === JSON.stringify(answer)) continue;
    if ('error' in answer) {
      if (answer.error.startsWith('CRASH')) crashed.push(`${question}: ${answer.error}`);
      else refused.push(`${question}: ${answer.error}`);
      continue;
    }
    wrong.push(question);
  }
  return { wrong, crashed, refused };
}
