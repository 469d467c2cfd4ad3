import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { appendTabular } from '../src/append-tabular.ts';
import { openPond } from '../src/open-pond.ts';
import { arrowOf, rowsOf, testPonds, writeFiles } from './sql-pond.ts';

const newPond = testPonds();

it('sql() reads data files by path, pattern and URL, small and large, plain and compressed', async () => {
  const large = `n\n${'7\n'.repeat(50_000)}`;
  const pond = await newPond({
    '/a.csv': 'x,y\n1,one\n2,two\n', '/d/b.csv': 'x,z\n3,three\n', '/large.csv': large, '/c.csv.gz': gzipSync('x\n9\n'),
    '/large.csv.gz': gzipSync(large, { level: 0 }), '/plain': 'x;y\n5;five\n', '/n.ndjson': '{"x":1}\n{"x":2}\n',
  });
  expect(await rowsOf(pond, "FROM '/a.csv'")).toEqual([[1n, 'one'], [2n, 'two']]);
  expect(await rowsOf(pond, "SELECT x, z FROM '/d/b.csv'")).toEqual([[3n, 'three']]);
  expect(await rowsOf(pond, "SELECT count(*), sum(n) FROM '/large.csv'")).toEqual([[50_000n, 350_000n]]);
  expect(await rowsOf(pond, "SELECT count(*), sum(n) FROM '/large.csv.gz'")).toEqual([[50_000n, 350_000n]]);
  expect(await rowsOf(pond, "FROM '/c.csv.gz'")).toEqual([[9n]]);
  expect(await rowsOf(pond, "FROM 'csv:///plain?delim=;'")).toEqual([[5n, 'five']]);
  expect(await rowsOf(pond, "SELECT sum(x) FROM '/n.ndjson'")).toEqual([[3n]]);
  await pond.close();
});

it('a pattern unites files by name and follows links', async () => {
  const pond = await newPond({ '/d/a.csv': 'x,y\n1,one\n', '/d/b.csv': 'x,z\n3,three\n' });
  await pond.write(async (fs) => { await (await fs.root()).symlink('/d/a.csv', '/link.csv'); });
  expect(await rowsOf(pond, "FROM '/d/*.csv'")).toEqual([[1n, 'one', null], [3n, null, 'three']]);
  expect(await rowsOf(pond, "FROM '/*.csv'")).toEqual([[1n, 'one']]);
  expect(await rowsOf(pond, "SELECT y FROM '/link.csv'")).toEqual([['one']]);
  await pond.close();
});

it('names in tables stand for paths, patterns and URLs, whatever the case', async () => {
  const pond = await newPond({ '/a.csv': 'x\n1\n', '/d/b.txt': 'x;y\n3;4\n' });
  const tables = { one: '/a.csv', Two: 'csv:///d/b.txt?delim=;', 'odd; "name" --': '/*.csv' };
  expect(await rowsOf(pond, 'SELECT one.x, two.y FROM ONE, two', { tables })).toEqual([[1n, 4n]]);
  expect(await rowsOf(pond, 'FROM "odd; ""name"" --"', { tables })).toEqual([[1n]]);
  await pond.close();
});

it('parameters are bound by place and by name', async () => {
  const pond = await newPond({ '/a.csv': 'x,y\n1,one\n2,two\n' });
  expect(await rowsOf(pond, "SELECT y FROM '/a.csv' WHERE x = $1", { params: [2] })).toEqual([['two']]);
  expect(await rowsOf(pond, "SELECT x FROM '/a.csv' WHERE y = $which", { params: { which: "one' OR true --" } })).toEqual([]);
  await pond.close();
});

it('a series is all its versions, a version of it one', async () => {
  const pond = await newPond();
  for (const from of [0, 10, 20]) {
    const stream = await arrowOf(pond, `SELECT range AS n, 'v' || range AS t FROM range(${from}, ${from + 10})`);
    await writeFiles(pond, { '/s.series': stream }, 'series');
  }
  expect(await rowsOf(pond, "SELECT count(*), min(n), max(n) FROM '/s.series'")).toEqual([[30n, 0n, 29n]]);
  const source = { tables: { source: '/s.series' } };
  expect(await rowsOf(pond, 'SELECT min(n), max(n) FROM source', { ...source, version: 2 })).toEqual([[10n, 19n]]);
  expect(await rowsOf(pond, 'SELECT count(*) FROM source', { ...source, at: { txnSeq: 3 } })).toEqual([[20n]]);
  await expect(rowsOf(pond, 'FROM source', { ...source, timeStartMicros: 0n })).rejects.toThrow('"/s.series" has no time column');
  await expect(rowsOf(pond, "FROM 'csv:///s.series'")).rejects.toThrow('"/s.series" is a series, a data file in the format csv was wanted');
  await pond.close();
});

