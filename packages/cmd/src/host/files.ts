import { hasGlobSyntax, literalPrefix, matchGlob, parseGlob } from '@duckpond/tinyfs';
import { type Dirent, existsSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { CliError, systemReason } from '../errors.ts';

/** Something of the host that is to be copied, with its place below the source that named it. */
export type HostItem =
  /** `isPipe`: what the user named is no regular file, but can be read to an end as one. */
  | { readonly kind: 'file'; readonly path: string; readonly name: string; readonly isPipe: boolean }
  | { readonly kind: 'directory'; readonly path: string; readonly name: string }
  | { readonly kind: 'link'; readonly path: string; readonly name: string; readonly target: string }
  /** A device, a socket, or what may not be read: `reason` says why. */
  | { readonly kind: 'skipped'; readonly path: string; readonly name: string; readonly reason: string };

/** One thing that a source names: a file or a directory. */
export interface HostSource {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** A directory by what it is, whatever it is called. */
export interface Excepted {
  readonly device: number;
  readonly inode: number;
}

/** What a path or pattern of the host names: an existing path is itself, whatever characters it has. @throws CliError */
export function hostSources(path: string, workingDirectory: string): readonly HostSource[] {
  const absolute = resolve(workingDirectory, path);
  if (existsSync(absolute)) return [{ path: absolute, isDirectory: statSync(absolute).isDirectory() }];
  const target = linkTarget(absolute);
  if (target !== undefined) throw new CliError('failed', `Cannot read "${path}": it is a link that leads nowhere, to "${target}"`);
  const found = hasGlobSyntax(path) ? globHost(path, workingDirectory) : [];
  if (found.length > 0) return found;
  const what = hasGlobSyntax(path) ? 'nothing on the host matches it' : 'no such file or directory on the host';
  throw new CliError('failed', `Cannot read "${path}": ${what}`);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link: it is missing, or another error will say why it cannot be read.
    return undefined;
  }
}

function globHost(pattern: string, workingDirectory: string): readonly HostSource[] {
  const glob = parseGlob(pattern);
  const base = join(isAbsolute(pattern) ? '/' : workingDirectory, ...literalPrefix(glob));
  if (!existsSync(base)) return [];
  const root = isAbsolute(pattern) ? '/' : workingDirectory;
  const found: HostSource[] = [];
  const visit = (directory: string, depth: number): void => {
    for (const { name } of entries(directory)) {
      const path = join(directory, name);
      const facts = statSync(path, { throwIfNoEntry: false });
      if (facts === undefined) continue;
      if (matchGlob(glob, relative(root, path)) !== undefined) found.push({ path, isDirectory: facts.isDirectory() });
      // A link to a directory above would never end.
      else if (facts.isDirectory() && depth < 64 && !lstatSync(path).isSymbolicLink()) visit(path, depth + 1);
    }
  };
  visit(base, 0);
  return found;
}

/**
 * A source and all below it, parents first, names sorted. Links inside a directory stay links; the source itself is followed.
 * What is gone before it is looked at, or cannot be looked at, is `skipped`; so is the directory `except` with all below it.
 */
export function* walkHost({ path, isDirectory }: HostSource, except?: Excepted): Iterable<HostItem> {
  const top = item(path, isDirectory ? '' : basename(path), true, except);
  yield top;
  if (top.kind === 'directory') yield* below(path, '', except);
}

function* below(directory: string, prefix: string, except: Excepted | undefined): Iterable<HostItem> {
  let children: readonly Dirent[];
  try {
    children = entries(directory);
  } catch (error) {
    yield { kind: 'skipped', path: directory, name: prefix, reason: systemReason(error) };
    return;
  }
  for (const child of children) {
    const name = prefix === '' ? child.name : `${prefix}/${child.name}`;
    const path = childOf(directory, child.name);
    // What else there is to know of a file is known when it is opened.
    const isFile = child.isFile() && !isUnreadableName(path);
    const found: HostItem = isFile ? { kind: 'file', path, name, isPipe: false } : item(path, name, false, except);
    yield found;
    if (found.kind === 'directory') yield* below(found.path, name, except);
  }
}

/** What is named in a directory needs no normalizing. */
function childOf(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

function item(path: string, name: string, follow: boolean, except: Excepted | undefined): HostItem {
  try {
    return itemOf(path, name, follow, except);
  } catch (error) {
    return { kind: 'skipped', path, name, reason: isUnreadableName(path) ? 'its name is not UTF-8' : systemReason(error) };
  }
}

/** Node gives the replacement character for bytes that are not UTF-8, and most often no file has that name. */
function isUnreadableName(path: string): boolean {
  return path.includes('\ufffd');
}

function itemOf(path: string, name: string, follow: boolean, except: Excepted | undefined): HostItem {
  const facts = follow ? statSync(path) : lstatSync(path);
  // It would grow while it is read.
  if (except !== undefined && facts.dev === except.device && facts.ino === except.inode) {
    return { kind: 'skipped', path, name, reason: 'it is the directory of this pond' };
  }
  if (facts.isFile()) return { kind: 'file', path, name, isPipe: false };
  if (facts.isDirectory()) return { kind: 'directory', path, name };
  if (facts.isSymbolicLink()) return { kind: 'link', path, name, target: readlinkSync(path) };
  // A pipe that the user names is read to its end, such as what <(command) makes.
  if (follow && facts.isFIFO()) return { kind: 'file', path, name, isPipe: true };
  return { kind: 'skipped', path, name, reason: 'neither a file, a directory nor a link' };
}

/** Sorted by name. */
function entries(directory: string): readonly Dirent[] {
  return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}
