import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testPond } from '../fake-effects.ts';

const oracle = await (await DuckDBInstance.create(':memory:')).connect();

async function all(sql: string, values: string[] = []): Promise<unknown[][]> {
  return (await oracle.runAndReadAll(sql, values)).getRowsJS();
}

const A = 'time,v,note\n2026-01-01 00:00:00,1,x\n2026-01-01 01:00:00,2,\n';
const B = 'time,v,extra\n2026-01-01 02:00:00,2.5,9\n';

interface Bench extends Awaited<ReturnType<typeof testPond>> {
  readonly file: (name: string, content: string | Uint8Array) => string;
  readonly rows: (path: string) => Promise<unknown>;
}

async function bench(): Promise<Bench> {
  const made = await testPond();
  return {
    ...made,
    file: (name, content) => {
      writeFileSync(join(made.cwd, name), content);
      return join(made.cwd, name);
    },
    rows: async (path) => JSON.parse(await made.ok(['copy', path, '-', '--format', 'json'])) as unknown,
  };
}

describe('copy in', () => {
  test('a series is added to, a table replaced, bytes get a new version', async () => {
    const { ok, pond, file, rows } = await bench();
    const [a, b] = [file('a.csv', A), file('b.csv', B)];
    const { stdout, stderr } = await pond(['copy', `host+series://${a}`, '/deep/s', '--unit', 'v=m', '--description', 'v=level = depth']);
    expect([stdout, stderr]).toEqual(['', `copied 1 file, ${A.length} B, transaction 2\n`]);
    await ok(['copy', `host+series://${b}`, '/deep/s']);
    expect(await rows('/deep/s')).toEqual([
      { time: '2026-01-01T00:00:00', v: 1, note: 'x', extra: null }, { time: '2026-01-01T01:00:00', v: 2, note: null, extra: null },
      { time: '2026-01-01T02:00:00', v: 2.5, note: null, extra: 9 },
    ]);
    await ok(['copy', `host+table://${a}`, '/t']);
    await ok(['copy', `host+table://${b}`, '/t']);
    expect(await rows('/t')).toEqual([{ time: '2026-01-01T02:00:00', v: 2.5, extra: 9 }]);
    expect(JSON.parse(await ok(['list', '/t', '--json']))).toMatchObject([{ kind: 'table', version: 2 }]);
  });

  test('several sources of one series come in order, as one transaction', async () => {
    const { ok, pond, file, rows, cwd } = await bench();
    file('1.csv', A);
    file('2.csv', B);
    expect((await pond(['copy', `host+series://${cwd}/[12].csv`, '/s'])).stderr).toContain('copied 2 files');
    expect(await rows('/s')).toHaveLength(3);
    expect(JSON.parse(await ok(['log', '--limit', '1', '--json']))).toMatchObject([{ txn_seq: 2 }]);
    expect((await pond(['copy', `host+table://${cwd}/[12].csv`, '/t'])).code).toBe(1);
  });

  test('directories are copied with their paths; what has no rows is left out', async () => {
    const { ok, pond, cwd } = await bench();
    mkdirSync(join(cwd, 'in', 'sub'), { recursive: true });
    writeFileSync(join(cwd, 'in', 'a.csv'), A);
    writeFileSync(join(cwd, 'in', 'sub', 'b.csv.gz'), gzipSync(B));
    writeFileSync(join(cwd, 'in', 'README'), 'text');
    expect(await pond(['copy', `host+series://${cwd}/in`, '/x']))
      .toMatchObject({ code: 3, stderr: expect.stringContaining('in/README": its name does not tell a format of rows') });
    expect(await ok(['find', '--kind', 'series'])).toBe('/x/a.csv\n/x/sub/b.csv.gz\n');
  });

  test('the standard input has a format, by option or by URL', async () => {
    const { ok, pond, rows } = await bench();
    await ok(['copy', '-', '/s', '--kind', 'series', '--format', 'csv'], A);
    await ok(['copy', 'host+csv+series:///dev/stdin?delim=;', '/s'], B.replaceAll(',', ';'));
    expect(await rows('/s')).toHaveLength(3);
    await ok(['copy', '-', '/n', '--kind', 'table', '--format', 'ndjson'], '{"a":1}\n');
    expect(await rows('/n')).toEqual([{ a: 1 }]);
    expect((await pond(['copy', '-', '/m', '--kind', 'table'], A)).stderr).toContain('--format was wanted');
    const broken = await pond(['copy', '-', '/m', '--kind', 'table', '--format', 'csv'], 'a,b\n1,2\n3\n');
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pond: Cannot read "-" line 3: /) });
  });

  test('formats are read by extension, and equal what DuckDB reads', async () => {
    const { cwd, ok } = await bench();
    const select = "SELECT i AS id, TIMESTAMP '2026-01-01' + to_hours(i) AS t, i / 3 AS v, 'n' || i AS s FROM range(500) r(i)";
    for (const [name, options] of [['p.parquet', 'FORMAT parquet'], ['c.csv', 'FORMAT csv'], ['t.tsv', "FORMAT csv, DELIMITER '\t'"],
      ['j.json', 'FORMAT json, ARRAY true'], ['n.ndjson', 'FORMAT json']]) {
      await all(`COPY (${select}) TO '${cwd}/${name}' (${options})`);
      await ok(['copy', `host+series://${cwd}/${name}`, `/f/${name}`]);
      await ok(['copy', `/f/${name}`, `host://${cwd}/out`]);
      const copied = `SELECT id, t::TIMESTAMP t, v, s FROM read_parquet('${cwd}/out/f/${name}')`;
      expect(await all(`(${select}) EXCEPT ALL (${copied})`), name).toEqual([]);
      expect(await all(`SELECT count(*)::INT FROM (${copied})`), name).toEqual([[500]]);
    }
    await ok(['copy', '/f/p.parquet', 'host:x', '--format', 'arrow', '--strip-prefix', '/f']);
    expect(tableFromIPC(readFileSync(join(cwd, 'x', 'p.parquet'))).numRows).toBe(500);
    await ok(['copy', `host+arrow+series://${cwd}/x/p.parquet`, '/f/a']);
    await ok(['copy', '/f/a', 'host:y', '--format', 'xlsx']);
    await ok(['copy', `host+excel+table://${cwd}/y/f/a`, '/f/e']);
    expect(JSON.parse(await ok(['copy', '/f/e', '-', '--format', 'json']))).toHaveLength(500);
  });

  test('rows that contradict a series are refused, with both schemas, and nothing is changed', async () => {
    const { ok, pond, file } = await bench();
    await ok(['copy', `host+series://${file('a.csv', A)}`, '/s']);
    const before = await ok(['log', '--limit', '1', '--json']);
    const bad = file('bad.csv', 'time,v\n2026-02-01 00:00:00,none\n');
    const { code, stderr } = await pond(['copy', `host+series://${file('c.csv', A)}`, `host+series://${bad}`, '/s']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Cannot append to "\/s": its column "v" is BIGINT, VARCHAR is brought/);
    expect(stderr).toMatch(/"v" BIGINT.*"v" VARCHAR/);
    expect(await ok(['log', '--limit', '1', '--json'])).toBe(before);
  });

  test('bytes do not become part of rows, wherever the rows are: in a directory of before or of the same copy', async () => {
    const { ok, pond, file, cwd } = await bench();
    const refused = { code: 1, stderr: expect.stringContaining('it is a series, rows were wanted') as string };
    for (const parent of ['one', 'two']) mkdirSync(join(cwd, parent, 'tree', 'sub'), { recursive: true });
    file('one/tree/sub/a.csv', A);
    file('two/tree/sub/a.csv', A);
    await ok(['mkdir', '/in']);
    expect(await pond(['copy', `host+csv+series://${cwd}/one/tree`, `host://${cwd}/two/tree`, '/in/'])).toMatchObject(refused);
    await ok(['copy', `host+csv+series://${cwd}/one/tree`, '/in/']);
    expect(await pond(['copy', `host://${cwd}/two/tree`, '/in/'])).toMatchObject(refused);
    await ok(['copy', `host://${cwd}/two`, '/in/']);
  });

  test('kinds are not mixed', async () => {
    const { ok, pond, file, cwd } = await bench();
    const a = file('a.csv', A);
    await ok(['copy', `host+series://${a}`, '/s']);
    await ok(['copy', `host+table://${a}`, '/t']);
    await ok(['copy', a, '/d']);
    for (const [kind, path, is] of [['series', '/t', 'a table'], ['table', '/s', 'a series'], ['series', '/d', 'a data file']] as const) {
      expect(await pond(['copy', `host+${kind}://${a}`, path])).toMatchObject({ code: 1, stderr: expect.stringContaining(`it is ${is}`) });
    }
    expect(await pond(['copy', a, '/s'])).toMatchObject({ code: 1, stderr: expect.stringContaining(`hint: host+series://${cwd}/a.csv reads rows`) });
    expect((await pond(['copy', '-', '/t'], 'x')).code).toBe(1);
    expect(JSON.parse(await ok(['list', '--json']))).toMatchObject([{ version: 1 }, { version: 1 }, { version: 1 }]);
  });

  test.each([
    ['ragged', 'a,b\n1,2\n3\n', 'line 3'],
    ['not UTF-8', Buffer.from([...Buffer.from('a,b\n1,'), 0xff, 0xfe, 10]), 'UTF-8'],
    ['empty', '', 'it is empty'],
    ['late text', `a,b\n${'1,2\n'.repeat(30_000)}x,y\n`, 'line 30002'],
  ])('a hostile file (%s) changes nothing and is named with its line', async (_, content, said) => {
    const { ok, pond, file, directory } = await bench();
    const before = readdirSync(join(directory, 'store'), { recursive: true }).sort();
    const bad = file('hostile.csv', content);
    const { code, stderr } = await pond(['copy', `host+series://${bad}`, '/s']);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`hostile.csv`)]);
    expect(stderr).toContain(said);
    expect(await ok(['find'])).toBe('');
    expect(readdirSync(join(directory, 'store'), { recursive: true }).sort()).toEqual(before);
    expect(existsSync(join(directory, 'cache', 'import')) ? readdirSync(join(directory, 'cache', 'import')) : []).toEqual([]);
  });

  test('a time column that is none is an error', async () => {
    const { pond, ok, file } = await bench();
    const a = file('a.csv', A);
    expect((await pond(['copy', `host+series://${a}`, '/s', '--time-column', 'note'])).stderr).toContain('Cannot use "note" as time column');
    expect((await pond(['copy', `host+series://${a}`, '/s', '--unit', 'nope=m'])).stderr).toContain('no such column');
    expect((await pond(['copy', `host+series://${a}`, '/s', '--unit', 'nope'])).code).toBe(2);
    await ok(['copy', `host+series://${a}`, '/s', '--time-column', 'time']);
  });
});

describe('copy out', () => {
  test('Parquet carries units and descriptions, and an import takes them up again', async () => {
    const { ok, cwd, file } = await bench();
    await ok(['copy', `host+series://${file('a.csv', A)}`, '/s', '--unit', 'v=m', '--description', 'v=level']);
    await ok(['copy', '/s', 'host:out']);
    const [[notes] = []] = await all(
      "SELECT decode(value) FROM parquet_kv_metadata($1) WHERE decode(key) = 'duckpond.columns'", [join(cwd, 'out', 's')]);
    expect(JSON.parse(String(notes))).toEqual({ columns: { v: { unit: 'm', description: 'level' } } });
  });

  test('a state is copied, old ones too, and formats that nothing writes are refused', async () => {
    const { ok, pond, file, cwd } = await bench();
    await ok(['copy', `host+series://${file('a.csv', A)}`, '/s']);
    await ok(['copy', `host+series://${file('b.csv', B)}`, '/s']);
    expect((await ok(['copy', '/s', '-', '--format', 'csv', '--at', '2'])).split('\n')).toHaveLength(4);
    expect(await pond(['copy', '/s', 'host:out', '--format', 'weblog'])).toMatchObject({ code: 2 });
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });
});
