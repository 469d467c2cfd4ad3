import { DuckDBInstance } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

const oracle = await (await DuckDBInstance.create(':memory:')).connect();

async function all(sql: string, values: string[] = []): Promise<unknown[][]> {
  return (await oracle.runAndReadAll(sql, values)).getRowsJS();
}

interface Manifest {
  readonly pond: string;
  readonly transaction: number;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly size: number; readonly rows?: number; readonly time_min?: string }[];
}

const manifestOf = (bench: TestPond, directory = 'out'): Manifest =>
  JSON.parse(readFileSync(join(bench.cwd, directory, 'manifest.json'), 'utf8')) as Manifest;

/** What there is, with what changes when a file is written anew. */
function filesIn(bench: TestPond, directory = 'out'): Readonly<Record<string, string>> {
  const root = join(bench.cwd, directory);
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'manifest.json');
  return Object.fromEntries(found.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { ino, mtimeMs } = statSync(path);
    return [path.slice(root.length + 1), `${ino} ${mtimeMs}`];
  }));
}

function checkManifest(bench: TestPond, directory = 'out'): void {
  const { files } = manifestOf(bench, directory);
  expect(files.map(({ path }) => path).sort()).toEqual(Object.keys(filesIn(bench, directory)).sort());
  for (const { path, sha256, size } of files) {
    const bytes = readFileSync(join(bench.cwd, directory, path));
    expect([createHash('sha256').update(bytes).digest('hex'), bytes.length], path).toEqual([sha256, size]);
  }
}

const row = (time: string, v: number): string => `${JSON.stringify({ time, v })}\n`;

async function filled(): Promise<TestPond> {
  const bench = await testPond();
  await bench.ok(['append', '/in/north/a'], row('2025-12-31T23:59:59Z', 1) + row('2026-01-01T00:00:00Z', 2) + row('2026-02-03T00:00:00Z', 3));
  await bench.ok(['append', '/in/south/b'], `${row('2026-01-05T00:00:00Z', 4)}{"v":5}\n`);
  await bench.ok(['copy', '-', '/in/south/notes.txt'], 'text');
  return bench;
}

const MONTHS = ['export', '-p', '/in/*/*', '-d', 'out', '--temporal', 'year,month'];

test('export divides rows by time as other readers understand it, and lists what it wrote', async () => {
  const bench = await filled();
  expect(await bench.ok(MONTHS)).toBe(`${bench.cwd}/out/manifest.json\n`);
  checkManifest(bench);
  expect(Object.keys(filesIn(bench)).map((path) => path.replace(/data-[0-9a-f]{16}/, 'data')).sort()).toEqual([
    'north/a/year=2025/month=12/data.parquet', 'north/a/year=2026/month=1/data.parquet', 'north/a/year=2026/month=2/data.parquet',
    'south/b/year=2026/month=1/data.parquet',
    'south/b/year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__/data.parquet', 'south/notes.txt',
  ]);
  const read = "SELECT v::INT, year::INT, month::INT FROM read_parquet($1, hive_partitioning = true) ORDER BY v";
  expect(await all(read, [join(bench.cwd, 'out/north/a/**/*.parquet')])).toEqual([[1, 2025, 12], [2, 2026, 1], [3, 2026, 2]]);
  expect(await all(read, [join(bench.cwd, 'out/south/b/**/*.parquet')])).toEqual([[4, 2026, 1], [5, null, null]]);
  expect(manifestOf(bench)).toMatchObject({ transaction: 4, files: [{ rows: 1, time_min: '2025-12-31T23:59:59.000000Z' }, {}, {}, {}, {}, {}] });
});

test('export again leaves alone what is the same, writes what changed, removes only its own', async () => {
  const bench = await filled();
  await bench.ok(MONTHS);
  writeFileSync(join(bench.cwd, 'out', 'north', 'mine.txt'), 'mine');
  const first = filesIn(bench);
  const manifest = readFileSync(join(bench.cwd, 'out', 'manifest.json'), 'utf8');
  expect((await bench.pond(MONTHS)).stderr).toContain('0 files written, 6 kept, 0 removed');
  expect(filesIn(bench)).toEqual(first);
  expect(readFileSync(join(bench.cwd, 'out', 'manifest.json'), 'utf8')).toBe(manifest);
  await bench.ok(['append', '/in/north/a'], row('2026-02-04T00:00:00Z', 6) + row('2026-03-01T00:00:00Z', 7));
  expect((await bench.pond(MONTHS)).stderr).toContain('2 files written, 5 kept, 1 removed');
  const second = filesIn(bench);
  const same = Object.keys(first).filter((path) => path in second);
  expect(same).toHaveLength(6);
  for (const path of same) expect(second[path]).toBe(first[path]);
  expect(await all('SELECT sum(v)::INT FROM read_parquet($1)', [join(bench.cwd, 'out/north/a/**/*.parquet')])).toEqual([[19]]);
  await bench.ok(['rm', '/in/north/a']);
  expect((await bench.pond(MONTHS)).stderr).toContain('0 files written, 3 kept, 4 removed');
  expect(readdirSync(join(bench.cwd, 'out', 'north'))).toEqual(['mine.txt']);
});

