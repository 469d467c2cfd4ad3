import { lstat, mkdir, open, readdir, readlink, rename, rm, rmdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { type Pond, parquetNotes } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import { MANIFEST_NAME, type MirroredEntry, type MirrorManifest, readManifest, writeManifest } from './mirror-manifest.ts';
import { type MirrorNode, nodesOf } from './mirror-nodes.ts';

export interface MirrorOptions {
  readonly pond: Pond;
  /** Made when it is missing. */
  readonly directory: string;
  /** Only what it matches; all of the pond unless given. */
  readonly pattern?: string;
  readonly uuid: () => string;
  readonly dryRun?: boolean;
  /** Makes every file again, also those that somebody has changed since; what is not the mirror's own stays untouched. */
  readonly rebuild?: boolean;
  readonly onProgress?: (doneFiles: number, totalFiles: number) => void;
  readonly signal?: AbortSignal;
}

export interface MirrorReport {
  readonly txnSeq: number;
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
  /** What could not be mirrored without touching what is not ours. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

const TEMPORARY = /^\.duckpond-[0-9a-f-]{36}\.tmp$/;

/**
 * Brings a directory of the host in step with the pond: data files as their bytes, tables and series as Parquet, links as links that
 * never lead out of it. Only what has changed is written, each file at once by a rename. What a mirror did not make, or what somebody has
 * changed since, it leaves alone and tells. Killed at any moment, the next one goes on.
 *
 * @throws RemoteError `exists` when the directory mirrors something else, `invalid-url` when it is inside the pond
 */
export async function mirrorPond(options: MirrorOptions): Promise<MirrorReport> {
  const { pond, pattern = '', uuid, dryRun = false } = options;
  const directory = resolve(options.directory);
  assertOutside(pond.directory, directory);
  const before = await readManifest(directory);
  assertSame(directory, before, pond.identity.id, pattern);
  const { txnSeq } = await pond.transaction();
  const skipped: { path: string; why: string }[] = [];
  const wanted = await wantedEntries(pond, txnSeq, pattern, skipped);
  const known = options.rebuild === true ? asPending(before) : before?.entries ?? new Map<string, MirroredEntry>();
  const safe = createSafePaths(directory);

  const doomed: string[] = [];
  for (const [path, entry] of known) {
    if (wanted.get(path)?.kind === entry.kind) continue;
    if (entry.kind === 'directory' || await isOurs(directory, path, entry)) doomed.push(path);
    else skipped.push({ path: `/${path}`, why: 'it is gone from the pond, but the file was changed since it was mirrored' });
  }
  const gone = new Set(doomed);
  const todo: MirrorNode[] = [];
  let unchanged = 0;
  for (const [path, node] of wanted) {
    const why = await obstacle(directory, path, node, known.get(path), gone, safe);
    if (why === undefined) todo.push(node);
    else if (why === 'unchanged') unchanged++;
    else skipped.push({ path: node.path, why });
  }
  const report = { txnSeq, written: todo.map(({ path }) => path), removed: doomed.map((path) => `/${path}`), unchanged, skipped };
  if (dryRun || (before !== undefined && todo.length === 0 && doomed.length === 0)) return report;

  // First what is about to happen: after a kill the next run knows what is its own.
  const entries = new Map([...known].filter(([path]) => wanted.has(path) || gone.has(path)));
  for (const { hostPath, kind, key } of todo) entries.set(hostPath, { kind, key, sizeBytes: 0, modifiedMillis: 0, isPending: true });
  const manifest = { pondId: pond.identity.id, pattern, txnSeq, entries };
  await mkdir(directory, { recursive: true });
  await writeManifest(directory, manifest, uuid());
  for (const path of [...doomed].sort().reverse()) {
    await removeOurs(join(directory, path), known.get(path)?.kind === 'directory');
    if (!wanted.has(path)) entries.delete(path);
  }
  let done = 0;
  for (const node of todo) {
    options.signal?.throwIfAborted();
    entries.set(node.hostPath, await make(pond, directory, node, txnSeq, uuid(), options.signal));
    options.onProgress?.(++done, todo.length);
  }
  const parents = new Set(['.', ...[...known.keys()].map((path) => posix.dirname(path))]);
  for (const parent of parents) await removeTemporaries(join(directory, parent));
  await writeManifest(directory, manifest, uuid());
  return report;
}

/** All entries as if their writing had not ended: they are made again, whatever they are now. */
function asPending(before: MirrorManifest | undefined): ReadonlyMap<string, MirroredEntry> {
  return new Map([...before?.entries ?? []].map(([path, entry]) => [path, { ...entry, isPending: entry.kind !== 'directory' }]));
}

/** What is to be there, by its path below the directory, parents first. */
async function wantedEntries(
  pond: Pond, txnSeq: number, pattern: string, skipped: { path: string; why: string }[],
): Promise<Map<string, MirrorNode>> {
  const wanted = new Map<string, MirrorNode>();
  for (const node of await nodesOf(pond, txnSeq, pattern)) {
    const other = wanted.get(node.hostPath);
    if (other === undefined) wanted.set(node.hostPath, node);
    else skipped.push({ path: node.path, why: `"${other.path}" has the same name on the host` });
  }
  return wanted;
}

/** Why an entry cannot be made, or `unchanged` when it need not. */
async function obstacle(
  directory: string, path: string, node: MirrorNode, known: MirroredEntry | undefined, gone: ReadonlySet<string>,
  safe: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  const parent = posix.dirname(path);
  if (!gone.has(parent) && !await safe(parent)) return 'a link or a file of the host is where its directory should be';
  const found = gone.has(path) ? undefined : await lstat(join(directory, path)).catch(() => undefined);
  if (found === undefined) return undefined;
  if (node.kind === 'directory' && found.isDirectory()) return 'unchanged';
  if (known === undefined) return 'there is a file of the host that was not mirrored';
  if (!await isOurs(directory, path, known)) return 'the file was changed since it was mirrored';
  return known.key === node.key && !known.isPending ? 'unchanged' : undefined;
}

/** Whether what is there is as the mirror left it, or was leaving it when it was killed. */
async function isOurs(directory: string, path: string, entry: MirroredEntry): Promise<boolean> {
  const found = await lstat(join(directory, path)).catch(() => undefined);
  if (found === undefined) return true;
  if (entry.isPending) return !found.isDirectory();
  if (entry.kind === 'link') return found.isSymbolicLink() && entry.key === `link ${await readlink(join(directory, path))}`;
  return entry.kind === 'file' && found.isFile() && found.size === entry.sizeBytes && Math.trunc(found.mtimeMs) === entry.modifiedMillis;
}

async function make(
  pond: Pond, directory: string, node: MirrorNode, txnSeq: number, uuid: string, signal: AbortSignal | undefined,
): Promise<MirroredEntry> {
  const target = join(directory, node.hostPath);
  const entry = { kind: node.kind, key: node.key, sizeBytes: 0, modifiedMillis: 0, isPending: false };
  if (node.kind === 'directory') {
    await mkdir(target, { recursive: true });
    return entry;
  }
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.duckpond-${uuid}.tmp`);
  try {
    if (node.kind === 'link') await symlink(node.target, temporary);
    else await writeContent(pond, node, txnSeq, temporary, signal);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const { size, mtimeMs } = await lstat(target);
  return { ...entry, sizeBytes: size, modifiedMillis: Math.trunc(mtimeMs) };
}

async function writeContent(pond: Pond, node: MirrorNode, txnSeq: number, file: string, signal: AbortSignal | undefined): Promise<void> {
  const handle = await open(file, 'wx');
  const write = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      for (let at = 0; at < chunk.byteLength;) at += (await handle.write(chunk, at)).bytesWritten;
    }
  };
  try {
    const at = { txnSeq };
    if (node.isTabular) {
      await write(pond.sqlParquet('SELECT * FROM source', { tables: { source: node.path }, at, metadata: parquetNotes(node.columns) }));
    } else await pond.read(async (fs) => write((await fs.root()).read(node.path)), { at });
  } finally {
    await handle.close();
  }
  const seconds = Number(node.modifiedMicros / 1000n) / 1000;
  await utimes(file, seconds, seconds);
}

async function removeOurs(path: string, isDirectory: boolean): Promise<void> {
  if (!isDirectory) return rm(path, { force: true });
  // A directory with something of somebody else in it stays.
  await rmdir(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  });
}

async function removeTemporaries(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) if (TEMPORARY.test(name)) await rm(join(directory, name), { force: true });
}

/** Whether every directory on the way is one, and no link that leads elsewhere; absent ones will be made. */
function createSafePaths(root: string): (path: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  const safe = (path: string): Promise<boolean> => {
    if (path === '.') return Promise.resolve(true);
    let answer = known.get(path);
    if (answer === undefined) {
      answer = safe(posix.dirname(path)).then(async (isSafe) => {
        const found = await lstat(join(root, path)).catch(() => undefined);
        return isSafe && (found === undefined || found.isDirectory());
      });
      known.set(path, answer);
    }
    return answer;
  };
  return safe;
}

function assertOutside(pondDirectory: string, directory: string): void {
  const pond = resolve(pondDirectory);
  if (directory !== pond && !directory.startsWith(pond + sep)) return;
  throw new RemoteError(
    'invalid-url', `Cannot mirror into "${directory}": it is inside the pond, a directory elsewhere was wanted`, { directory },
  );
}

function assertSame(directory: string, before: MirrorManifest | undefined, pondId: string, pattern: string): void {
  if (before === undefined || (before.pondId === pondId && before.pattern === pattern)) return;
  const what = before.pondId === pondId ? `the pattern "${before.pattern}"` : `the pond ${before.pondId}`;
  throw new RemoteError(
    'exists', `Cannot mirror into "${directory}": it is a mirror of ${what}, one of this was wanted`, { directory },
    { hint: `use another directory, or remove "${MANIFEST_NAME}" from it and what it holds` },
  );
}

