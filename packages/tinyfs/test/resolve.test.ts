import { describe, expect, it } from 'vitest';
import { MAX_LINK_NESTING, type WritableWD } from '../src/index.ts';
import { fails } from './fails.ts';
import { text, tree } from './memory-tree.ts';

const read = (wd: WritableWD, path: string): Promise<string> => text(wd.read(path));

describe('a path', () => {
  it.each([
    ['a/f', 'F'], ['/a/f', 'F'], ['//a///f', 'F'], ['./a/./f', 'F'], ['/a/../top', 'T'], ['/a/b/../f', 'F'],
  ])('%s reads %s', async (path, content) => {
    const { root } = await tree('/a/f=F', '/a/b/', '/top=T');
    expect(await read(root, path)).toBe(content);
  });

  it.each(['', '/', '.', 'a/..', '//', '/a/b/../..'])('%j opens the start', async (path) => {
    const { root } = await tree('/a/b/');
    expect((await root.open(path)).at.path).toBe('/');
    expect((await root.get(path)).path).toBe('/');
    expect(await root.exists(path)).toBe(true);
    await fails(root.write(path, []), 'not-a-file');
    await fails(read(root, path), 'not-a-file');
    await fails(root.create(path, { kind: 'data' }), 'already-exists');
  });

  it.each([
    ['/a/f/x', 'not-a-directory', 'Cannot read "/a/f/x": "/a/f" is a file, a directory was wanted'],
    ['a/f/', 'not-a-directory', 'Cannot read "/a/f/": "/a/f" is a file, a directory was wanted'],
    ['/a/f/.', 'not-a-directory', 'Cannot read "/a/f/.": "/a/f" is a file, a directory was wanted'],
    ['/a/f/..', 'not-a-directory', 'Cannot read "/a/f/..": "/a/f" is a file, a directory was wanted'],
    ['/a/f/../f', 'not-a-directory', 'Cannot read "/a/f/../f": "/a/f" is a file, a directory was wanted'],
    ['a/missing', 'not-found', 'Cannot read "/a/missing": no entry "missing" in "/a"'],
    ['a/none/f', 'not-found', 'Cannot read "/a/none/f": no entry "none" in "/a"'],
    ['a/none/../f', 'not-found', 'Cannot read "/a/none/../f": no entry "none" in "/a"'],
    ['a', 'not-a-file', 'Cannot read "/a": "/a" is a directory, a file was wanted'],
    ['/..', 'above-root', 'Cannot read "/..": ".." leads above the start, a path below it was wanted'],
    ['../top', 'above-root', 'Cannot read "/../top": ".." leads above the start, a path below it was wanted'],
    ['a/../../top', 'above-root', 'Cannot read "/a/../../top": ".." leads above the start, a path below it was wanted'],
  ] as const)('%s is %s', async (path, code, message) => {
    const { root } = await tree('/a/f=F', '/top=T');
    const error = await fails(read(root, path), code, message);
    expect(JSON.stringify(error.path)).toBe(/Cannot read ("[^"]*")/.exec(message)?.[1]);
  });

  it('starts at the working directory, which is a jail', async () => {
    const { root } = await tree('/a/f=F', '/a/b/', '/top=T');
    const a = await root.open('a');
    expect(a.at.path).toBe('/a');
    expect(await read(a, 'f')).toBe('F');
    expect(await read(a, 'b/../f')).toBe('F');
    await fails(read(a, '/f'), 'above-root', 'Cannot read "/f": the working directory is "/a", a path relative to it was wanted');
    await fails(read(a, '../top'), 'above-root', 'Cannot read "/a/../top": ".." leads above the start, a path below it was wanted');
    expect((await (await a.open('b')).write('g', [])).path).toBe('/a/b/g');
    await fails((await a.open('b')).get('../f'), 'above-root');
  });

  it('may hold any character but "/" and NUL', async () => {
    const { root } = await tree('/a*b=star', '/new\nline=n', '/\u{1f600}=smile');
    expect(await read(root, 'a*b')).toBe('star');
    expect(await read(root, 'new\nline')).toBe('n');
    expect(await read(root, '\u{1f600}')).toBe('smile');
    await fails(read(root, 'new\nlines'), 'not-found', 'Cannot read "/new\\nlines": no entry "new\\nlines" in "/"');
    await fails(root.write('x'.repeat(256), []), 'invalid-path');
    await fails(root.exists('a\0'), 'invalid-path');
  });
});

describe('a link', () => {
  it('is followed in any position, and the path found is the real one', async () => {
    const { root } = await tree('/a/f=F', '/a/rel->f', '/a/abs->/a/f', '/d->a', '/up/l->../a/f', '/e->d/rel');
    for (const path of ['/a/rel', '/a/abs', '/d/f', '/d/rel', '/d/abs', '/up/l', '/e']) {
      expect(await read(root, path), path).toBe('F');
      expect((await root.get(path)).path, path).toBe('/a/f');
    }
    expect((await root.get('/d/rel', { follow: false })).path).toBe('/a/rel');
    expect((await root.get('/d/', { follow: false })).path).toBe('/a');
    expect(await root.readlink('/d/rel')).toBe('f');
    await fails(root.readlink('/d/f'), 'not-a-symlink', 'Cannot read link "/d/f": "/a/f" is a file, a link was wanted');
    await fails(root.readlink('/a'), 'not-a-symlink');
  });

  it('starts at the real directory that holds it, not at the path walked', async () => {
    const { root } = await tree('/a/l->../c/e', '/c/e/back->../d', '/c/d=right', '/a/d=wrong');
    expect(await read(root, '/c/e/back')).toBe('right');
    expect(await read(root, '/a/l/back')).toBe('right');
    expect((await root.get('/a/l/back')).path).toBe('/c/d');
  });

  it('is left by ".." to where it was entered', async () => {
    const { root } = await tree('/a/x=A', '/a/link->/c/e', '/c/e/', '/c/x=C');
    expect(await read(root, '/a/link/../x')).toBe('A');
    await fails(read((await tree('/l->/f', '/f=', '/x=')).root, '/l/../x'), 'not-a-directory');
  });

  it('may lead to the root or to its own directory', async () => {
    const { root } = await tree('/a/r->/', '/a/here->.', '/a/up->..', '/f=F', '/a/f=A');
    expect((await root.open('/a/r')).at.path).toBe('/');
    expect(await read(root, '/a/r/f')).toBe('F');
    expect(await read(root, '/a/here/here/here/f')).toBe('A');
    expect(await read(root, '/a/up/a/up/f')).toBe('F');
  });

  it('may end in nothing, which is not found with the name that is missing', async () => {
    const { root } = await tree('/a/abs->/none', '/a/rel->none/x', '/a/chain->rel', '/a/file->f/x', '/a/f=');
    await fails(read(root, '/a/abs'), 'not-found', 'Cannot read "/a/abs": no entry "none" in "/"');
    await fails(read(root, '/a/rel'), 'not-found', 'Cannot read "/a/rel": no entry "none" in "/a"');
    await fails(read(root, '/a/chain'), 'not-found', 'Cannot read "/a/chain": no entry "none" in "/a"');
    await fails(read(root, '/a/file'), 'not-a-directory', 'Cannot read "/a/file": "/a/f" is a file, a directory was wanted');
    await fails(root.get('/a/abs/x'), 'not-found');
    for (const path of ['/a/abs', '/a/rel', '/a/chain', '/a/file']) expect(await root.exists(path)).toBe(false);
    expect((await root.get('/a/abs', { follow: false })).node.kind).toBe('symlink');
  });

  it('may be one of ten that lead from one to the next, not of eleven', async () => {
    expect(MAX_LINK_NESTING).toBe(10);
    const lines = Array.from({ length: 11 }, (_, i) => `/l${i + 1}->${i === 0 ? 'f' : `l${i}`}`);
    const { root } = await tree('/f=F', ...lines);
    expect(await read(root, '/l10')).toBe('F');
    await fails(read(root, '/l11'), 'symlink-loop',
      'Cannot read "/l11": 10 links lead from one to the next before the link "/l1", an end was wanted');
    const absolute = await tree('/d/f=F', ...lines.map((line) => `/d${line.replace('->', '->/d/')}`));
    expect(await read(absolute.root, '/d/l10')).toBe('F');
    await fails(read(absolute.root, '/d/l11'), 'symlink-loop');
  });

  it('does not count together with links next to it', async () => {
    const { root } = await tree('/d/s->.', '/d/f=F');
    expect(await read(root, `/d/${'s/'.repeat(50)}f`)).toBe('F');
  });

  it('going in circles is a loop that names it', async () => {
    const { root } = await tree('/a->b', '/b->a', '/self->self', '/dir/in->in/x');
    for (const path of ['/a', '/b', '/self', '/dir/in', '/a/x']) await fails(root.get(path), 'symlink-loop');
    expect((await fails(root.get('/self'), 'symlink-loop')).message).toContain('"/self"');
    expect(await root.exists('/a')).toBe(false);
    expect((await root.get('/a', { follow: false })).node.kind).toBe('symlink');
  });

  it('full of links cannot keep it busy for ages', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => `/l${i + 1}->${i === 0 ? '.' : `l${i}/`.repeat(20)}`);
    const { root } = await tree(...lines);
    const start = performance.now();
    await fails(root.get('/l10'), 'symlink-loop');
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('does not lead out of a working directory', async () => {
    const { root } = await tree('/a/rel->../b/f', '/a/abs->/b/f', '/a/own->/a/g', '/a/in->sub/../g', '/a/sub/up->../g', '/a/g=G', '/b/f=F');
    const a = await root.open('/a');
    expect(await read(root, '/a/rel') + await read(root, '/a/abs')).toBe('FF');
    await fails(read(a, 'rel'), 'above-root', 'Cannot read "/a/rel": the link "/a/rel" leads to "../b/f", which is not below "/a"');
    await fails(read(a, 'abs'), 'above-root', 'Cannot read "/a/abs": the link "/a/abs" leads to "/b/f", which is not below "/a"');
    await fails(read(a, 'own'), 'above-root');
    expect(await read(a, 'in') + await read(a, 'sub/up')).toBe('GG');
    await fails((await a.open('sub')).get('up'), 'above-root');
  });

  it('above the root is an error', async () => {
    const { root } = await tree('/a/l->../../x');
    await fails(root.get('/a/l'), 'above-root', 'Cannot find "/a/l": the link "/a/l" leads to "../../x", which is not below "/"');
  });
});

describe('lookup()', () => {
  it('tells what is there or where it would be', async () => {
    const { root } = await tree('/a/f=F', '/l->a/new', '/d->a');
    expect(await root.lookup('a/f')).toMatchObject({ kind: 'found', at: { path: '/a/f' } });
    expect(await root.lookup('d/x')).toMatchObject({ kind: 'free', directory: { path: '/a' }, name: 'x', path: '/a/x' });
    expect(await root.lookup('l')).toMatchObject({ kind: 'free', directory: { path: '/a' }, name: 'new', path: '/a/new' });
    expect(await root.lookup('l', { follow: false })).toMatchObject({ kind: 'found', at: { path: '/l' } });
    expect(await root.lookup('/')).toMatchObject({ kind: 'found', at: { path: '/' } });
    expect(await root.lookup('new/')).toMatchObject({ kind: 'free', path: '/new' });
    await fails(root.lookup('none/x'), 'not-found');
  });
});
