import type { Factories, FactoryEntry, RowsFactory } from '@duckpond/pond';
import { createMemoryStore, derivedNodeId, matchGlob, openWritableFs, parseGlob, ROOT_ID, type WritableWD } from '@duckpond/tinyfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNodeGraph, mayReadFrom, refuseCycles } from '../src/node-graph.ts';

/** Config: patterns, one a line. */
const rows: RowsFactory = {
  makes: 'table', check: () => undefined, inputs: (config) => config.split('\n').filter((line) => line !== ''), rows: () => Promise.reject(new Error('unused')),
};
const entry: FactoryEntry = { name: 'rows', makes: 'table', summary: '', isExecutable: false, load: () => Promise.resolve(rows) };
const FACTORIES: Factories = new Map([['rows', entry]]);

async function pond(nodes: Readonly<Record<string, readonly string[]>>): Promise<WritableWD> {
  let ids = 0;
  const store = createMemoryStore({ clock: () => 0n, newId: () => derivedNodeId(ROOT_ID, String(ids++)) });
  const root = await openWritableFs(store).root();
  for (const [path, inputs] of Object.entries(nodes)) {
    await root.create(path, { kind: 'table', computed: { factory: 'rows', config: inputs.join('\n') } }, { parents: true });
  }
  return root;
}

async function verdict(root: WritableWD, path: string): Promise<string> {
  const graph = createNodeGraph(root, FACTORIES);
  try {
    await refuseCycles(graph, await graph.at(await root.get(path)));
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('refuseCycles()', () => {
  it('finds a way back through patterns, URLs and links', async () => {
    const root = await pond({ '/a/x': ['csv:///b/{y,z}'], '/b/y': ['/link/x'], '/c/alone': ['/a/*', '/nothing/**'], '/d/self': ['/**'] });
    await root.symlink('/a', '/link');
    expect(await verdict(root, '/a/x')).toBe('Cannot make "/a/x": it needs itself, /a/x -> /b/y -> /a/x, sources outside of it were wanted');
    expect(await verdict(root, '/c/alone')).toContain('Cannot make "/a/x"');
    expect(await verdict(root, '/d/self')).toContain('Cannot make "/');
  });

  it('knows a cycle exactly when a search through all names finds one', async () => {
    const names = ['/p/a', '/p/b', '/q/a', '/q/b', '/q/r/a'];
    const pattern = fc.constantFrom(...names, '/p/*', '/q/*', '/*/a', '/q/**', '/**/b', '/q/r/?', '/other/*', 'host+csv:///p/a');
    const inputs = fc.array(pattern, { maxLength: 2 });
    await fc.assert(fc.asyncProperty(fc.tuple(inputs, inputs, inputs, inputs, inputs), async (all) => {
      const root = await pond(Object.fromEntries(names.map((name, at) => [name, all[at] ?? []])));
      const needs = (name: string): string[] => names.filter((other) => (all[names.indexOf(name)] ?? [])
        .some((one) => one.startsWith('/') && matchGlob(parseGlob(one), other) !== undefined));
      const reach = (name: string): Set<string> => {
        const seen = new Set<string>();
        const walk = (at: string): void => needs(at).forEach((next) => { if (!seen.has(next)) { seen.add(next); walk(next); } });
        walk(name);
        return seen;
      };
      for (const name of names) {
        const reached = [name, ...reach(name)];
        expect(await verdict(root, name) !== 'none', name).toBe(reached.some((one) => reach(one).has(one)));
      }
    }), { numRuns: 150 });
  });
});

it('mayReadFrom() says whether a pattern can match at or below a path', () => {
  expect(['/a/*', '/a/b', '/a/b/c', '/**', '/*/b/x', '/a/**/z', '/[ab]/{b,c}/d'].every((pattern) => mayReadFrom(pattern, '/a/b'))).toBe(true);
  expect(mayReadFrom('/a/b/x.csv', '/a/b/**')).toBe(true);
  expect(mayReadFrom('/a/c/x.csv', '/a/b/*')).toBe(false);
  expect(['/b/*', '/a', '/a/c/**', '/*', '/a/[!b]/x'].some((pattern) => mayReadFrom(pattern, '/a/b'))).toBe(false);
});
