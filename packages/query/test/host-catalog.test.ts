import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import { FORMAT_READERS } from '../src/formats/readers.ts';
import { hostCatalog, isHostUrl, likelyTables } from '../src/host-catalog.ts';
import { hostFiles } from '../src/host-glob.ts';
import type { Value } from '../src/values.ts';

let directory: string;
const FILES = [
  'a.csv', 'b.csv', '.hidden.csv', 'c.tsv', "we'ird; --\n.csv", 'sub/d.csv', 'sub/deep/e.csv', 'x[1].csv', 'ünï.csv', 'no-extension',
];
const PATTERNS = [
  '*.csv', '?.csv', '[ab].csv', '[^a].csv', '{a,c}.{csv,tsv}', '**/*.csv', 'sub/**', '**/deep/*', '*', '.*', '*ï.csv', 'none*',
];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'duckpond-host-'));
  await mkdir(join(directory, 'sub/deep'), { recursive: true });
  await mkdir(join(directory, '.spill'));
  for (const [at, name] of FILES.entries()) {
    const delimiter = name.endsWith('.tsv') ? '\t' : ',';
    await writeFile(join(directory, name), `n${delimiter}m\n${at}${delimiter}1\n`);
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function rows(sql: string, tables: Record<string, string> = {}): Promise<readonly (readonly Value[])[]> {
  const catalog = await hostCatalog(sql, { tables });
  const engine = await openEngine({
    readableDirectories: [...catalog.directories], readablePaths: catalog.paths, readers: FORMAT_READERS,
    spillDirectory: join(directory, '.spill'),
  });
  try {
    const found: (readonly Value[])[] = [];
    for await (const row of (await engine.query(sql, { catalog })).rows()) found.push(row);
    return found;
  } finally {
    engine.close();
  }
}

it('hostFiles() matches what picomatch matches', async () => {
  for (const pattern of PATTERNS) {
    const matches = picomatch(pattern, { dot: false });
    const expected = FILES.filter((name) => matches(name)).map((name) => join(directory, name)).sort();
    expect(await hostFiles(join(directory, pattern)), pattern).toEqual(expected);
  }
});

it('hostFiles() takes a ! for "none of", as shells do', async () => {
  expect(await hostFiles(join(directory, '[!a].csv'))).toEqual([join(directory, 'b.csv')]);
});

it('a path that is there as written matches itself alone, whatever is in it', async () => {
  expect(await hostFiles(join(directory, 'x[1].csv'))).toEqual([join(directory, 'x[1].csv')]);
});

it('URLs of the host are read with no pond, globs united by name, names of tables too', async () => {
  expect(await rows(`SELECT n FROM 'host+csv://${directory}/a.csv'`)).toEqual([[0n]]);
  expect(await rows(`SELECT count(*), sum(n) FROM "host+csv://${directory}/[ab].csv"`)).toEqual([[2n, 1n]]);
  expect(await rows(`SELECT n FROM 'host://${directory}/c.tsv'`)).toEqual([[3n]]);
  expect(await rows('SELECT n FROM t', { t: `host+csv://${directory}/sub/d.csv` })).toEqual([[5n]]);
  expect(await rows(`SELECT count(*) FROM 'host+csv://${directory}/**/*.csv'`)).toEqual([[7n]]);
});

it('a hostile name is a name', async () => {
  expect(await rows(`SELECT n FROM 'host+csv://${directory}/we''ird; --\n.csv'`)).toEqual([[4n]]);
});

it('only the files that were named can be read', async () => {
  const named = `host+csv://${directory}/a.csv`;
  await expect(rows(`SELECT * FROM '${named}', read_csv('${directory}/b.csv')`)).rejects.toThrow(/disabled|Permission/);
  await expect(rows(`SELECT * FROM read_text('${directory}/b.csv')`)).rejects.toThrow(/disabled|Permission/);
});

it('a URL without a file, and a name without a format, are errors that say what to write', async () => {
  await expect(rows(`SELECT * FROM 'host+csv://${directory}/none.csv'`)).rejects.toMatchObject({ code: 'not-found' });
  await expect(rows(`SELECT * FROM 'host://${directory}/no-extension'`))
    .rejects.toThrow(`"host+csv://${directory}/no-extension" was wanted`);
  await expect(rows("SELECT * FROM 'host+nothing:///x'")).rejects.toThrow('the format "nothing" is not known');
});

it('isHostUrl() tells URLs of the host from paths and from URLs of the pond', () => {
  expect(['host:///a', 'host+csv:///a', 'HOST:///a'].map(isHostUrl)).toEqual([true, true, true]);
  expect(['/host', 'csv:///a', 'hosted:///a', 'host'].map(isHostUrl)).toEqual([false, false, false, false]);
});

it('likelyTables() finds quoted names behind FROM and JOIN', () => {
  const script = "SELECT '/not' FROM '/a' JOIN \"/b\" USING (t) WHERE x = '/not' -- FROM '/not'\n; from '/a' where c in (FROM '/c''d')";
  expect(likelyTables(script)).toEqual(['/a', '/b', "/c'd"]);
});
