import { cannot, isTinyFsError, quote, TinyFsError, type TinyFsErrorCode } from './errors.ts';
import type { DirectoryEntry, DirectoryNode, FileNode, Node, SymlinkNode } from './node.ts';
import type { NodeReader } from './node-reader.ts';
import { childPath, parsePath, type ParsedPath, showPath } from './path.ts';

/** Links that may lead from one to the next. The one after them is a `symlink-loop`. */
export const MAX_LINK_NESTING = 10;

// Links next to each other do not nest, so ten levels of targets full of links could take ages without this.
const MAX_LINKS_A_PATH = 1_000;

/** A directory and the real directories above it, up to the start, which is as far as `..` and links may lead. */
export interface Place {
  readonly path: string;
  readonly node: DirectoryNode;
  readonly parent: Place | undefined;
  /** Whether a directory above it is computed: it is only shown here, and not changed through here. */
  readonly shown: boolean;
}

/** Where a path leads. A directory has its own place; a file or an unfollowed link has the one that holds it. */
export type Resolved =
  | { readonly kind: 'directory'; readonly path: string; readonly node: DirectoryNode; readonly place: Place }
  | { readonly kind: 'leaf'; readonly path: string; readonly node: FileNode | SymlinkNode; readonly holder: Place }
  | { readonly kind: 'free'; readonly path: string; readonly name: string; readonly holder: Place; readonly directory: boolean };

export interface ResolveOptions {
  /** What is being done, for messages: `Cannot <verb> "<path>"`. */
  readonly verb: string;
  /** Whether a link in the last position is followed. A trailing slash follows it in any case. Default true. */
  readonly follow?: boolean;
  /** Makes a directory that is missing on the way; without it that is `not-found`. */
  readonly makeDirectory?: (holder: Place, name: string) => Promise<DirectoryNode>;
}

interface Task {
  readonly verb: string;
  readonly follow: boolean | undefined;
  readonly makeDirectory: ResolveOptions['makeDirectory'];
  readonly reader: NodeReader;
  readonly start: Place;
  readonly shown: string;
  links: number;
}

export function rootPlace(node: DirectoryNode): Place {
  return { path: '/', node, parent: undefined, shown: false };
}

/** Whether what is in it is computed. */
export function isComputed(place: Place): boolean {
  return place.shown || place.node.computed !== undefined;
}

/** The same directory as a jail: nothing above it is known. */
export function jail(place: Place): Place {
  return { ...place, parent: undefined };
}

export function placeBelow(parent: Place, name: string, node: DirectoryNode): Place {
  return { path: childPath(parent.path, name), node, parent, shown: isComputed(parent) };
}

/**
 * Follows a path from `start`, one lookup a step. Links are followed in every position but the last, which is a choice;
 * a target starts at the real directory that holds its link; `..` in a path goes back one step of that path.
 * A last name that is not there is `free`, also at the end of a dangling link.
 */
export async function resolve(reader: NodeReader, start: Place, text: string, options: ResolveOptions): Promise<Resolved> {
  const shown = showPath(start.path, text);
  const path = parsePath(text, { verb: options.verb, shown });
  // Field by field: this is done for every path, and a spread costs ten times as much.
  const { verb, follow, makeDirectory } = options;
  const task: Task = { verb, follow, makeDirectory, reader, start, shown, links: 0 };
  if (path.absolute && start.path !== '/') {
    throw fail(task, 'above-root', `the working directory is ${quote(start.path)}, a path relative to it was wanted`);
  }
  return take(task, [start], path, 0);
}

const FOLLOWING = { verb: 'follow', follow: undefined, makeDirectory: undefined } as const;

/** What a link in `holder` leads to, or undefined when that is nothing: missing, going in circles or out of the jail. */
export async function followLink(
  reader: NodeReader, start: Place, holder: Place, name: string, link: SymlinkNode,
): Promise<Exclude<Resolved, { kind: 'free' }> | undefined> {
  const path = childPath(holder.path, name);
  try {
    const found = await takeLink({ ...FOLLOWING, reader, start, shown: path, links: 0 }, holder, path, link, 0);
    return found.kind === 'free' ? undefined : found;
  } catch (error) {
    if (isTinyFsError(error, 'not-found', 'not-a-directory', 'symlink-loop', 'above-root', 'invalid-path')) return undefined;
    throw error;
  }
}

export async function lookupIn(reader: NodeReader, place: Place, name: string): Promise<Node | undefined> {
  try {
    return await reader.lookup(place.node, name);
  } catch (error) {
    throw withPath(error, place.node.id, place.path);
  }
}

