import { dirname, type WritableWD } from '@duckpond/tinyfs';
import { type Generation, withMemory } from './generation.ts';

/** A file of the pond gets the name that its log has on the host now. */
export interface Move {
  readonly generation: Generation;
  readonly to: string;
}

/**
 * Gives files of the pond the names of their logs, in an order in which none is in the way of another. A file that has such a name, and
 * whose log is gone from the host, keeps its bytes under a name with `~` and the beginning of its hash.
 *
 * @param claims paths that new logs will have
 * @returns the files that were put aside, by the paths that they had
 */
export async function arrange(
  root: WritableWD, generations: readonly Generation[], moves: readonly Move[], claims: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const at = new Map(generations.map((one) => [one.path, one]));
  const where = new Map(generations.map((one) => [one, one.path]));
  const aside = new Map<string, string>();
  const relocate = async (generation: Generation, to: string): Promise<void> => {
    const from = where.get(generation) ?? generation.path;
    await root.mkdir(dirname(to), { parents: true });
    await root.rename(from, to);
    at.delete(from);
    at.set(to, generation);
    where.set(generation, to);
  };
  const freeName = async (generation: Generation): Promise<string> => {
    const base = `${generation.path}~${generation.head.slice(0, 8)}`;
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}-${count}`;
      if (!await root.exists(name)) return name;
    }
  };
  const clear = async (path: string): Promise<void> => {
    const generation = at.get(path);
    if (generation === undefined) return;
    const to = await freeName(generation);
    await relocate(generation, to);
    const { node } = await root.get(to);
    const memory = { ...generation, name: '', inode: '', sizeBytes: 0, modifiedMillis: 0 };
    await root.update(to, { attributes: withMemory(node.attributes, memory) });
    aside.set(path, to);
  };

  const waiting = new Map(moves.map((move) => [move.generation, move]));
  while (waiting.size > 0) {
    const all = [...waiting.values()];
    const next = all.find(({ to }) => {
      const occupant = at.get(to);
      return occupant === undefined || !waiting.has(occupant);
    });
    if (next === undefined) {
      // Names were exchanged: one waits elsewhere.
      for (const { generation } of all.slice(0, 1)) await relocate(generation, await freeName(generation));
      continue;
    }
    await clear(next.to);
    await relocate(next.generation, next.to);
    waiting.delete(next.generation);
  }
  for (const path of claims) await clear(path);
  return aside;
}