it('source is cut at event times, row by row, and versions outside are not read', async () => {
  const pond = await newPond();
  const day = 86_400_000_000n;
  for (const from of [0n, 1n, 2n]) {
    const bytes = await arrowOf(pond, `SELECT make_timestamptz(${from * day} + range * 3600000000) AS time, range AS n FROM range(24)`);
    const facts = {
      columns: [{ name: 'time', type: 'TIMESTAMP WITH TIME ZONE', nulls: 0 }, { name: 'n', type: 'BIGINT', nulls: 0 }],
      rowCount: 24, timeColumn: 'time', timeMinMicros: from * day, timeMaxMicros: from * day + 23n * 3_600_000_000n,
    };
    await pond.write(async (fs) => appendTabular(await fs.root(), '/s.series', { kind: 'inline', bytes, facts }, { kind: 'series' }));
  }
  const source = { tables: { source: '/s.series' } };
  const count = 'SELECT count(*), min(time), max(time) FROM source';
  const hour = 3_600_000_000n;
  expect(await rowsOf(pond, count, { ...source, timeStartMicros: day + 5n * hour, timeEndMicros: 2n * day + hour }))
    .toEqual([[20n, day + 5n * hour, 2n * day]]);
  expect(await rowsOf(pond, 'SELECT count(*) FROM source', { ...source, timeStartMicros: 9n * day })).toEqual([[0n]]);
  const nodes = await rowsOf(pond, "SELECT \"rows\", time_column, time_min, time_max FROM pond.nodes WHERE kind = 'series'");
  expect(nodes).toEqual([[72n, 'time', 0n, 2n * day + 23n * hour]]);
  await pond.close();
});

it('hostile names of paths and columns are names', async () => {
  const names = [
    "it's", 'a"b', 'x; DROP TABLE t; --', 'line\nbreak', 'ünïcödé 🦆', '$1 ? %s {}', "'; SELECT 1 --", '/* c */', 'back\\slash',
    '[x]*?',
  ];
  for (const name of names) {
    const path = `/${name.replaceAll('/', '_')}.csv`;
    const pond = await newPond({ [path]: `"${name.replaceAll('"', '""')}",n\n1,2\n` });
    const quoted = path.replaceAll("'", "''");
    const result = await pond.sql(`SELECT * FROM '${quoted}'`);
    const rows = [];
    for await (const row of result.rows()) rows.push(row);
    expect({ columns: result.columns.map((column) => column.name), rows }, path).toEqual({ columns: [name, 'n'], rows: [[1n, 2n]] });
    expect(await rowsOf(pond, `SELECT n FROM "${path.replaceAll('"', '""')}"`)).toEqual([[2n]]);
    expect(await rowsOf(pond, 'SELECT n FROM t', { tables: { t: path } })).toEqual([[2n]]);
    await pond.close();
  }
});

it('one query sees one state for all its tables while others write, and at an older time what was there', async () => {
  const pond = await newPond({ '/a.csv': 'n\n1\n', '/b.csv': 'n\n1\n' });
  const other = await openPond(pond.directory);
  const torn: unknown[] = [];
  let isDone = false;
  const writer = (async () => {
    for (let n = 2; n <= 25; n++) await writeFiles(other, { '/a.csv': `n\n${n}\n`, '/b.csv': `n\n${n}\n` });
    isDone = true;
  })();
  while (!isDone) {
    const [row] = await rowsOf(pond, "SELECT a.n, b.n, (SELECT max(txn_seq) FROM pond.transactions) FROM '/a.csv' a, '/b.csv' b");
    if (row?.[0] !== row?.[1] || row?.[2] !== (row?.[0] as bigint) + 1n) torn.push(row);
  }
  await writer;
  expect(torn).toEqual([]);
  for (const n of [1, 7, 25]) expect(await rowsOf(pond, "SELECT n FROM '/a.csv'", { at: { txnSeq: n + 1 } })).toEqual([[BigInt(n)]]);
  await other.close();
  await pond.close();
});