export async function* entriesOf(reader: NodeReader, place: Place): AsyncIterable<readonly DirectoryEntry[]> {
  try {
    yield* reader.entries(place.node);
  } catch (error) {
    throw withPath(error, place.node.id, place.path);
  }
}

/** A reader knows nodes and names but no paths: an error about one is told again with the path that reached it. */
export function withPath(error: unknown, about: string, path: string): unknown {
  if (!(error instanceof TinyFsError) || error.path !== about) return error;
  return new TinyFsError(error.code, path, error.message.replaceAll(quote(about), quote(path)), { cause: error });
}

/** Goes `path` on from the top of `walked`, the directories passed so far, each at its real place. */
async function take(task: Task, walked: Place[], path: ParsedPath, nesting: number): Promise<Resolved> {
  for (const [index, step] of path.steps.entries()) {
    const last = index === path.steps.length - 1;
    if (step === '..') {
      walked.pop();
      if (walked.length === 0) throw fail(task, 'above-root', `".." leads above ${quote(task.start.path)}, a path below it was wanted`);
      continue;
    }
    const found = await takeName(task, top(walked), step, last, path.directory, nesting);
    if (found.kind === 'directory') {
      walked.push(found.place);
    } else if (last) {
      if (path.directory && found.kind === 'leaf') throw notADirectory(task, found.path, found.node);
      return found.kind === 'free' ? { ...found, directory: found.directory || path.directory } : found;
    } else if (found.kind === 'leaf') {
      throw notADirectory(task, found.path, found.node);
    } else {
      if (task.makeDirectory === undefined || nesting > 0 || found.path !== childPath(top(walked).path, step)) {
        throw notFound(task, found);
      }
      walked.push(placeBelow(found.holder, step, await task.makeDirectory(found.holder, step)));
    }
  }
  const place = top(walked);
  return { kind: 'directory', path: place.path, node: place.node, place };
}

async function takeName(
  task: Task, holder: Place, name: string, last: boolean, directory: boolean, nesting: number,
): Promise<Resolved> {
  const node = await lookupIn(task.reader, holder, name);
  const path = childPath(holder.path, name);
  if (node === undefined) return { kind: 'free', path, name, holder, directory: false };
  if (node.kind === 'directory') return { kind: 'directory', path, node, place: placeBelow(holder, name, node) };
  if (node.kind !== 'symlink') return { kind: 'leaf', path, node, holder };
  // Only the path itself can end in an unfollowed link; the targets of links are always gone to the end.
  if (last && !directory && nesting === 0 && task.follow === false) return { kind: 'leaf', path, node, holder };
  return takeLink(task, holder, path, node, nesting);
}

async function takeLink(task: Task, holder: Place, path: string, link: SymlinkNode, nesting: number): Promise<Resolved> {
  task.links += 1;
  if (nesting >= MAX_LINK_NESTING || task.links > MAX_LINKS_A_PATH) {
    const nested = `${MAX_LINK_NESTING} links lead from one to the next`;
    const limit = nesting >= MAX_LINK_NESTING ? nested : `${MAX_LINKS_A_PATH} links were followed`;
    throw fail(task, 'symlink-loop', `${limit} before the link ${quote(path)}, an end was wanted`);
  }
  const target = parsePath(link.target, { verb: task.verb, shown: task.shown, climb: true });
  const from = target.absolute ? [task.start] : [...chain(holder)].reverse();
  if ((target.absolute && task.start.path !== '/') || climbs(target.steps, from.length)) {
    const why = `the link ${quote(path)} leads to ${quote(link.target)}, which is not below ${quote(task.start.path)}`;
    throw fail(task, 'above-root', why);
  }
  return take(task, from, target, nesting + 1);
}

/** From a place up to the start. */
export function* chain(place: Place): Iterable<Place> {
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) yield at;
}

function climbs(steps: readonly string[], depth: number): boolean {
  let left = depth;
  for (const step of steps) {
    left += step === '..' ? -1 : 1;
    if (left === 0) return true;
  }
  return false;
}

function top(walked: readonly Place[]): Place {
  const place = walked.at(-1);
  if (place === undefined) throw new TypeError('A path is walked without a start');
  return place;
}

function fail(task: Task, code: TinyFsErrorCode, why: string): TinyFsError {
  return cannot(code, task.verb, task.shown, why);
}

function notADirectory(task: Task, path: string, node: Node): TinyFsError {
  return fail(task, 'not-a-directory', `${quote(path)} is a ${node.kind === 'symlink' ? 'link' : 'file'}, a directory was wanted`);
}

function notFound(task: Task, free: { readonly name: string; readonly holder: Place }): TinyFsError {
  return fail(task, 'not-found', `no entry ${quote(free.name)} in ${quote(free.holder.path)}`);
}
