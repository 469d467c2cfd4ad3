import { mkdtemp, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Segment } from './segments.ts';

/** A stored file as it was when partials were made of it. */
export interface SourceState {
  readonly path: string;
  readonly id: string;
  readonly version: number;
}

/** Which files of a directory of the cache hold what. */
export interface Manifest {
  readonly sources: readonly SourceState[];
  /** By level; in order, and no two in each other's way. */
  readonly levels: readonly (readonly Segment[])[];
  /** Files that the levels named before, and since when they do not. */
  readonly superseded: readonly { readonly file: string; readonly atMillis: number }[];
}

const NAME = 'manifest.json';
const bigint = z.string().regex(/^-?\d+$/).transform(BigInt);
const fileName = z.string().regex(/^[\w-]+\.parquet$/);
const schema = z.object({
  sources: z.array(z.object({ path: z.string(), id: z.string(), version: z.number().int() })),
  levels: z.array(z.array(z.object({ file: fileName, from: bigint, to: bigint, rows: z.number() }))),
  superseded: z.array(z.object({ file: fileName, atMillis: z.number() })),
  sizes: z.record(z.string(), z.number()),
});

/** What a directory holds; undefined unless all of it is there as it was written. */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    const { sizes, ...manifest } = schema.parse(JSON.parse(await readFile(join(directory, NAME), 'utf8')));
    const areWhole = await Promise.all(filesOf(manifest).map(async (file) => (await stat(join(directory, file))).size === sizes[file]));
    return areWhole.every(Boolean) ? manifest : undefined;
  } catch {
    // Whatever is wrong with a cache, it is made anew.
    return undefined;
  }
}

/** The commit point: before it the directory holds what it held, after it all of this, also when the power goes. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const sizeOf = async (file: string): Promise<readonly [string, number]> => [file, (await stat(join(directory, file))).size];
  const sizes = Object.fromEntries(await Promise.all(filesOf(manifest).map(sizeOf)));
  const path = join(directory, `${await newName(directory)}.tmp`);
  const text = JSON.stringify({ ...manifest, sizes }, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(path, join(directory, NAME));
}

/** A name that no other process takes for a file of the directory. */
export async function newName(directory: string): Promise<string> {
  const made = await mkdtemp(join(directory, 'p-'));
  await rmdir(made);
  return basename(made);
}

/** Makes what was written survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export function filesOf({ levels }: Pick<Manifest, 'levels'>): readonly string[] {
  return [...new Set(levels.flat().map(({ file }) => file))];
}

const GRACE_MILLIS = 10 * 60_000;
const LEFTOVER_MILLIS = 24 * 3_600_000;
const MOST_SUPERSEDED = 64;

/** The files to remove now: of those that nobody names any more, each after readers have had time, or when there are many. */
export function expired(superseded: Manifest['superseded'], nowMillis: number): Manifest['superseded'] {
  return superseded.filter(({ atMillis }, at) => nowMillis - atMillis > GRACE_MILLIS || at < superseded.length - MOST_SUPERSEDED);
}

/** Removes files of a directory that no manifest names: those given, and what killed processes left. */
export async function removeFiles(directory: string, manifest: Manifest, files: readonly string[], nowMillis: number): Promise<void> {
  const named = new Set([NAME, ...filesOf(manifest), ...manifest.superseded.map(({ file }) => file)]);
  for (const name of files) if (!named.has(name)) await rm(join(directory, name), { force: true });
  for (const name of await readdir(directory)) {
    if (named.has(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && nowMillis - found.mtimeMs > LEFTOVER_MILLIS) await rm(path, { force: true, recursive: true });
  }
}