it('what is missing, a directory and what has no rows are errors that say what to write', async () => {
  const pond = await newPond({ '/sensors/temperature.csv': 'x\n1\n', '/notes': 'text', '/bad.csv': 'a,b\n1,2,3,4\n"' });
  const cases: readonly (readonly [string, string, string])[] = [
    ["'/sensors/temprature.csv'", 'not-found', '"/sensors/temperature.csv" was wanted'],
    ["'/sensor/temperature.csv'", 'not-found', '"/sensors" was wanted'],
    ["'/sensors'", 'not-tabular', 'a file or a pattern such as "/sensors/*" was wanted'],
    ["'/notes'", 'not-tabular', 'a URL that names one such as "csv:///notes" was wanted'],
    ["'/none/*.csv'", 'no-match', 'the pattern matches no file'],
    ["'table:///sensors/temperature.csv'", 'not-tabular', '"/sensors/temperature.csv" is a data file, a table was wanted'],
    ["'parquet:///sensors/temperature.csv'", 'bad-input', '/sensors/temperature.csv'],
    ['nothing', 'not-found', 'nothing'],
  ];
  for (const [name, code, message] of cases) {
    await expect(rowsOf(pond, `SELECT * FROM ${name}`), name).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  }
  await expect(rowsOf(pond, "INSERT INTO '/notes' VALUES (1)")).rejects.toMatchObject({ code: 'not-a-query' });
  await pond.close();
});

it('a query reads nothing of the host but the files that host URLs name', async () => {
  const pond = await newPond({ '/a.csv': 'x\n1\n' });
  await expect(rowsOf(pond, "FROM read_text('/etc/hosts')")).rejects.toThrow(/disabled|Permission/);
  await expect(rowsOf(pond, "SELECT * FROM '/etc/hosts'")).rejects.toMatchObject({ code: 'not-found' });
  const url = `host+csv://${process.cwd()}/package.json?header=false&delim=%01&quote=`;
  expect((await rowsOf(pond, `FROM '${url}'`)).length).toBeGreaterThan(1);
  await expect(rowsOf(pond, `FROM '${url}', read_text('/etc/hosts')`)).rejects.toThrow(/disabled|Permission/);
  await pond.close();
});

it('a signal ends a query before, while it runs and while it is read', async () => {
  const pond = await newPond();
  const reason = new Error('enough');
  await expect(pond.sql('SELECT 1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const running = new AbortController();
  setTimeout(() => { running.abort(reason); }, 50);
  const endless = 'SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b';
  await expect(rowsOf(pond, endless, { signal: running.signal })).rejects.toBe(reason);
  const reading = new AbortController();
  const result = await pond.sql('FROM range(100000000)', { signal: reading.signal });
  let count = 0;
  await expect((async () => { for await (const _ of result.rows()) if (++count === 5000) reading.abort(reason); })()).rejects.toBe(reason);
  expect(await rowsOf(pond, 'SELECT 1')).toEqual([[1]]);
  await pond.close();
});

it('small content is spooled once and gone after close; a pond that is closed takes no query', async () => {
  const pond = await newPond({ '/a.csv': 'x\n1\n', '/same.csv': 'x\n1\n' });
  const spool = join(pond.directory, 'cache', 'spool');
  expect(existsSync(join(pond.directory, 'cache'))).toBe(false);
  for (let round = 0; round < 3; round++) await rowsOf(pond, "FROM '/a.csv', '/same.csv'");
  const [own] = readdirSync(spool);
  expect(readdirSync(join(spool, own ?? ''))).toHaveLength(1);
  await pond.close();
  expect(readdirSync(spool)).toEqual([]);
  await expect(pond.sql('SELECT 1')).rejects.toMatchObject({ code: 'closed' });
});

it('settings of SQL count, and options of a query win over them', async () => {
  const pond = await newPond();
  await pond.setSetting('sql.threads', '1');
  const setting = (key: string): string => `SELECT current_setting('${key}')`;
  expect(await rowsOf(pond, setting('threads'))).toEqual([[1n]]);
  expect(await rowsOf(pond, setting('threads'), { settings: { 'sql.threads': '2' } })).toEqual([[2n]]);
  const origin = "SELECT origin FROM pond.config WHERE key = 'sql.threads'";
  expect(await rowsOf(pond, origin)).toEqual([['pond']]);
  expect(await rowsOf(pond, origin, { settings: { 'sql.threads': '2' } })).toEqual([['option']]);
  await expect(pond.sql('SELECT 1', { settings: { 'sql.memory_limit': 'much' } })).rejects.toMatchObject({ code: 'invalid-setting' });
  await pond.close();
});
