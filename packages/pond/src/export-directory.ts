import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PondError } from './errors.ts';
import { decodeManifest, encodeManifest, type ExportManifest, MANIFEST_NAME } from './export-manifest.ts';

/** A file that waits to be put in its place. */
export interface StagedFile {
  readonly staged: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The directory of an export. What it shows changes all at once, but for the time that renaming takes. */
export interface ExportDirectory {
  readonly manifest: ExportManifest | undefined;
  /** Whether a file of the manifest is as the manifest says, as far as its size tells. */
  isThere(path: string, sizeBytes: number): boolean;
  /** Makes a file out of sight. */
  stage(make: (write: (chunk: string | Uint8Array) => Promise<void>) => Promise<void>): Promise<StagedFile>;
  /** Puts files into their places, writes the manifest, then removes files of the old one that are not in the new one: how many. */
  publish(added: ReadonlyMap<string, StagedFile>, manifest: ExportManifest): Promise<number>;
  /** Removes what was staged. */
  close(): void;
}

/** Says what a publication puts and removes, for whoever comes after one that was killed. */
const JOURNAL = '.pond-export.json';

/**
 * Opens the directory, and finishes or undoes what a killed export left.
 *
 * @throws PondError `bad-manifest`
 */
export function openExportDirectory(directory: string, pondId: string, uuid: string): ExportDirectory {
  const root = resolve(directory);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new PondError('bad-manifest', `Cannot export to "${root}": it is a file, a directory or a free name was wanted`, { directory });
  }
  const staging = join(root, `.pond-export-${uuid}`);
  const manifestPath = join(root, MANIFEST_NAME);
  const manifest = existsSync(manifestPath) ? decodeManifest(readFileSync(manifestPath, 'utf8'), manifestPath) : undefined;
  if (manifest !== undefined && manifest.pond !== pondId) {
    const message = `Cannot export to "${root}": its manifest is of the pond ${manifest.pond}, one of this pond was wanted`;
    throw new PondError('bad-manifest', message, { directory });
  }
  const listed = new Map((manifest?.files ?? []).map((file) => [file.path, file]));
  /** Files that an export which was killed may have replaced. */
  const doubtful = recover(root, new Set(listed.keys()));
  const wasThere = existsSync(root);
  let count = 0;

  return {
    manifest,
    isThere(path, sizeBytes) {
      const facts = lstatSync(join(root, path), { throwIfNoEntry: false });
      return facts?.isFile() === true && facts.size === sizeBytes && !doubtful.has(path);
    },

    async stage(make) {
      mkdirSync(staging, { recursive: true });
      const staged = join(staging, String(count++));
      const hash = createHash('sha256');
      let sizeBytes = 0;
      const file = await open(staged, 'wx');
      try {
        await make(async (chunk) => {
          const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
          hash.update(bytes);
          sizeBytes += bytes.length;
          await file.writeFile(bytes);
        });
        await file.sync();
      } finally {
        await file.close();
      }
      return { staged, sizeBytes, sha256: hash.digest('hex') };
    },

    async publish(added, next) {
      const kept = new Set(next.files.map(({ path }) => path));
      const gone = [...listed.keys()].filter((path) => !kept.has(path));
      for (const path of added.keys()) assertFree(root, path, listed.has(path));
      mkdirSync(root, { recursive: true });
      const isChanged = added.size > 0 || gone.length > 0;
      if (isChanged) await writeWhole(join(root, JOURNAL), JSON.stringify({ added: [...added.keys()], gone }), staging);
      for (const [path, { staged }] of added) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        renameSync(staged, join(root, path));
      }
      await writeWhole(manifestPath, encodeManifest(next), staging);
      for (const path of gone) removeFile(root, path);
      if (isChanged) rmSync(join(root, JOURNAL), { force: true });
      return gone.length;
    },

    close() {
      rmSync(staging, { recursive: true, force: true });
      if (!wasThere) removeIfEmpty(root);
    },
  };
}

/** Removes what a killed export had put or wanted to remove and the manifest does not list; returns what it may have replaced. */
function recover(root: string, listed: ReadonlySet<string>): ReadonlySet<string> {
  const path = join(root, JOURNAL);
  if (!existsSync(path)) return new Set();
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const { added, gone } = typeof value === 'object' && value !== null ? value as { added?: unknown; gone?: unknown } : {};
  const names = (list: unknown): string[] => (Array.isArray(list) ? list : []).filter(
    (name): name is string => typeof name === 'string' && !name.startsWith('/') && !name.split(/[/\\]/).includes('..'));
  for (const name of [...names(added), ...names(gone)]) if (!listed.has(name)) removeFile(root, name);
  return new Set(names(added).filter((name) => listed.has(name)));
}

/** Nothing of somebody else is written over, and no link leads out of the directory. */
function assertFree(root: string, path: string, isOwn: boolean): void {
  const facts = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (facts !== undefined && (!isOwn || !facts.isFile())) {
    const what = facts.isDirectory() ? 'it is a directory' : 'there is a file that the manifest does not list';
    throw new PondError('bad-manifest', `Cannot export to "${join(root, path)}": ${what}, a free name was wanted`, { path });
  }
  for (let at = dirname(join(root, path)); at.length > root.length; at = dirname(at)) {
    const above = lstatSync(at, { throwIfNoEntry: false });
    if (above === undefined || above.isDirectory()) continue;
    throw new PondError('bad-manifest', `Cannot export to "${join(root, path)}": "${at}" is no directory, one was wanted`, { path });
  }
}

async function writeWhole(path: string, text: string, staging: string): Promise<void> {
  mkdirSync(staging, { recursive: true });
  const temporary = join(staging, 'whole');
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  renameSync(temporary, path);
}

/** With the directories above it that are empty then. */
function removeFile(root: string, path: string): void {
  rmSync(join(root, path), { force: true });
  let at = dirname(join(root, path));
  while (at.length > root.length && removeIfEmpty(at)) at = dirname(at);
}

function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false; // There is something in it, or it is not there.
  }
}
