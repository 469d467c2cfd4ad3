import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePaths, matchGlob, type NodeReader, openFs, parseGlob } from '../src/index.ts';
import { fails } from './fails.ts';
import { all, paths, tree } from './memory-tree.ts';

/** A reader that writes down what it is asked for. */
function watched(reader: NodeReader): { readonly reader: NodeReader; readonly calls: string[]; open: number } {
  const watch = {
    calls: [] as string[],
    open: 0,
    reader: {
      ...reader,
      lookup: (directory, name) => {
        watch.calls.push(`lookup ${name}`);
        return reader.lookup(directory, name);
      },
      entries: async function* (directory) {
        watch.calls.push('list');
        watch.open += 1;
        try {
          yield* reader.entries(directory);
        } finally {
          watch.open -= 1;
        }
      },
    } satisfies NodeReader,
  };
  return watch;
}

const SAMPLE = [
  '/a/f1.txt=', '/a/f2.txt=', '/a/b/f3.txt=', '/a/b/c/f4.txt=', '/f5.txt=', '/d/x.dat=', '/d/.h/y.dat=', '/a-b/z.dat=', '/.top=',
];

describe('walk()', () => {
  it('has parents before children, in the order of the names', async () => {
    const { root } = await tree(...SAMPLE);
    const walked = await paths(root.walk());
    expect(walked).toEqual([...walked].sort(comparePaths));
    expect(walked).toHaveLength(15);
    expect(walked.slice(0, 4)).toEqual(['/.top', '/a', '/a/b', '/a/b/c']);
    expect(walked.indexOf('/a/f2.txt')).toBeLessThan(walked.indexOf('/a-b'));
  });

  it('takes a depth and leaves out what is hidden', async () => {
    const { root } = await tree(...SAMPLE);
    expect(await paths(root.walk('', { depth: 1, hidden: false }))).toEqual(['/a', '/a-b', '/d', '/f5.txt']);
    expect(await paths(root.walk('d', { hidden: false }))).toEqual(['/d/x.dat']);
    expect(await paths(root.walk('a', { depth: 2 }))).toEqual(['/a/b', '/a/b/c', '/a/b/f3.txt', '/a/f1.txt', '/a/f2.txt']);
    expect(await paths(root.walk('a', { depth: 0 }))).toEqual([]);
    await fails(paths(root.walk('/f5.txt')), 'not-a-directory');
  });

  it('follows no links, dangling or not', async () => {
    const { root } = await tree('/a/f=', '/a/self->.', '/a/up->..', '/gone->none', '/loop->loop', '/dir->a');
    expect(await paths(root.walk())).toEqual(['/a', '/a/f', '/a/self', '/a/up', '/dir', '/gone', '/loop']);
    expect(await paths(root.walk('dir'))).toEqual(['/a/f', '/a/self', '/a/up']);
  });

  it('closes every listing when it is left', async () => {
    const { store } = await tree(...SAMPLE);
    const watch = watched(store);
    const root = await openFs(watch.reader).root();
    for await (const { path } of root.walk()) if (path === '/a/b/c/f4.txt') break;
    expect(watch.calls.filter((call) => call === 'list')).toHaveLength(4);
    expect(watch.open).toBe(0);
  });

  it('goes as deep as directories are', async () => {
    const { root } = await tree(`${'/d'.repeat(3_000)}/`);
    expect(await paths(root.walk())).toHaveLength(3_000);
    expect(await paths(root.glob('**/d'))).toHaveLength(3_000);
  });
});

