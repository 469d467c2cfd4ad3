import type { DirectoryFactory } from './dynamic.ts';
import { openFs } from './fs.ts';
import { parseGlob } from './glob.ts';
import type { DirectoryEntry } from './node.ts';
import { basename } from './path.ts';
import { distinctEntries } from './view-directory.ts';
import type { GlobMatch } from './working-directory.ts';

export interface GlobDirectoryConfig {
  /** From the root. */
  readonly pattern: string;
  readonly hidden?: boolean;
}

/**
 * A factory of directories that hold what a pattern matches anywhere, side by side: the same nodes, read-only. Each is
 * named by its captures. Two matches of one name are an error, so that none hides another.
 */
export function globDirectory(parse: (config: string) => GlobDirectoryConfig): DirectoryFactory {
  return {
    makes: 'directory',
    check: (config) => void parseGlob(parse(config).pattern),
    make({ node, config, reader }) {
      const { pattern, hidden = false } = parse(config);
      const find = async (): Promise<readonly DirectoryEntry[]> => {
        const root = await openFs(reader).root();
        const found: { name: string; at: GlobMatch }[] = [];
        for await (const at of root.glob(pattern, { hidden })) found.push({ name: captureName(at), at });
        return distinctEntries(node.id, found);
      };
      let entries: Promise<readonly DirectoryEntry[]> | undefined;
      let names: Map<string, DirectoryEntry> | undefined;

      return {
        async lookup(name) {
          names ??= new Map((await (entries ??= find())).map((entry) => [entry.name, entry]));
          return names.get(name)?.node;
        },
        async *entries() {
          yield await (entries ??= find());
        },
      };
    },
  };
}

/** The captures that are not empty, joined by `_`, as are the levels in them; the last name of the path when there are none. */
export function captureName({ path, captures }: GlobMatch): string {
  const name = captures.filter((capture) => capture !== '').join('_').replaceAll('/', '_');
  return name === '' ? basename(path) ?? '' : name;
}
