import { createMemoryStore, type MemoryStore, type NodeId, openWritableFs, type WritableWD } from '../src/index.ts';

/** A store whose ids and times only count. */
export function countingStore(): MemoryStore {
  let ids = 1;
  let time = 0n;
  return createMemoryStore({
    clock: () => (time += 1_000n),
    newId: () => `00000000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}` as NodeId,
  });
}

/** A file system from one line a node: `/dir/`, `/file=content`, `/link->target`. Missing directories are made. */
export async function tree(...lines: readonly string[]): Promise<{ readonly store: MemoryStore; readonly root: WritableWD }> {
  const store = countingStore();
  const root = await openWritableFs(store).root();
  for (const line of lines) {
    const [, path = '', sign, rest = ''] = /^(.*?)(?:(->|=)(.*))?$/s.exec(line) ?? [];
    const parent = path.replace(/[^/]*$/, '');
    if (parent !== '') await root.mkdir(parent, { parents: true });
    if (sign === '->') await root.symlink(rest, path);
    else if (!path.endsWith('/')) await root.write(path, [Buffer.from(rest)]);
  }
  return { store, root };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export async function paths(items: AsyncIterable<{ readonly path: string }>): Promise<string[]> {
  return (await all(items)).map(({ path }) => path);
}

export async function text(content: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await all(content)).toString();
}