describe('glob()', () => {
  it.each<[string, readonly (readonly [string, readonly string[]])[]]>([
    ['/f5.txt', [['/f5.txt', []]]],
    ['/a/f*.txt', [['/a/f1.txt', ['1']], ['/a/f2.txt', ['2']]]],
    ['/**/*.txt', [
      ['/a/b/c/f4.txt', ['a/b/c', 'f4']], ['/a/b/f3.txt', ['a/b', 'f3']], ['/a/f1.txt', ['a', 'f1']], ['/a/f2.txt', ['a', 'f2']],
      ['/f5.txt', ['', 'f5']],
    ]],
    ['/**/f4.txt', [['/a/b/c/f4.txt', ['a/b/c']]]],
    ['/*/*.dat', [['/a-b/z.dat', ['a-b', 'z']], ['/d/x.dat', ['d', 'x']]]],
    ['a/**', [
      ['/a/b', ['b']], ['/a/b/c', ['b/c']], ['/a/b/c/f4.txt', ['b/c/f4.txt']], ['/a/b/f3.txt', ['b/f3.txt']], ['/a/f1.txt', ['f1.txt']],
      ['/a/f2.txt', ['f2.txt']],
    ]],
    ['/a/**/b', [['/a/b', ['']]]],
    ['/*/', [['/a', ['a']], ['/a-b', ['a-b']], ['/d', ['d']]]],
    ['**/', [['/a', ['a']], ['/a/b', ['a/b']], ['/a/b/c', ['a/b/c']], ['/a-b', ['a-b']], ['/d', ['d']]]],
    ['{a,d}/[fx]*', [['/a/f1.txt', ['a', 'f', '1.txt']], ['/a/f2.txt', ['a', 'f', '2.txt']], ['/d/x.dat', ['d', 'x', '.dat']]]],
    ['/none/*', []],
    ['/f5.txt/*', []],
    ['f5.txt/', []],
    ['/d/.h/*', [['/d/.h/y.dat', ['y.dat']]]],
    ['/', [['/', []]]],
    ['', [['/', []]]],
  ])('%s', async (pattern, wanted) => {
    const { root } = await tree(...SAMPLE);
    expect((await all(root.glob(pattern))).map(({ path, captures }) => [path, captures])).toEqual(wanted);
  });

  it('matches hidden names when asked for', async () => {
    const { root } = await tree(...SAMPLE);
    expect(await paths(root.glob('**/*.dat', { hidden: true }))).toEqual(['/a-b/z.dat', '/d/.h/y.dat', '/d/x.dat']);
    expect(await paths(root.glob('.*'))).toEqual(['/.top']);
  });

  it('is relative to its working directory', async () => {
    const { root } = await tree(...SAMPLE);
    const a = await root.open('a');
    expect((await all(a.glob('**/*3*'))).map(({ path, captures }) => [path, captures])).toEqual([['/a/b/f3.txt', ['b', 'f', '.txt']]]);
    await fails(paths(a.glob('/a/*')), 'above-root',
      'Cannot use pattern "/a/*": the working directory is "/a", a pattern relative to it was wanted');
    await fails(paths(a.glob('../*')), 'invalid-pattern');
  });

  it('looks up what has no wildcards and lists only where it must', async () => {
    const { store } = await tree(...SAMPLE);
    const calls = async (pattern: string): Promise<string[]> => {
      const watch = watched(store);
      await all((await openFs(watch.reader).root()).glob(pattern));
      return watch.calls;
    };
    expect(await calls('/a/b/c/f4.txt')).toEqual(['lookup a', 'lookup b', 'lookup c', 'lookup f4.txt']);
    expect(await calls('/a/\\b/f*')).toEqual(['lookup a', 'lookup b', 'list']);
    expect(await calls('/*/x.dat')).toEqual(['list', 'lookup x.dat', 'lookup x.dat', 'lookup x.dat']);
    expect(await calls('/d/**')).toEqual(['lookup d', 'list']);
    expect(await calls('/none/**/x')).toEqual(['lookup none']);
  });

  it('reports a link in the last position and follows it in others', async () => {
    const { root } = await tree('/a/one/x.txt=', '/a/name->one', '/a/l2->../b', '/b/l3->../c', '/c/y.txt=', '/last->a');
    expect(await paths(root.glob('/a/name/*.txt'))).toEqual(['/a/one/x.txt']);
    expect(await paths(root.glob('/a/l2/l3/*.txt'))).toEqual(['/c/y.txt']);
    expect(await paths(root.glob('/*'))).toEqual(['/a', '/b', '/c', '/last']);
    expect(await paths(root.glob('/last'))).toEqual(['/last']);
    expect(await paths(root.glob('/last/'))).toEqual(['/a']);
    expect(await paths(root.glob('/last/**'))).toEqual(['/a/l2', '/a/name', '/a/one', '/a/one/x.txt']);
  });

  it('goes through links by names and single wildcards, never by "**"', async () => {
    const { root } = await tree('/a/l->/z', '/a/d/x=', '/z/x=', '/z/deep/sub/x=');
    expect(await paths(root.glob('/a/**/x'))).toEqual(['/a/d/x']);
    expect(await paths(root.glob('/a/**/*/x'))).toEqual(['/a/d/x', '/z/x']);
    expect(await paths(root.glob('/a/**/l/**/x'))).toEqual(['/z/deep/sub/x', '/z/x']);
    expect(await paths(root.glob('/a/**/'))).toEqual(['/a/d']);
  });

  it('reports each real path once', async () => {
    const { root } = await tree('/a/x=', '/b->a', '/c->a', '/d/l->../a');
    const found = await all(root.glob('/*/x'));
    expect(found.map(({ path, captures }) => [path, captures])).toEqual([['/a/x', ['a']]]);
    expect(await paths(root.glob('/{b,c}/*'))).toEqual(['/a/x']);
    expect(await paths(root.glob('/*/'))).toEqual(['/a', '/d']);
    expect(await paths(root.glob('/**/l/x'))).toEqual(['/a/x']);
  });

  it('is not stopped by links to nothing, in circles or out of the jail', async () => {
    const { root } = await tree('/a/x=', '/a/gone->none', '/a/self->self', '/a/up->..', '/a/dot->.', '/a/abs->/a', '/z/x=');
    expect(await paths(root.glob('/a/*/x'))).toEqual(['/a/x']);
    expect(await paths(root.glob('**/x'))).toEqual(['/a/x', '/z/x']);
    expect(await paths(root.glob('a/up/**/x'))).toEqual(['/a/x', '/z/x']);
    const a = await root.open('a');
    expect(await paths(a.glob('*/x'))).toEqual(['/a/x']);
    expect(await paths(a.glob('*'))).toEqual(['/a/abs', '/a/dot', '/a/gone', '/a/self', '/a/up', '/a/x']);
    expect(await paths(a.glob('up/z/x'))).toEqual([]);
  });

  it('does the same work once, however many links lead there', async () => {
    const { root } = await tree(...Array.from({ length: 30 }, (_, i) => `/l${i}->.`), '/x=');
    const start = performance.now();
    expect(await paths(root.glob('*/*/*/*/*/*/x'))).toEqual(['/x']);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('leaves nothing behind after an error', async () => {
    const { store } = await tree(...SAMPLE);
    let failures = 1;
    const watch = watched({
      ...store,
      entries: async function* (directory) {
        const [batch] = await all(store.entries(directory));
        if (batch?.[0]?.name === 'f4.txt' && failures-- > 0) throw new RangeError('disk');
        yield batch ?? [];
      },
    });
    const root = await openFs(watch.reader).root();
    await expect(paths(root.walk())).rejects.toThrow(RangeError);
    expect(watch.open).toBe(0);
    expect(await paths(root.walk())).toHaveLength(15);
  });

  it('finds what matchGlob() matches among all that is there', async () => {
    const name = fc.constantFrom('a', 'b', '.a', 'ab', 'b.a');
    const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}/`);
    const part = fc.constantFrom('*', '**', 'a', '?', '[!a]', '{a,.a}', '*a', 'b*', '.*');
    const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    await fc.assert(fc.asyncProperty(fc.array(file, { maxLength: 8 }), pattern, fc.boolean(), async (files, text, hidden) => {
      const { root } = await tree(...files);
      const wanted = (await paths(root.walk()))
        .map((path) => [path, matchGlob(parseGlob(text), path, { hidden })] as const)
        .filter(([, captures]) => captures !== undefined);
      expect((await all(root.glob(text, { hidden }))).map(({ path, captures }) => [path, captures])).toEqual(wanted);
    }), { numRuns: 500 });
  });
});
