import { describe, expect, it } from 'vitest';
import {
  computedChild, derivedNodeId, type Factory, type FactoryRegistry, globDirectory, isNodeId, openFs, openWritableFs,
  REVERSED, ROOT_ID, viewDirectory, withFactories, withFactoriesForWrite, type WritableWD,
} from '../src/index.ts';
import { nodeStoreSuite, SUITE_FACTORIES } from '../src/testing/node-store-suite.ts';
import { fails } from './fails.ts';
import { all, countingStore, paths, text, tree } from './memory-tree.ts';

const bytes = async function* (...chunks: readonly string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
};

/** Says its config three times, and counts how far it was asked. */
let asked = 0;
const thrice: Factory = {
  makes: 'file',
  check: (config) => {
    if (config === 'bad') throw new RangeError('a bad config');
  },
  make: ({ config }) => ({
    content: async function* () {
      for (let i = 0; i < 3; i++) {
        asked += 1;
        yield* bytes(config);
      }
    },
  }),
};

/** Holds one computed file for each word of its config. */
const words: Factory = {
  makes: 'directory',
  make: ({ node, config }) => {
    const entries = config.split(' ').sort()
      .map((name) => ({ name, node: computedChild(node, name, 'data', { factory: 'thrice', config: name }) }));
    return { lookup: async (name) => entries.find((entry) => entry.name === name)?.node, entries: async function* () { yield entries; } };
  },
};

const REGISTRY: FactoryRegistry = new Map<string, Factory>([
  ['thrice', thrice],
  ['words', words],
  ['reversed', viewDirectory((source) => ({ source, ...REVERSED }))],
  ['lower', viewDirectory((source) => ({ source, toShown: (name) => name.toLowerCase(), toSource: (name) => name }))],
  ['glob', globDirectory((pattern) => ({ pattern }))],
]);

/** `/path:factory=config` after the lines of an ordinary tree. */
async function computedTree(lines: readonly string[], ...nodes: readonly (readonly [string, string, string])[]): Promise<WritableWD> {
  const { store } = await tree(...lines);
  const root = await openWritableFs(withFactoriesForWrite(store, REGISTRY)).root();
  for (const [path, factory, config] of nodes) {
    const kind = REGISTRY.get(factory)?.makes === 'file' ? 'data' : 'directory';
    await root.create(path, { kind, computed: { factory, config } }, { parents: true });
  }
  return root;
}

describe('withFactories()', () => {
  it('makes computed files and directories ordinary ones', async () => {
    const root = await computedTree(['/f=F'], ['/t', 'thrice', 'ab'], ['/d/w', 'words', 'y x']);
    expect(await text(root.read('/t'))).toBe('ababab');
    expect(await text(root.read('/d/w/x'))).toBe('xxx');
    expect(await paths(root.list('/d/w'))).toEqual(['/d/w/x', '/d/w/y']);
    expect(await paths(root.walk())).toEqual(['/d', '/d/w', '/d/w/x', '/d/w/y', '/f', '/t']);
    expect((await all(root.glob('/d/*/y')))[0]).toMatchObject({ path: '/d/w/y', captures: ['w'] });
    expect(await root.exists('/d/w/z')).toBe(false);
  });

  it('cuts ranges and asks for no more than they need', async () => {
    const root = await computedTree([], ['/t', 'thrice', 'abc']);
    asked = 0;
    expect(await text(root.read('/t', { range: { start: 1, end: 3 } }))).toBe('bc');
    expect(asked).toBe(1);
    expect(await text(root.read('/t', { range: { start: 2, end: 4 } }))).toBe('ca');
    expect(await text(root.read('/t', { range: { start: 8, end: 99 } }))).toBe('c');
    expect(await text(root.read('/t', { version: 1 }))).toBe('abcabcabc');
    await fails(text(root.read('/t', { version: 2 })), 'not-found');
  });

  it('reports a factory that it does not know, with the path', async () => {
    const { store, root } = await tree();
    await root.create('/x', { kind: 'directory', computed: { factory: 'nobody', config: '' } });
    await root.create('/y', { kind: 'data', computed: { factory: 'words', config: '' } });
    await fails(paths(root.list('/x')), 'unknown-factory', 'Cannot list "/x": it is computed, a reader with factories was wanted');
    const reading = await openFs(withFactories(store.snapshot(), REGISTRY)).root();
    const error = await fails(paths(reading.list('/x')), 'unknown-factory',
      'Cannot compute "/x": there is no factory "nobody", one of "glob", "lower", "reversed", "thrice", "words" was wanted');
    expect(error.path).toBe('/x');
    await fails(reading.get('/x/z'), 'unknown-factory');
    await fails(text(reading.read('/y')), 'unknown-factory',
      'Cannot compute "/y": the factory "words" makes a directory, one that makes a file was wanted');
  });

  it('makes a directory once for one state, and again after a failure', async () => {
    const { store, root } = await tree();
    await root.create('/c', { kind: 'directory', computed: { factory: 'counted', config: '' } });
    let made = 0;
    const counted: Factory = {
      makes: 'directory',
      make: () => {
        made += 1;
        if (made === 1) throw new RangeError('the first time');
        return { lookup: async () => undefined, entries: async function* () {} };
      },
    };
    const reading = await openFs(withFactories(store.snapshot(), new Map([['counted', counted]]))).root();
    await expect(paths(reading.list('c'))).rejects.toThrow(RangeError);
    for (let i = 0; i < 3; i++) expect(await paths(reading.list('c'))).toEqual([]);
    expect(made).toBe(2);
  });
});

