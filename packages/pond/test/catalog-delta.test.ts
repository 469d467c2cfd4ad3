import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { directoryStore } from '../src/catalog-delta.ts';
import type { Pond } from '../src/pond.ts';
import { HAS_GOLDEN, readGolden } from './golden-tables.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { rowsOf, testPonds, writeFiles } from './sql-pond.ts';

const newPond = testPonds();
const scratch = scratchDirectories();

/** With a deletion vector in a file of its own, partitions and a checkpoint; a checkpoint in JSON; names that are escaped in the log. */
const GOLDEN = [
  'dv-partitioned-with-checkpoint', 'basic-with-inserts-deletes-checkpoint', 'data-reader-partition-values', 'v2-checkpoint-json',
  'data-reader-escaped-chars', 'data-reader-timestamp_ntz-name-mode',
];

if (!HAS_GOLDEN) {
  test.skip('golden tables: ../shared/delta-golden is not there', () => undefined);
}

describe.runIf(HAS_GOLDEN)('golden Delta tables in a pond', () => {
  test.each(GOLDEN)('%s has the same rows as on the host', async (name) => {
    const files = readGolden(name);
    const host = hostDirectory(files);
    const pond = await newPond(inDirectory('/tables/t', files));
    const json = (table: string): string => `SELECT to_json(r) FROM '${table}' AS r`;
    const [here, there] = ['delta:///tables/t', `host+delta://${host}`];
    expect(await rowsOf(pond, `SELECT count(*) > 0 FROM '${here}'`)).toEqual([[true]]);
    expect(await rowsOf(pond, `${json(here)} EXCEPT ALL ${json(there)}`)).toEqual([]);
    expect(await rowsOf(pond, `${json(there)} EXCEPT ALL ${json(here)}`)).toEqual([]);
    expect(await rowsOf(pond, `DESCRIBE FROM '${here}'`)).toEqual(await rowsOf(pond, `DESCRIBE FROM '${there}'`));
    await pond.close();
  });

  test('an older version has the same rows as on the host', async () => {
    const files = readGolden('basic-with-inserts-updates');
    const host = hostDirectory(files);
    const pond = await newPond(inDirectory('/t', files));
    const all = (table: string): Promise<unknown> => rowsOf(pond, `SELECT to_json(r) FROM '${table}' AS r ORDER BY 1`);
    const newest = await all('delta:///t');
    const oldest = await all('delta:///t?version=0');
    expect(oldest).not.toEqual(newest);
    expect(oldest).toEqual(await all(`host+delta://${host}?version=0`));
    await pond.close();
  });
});

