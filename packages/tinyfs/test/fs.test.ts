import { describe, expect, it } from 'vitest';
import { type NodeReader, openFs } from '../src/index.ts';
import { fails } from './fails.ts';
import { all, paths, text, tree } from './memory-tree.ts';

describe('openFs()', () => {
  it('reads the state of its reader for good', async () => {
    const { store, root } = await tree('/f=old', '/d/');
    const before = await openFs(store.snapshot()).root();
    await root.write('/f', [Buffer.from('new')]);
    await root.remove('/d');
    expect(await text(before.read('/f'))).toBe('old');
    expect(await paths(before.list())).toEqual(['/d', '/f']);
    expect(await text(root.read('/f'))).toBe('new');
    expect(Object.keys(before)).not.toContain('write');
  });
});

describe('list()', () => {
  it('has the children in the order of their UTF-8 bytes, hidden ones too, links unfollowed', async () => {
    const { root } = await tree('/d/b=', '/d/a->b', '/d/.h=', '/d/\u{1f600}=', '/d/\uffff=', '/d/sub/x=', '/l->d');
    expect(await paths(root.list('d'))).toEqual(['/d/.h', '/d/a', '/d/b', '/d/sub', '/d/\uffff', '/d/\u{1f600}']);
    expect(await paths(root.list('/l'))).toEqual(await paths(root.list('/d')));
    expect((await all(root.list('d')))[1]?.node.kind).toBe('symlink');
    await fails(paths(root.list('d/b')), 'not-a-directory', 'Cannot list "/d/b": "/d/b" is a file, a directory was wanted');
    await fails(paths(root.list('none')), 'not-found', 'Cannot list "/none": no entry "none" in "/"');
  });

  it('does not mind changes while it is read', async () => {
    const { root } = await tree(...Array.from({ length: 3_000 }, (_, i) => `/${i}=`));
    let count = 0;
    for await (const { path } of root.list()) {
      await root.remove(path);
      await root.write(`/new${path.slice(1)}`, []);
      count += 1;
    }
    expect(count).toBe(3_000);
  });

  it('lists 100,000 entries in a moment', async () => {
    const { store, root } = await tree();
    const directory = await store.root();
    for (let i = 0; i < 100_000; i++) await store.create(directory, `reading-${i}.csv`, { kind: 'data' });
    const first = performance.now();
    expect(await all(root.list())).toHaveLength(100_000);
    const second = performance.now();
    let matched = 0;
    for await (const { captures } of root.glob('*-*9.csv')) matched += captures.length;
    const third = performance.now();
    expect(matched).toBe(20_000);
    expect([second - first < 2_000, third - second < 4_000], `${second - first} ms, ${third - second} ms`).toEqual([true, true]);
  });
});

describe('read()', () => {
  it('reads ranges and versions, through links too', async () => {
    const { root } = await tree('/f=first', '/l->f');
    await root.write('/l', [Buffer.from('second')]);
    expect(await text(root.read('l', { range: { start: 1, end: 4 } }))).toBe('eco');
    expect(await text(root.read('l', { version: 1 }))).toBe('first');
    expect((await all(root.versions('l'))).map(({ version, sizeBytes }) => [version, sizeBytes])).toEqual([[1, 5], [2, 6]]);
    await fails(text(root.read('/l', { version: 3 })), 'not-found', 'Cannot read "/f": no version 3, the newest is 2');
  });

  it('passes on what a store throws', async () => {
    const { store } = await tree('/f=x');
    const broken: NodeReader = { ...store, content: async function* () { throw new RangeError('disk'); yield new Uint8Array(); } };
    await expect(text((await openFs(broken).root()).read('/f'))).rejects.toThrow(RangeError);
  });
});
