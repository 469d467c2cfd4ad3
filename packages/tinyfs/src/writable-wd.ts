import { cannot, quote } from './errors.ts';
import { type DirectoryNode, type FileKind, isFile, type Node } from './node.ts';
import type { Content, NodeSpec, NodeWriter } from './node-writer.ts';
import { parsePath, showPath } from './path.ts';
import { chain, entriesOf, isComputed, jail, type Place, resolve, type Resolved, withPath } from './resolve.ts';
import type { TabularFacts } from './tabular-facts.ts';
import { describeKind, mustExist, nodePath, openWorkingDirectory, wrongKind } from './wd.ts';
import type { NodePath, WritableWD } from './working-directory.ts';

type Free = Extract<Resolved, { kind: 'free' }>;

/** One name in a directory, the link itself when it is one. */
interface Entry {
  readonly holder: Place;
  readonly name: string;
  readonly found: Resolved;
  readonly shown: string;
}

/** The writing half of a working directory. Whatever it does is what the writer does: it holds no transaction. */
export function openWritableWorkingDirectory(writer: NodeWriter, at: Place): WritableWD {
  const start = jail(at);
  const reading = openWorkingDirectory(writer, start);

  const makeDirectories = (verb: string, shown: string) => async (holder: Place, name: string): Promise<DirectoryNode> => {
    mustBeStored(holder, verb, shown);
    return createDirectory(writer, holder, name);
  };
  const find = (path: string, verb: string, follow: boolean, parents = false): Promise<Resolved> => {
    const making = parents ? { makeDirectory: makeDirectories(verb, showPath(start.path, path)) } : {};
    return resolve(writer, start, path, { verb, follow, ...making });
  };

  const createAt = async (path: string, spec: NodeSpec, verb: string, parents = false): Promise<NodePath> => {
    const shown = showPath(start.path, path);
    if (spec.kind === 'symlink') checkTarget(spec.target, shown);
    // A link at the name itself is in the way, even when a slash follows.
    const found = await find(spec.kind === 'directory' ? path.replace(/(?<=[^/])\/+$/, '') : path, verb, false, parents);
    if (found.kind !== 'free') {
      throw cannot('already-exists', verb, shown, `${quote(found.path)} is ${describeKind(found.node)}, a free name was wanted`);
    }
    mustNameFile(found, spec, verb, shown);
    mustBeStored(found.holder, verb, shown);
    try {
      return { path: found.path, node: await writer.create(found.holder.node, found.name, spec) };
    } catch (error) {
      throw withPath(error, found.name, shown);
    }
  };

  const writeNew = async (free: Free, kind: FileKind, content: Content, shown: string, tabular?: TabularFacts): Promise<NodePath> => {
    mustNameFile(free, { kind }, 'write', shown);
    mustBeStored(free.holder, 'write', shown);
    const node = await writer.create(free.holder.node, free.name, { kind });
    if (!isFile(node)) throw new TypeError(`A new ${kind} file became a ${node.kind}`);
    try {
      return { path: free.path, node: await writer.write(node, content, tabular) };
    } catch (error) {
      // No file without content stays behind when its content could not be had.
      await writer.remove(free.holder.node, free.name);
      throw error;
    }
  };

  /** The last name of a path, for what is done to names: it must be one, not `.` or `..` or the start. */
  const entryAt = async (path: string, verb: string): Promise<Entry> => {
    const shown = showPath(start.path, path);
    const { steps, directory } = parsePath(path, { verb, shown });
    const name = steps.at(-1);
    if (name === undefined || name === '..' || /(^|\/)\.\/*$/.test(path)) {
      throw cannot('invalid-path', verb, shown, 'it ends in no name, the name of an entry was wanted');
    }
    const found = await resolve(writer, start, path.replace(/\/+$/, ''), { verb, follow: false });
    if (directory && found.kind === 'leaf') throw wrongKind('not-a-directory', verb, shown, found, 'a directory');
    const holder = found.kind === 'directory' ? found.place.parent : found.holder;
    if (holder === undefined) throw new TypeError(`The entry ${shown} is in no directory`);
    return { holder, name, found, shown };
  };

  return {
    ...reading,

    async open(path) {
      const found = mustExist(await find(path, 'open', true), 'open', showPath(start.path, path));
      if (found.kind !== 'directory') throw wrongKind('not-a-directory', 'open', showPath(start.path, path), found, 'a directory');
      return openWritableWorkingDirectory(writer, found.place);
    },

    async mkdir(path, { parents = false } = {}) {
      if (parents) {
        const found = await find(path, 'make directory', true, true);
        if (found.kind === 'directory') return { path: found.path, node: found.node };
      }
      const { path: made, node } = await createAt(path, { kind: 'directory' }, 'make directory');
      return { path: made, node: asDirectory(node) };
    },

    create: (path, spec, { parents = false } = {}) => createAt(path, spec, 'create', parents),

    async write(path, content, { kind = 'data', parents = false, tabular } = {}) {
      const shown = showPath(start.path, path);
      const found = await find(path, 'write', true, parents);
      if (found.kind === 'free') return writeNew(found, kind, content, shown, tabular);
      if (found.kind !== 'leaf' || !isFile(found.node)) throw wrongKind('not-a-file', 'write', shown, found, 'a file');
      mustBeStored(found.holder, 'write', shown);
      if (found.node.computed !== undefined) {
        throw cannot('immutable', 'write', shown, `${quote(found.path)} is computed, a stored file was wanted`);
      }
      return { path: found.path, node: await writer.write(found.node, content, tabular) };
    },

    symlink: (target, path) => createAt(path, { kind: 'symlink', target }, 'link'),

    async update(path, change) {
      const shown = showPath(start.path, path);
      const found = mustExist(await find(path, 'update', true), 'update', shown);
      if (found.kind === 'leaf') mustBeStored(found.holder, 'update', shown);
      else if (found.place.shown) throw shownOnly(found.place, 'update', shown);
      if (change.computed !== undefined && (found.node.kind === 'symlink' || found.node.computed === undefined)) {
        throw cannot('immutable', 'update', shown, `${quote(found.path)} is stored, a computed node was wanted`);
      }
      try {
        return { ...nodePath(found), node: await writer.update(found.node, change) };
      } catch (error) {
        throw withPath(error, found.node.id, found.path);
      }
    },

    async rename(from, to, { replace = false } = {}) {
      const source = await entryAt(from, 'rename');
      const { node } = mustExist(source.found, 'rename', source.shown);
      mustBeStored(source.holder, 'rename', source.shown);
      const target = await entryAt(to, 'rename');
      mustBeStored(target.holder, 'rename', target.shown);
      if (source.holder.node.id === target.holder.node.id && source.name === target.name) return;
      if (to.endsWith('/') && node.kind !== 'directory') {
        throw wrongKind('not-a-directory', 'rename', source.shown, { path: source.shown, node }, 'a directory');
      }
      for (const above of chain(target.holder)) {
        if (above.node.id === node.id) {
          throw cannot('invalid-path', 'rename', source.shown, `${quote(target.shown)} is below it, a place outside of it was wanted`);
        }
      }
      const { found } = target;
      if (found.kind !== 'free') {
        if (!replace || found.kind === 'directory') {
          throw cannot('already-exists', 'rename', target.shown, `it is ${describeKind(found.node)}, a free name was wanted`);
        }
        await writer.remove(target.holder.node, target.name);
      }
      await writer.rename(source.holder.node, source.name, target.holder.node, target.name);
    },

    async remove(path, { recursive = false } = {}) {
      const { holder, name, found, shown } = await entryAt(path, 'remove');
      mustExist(found, 'remove', shown);
      mustBeStored(holder, 'remove', shown);
      if (found.kind === 'directory' && !recursive && !(await isEmpty(writer, found.place))) {
        throw cannot('not-empty', 'remove', shown, 'it has entries, an empty directory or a recursive removal was wanted');
      }
      await writer.remove(holder.node, name);
    },
  };
}

/** A computed directory stores nothing, so that it is as good as empty: what it would show is not even asked. */
async function isEmpty(writer: NodeWriter, place: Place): Promise<boolean> {
  if (place.node.computed !== undefined) return true;
  for await (const batch of entriesOf(writer, place)) if (batch.length > 0) return false;
  return true;
}

function mustBeStored(place: Place, verb: string, shown: string): void {
  if (isComputed(place)) throw shownOnly(place, verb, shown);
}

function shownOnly(place: Place, verb: string, shown: string): Error {
  const what = place.shown ? 'is shown by a computed directory' : 'is computed';
  return cannot('immutable', verb, shown, `the directory ${quote(place.path)} ${what}, a stored one was wanted`);
}

function mustNameFile(free: Free, spec: { readonly kind: string }, verb: string, shown: string): void {
  if (free.directory && spec.kind !== 'directory') {
    throw cannot('not-a-file', verb, shown, 'it ends like the path of a directory, the path of a file was wanted');
  }
}

/** A target may lead nowhere, but it must be text that could be a path. */
function checkTarget(target: string, shown: string): void {
  if (target === '') throw cannot('invalid-path', 'link', shown, 'the target is empty, a path was wanted');
  parsePath(target, { verb: 'link', shown, climb: true });
}

async function createDirectory(writer: NodeWriter, holder: Place, name: string): Promise<DirectoryNode> {
  return asDirectory(await writer.create(holder.node, name, { kind: 'directory' }));
}

function asDirectory(node: Node): DirectoryNode {
  if (node.kind !== 'directory') throw new TypeError(`A new directory became a ${node.kind}`);
  return node;
}
