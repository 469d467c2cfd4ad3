import { describe, expect, it } from 'vitest';
import { fails } from './fails.ts';
import { paths, text, tree } from './memory-tree.ts';

const data = (content: string): Uint8Array[] => [Buffer.from(content)];

describe('mkdir()', () => {
  it('makes one directory, or all that are missing', async () => {
    const { root } = await tree('/f=', '/l->d', '/d/');
    expect((await root.mkdir('new/')).path).toBe('/new');
    await fails(root.mkdir('a/b/c'), 'not-found', 'Cannot make directory "/a/b/c": no entry "a" in "/"');
    expect((await root.mkdir('a/b/../c', { parents: true })).path).toBe('/a/c');
    expect((await root.mkdir('l/x/y', { parents: true })).path).toBe('/d/x/y');
    expect((await root.mkdir('l/x/y', { parents: true })).path).toBe('/d/x/y');
    expect((await root.mkdir('/', { parents: true })).path).toBe('/');
    expect(await paths(root.walk())).toEqual(['/a', '/a/b', '/a/c', '/d', '/d/x', '/d/x/y', '/f', '/l', '/new']);
  });

  it('rejects a taken name', async () => {
    const { root } = await tree('/f=', '/d/', '/l->d', '/gone->none');
    await fails(root.mkdir('d'), 'already-exists', 'Cannot make directory "/d": "/d" is a directory, a free name was wanted');
    for (const path of ['f', 'l', 'gone', 'gone/', '/']) await fails(root.mkdir(path), 'already-exists');
    for (const path of ['f', 'gone']) await fails(root.mkdir(path, { parents: true }), 'already-exists');
    await fails(root.mkdir('f/x', { parents: true }), 'not-a-directory');
    await fails(root.mkdir('gone/x', { parents: true }), 'not-found');
    expect(await paths(root.list())).toEqual(['/d', '/f', '/gone', '/l']);
  });
});

describe('create()', () => {
  it('makes a node of any kind at a free name, in the real directory', async () => {
    const { root } = await tree('/d/', '/l->d');
    expect(await root.create('l/s', { kind: 'series', attributes: { a: 'b' } }))
      .toMatchObject({ path: '/d/s', node: { kind: 'series', version: 0 } });
    expect((await root.create('p/q/t', { kind: 'table' }, { parents: true })).path).toBe('/p/q/t');
    await fails(root.create('d/s', { kind: 'data' }), 'already-exists', 'Cannot create "/d/s": "/d/s" is a file, a free name was wanted');
    await fails(root.create('l', { kind: 'data' }), 'already-exists');
    await fails(root.create('n/', { kind: 'data' }), 'not-a-file');
  });
});

describe('write()', () => {
  it('creates a file, then adds versions and keeps its kind', async () => {
    const { root } = await tree();
    expect(await root.write('s', data('a'), { kind: 'series' })).toMatchObject({ path: '/s', node: { kind: 'series', version: 1 } });
    expect(await root.write('/s', data('b'), { kind: 'data' })).toMatchObject({ node: { kind: 'series', version: 2 } });
    expect(await text(root.read('s'))).toBe('ab');
    await fails(root.write('x/y/f', data('')), 'not-found');
    expect((await root.write('x/y/f', data('deep'), { parents: true })).path).toBe('/x/y/f');
    await fails(root.write('x', data('')), 'not-a-file', 'Cannot write "/x": "/x" is a directory, a file was wanted');
    await fails(root.write('n/', data('')), 'not-a-file');
    await fails(root.write('s/', data('')), 'not-a-directory');
  });

  it('through a link writes its target, which may be missing', async () => {
    const { root } = await tree('/a/f=old', '/l->a/f', '/new->a/new', '/lost->none/x', '/chain->new');
    expect((await root.write('l', data('new'))).path).toBe('/a/f');
    expect((await root.write('chain', data('made'))).path).toBe('/a/new');
    expect(await text(root.read('/a/new'))).toBe('made');
    expect((await root.get('new', { follow: false })).node.kind).toBe('symlink');
    await fails(root.write('lost', data('')), 'not-found', 'Cannot write "/lost": no entry "none" in "/"');
    await fails(root.write('lost', data(''), { parents: true }), 'not-found');
  });

  it('leaves no empty file behind when its content fails', async () => {
    const { root } = await tree('/f=whole');
    const failing = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('half');
      throw new RangeError('gone');
    };
    await expect(root.write('g', failing())).rejects.toThrow(RangeError);
    await expect(root.write('f', failing())).rejects.toThrow(RangeError);
    expect(await paths(root.list())).toEqual(['/f']);
    expect(await text(root.read('f'))).toBe('whole');
  });
});

describe('symlink()', () => {
  it('stores its target as written, wherever it leads', async () => {
    const { root } = await tree('/d/');
    await root.symlink('../..//./x', 'd/l');
    expect(await root.readlink('d/l')).toBe('../..//./x');
    await fails(root.symlink('x', 'd/l'), 'already-exists', 'Cannot link "/d/l": "/d/l" is a link, a free name was wanted');
    await fails(root.symlink('', 'e'), 'invalid-path', 'Cannot link "/e": the target is empty, a path was wanted');
    await fails(root.symlink('a\0', 'e'), 'invalid-path');
  });
});

