import type { At, Pond, WD } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import { cannotPush } from './lake-error.ts';

/** A table or series of the pond, and the Delta table that it becomes. */
export interface LakeTarget {
  readonly path: string;
  readonly nodeId: string;
  readonly kind: 'series' | 'table';
  /** The newest version; 0 while there is none. */
  readonly version: number;
  readonly isComputed: boolean;
  /** The directory of the table below the lake. */
  readonly table: string;
}

const EVERYTHING = '/**';
/** The ending that tells a format or a kind: `.series`, `.parquet`. */
const EXTENSION = /(?<=[^/])\.[A-Za-z][A-Za-z0-9]*$/;

/**
 * The tables and series that a pattern matches, by path; a path that is there as written is no pattern.
 *
 * @throws RemoteError `not-found` when it matches none, `name-clash` when two would be one table, or one would be inside another
 */
export async function lakeTargets(pond: Pond, pattern: string = EVERYTHING, at: At): Promise<readonly LakeTarget[]> {
  const targets = await pond.read(async (fs) => matches(await fs.root(), pattern), { at });
  if (targets.length === 0) {
    throw new RemoteError('not-found', `Cannot push "${pattern}": it matches no table and no series, at least one was wanted`, { pattern });
  }
  const byTable = [...targets].sort((a, b) => (a.table < b.table ? -1 : 1));
  for (const [at, target] of byTable.entries()) {
    const same = byTable[at - 1];
    if (same?.table === target.table) {
      throw cannotPush('name-clash', target, `"${same.path}" becomes that table, too, one of them was wanted`);
    }
    const outer = byTable.find(({ table }) => target.table.startsWith(`${table}/`));
    if (outer === undefined) continue;
    throw cannotPush(
      'name-clash', target, `it would be inside the table "${outer.table}" of "${outer.path}", a place beside it was wanted`,
      'other engines remove what is inside a table and not of it: push them to different places',
    );
  }
  return targets;
}

async function matches(root: WD, pattern: string): Promise<LakeTarget[]> {
  const targets: LakeTarget[] = [];
  const add = async (path: string): Promise<void> => {
    const { node } = await root.get(path);
    if (node.kind !== 'series' && node.kind !== 'table') return;
    const { id, kind, version, computed } = node;
    const table = path.slice(1).replace(EXTENSION, '');
    targets.push({ path, nodeId: id, kind, version, isComputed: computed !== undefined, table });
  };
  const isThere = await root.exists(pattern).catch(() => false);
  if (isThere && (await root.get(pattern)).node.kind !== 'directory') await add((await root.get(pattern)).path);
  else for await (const { path, node } of root.glob(pattern)) if (node.kind !== 'symlink') await add(path);
  return targets;
}