describe('delta:///PATH', () => {
  it('reads data files inside and outside of records, two with the same bytes twice', async () => {
    const pond = await newPond();
    const large = await parquetOf(pond, 'SELECT range * 7919 % 1000003 AS n FROM range(100000)');
    const small = await parquetOf(pond, 'SELECT 1 AS n');
    const adds = [add('p=1/small.parquet', '1'), add('p=2/a%20b.parquet', '2'), add('large.parquet', '3'), add('again.parquet', '3')];
    expect(large.byteLength).toBeGreaterThan(64 * 1024);
    await writeFiles(pond, inDirectory('/t', new Map<string, string | Uint8Array>([
      [commit(0), HEAD + adds.join('')],
      ['p=1/small.parquet', small], ['p=2/a b.parquet', small], ['large.parquet', large], ['again.parquet', large],
    ])));
    expect(await rowsOf(pond, "SELECT p, count(*), count(DISTINCT n) FROM 'delta:///t' GROUP BY p ORDER BY p"))
      .toEqual([['1', 1n, 1n], ['2', 1n, 1n], ['3', 200_000n, 100_000n]]);
    await pond.close();
  });

  it('is the state of the query: the pond at a time, the table at a version or a timestamp', async () => {
    const pond = await newPond();
    const one = await parquetOf(pond, 'SELECT 1 AS n');
    await writeFiles(pond, { [`/t/${commit(0)}`]: HEAD + add('a.parquet', 'x'), '/t/a.parquet': one });
    const { txnSeq } = await pond.transaction();
    await writeFiles(pond, { [`/t/${commit(1)}`]: add('b.parquet', 'y'), '/t/b.parquet': one });
    const count = async (table: string, options = {}): Promise<unknown> =>
      (await rowsOf(pond, `SELECT count(*) FROM '${table}'`, options))[0]?.[0];
    expect(await count('delta:///t')).toBe(2n);
    expect(await count('delta:///t?version=0')).toBe(1n);
    expect(await count('delta:///t', { at: { txnSeq } })).toBe(1n);
    await expect(count('delta:///t?version=1', { at: { txnSeq } })).rejects.toMatchObject({ code: 'not-found' });
    const [[first], [second]] = await rowsOf(
      pond, "SELECT strftime(modified, '%Y-%m-%dT%H:%M:%S.%gZ') FROM pond.nodes WHERE path LIKE '/t/_delta_log/%' ORDER BY path",
    ) as [[string], [string]];
    expect(await count(`delta:///t?timestamp=${first}`)).toBe(1n);
    expect(await count(`delta:///t?timestamp=${second}`)).toBe(2n);
    await pond.close();
  });

  it('goes by a name and through links, and a pattern unites tables by name', async () => {
    const pond = await newPond();
    for (const name of ['a', 'b']) {
      const bytes = await parquetOf(pond, `SELECT '${name}' AS n`);
      const log = HEAD.replaceAll('long', 'string') + add('f.parquet', name);
      await writeFiles(pond, { [`/d/${name}/${commit(0)}`]: log, [`/d/${name}/f.parquet`]: bytes });
    }
    await pond.write(async (fs) => { await (await fs.root()).symlink('/d/a', '/link'); });
    expect(await rowsOf(pond, 'FROM t', { tables: { t: 'delta:///link' } })).toEqual([['a', 'a']]);
    expect(await rowsOf(pond, "SELECT n FROM 'delta:///d/*' ORDER BY n")).toEqual([['a'], ['b']]);
    expect(await rowsOf(pond, "FROM 'delta:///d/a' JOIN 'delta:///d/b' USING (p)")).toEqual([]);
    await pond.close();
  });

  it('tells what is no Delta table, and which file of one is not there', async () => {
    const one = await parquetOf(await newPond(), 'SELECT 1 AS n');
    const files = { gone: 'f.parquet', bad: 'f.parquet', above: '../one.parquet', far: 'file:///one.parquet', slash: '/one.parquet' };
    const pond = await newPond({
      '/d/a.csv': 'x\n1\n', '/empty/_delta_log/.keep': '', '/bad/f.parquet': 'no Parquet', '/one.parquet': one,
      ...Object.fromEntries(Object.entries(files).map(([name, path]) => [`/${name}/${commit(0)}`, HEAD + add(path, 'x')])),
    });
    const message = (table: string, options = {}): Promise<string> =>
      rowsOf(pond, `FROM t`, { tables: { t: table }, ...options }).then(() => 'no error', (error: unknown) => (error as Error).message);
    expect(await message('delta:///d')).toBe(
      'Cannot query "delta:///d": "/d" is a directory without "_delta_log", the directory of a Delta table was wanted');
    expect(await message('delta:///d/a.csv')).toBe(
      'Cannot query "delta:///d/a.csv": "/d/a.csv" is a data file, the directory of a Delta table was wanted');
    expect(await message('delta:///none')).toBe(
      'Cannot query "delta:///none": there is no entry of that name, the directory of a Delta table was wanted');
    expect(await message('delta:///none*')).toMatch(/matches no directory/);
    expect(await message('delta:///empty')).toMatch(/^Cannot read "delta:\/\/\/empty" as a Delta table: /);
    expect(await message('delta:///gone')).toBe(
      'Cannot query "delta:///gone": its file "f.parquet" is not there, a data file in "/gone" was wanted');
    for (const name of ['far', 'slash']) {
      expect(await message(`delta:///${name}`)).toBe(
        `Cannot query "delta:///${name}": its file "/one.parquet" is outside the table, a path relative to it was wanted`);
    }
    expect(await message('delta:///above')).toMatch(/"\.\.\/one\.parquet" leaves the table/);
    expect(await message('delta:///bad')).toMatch(/\/bad\/f\.parquet/);
    expect(await message('delta+gzip:///gone')).toMatch(/compressed with gzip was wanted/);
    expect(await message('series:///d')).toMatch(/directory/);
    expect(await message('delta:///gone?header=true')).toMatch(/option "header"/);
    await expect(rowsOf(pond, 'FROM source', { tables: { source: 'delta:///gone' }, version: 1 })).rejects.toThrow(/\?version=N/);
    await pond.close();
  });
});