describe('update()', () => {
  it('replaces attributes and computations', async () => {
    const { root } = await tree('/f=F', '/l->f');
    expect(await root.update('l', { attributes: { a: '1' } })).toMatchObject({ path: '/f', node: { attributes: { a: '1' }, version: 2 } });
    await root.create('c', { kind: 'table', computed: { factory: 'x', config: '' } });
    const computed = { factory: 'y', config: 'z' };
    expect(await root.update('c', { computed })).toMatchObject({ node: { computed } });
    await fails(root.update('f', { computed }), 'immutable', 'Cannot update "/f": "/f" is stored, a computed node was wanted');
    await fails(root.write('c', []), 'immutable', 'Cannot write "/c": "/c" is computed, a stored file was wanted');
    await fails(root.update('none', {}), 'not-found');
  });
});

describe('rename()', () => {
  it('moves files, directories and links themselves', async () => {
    const { root } = await tree('/a/sub/f=F', '/b/', '/l->a/sub/f', '/d->b');
    await root.rename('a/sub', 'd/moved/');
    await root.rename('l', 'b/link');
    await root.rename('d', 'e');
    expect(await paths(root.walk())).toEqual(['/a', '/b', '/b/link', '/b/moved', '/b/moved/f', '/e']);
    expect(await root.readlink('b/link')).toBe('a/sub/f');
    expect(await text(root.read('e/moved/f'))).toBe('F');
  });

  it('refuses a directory into itself or below', async () => {
    const { root } = await tree('/a/b/c/', '/l->a/b');
    await fails(root.rename('a', 'a/b/x'), 'invalid-path', 'Cannot rename "/a": "/a/b/x" is below it, a place outside of it was wanted');
    for (const to of ['a/x', 'l/x', 'a/b/c/x', 'l/c/x']) await fails(root.rename('a', to), 'invalid-path');
    await fails((await root.open('a')).rename('b', 'b/c/x'), 'invalid-path');
    await root.rename('a/b', 'a/bb');
    expect(await paths(root.walk())).toEqual(['/a', '/a/bb', '/a/bb/c', '/l']);
  });

  it('replaces a file or link when told to, never a directory', async () => {
    const { root } = await tree('/f=F', '/g=G', '/d/x=X', '/l->d', '/e/');
    await fails(root.rename('f', 'g'), 'already-exists', 'Cannot rename "/g": it is a file, a free name was wanted');
    await fails(root.rename('f', 'd', { replace: true }), 'already-exists');
    await fails(root.rename('none', 'g', { replace: true }), 'not-found', 'Cannot rename "/none": no entry "none" in "/"');
    expect(await text(root.read('g'))).toBe('G');
    await root.rename('f', 'g', { replace: true });
    await root.rename('g', 'l', { replace: true });
    expect(await paths(root.walk())).toEqual(['/d', '/d/x', '/e', '/l']);
    expect(await text(root.read('l'))).toBe('F');
  });

  it('to the same name does nothing', async () => {
    const { root } = await tree('/d/f=F', '/l->d');
    await root.rename('d/f', 'l/f');
    await root.rename('d', './d/', { replace: true });
    expect(await text(root.read('d/f'))).toBe('F');
    await fails(root.rename('none', 'none'), 'not-found');
  });

  it('needs names at both ends', async () => {
    const { root } = await tree('/f=', '/d/', '/l->d');
    for (const path of ['', '/', '.', 'd/..', 'd/.', 'd/./', 'x/..']) {
      await fails(root.rename(path, 'x'), 'invalid-path');
      await fails(root.rename('f', path), 'invalid-path');
      await fails(root.remove(path), 'invalid-path');
    }
    await fails(root.rename('f/', 'x'), 'not-a-directory');
    await fails(root.rename('f', 'x/'), 'not-a-directory');
    await fails(root.rename('l/', 'x'), 'not-a-directory', 'Cannot rename "/l/": "/l" is a link, a directory was wanted');
    await fails(root.rename('f', 'none/x'), 'not-found');
    await fails(root.rename('f', 'f/x'), 'not-a-directory');
  });
});

describe('remove()', () => {
  it('removes a name, and what is below it when told to', async () => {
    const { root } = await tree('/d/sub/f=', '/e/', '/f=F', '/l->d', '/gone->none');
    await fails(root.remove('d'), 'not-empty',
      'Cannot remove "/d": it has entries, an empty directory or a recursive removal was wanted');
    for (const path of ['l', 'gone', 'e', 'f']) await root.remove(path);
    expect(await paths(root.walk())).toEqual(['/d', '/d/sub', '/d/sub/f']);
    await root.remove('d/', { recursive: true });
    expect(await paths(root.walk())).toEqual([]);
    await fails(root.remove('d'), 'not-found', 'Cannot remove "/d": no entry "d" in "/"');
  });
});

describe('open()', () => {
  it('gives a writable directory', async () => {
    const { root } = await tree('/a/');
    const a = await root.open('a');
    await a.write('f', data('F'));
    expect(await text(root.read('/a/f'))).toBe('F');
    await fails(root.open('a/f'), 'not-a-directory', 'Cannot open "/a/f": "/a/f" is a file, a directory was wanted');
    await fails(root.open('none'), 'not-found');
  });
});