describe('withFactoriesForWrite()', () => {
  it('refuses computations that nobody could make', async () => {
    const root = await computedTree([], ['/t', 'thrice', 'ab']);
    await fails(root.create('/d/n', { kind: 'data', computed: { factory: 'no', config: '' } }, { parents: true }), 'unknown-factory');
    const error = await fails(root.create('/d/n', { kind: 'directory', computed: { factory: 'thrice', config: '' } }), 'unknown-factory');
    expect(error.path).toBe('/d/n');
    await expect(root.create('/n', { kind: 'data', computed: { factory: 'thrice', config: 'bad' } })).rejects.toThrow('a bad config');
    await expect(root.update('/t', { computed: { factory: 'thrice', config: 'bad' } })).rejects.toThrow('a bad config');
    await fails(root.create('/g', { kind: 'directory', computed: { factory: 'glob', config: '[' } }), 'invalid-pattern');
    expect(await root.exists('/n')).toBe(false);
    expect(await text(root.read('/t'))).toBe('ababab');
  });

  it('sees what has changed', async () => {
    const root = await computedTree(['/a/x=1'], ['/g', 'glob', '/a/*'], ['/t', 'thrice', 'a']);
    await root.write('/a/y', [Buffer.from('2')]);
    await root.update('/t', { computed: { factory: 'thrice', config: 'b' } });
    expect(await paths(root.list('/g'))).toEqual(['/g/x', '/g/y']);
    expect(await text(root.read('/t'))).toBe('bbb');
  });

  it('changes nothing in or below a computed directory', async () => {
    const root = await computedTree(['/a/f=F', '/a/d/x=X', '/other='], ['/v', 'reversed', '/a']);
    const sub = await root.open('/v/d');
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => root.write('/v/f', []), () => root.write('/v/new', []), () => root.mkdir('/v/new'),
      () => root.mkdir('/v/d/n/m', { parents: true }),
      () => root.symlink('x', '/v/d/l'), () => root.remove('/v/f'), () => root.remove('/v/d/x'), () => root.rename('/v/f', '/g'),
      () => root.rename('/other', '/v/d/o'), () => root.rename('/v/d/x', '/v/d/y'), () => root.update('/v/f', { attributes: {} }),
      () => root.update('/v/d', { attributes: {} }), () => sub.write('x', []), () => sub.write('n', []),
      () => sub.update('', { attributes: {} }),
    ];
    for (const attempt of attempts) await fails(attempt(), 'immutable');
    await fails(root.write('/v/f', []), 'immutable', 'Cannot write "/v/f": the directory "/v" is computed, a stored one was wanted');
    await fails(root.write('/v/d/x', []), 'immutable',
      'Cannot write "/v/d/x": the directory "/v/d" is shown by a computed directory, a stored one was wanted');
    expect(await paths(root.walk('/a'))).toEqual(['/a/d', '/a/d/x', '/a/f']);
    await root.rename('/v', '/w');
    expect(await text(root.read('/w/f'))).toBe('F');
    await root.remove('/w');
    expect(await text(root.read('/a/f'))).toBe('F');
  });
});

describe('viewDirectory()', () => {
  it('shows the same nodes under other names', async () => {
    const root = await computedTree(['/in/hello=H', '/in/\u{1f600}b=S', '/in/sub/deep=D'], ['/v', 'reversed', '/in']);
    expect(await paths(root.list('/v'))).toEqual(['/v/bus', '/v/b\u{1f600}', '/v/olleh'].sort());
    expect(await text(root.read('/v/olleh'))).toBe('H');
    expect(await text(root.read('/v/b\u{1f600}'))).toBe('S');
    expect(await text(root.read('/v/bus/deep'))).toBe('D');
    expect((await root.get('/v/olleh')).node).toEqual((await root.get('/in/hello')).node);
    await fails(root.get('/v/hello'), 'not-found');
  });

  it('keeps the meaning of links', async () => {
    const root = await computedTree(['/a/in/rel->../f', '/a/in/abs->/a/f', '/a/f=F', '/f=wrong'], ['/v', 'reversed', '/a/in']);
    expect(await text(root.read('/v/ler')) + await text(root.read('/v/sba'))).toBe('FF');
    expect(await root.readlink('/v/ler')).toBe('/a/in/../f');
    expect((await root.get('/v/ler')).path).toBe('/a/f');
  });

  it('reports names that would hide each other, and a source that is not there', async () => {
    const root = await computedTree(['/in/A=', '/in/a='], ['/v', 'lower', '/in'], ['/w', 'reversed', '/none']);
    await fails(paths(root.list('/v')), 'already-exists',
      'Cannot compute "/v": "/in/A" and "/in/a" would both be "a", different names were wanted');
    await fails(paths(root.list('/w')), 'not-found', 'Cannot open "/none": no entry "none" in "/"');
  });

  it('of a directory around it is a loop only for who goes round', async () => {
    const root = await computedTree(['/f=F'], ['/v', 'lower', '/']);
    expect(await paths(root.list('/v'))).toEqual(['/v/f', '/v/v']);
    expect(await text(root.read('/v/v/v/f'))).toBe('F');
    expect(await paths(root.glob('/*/*/f'))).toEqual(['/v/v/f']);
    await fails(paths(root.walk()), 'walk-loop',
      'Cannot walk "/v/v": it is the directory "/v" again, a directory not inside itself was wanted');
    await fails(paths(root.glob('/**/f')), 'walk-loop');
    expect(await paths(root.list('/v'))).toEqual(['/v/f', '/v/v']);
  });
});