describe('directoryStore()', () => {
  it('has the files below a directory as objects, sorted by their bytes, and refuses to write', async () => {
    const files = ['log/b', 'log-1', 'log/a/c', 'log/a-b', 'log/\u{1F600}', 'log/\uFF5E', 'z'];
    const pond = await newPond(inDirectory('/t', new Map(files.map((path) => [path, `at ${path}`]))));
    const store = directoryStore(await pond.read(async (fs) => (await fs.root()).open('/t')));
    const listed = async (prefix: string): Promise<string[]> => {
      const paths: string[] = [];
      for await (const { path } of store.list(prefix)) paths.push(path);
      return paths;
    };
    const sorted = (prefix: string): string[] =>
      files.filter((path) => path.startsWith(prefix)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const prefix of ['', 'log', 'log/', 'log/a', 'log/a/', 'none/', 'z/']) expect(await listed(prefix)).toEqual(sorted(prefix));
    expect(Buffer.from(await store.get('log/b') ?? []).toString()).toBe('at log/b');
    expect(Buffer.from(await store.get('log/b', { start: 3, end: 6 }) ?? []).toString()).toBe('log');
    expect(await store.head('log/b')).toMatchObject({ path: 'log/b', sizeBytes: 8 });
    for (const absent of ['log', 'none', 'none/a', 'z/a']) {
      expect(await store.get(absent)).toBeUndefined();
      expect(await store.head(absent)).toBeUndefined();
    }
    await expect(store.put('log/b', new Uint8Array())).rejects.toMatchObject({ code: 'wrong-kind' });
    await expect(store.delete('log/b')).rejects.toMatchObject({ code: 'wrong-kind' });
    await pond.close();
  });
});

/** A table of `n` and the partition column `p`. */
const HEAD = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'c0ffee00-0000-4000-8000-000000000000', format: { provider: 'parquet', options: {} }, configuration: {}, createdTime: 0,
      schemaString: JSON.stringify({
        type: 'struct',
        fields: [['n', 'long'], ['p', 'string']].map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
      }),
      partitionColumns: ['p'],
    },
  },
].map((action) => `${JSON.stringify(action)}\n`).join('');

function add(path: string, p: string): string {
  return `${JSON.stringify({ add: { path, partitionValues: { p }, size: 1, modificationTime: 0, dataChange: true } })}\n`;
}

function commit(version: number): string {
  return `_delta_log/${String(version).padStart(20, '0')}.json`;
}

function inDirectory<Content>(directory: string, files: ReadonlyMap<string, Content>): Record<string, Content> {
  return Object.fromEntries([...files].map(([path, content]) => [`${directory}/${path}`, content]));
}

function hostDirectory(files: ReadonlyMap<string, Uint8Array>): string {
  const directory = scratch();
  for (const [path, bytes] of files) {
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
  return directory;
}

async function parquetOf(pond: Pond, query: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of pond.sqlParquet(query)) pieces.push(piece);
  return Buffer.concat(pieces);
}
