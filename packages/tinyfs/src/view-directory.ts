import type { DirectoryFactory } from './dynamic.ts';
import { cannot, quote } from './errors.ts';
import { openFs } from './fs.ts';
import type { DirectoryEntry, Node } from './node.ts';
import { basename, compareNames, nameFault } from './path.ts';
import type { NodePath } from './working-directory.ts';

/** How names are shown: two functions that undo each other; a name without a counterpart is not shown. */
export interface NameMapping {
  readonly toShown: (name: string) => string | undefined;
  readonly toSource: (shown: string) => string | undefined;
}

export interface ViewConfig extends NameMapping {
  /** Path of the directory that is shown. */
  readonly source: string;
}

const reverse = (name: string): string => [...name].reverse().join('');

export const REVERSED: NameMapping = { toShown: reverse, toSource: reverse };

/**
 * A factory of directories that show another one under other names: the same nodes, read-only. Links directly in it keep
 * meaning what they mean in their own directory; those further below start at where they are shown.
 */
export function viewDirectory(parse: (config: string) => ViewConfig): DirectoryFactory {
  return {
    makes: 'directory',
    check: (config) => void parse(config),
    async make({ node, config, reader }) {
      const view = parse(config);
      const source = await (await openFs(reader).root()).open(view.source);

      return {
        async lookup(shown) {
          const name = view.toSource(shown);
          if (name === undefined || nameFault(name) !== undefined || view.toShown(name) !== shown) return undefined;
          const found = await source.lookup(name, { follow: false });
          return found.kind === 'found' ? linkFromRoot(found.at) : undefined;
        },

        async *entries() {
          const entries: NamedPath[] = [];
          for await (const at of source.list()) {
            const name = view.toShown(basename(at.path) ?? '');
            if (name !== undefined) entries.push({ name, at });
          }
          yield distinctEntries(node.id, entries);
        },
      };
    },
  };
}

interface NamedPath {
  readonly name: string;
  readonly at: NodePath;
}

/** Sorted entries of a directory whose names were computed. Two of one name, or a name that cannot be one, are errors. */
export function distinctEntries(directory: string, entries: readonly NamedPath[]): readonly DirectoryEntry[] {
  const sorted = [...entries].sort((a, b) => compareNames(a.name, b.name));
  for (const [i, { name, at }] of sorted.entries()) {
    const fault = nameFault(name);
    if (fault !== undefined) throw cannot('invalid-path', 'compute', directory, `${quote(at.path)} cannot be shown, ${fault}`);
    const next = sorted[i + 1];
    if (next?.name === name) {
      const why = `${quote(at.path)} and ${quote(next.at.path)} would both be ${quote(name)}, different names were wanted`;
      throw cannot('already-exists', 'compute', directory, why);
    }
  }
  return sorted.map(({ name, at }) => ({ name, node: linkFromRoot(at) }));
}

/** A relative link shown elsewhere would lead elsewhere: its target is told from the root. */
export function linkFromRoot({ path, node }: NodePath): Node {
  if (node.kind !== 'symlink' || node.target.startsWith('/')) return node;
  return { ...node, target: `${path.slice(0, path.lastIndexOf('/'))}/${node.target}` };
}
