import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computedChild, type Computation, type NodeSpec } from '@duckpond/tinyfs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selectOf } from '../src/computing.ts';
import { createPond } from '../src/create-pond.ts';
import type { Factories, FactoryEntry, PondFactory } from '../src/factory.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { rowsOf, writeFiles } from './sql-pond.ts';
import { testEnvironment } from './test-environment.ts';

/** Config: a target in the first line, a query over `source` below. */
const derived: PondFactory = {
  makes: 'series',
  check: () => undefined,
  inputs: (config) => [config.split('\n')[0] ?? ''],
  async rows({ config, rows }) {
    const [target = '', ...sql] = config.split('\n');
    const source = await rows(target);
    return { relation: { parts: [selectOf(sql.join('\n'), { source: source.relation })] }, timeColumn: 'timestamp' };
  },
};
/** Config: names, each of a computed table that holds its own name in upper case. */
const names: PondFactory = {
  makes: 'directory',
  check: () => undefined,
  inputs: () => [],
  make: ({ node, config }) => {
    const children = config.split(' ').map((name) => {
      const query = `pond.config\nSELECT '${name.toUpperCase()}' AS name`;
      return { name, node: computedChild(node, name, 'series', { factory: 'derived', config: query }) };
    });
    return {
      lookup: (name) => Promise.resolve(children.find((child) => child.name === name)?.node),
      async *entries() { yield await Promise.resolve(children); },
    };
  },
};
const secret: PondFactory = {
  makes: 'data', check: () => undefined, inputs: () => [],
  async *content({ environment, config }) {
    yield await Promise.resolve(Buffer.from(`${config} is ${environment.variable('NAME') ?? ''}`));
  },
};
const ahead: PondFactory = {
  makes: 'table', check: () => undefined, inputs: () => [],
  async rows({ cacheDirectory, writeParquet, config, rows }) {
    const { mkdir } = await import('node:fs/promises');
    await mkdir(cacheDirectory, { recursive: true });
    const path = join(cacheDirectory, 'all.parquet');
    await writeParquet('SELECT sum(a) AS total FROM source', { source: (await rows(config)).relation }, path);
    return { relation: { parts: [{ kind: 'parquet', paths: [path] }] } };
  },
};
const FACTORIES: Factories = new Map(Object.entries({ derived, names, secret, ahead }).map(([name, factory]): [string, FactoryEntry] => [
  name, { name, makes: factory.makes, summary: '', isExecutable: false, load: () => Promise.resolve(factory) },
]));

let directory: string;
let pond: Pond;
const computed = (kind: 'series' | 'data' | 'directory' | 'table', computed_: Computation): NodeSpec => ({ kind, computed: computed_ });
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'duckpond-computing-'));
  const made = await createPond(join(directory, 'pond'), { environment: testEnvironment(1) });
  await made.close();
  pond = await openPond(join(directory, 'pond'), {
    environment: testEnvironment(2), factories: FACTORIES, variable: (name) => (name === 'NAME' ? 'duck' : undefined),
  });
  writeFileSync(join(directory, 'h.csv'), 'a\n5\n6\n');
  await writeFiles(pond, { '/a.csv': 'timestamp,a\n2024-01-01T00:00:00Z,1\n2024-01-02T00:00:00Z,2\n' });
  await pond.write(async (fs) => {
    const root = await fs.root();
    const series = (path: string, config: string) => (
      root.create(path, computed('series', { factory: 'derived', config }), { parents: true }));
    await series('/d/one.series', '/a.csv\nSELECT timestamp, a * 10 AS a FROM source');
    await series('/d/two.series', '/d/one.series\nSELECT timestamp, a + 1 AS a FROM source');
    await series('/loop/a', '/loop/b\nFROM source');
    await series('/loop/b', '/loop/*\nFROM source');
    await series('/host', `host+csv://${join(directory, 'h.csv')}\nSELECT a * 2 AS a FROM source`);
    await root.create('/names', computed('directory', { factory: 'names', config: 'x y' }));
    await root.create('/secret', computed('data', { factory: 'secret', config: 'it' }));
    await root.create('/ahead', computed('table', { factory: 'ahead', config: '/d/*.series' }));
    await root.create('/other', computed('table', { factory: 'gone', config: '' }));
  });
});
afterAll(async () => {
  await pond.close();
  rmSync(directory, { recursive: true, force: true });
});

it('a computed series is a table, and a source of others', async () => {
  expect(await rowsOf(pond, "SELECT sum(a)::INTEGER FROM '/d/two.series'")).toEqual([[32]]);
  expect(await rowsOf(pond, "SELECT sum(a)::INTEGER FROM '/d/*.series'")).toEqual([[62]]);
});

it('rows of a computed series are asked for by time', async () => {
  const rows = await rowsOf(pond, 'SELECT a::INTEGER FROM source', {
    tables: { source: '/d/two.series' }, timeStartMicros: BigInt(Date.UTC(2024, 0, 2)) * 1000n,
  });
  expect(rows).toEqual([[21]]);
});

it('children of a computed directory answer, by path and by pattern', async () => {
  expect(await rowsOf(pond, "SELECT DISTINCT name FROM '/names/*' ORDER BY name")).toEqual([['X'], ['Y']]);
  const listed: string[] = [];
  await pond.read(async (fs) => { for await (const { path } of (await fs.root()).walk('/names')) listed.push(path); });
  expect(listed).toEqual(['/names/x', '/names/y']);
});

it('the bytes of a computed series are a Parquet file, those of computed data what its factory makes', async () => {
  await pond.read(async (fs) => {
    const root = await fs.root();
    const bytes = async (path: string) => {
      const all = [];
      for await (const piece of root.read(path)) all.push(piece);
      return Buffer.concat(all);
    };
    expect((await bytes('/d/one.series')).subarray(0, 4).toString()).toBe('PAR1');
    expect((await bytes('/secret')).toString()).toBe('it is duck');
  });
});

it('files of the host that only a computed table names are read', async () => {
  expect(await rowsOf(pond, "SELECT sum(a)::INTEGER FROM '/host'")).toEqual([[22]]);
});

it('a factory can query ahead, into its cache', async () => {
  expect(await rowsOf(pond, "SELECT total::INTEGER FROM '/ahead'")).toEqual([[62]]);
});

it('a node that needs itself is told, and nothing hangs', async () => {
  await expect(rowsOf(pond, "FROM '/loop/a'")).rejects.toMatchObject({ code: 'loop' });
});

it('an unknown factory is named, with those that are known', async () => {
  await expect(rowsOf(pond, "FROM '/other'")).rejects.toThrow(/Cannot compute "\/other": there is no factory "gone", one of "ahead"/);
});

it('a computed series has no versions', async () => {
  const options = { tables: { source: '/d/one.series' }, version: 1 };
  await expect(rowsOf(pond, 'FROM source', options)).rejects.toMatchObject({ code: 'not-tabular' });
});