test('export of a table that was written anew keeps the months that are equal', async () => {
  const bench = await testPond();
  const table = (last: string): string => `time,v\n2026-01-01,1\n2026-02-01,${last}\n`;
  const args = ['export', '-p', '/t', '-d', 'out', '--temporal', 'year,month'];
  await bench.ok(['copy', '-', '/t', '--kind', 'table', '--format', 'csv'], table('2'));
  await bench.ok(args);
  const before = filesIn(bench);
  await bench.ok(['copy', '-', '/t', '--kind', 'table', '--format', 'csv'], table('3'));
  expect((await bench.pond(args)).stderr).toContain('1 file written, 1 kept, 1 removed');
  const [january = ''] = Object.keys(before).filter((path) => path.includes('month=1'));
  expect(filesIn(bench)[january]).toBe(before[january]);
  checkManifest(bench);
});

test('export writes whole files, in formats, between times, of old states', async () => {
  const bench = await filled();
  const january = ['--start-time', '2026-01-01T00:00:00Z', '--end-time', '2026-02-01T00:00:00Z'];
  await bench.ok(['export', '-p', '/in/*/[ab]', '-d', 'out', '--format', 'csv', ...january]);
  expect(readFileSync(join(bench.cwd, 'out', 'north', 'a.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  expect(readFileSync(join(bench.cwd, 'out', 'south', 'b.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  checkManifest(bench);
  await bench.ok(['append', '/in/north/a'], row('2026-01-07T00:00:00Z', 9));
  await bench.ok(['export', '-p', '/in/north/a', '-d', 'old', '--at', '2']);
  expect(await all('SELECT count(*)::INT FROM read_parquet($1)', [join(bench.cwd, 'old', 'a.parquet')])).toEqual([[3]]);
});

test('export to a file of the host is refused and leaves it alone', async () => {
  const bench = await filled();
  writeFileSync(join(bench.cwd, 'there'), 'mine');
  const { code, stderr } = await bench.pond(['export', '-p', '/in/north/a', '-d', 'there']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `pond: Cannot export to "${join(bench.cwd, 'there')}": it is a file, a directory or a free name was wanted\n` });
  expect(readFileSync(join(bench.cwd, 'there'), 'utf8')).toBe('mine');
});

test('export repairs what is missing and what a killed export left half-way', async () => {
  const bench = await filled();
  await bench.ok(MONTHS);
  const { files } = manifestOf(bench);
  const [one] = files;
  const before = filesIn(bench);
  writeFileSync(join(bench.cwd, 'out', one?.path ?? ''), 'shorter');
  mkdirSync(join(bench.cwd, 'out', 'stray'));
  writeFileSync(join(bench.cwd, 'out', 'stray', 'data.parquet'), 'half');
  writeFileSync(join(bench.cwd, 'out', '.pond-export.json'), JSON.stringify({ added: ['stray/data.parquet', '../../x'], gone: [] }));
  expect((await bench.pond(MONTHS)).stderr).toContain('1 file written, 5 kept, 0 removed');
  checkManifest(bench);
  expect(Object.keys(filesIn(bench)).sort()).toEqual(Object.keys(before).sort());
});

test('export writes over nothing of others, and through no link', async () => {
  const bench = await filled();
  mkdirSync(join(bench.cwd, 'out', 'south'), { recursive: true });
  writeFileSync(join(bench.cwd, 'out', 'south', 'notes.txt'), 'mine');
  expect(await bench.pond(MONTHS)).toMatchObject({ code: 1, stderr: expect.stringContaining('a file that the manifest does not list') });
  expect(existsSync(join(bench.cwd, 'out', 'manifest.json'))).toBe(false);
  expect(Object.keys(filesIn(bench))).toEqual(['south/notes.txt']);
  mkdirSync(join(bench.cwd, 'elsewhere'));
  mkdirSync(join(bench.cwd, 'links'));
  symlinkSync(join(bench.cwd, 'elsewhere'), join(bench.cwd, 'links', 'north'));
  expect((await bench.pond(['export', '-p', '/in/*/*', '-d', 'links'])).stderr).toContain('is no directory');
  expect(readdirSync(join(bench.cwd, 'elsewhere'))).toEqual([]);
  mkdirSync(join(bench.cwd, 'other'));
  writeFileSync(join(bench.cwd, 'other', 'manifest.json'), '{"name":"a web page"}');
  expect((await bench.pond(['export', '-p', '/in/*/*', '-d', 'other'])).stderr).toContain('is no manifest of an export');
});

test('export says what it cannot do', async () => {
  const bench = await filled();
  await bench.ok(['copy', '-', '/t', '--kind', 'table', '--format', 'csv'], 'a\n1\n');
  const fails = async (args: string[], code: number, said: string): Promise<void> => {
    expect(await bench.pond(['export', ...args])).toMatchObject({ code, stderr: expect.stringContaining(said) });
  };
  await fails(['-p', '/none/*', '-d', 'out'], 1, 'it matches no file');
  await fails(['-p', '/t', '-d', 'out', '--temporal', 'year'], 1, 'it has no time column');
  await fails(['-p', '/t', '-d', 'out', '--temporal', 'month'], 2, 'Cannot divide by month without year');
  await fails(['-p', '/t', '-d', 'out', '--temporal', 'week'], 2, 'it is no part of a time');
  await fails(['-p', '/in/north/*', '-p', '/in/north/[a]', '-d', 'out'], 1, 'both would become "a.parquet"');
  await fails(['-p', '/t', '-d', 'pond/store'], 1, 'inside the pond');
  await fails(['-p', '/t'], 2, '--dir');
  expect(existsSync(join(bench.cwd, 'out'))).toBe(false);
});
