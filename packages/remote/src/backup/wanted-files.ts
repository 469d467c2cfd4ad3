import { type AddFile, commitPath, completeCheckpoints, decodeCommit, listLog, type ObjectStore } from '@duckpond/delta';
import { dataFileFacts, type Head } from '@duckpond/oplog';
import { RemoteError } from '../errors.ts';
import type { BackupIndex } from './backup-index.ts';
import { BASE_ENTRIES } from './layout.ts';

/** A file of `store/` that an entry is to have. */
export interface WantedFile {
  readonly path: string;
  /** Known of data files, not of what is in the log. */
  readonly sizeBytes: number | undefined;
  readonly sha256: string | undefined;
  /** Whether the state that is pushed needs it. */
  readonly isLive: boolean;
}

export interface WantedFiles {
  readonly isBase: boolean;
  readonly files: readonly WantedFile[];
}

/** What the entry after `index` must have so that the state of `head` can be restored. */
export async function wantedFiles(store: ObjectStore, head: Head, index: BackupIndex | undefined): Promise<WantedFiles> {
  const { version, files } = head.snapshot;
  const before = index?.newest.entry;
  const isBaseDue = before === undefined || before.sequence + 1 - before.base >= BASE_ENTRIES;
  const since = before === undefined ? undefined : await sinceVersion(store, before.to.deltaVersion, version);
  const isBase = since === undefined || isBaseDue;
  const wanted = new Map<string, WantedFile>();
  for (const path of since?.commits ?? []) wanted.set(path, logFile(path));
  for (const add of since?.added ?? []) wanted.set(add.path, wantedOf(add, files.has(add.path)));
  if (isBase) {
    for (const path of await logFiles(store, version)) wanted.set(path, logFile(path));
    for (const add of files.values()) wanted.set(add.path, wantedOf(add, true));
    return { isBase, files: [...wanted.values()] };
  }
  // A live file that the backup does not have: it came with a commit of another program, or the index is of another opinion.
  for (const add of files.values()) if (index?.files.has(add.path) === false) wanted.set(add.path, wantedOf(add, true));
  return { isBase, files: [...wanted.values()].filter(({ path }) => index?.files.has(path) !== true) };
}

/** The commits after one version up to another, and the files that they add; undefined when one of them is gone. */
async function sinceVersion(
  store: ObjectStore, from: number, to: number,
): Promise<{ readonly commits: readonly string[]; readonly added: readonly AddFile[] } | undefined> {
  const commits: string[] = [];
  const added: AddFile[] = [];
  for (let version = from + 1; version <= to; version++) {
    const path = commitPath(version);
    const bytes = await store.get(path);
    if (bytes === undefined) return undefined;
    commits.push(path);
    for (const action of decodeCommit(version, bytes).actions) if (action.kind === 'add') added.push(action.add);
  }
  return { commits, added };
}

/** The newest checkpoint up to a version and the commits from it on: what opens the table at that version. */
async function logFiles(store: ObjectStore, version: number): Promise<string[]> {
  const listed = await listLog(store);
  const checkpoint = completeCheckpoints(listed.map(({ file }) => file)).find((found) => found.version <= version);
  const paths = [...checkpoint?.paths ?? []];
  const there = new Set(listed.map(({ file }) => file.path));
  for (let at = checkpoint?.version ?? 0; at <= version; at++) {
    const path = commitPath(at);
    if (!there.has(path)) {
      throw new RemoteError(
        'corrupt-pond', `Cannot push the pond: "store/${path}" is missing, a log without gaps was wanted`, { path },
        { hint: "'pond fsck --verbose' names everything that is damaged" },
      );
    }
    paths.push(path);
  }
  return paths;
}

function logFile(path: string): WantedFile {
  return { path, sizeBytes: undefined, sha256: undefined, isLive: true };
}

function wantedOf(add: AddFile, isLive: boolean): WantedFile {
  return { path: add.path, sizeBytes: add.size, sha256: dataFileFacts(add).sha256, isLive };
}
