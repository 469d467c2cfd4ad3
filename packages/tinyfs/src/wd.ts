import { cannot, isTinyFsError, quote, type TinyFsErrorCode } from './errors.ts';
import { parseGlob } from './glob.ts';
import { isFile, type Node } from './node.ts';
import type { NodeReader } from './node-reader.ts';
import { childPath, showPath } from './path.ts';
import { entriesOf, jail, type Place, resolve, type Resolved, withPath } from './resolve.ts';
import { glob, walk } from './walk.ts';
import type { Lookup, NodePath, WD } from './working-directory.ts';

/** The reading half of a working directory. Nothing is kept between calls but the directory itself. */
export function openWorkingDirectory(reader: NodeReader, at: Place): WD {
  const start = jail(at);
  const find = async (path: string, verb: string, follow = true): Promise<Exclude<Resolved, { kind: 'free' }>> =>
    mustExist(await resolve(reader, start, path, { verb, follow }), verb, showPath(start.path, path));
  const directory = async (path: string, verb: string): Promise<Place> => {
    const found = await find(path, verb);
    if (found.kind !== 'directory') throw wrongKind('not-a-directory', verb, showPath(start.path, path), found, 'a directory');
    return found.place;
  };

  return {
    at: { path: start.path, node: start.node },

    async open(path) {
      return openWorkingDirectory(reader, await directory(path, 'open'));
    },

    async get(path, { follow = true } = {}) {
      return nodePath(await find(path, 'find', follow));
    },

    async lookup(path, { follow = true } = {}): Promise<Lookup> {
      const found = await resolve(reader, start, path, { verb: 'find', follow });
      if (found.kind !== 'free') return { kind: 'found', at: nodePath(found) };
      const { holder, name } = found;
      return { kind: 'free', directory: { path: holder.path, node: holder.node }, name, path: found.path };
    },

    async exists(path) {
      try {
        return (await resolve(reader, start, path, { verb: 'find' })).kind !== 'free';
      } catch (error) {
        if (isTinyFsError(error, 'not-found', 'not-a-directory', 'symlink-loop')) return false;
        throw error;
      }
    },

    async *list(path = '') {
      const place = await directory(path, 'list');
      for await (const batch of entriesOf(reader, place)) {
        for (const { name, node } of batch) yield { path: childPath(place.path, name), node };
      }
    },

    async *walk(path = '', options = {}) {
      yield* walk(reader, await directory(path, 'walk'), options);
    },

    async *glob(pattern, options = {}) {
      const parsed = parseGlob(pattern);
      if (parsed.absolute && start.path !== '/') {
        const why = `the working directory is ${quote(start.path)}, a pattern relative to it was wanted`;
        throw cannot('above-root', 'use pattern', pattern, why);
      }
      yield* glob(reader, start, parsed, options);
    },

    async *read(path, options = {}) {
      const found = await find(path, 'read');
      if (found.kind !== 'leaf' || !isFile(found.node)) throw wrongKind('not-a-file', 'read', showPath(start.path, path), found, 'a file');
      try {
        yield* reader.content(found.node, options);
      } catch (error) {
        throw withPath(error, found.node.id, found.path);
      }
    },

    async readlink(path) {
      const { node, ...found } = await find(path, 'read link', false);
      if (node.kind !== 'symlink') throw wrongKind('not-a-symlink', 'read link', showPath(start.path, path), { ...found, node }, 'a link');
      return node.target;
    },

    async *versions(path) {
      const found = await find(path, 'list versions of');
      try {
        yield* reader.versions(found.node);
      } catch (error) {
        throw withPath(error, found.node.id, found.path);
      }
    },
  };
}

export function nodePath({ path, node }: Exclude<Resolved, { kind: 'free' }>): NodePath {
  return { path, node };
}

export function mustExist(found: Resolved, verb: string, shown: string): Exclude<Resolved, { kind: 'free' }> {
  if (found.kind !== 'free') return found;
  throw cannot('not-found', verb, shown, `no entry ${quote(found.name)} in ${quote(found.holder.path)}`);
}

export function wrongKind(code: TinyFsErrorCode, verb: string, shown: string, found: NodePath, wanted: string): Error {
  return cannot(code, verb, shown, `${quote(found.path)} is ${describeKind(found.node)}, ${wanted} was wanted`);
}

export function describeKind(node: Node): string {
  if (node.kind === 'directory') return 'a directory';
  return node.kind === 'symlink' ? 'a link' : 'a file';
}