describe('globDirectory()', () => {
  it('holds the matches, named by their captures', async () => {
    const root = await computedTree(
      ['/in/a/1.txt=a', '/in/a/b/1.txt=ab', '/in/a/c/1.txt=ac', '/in/b/a/1.txt=ba', '/in/b/a/2.txt=no'], ['/out/v', 'glob', '/in/**/1.txt'],
    );
    expect(await paths(root.list('/out/v'))).toEqual(['/out/v/a', '/out/v/a_b', '/out/v/a_c', '/out/v/b_a']);
    for (const [name, content] of [['a', 'a'], ['a_b', 'ab'], ['a_c', 'ac'], ['b_a', 'ba']]) {
      expect(await text(root.read(`/out/v/${name}`))).toBe(content);
    }
    await fails(root.get('/out/v/b'), 'not-found');
  });

  it('takes the last name where nothing was captured', async () => {
    const root = await computedTree(['/in/1.txt=top', '/in/a/1.txt=a'], ['/v', 'glob', '/in/**/1.txt'], ['/w', 'glob', '/in/1.txt']);
    expect(await paths(root.list('/v'))).toEqual(['/v/1.txt', '/v/a']);
    expect(await text(root.read('/w/1.txt'))).toBe('top');
  });

  it('reports matches of one name', async () => {
    const root = await computedTree(['/in/a_b/x=', '/in/a/b/x='], ['/v', 'glob', '/in/**/x']);
    const message = 'Cannot compute "/v": "/in/a/b/x" and "/in/a_b/x" would both be "a_b", different names were wanted';
    await fails(paths(root.list('/v')), 'already-exists', message);
    await fails(root.get('/v/a_b'), 'already-exists', message);
  });

  it('that covers itself is a loop, also in company, and marks nothing', async () => {
    const root = await computedTree(
      ['/a/f=F'], ['/loop', 'glob', '/**'], ['/one', 'glob', '/two/*'], ['/two', 'glob', '/one/*'], ['/fine', 'glob', '/a/*'],
    );
    for (let i = 0; i < 2; i++) {
      await fails(paths(root.list('/one')), 'walk-loop',
        'Cannot compute "/one": it is needed to make itself, sources outside of it were wanted');
      await fails(root.get('/loop/x'), 'walk-loop');
      await fails(paths(root.glob('/**/f')), 'walk-loop');
      expect(await paths(root.list('/fine'))).toEqual(['/fine/f']);
      expect(await paths(root.glob('/{a,fine}/*'))).toEqual(['/a/f', '/fine/f']);
    }
    const [one, two] = await Promise.all([paths(root.list('/fine')), paths(root.list('/fine'))]);
    expect(one).toEqual(two);
  });
});

describe('derivedNodeId()', () => {
  it('is an id that depends on the directory and the name', () => {
    const ids = ['a', 'b', ''].flatMap((name) => [derivedNodeId(ROOT_ID, name), derivedNodeId(derivedNodeId(ROOT_ID, 'a'), name)]);
    expect(new Set(ids).size).toBe(6);
    expect(ids.every(isNodeId)).toBe(true);
    expect(derivedNodeId(ROOT_ID, 'a')).toBe(derivedNodeId(ROOT_ID, 'a'));
    expect(ids[0]).toMatch(/^.{14}8.{4}[89ab]/);
  });
});

const nothing: Factory = { makes: 'directory', make: () => ({ lookup: async () => undefined, entries: async function* () {} }) };

const SUITE_REGISTRY: FactoryRegistry = new Map<string, Factory>([
  [SUITE_FACTORIES.directory, nothing], [SUITE_FACTORIES.other, nothing], [SUITE_FACTORIES.file, thrice],
]);

nodeStoreSuite({
  name: 'withFactoriesForWrite()',
  describe,
  it,
  makeStore: async () => {
    const store = countingStore();
    return {
      write: (change) => change(withFactoriesForWrite(store, SUITE_REGISTRY)),
      read: (use) => use(withFactories(store.snapshot(), SUITE_REGISTRY)),
    };
  },
});
