import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, scratchDirectory, testPond, type TestPond } from '../fake-effects.ts';

const bin = fileURLToPath(new URL('../../dist/pond.cjs', import.meta.url));
const CSV = 'timestamp,temp,name\n2024-01-01 00:00:00,1.5,a\n2024-01-01 01:00:00,2.5,"b ""q"""\n2024-01-01 02:00:00,,\n';

/** A pond with the same rows as data, table and series. */
async function pondWithRows(): Promise<TestPond> {
  const made = await testPond();
  const file = join(made.cwd, 'r.csv');
  writeFileSync(file, CSV);
  await made.ok(['copy', file, '/in.csv']);
  await made.ok(['copy', `host+table://${file}`, '/t.table']);
  await made.ok(['copy', `host+series://${file}`, '/s.series']);
  return made;
}

const more = (pond: TestPond, csv: string): Promise<string> => {
  const file = join(pond.cwd, 'more.csv');
  writeFileSync(file, csv);
  return pond.ok(['copy', `host+series://${file}`, '/s.series']);
};

test('cat prints a data file as it is, and its rows when a format, a query or a limit asks for them', async () => {
  const { ok } = await pondWithRows();
  expect(await ok(['cat', '/in.csv'])).toBe(CSV);
  expect(await ok(['cat', '/in.csv', '--format', 'ndjson', '--limit', '1'])).toBe('{"timestamp":"2024-01-01T00:00:00","temp":1.5,"name":"a"}\n');
  expect(await ok(['cat', '/in.csv', '--sql', 'SELECT sum(temp) AS t FROM source', '--format', 'csv'])).toBe('t\n4\n');
});

test('cat prints rows as Parquet into a pipe and as a table on a terminal', async () => {
  const { pond, ok } = await pondWithRows();
  expect((await ok(['cat', '/s.series'])).slice(0, 4)).toBe('PAR1');
  const { stdout } = await pond(['cat', '/t.table'], '', { columns: 80 });
  expect(stdout).toContain('| timestamp[us]       | double | string |\n');
});

test('cat by time takes the start in and leaves the end out', async () => {
  const { ok } = await pondWithRows();
  const times = ['--time-start', '2024-01-01T01:00:00Z', '--time-end', '2024-01-01T02:00:00Z'];
  expect(await ok(['cat', '/s.series', ...times, '--sql', 'SELECT temp FROM source', '--format', 'csv'])).toBe('temp\n2.5\n');
});

test('cat --version has the rows of that version alone, and --at those of that transaction', async () => {
  const made = await pondWithRows();
  await more(made, 'timestamp,temp,name\n2024-01-02 00:00:00,9,z\n');
  const temps = ['--sql', 'SELECT temp FROM source', '--format', 'csv'];
  expect(await made.ok(['cat', '/s.series', '--version', '2', ...temps])).toBe('temp\n9\n');
  const none = await made.pond(['cat', '/s.series', '--version', '7', '--format', 'csv']);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pond: Cannot read "\/s\.series": no version 7, the newest is \d\n/) as string });
  expect(await made.ok(['cat', '/s.series', '--at', '4', ...temps])).toBe('temp\n1.5\n2.5\n\n');
});

test('cat unites what a pattern matches by name, and a pattern without a match is empty', async () => {
  const { ok } = await pondWithRows();
  expect(await ok(['cat', '/*', '--sql', 'SELECT count(*) AS n FROM source', '--format', 'csv'])).toBe('n\n9\n');
  expect(await ok(['cat', '/none*', '--format', 'csv'])).toBe('');
});

test('cat --sql says how to name a format when the name tells none', async () => {
  const { pond, ok } = await testPond();
  await ok(['copy', '-', '/notes'], 'a,b\n1,2\n');
  const { code, stderr } = await pond(['cat', '/notes', '--sql', 'FROM source']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('csv:///notes') });
  expect(await ok(['cat', 'csv:///notes', '--sql', 'FROM source', '--format', 'csv'])).toBe('a,b\n1,2\n');
});

test('cat --limit goes around a query with semicolons in texts and a comment at its end, not around a script', async () => {
  const { pond, ok } = await pondWithRows();
  expect(await ok(['cat', '/t.table', '--limit', '1', '--sql', "SELECT ';' AS x FROM source -- all", '--format', 'csv'])).toBe('x\n;\n');
  expect((await pond(['cat', '/t.table', '--limit', '1', '--sql', 'SELECT 1; FROM source'])).code).toBe(2);
});

test('cat --explain says what was read', async () => {
  const { ok } = await pondWithRows();
  expect(await ok(['cat', '/s.series', '--explain'])).toMatch(/Rows scanned: 3\n/);
  expect(JSON.parse(await ok(['cat', '/s.series', '--explain', '--json']))).toMatchObject({ rowsScanned: 3 });
});

test('head and tail print rows of tables and series, and lines of data files', async () => {
  const { ok, pond } = await pondWithRows();
  expect(await ok(['head', '-n', '1', '/s.series', '--format', 'csv'])).toBe('timestamp,temp,name\n2024-01-01T00:00:00,1.5,a\n');
  expect(await ok(['tail', '-n', '1', '/s.series', '--format', 'csv'])).toBe('timestamp,temp,name\n2024-01-01T02:00:00,,\n');
  expect(await ok(['tail', '-n', '1', '/in.csv'])).toBe('2024-01-01 02:00:00,,\n');
  expect(await ok(['tail', '-c', '4', '/in.csv'])).toBe('0,,\n');
  expect(await ok(['tail', '-n', '9', '/in.csv', '--format', 'tsv'])).toMatch(/^timestamp\ttemp\tname\n2024/);
  expect((await pond(['tail', '-c', '4', '/s.series'])).code).toBe(2);
});

test('tail finds the last lines of a file that is longer than a step, with and without a line break at its end', async () => {
  const { ok } = await testPond();
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}`);
  await ok(['copy', '-', '/a'], `${lines.join('\n')}\n`);
  await ok(['copy', '-', '/b'], lines.join('\n'));
  expect(await ok(['tail', '-n', '20000', '/a'])).toBe(`${lines.slice(-20_000).join('\n')}\n`);
  expect(await ok(['tail', '-n', '20000', '/b'])).toBe(lines.slice(-20_000).join('\n'));
  expect(await ok(['tail', '-n', '99999', '/a'])).toBe(`${lines.join('\n')}\n`);
  expect(await ok(['tail', '-n', '0', '/a'])).toBe('');
});

test('count knows the rows of series and tables, and counts those of data files', async () => {
  const { ok } = await pondWithRows();
  expect(await ok(['count', '/s.series'])).toBe('3\n');
  expect(await ok(['count', '/in.csv'])).toBe('3\n');
  expect(await ok(['count', '/*'])).toBe('9\n');
  expect(JSON.parse(await ok(['count', '/t.table', '--json']))).toEqual({ path: '/t.table', rows: 3 });
});

test('sql takes queries from the arguments, from a file and from the standard input, with names and parameters', async () => {
  const { ok, cwd } = await pondWithRows();
  const script = "CREATE TEMP VIEW v AS FROM '/s.series'; SELECT count(*) AS n FROM v WHERE temp > $low";
  writeFileSync(join(cwd, 'q.sql'), script);
  const params = ['--param', 'low=2', '--format', 'csv'];
  expect(await ok(['sql', script, ...params])).toBe('n\n1\n');
  expect(await ok(['sql', '-f', 'q.sql', ...params])).toBe('n\n1\n');
  expect(await ok(['sql', ...params], script)).toBe('n\n1\n');
  expect(await ok(['sql', '-', ...params], script)).toBe('n\n1\n');
  expect(await ok(['sql', '-t', 's=/s.series', 'SELECT count(*) AS n FROM s', '--format', 'csv'])).toBe('n\n3\n');
});

test('sql without anything of a pond needs none, and with a path it does', async () => {
  const cwd = scratchDirectory();
  writeFileSync(join(cwd, 'a.csv'), 'x\n1\n2\n');
  expect(await run(['sql', 'SELECT 1 AS a', '--format', 'csv'], { cwd })).toMatchObject({ code: 0, stdout: 'a\n1\n' });
  expect(await run(['sql', `SELECT sum(x) AS s FROM 'host+csv://${cwd}/a.csv'`, '--format', 'csv'], { cwd }))
    .toMatchObject({ code: 0, stdout: 's\n3\n' });
  expect(await run(['cat', `host+csv://${cwd}/*.csv`, '--format', 'csv'], { cwd })).toMatchObject({ code: 0, stdout: 'x\n1\n2\n' });
  expect(await run(['sql', "FROM '/a.series'"], { cwd })).toMatchObject({ code: 10 });
});

test('sql shows where a query is wrong, in lines of its own, and names the nearest path', async () => {
  const { pond } = await pondWithRows();
  const wrong = await pond(['sql', "SELECT nothing FROM '/s.series'"]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toMatch(/^pond: Cannot run the query: Binder Error: .*\n(.*\n)*LINE 1: SELECT nothing FROM '\/s\.series'\n +\^\n$/);
  expect((await pond(['sql', "FROM '/s.serie'"])).stderr).toContain('"/s.series" was wanted?');
  expect(await pond(['sql', "DELETE FROM '/s.series'"])).toMatchObject({ code: 1, stderr: expect.stringContaining('not a query') });
});

test('describe tells schema, times, rows and versions without reading, and values with --stats', async () => {
  const { ok } = await pondWithRows();
  const [series] = JSON.parse(await ok(['describe', '/s.series', '--json']));
  expect(series).toMatchObject({
    path: '/s.series', kind: 'series', rows: 3, versions: 1, time_column: 'timestamp',
    time_min: '2024-01-01T00:00:00Z', time_max: '2024-01-01T02:00:00Z',
  });
  expect(series.columns).toEqual([
    { name: 'timestamp', type: 'TIMESTAMP', nulls: 0 }, { name: 'temp', type: 'DOUBLE', nulls: 1 }, { name: 'name', type: 'VARCHAR', nulls: 1 },
  ]);
  const [data] = JSON.parse(await ok(['describe', '/in.csv', '--stats', '--json']));
  expect(data).toMatchObject({ kind: 'data', format: 'csv', rows: 3 });
  expect(data.columns[1]).toEqual({ name: 'temp', type: 'DOUBLE', nulls: 1, distinct: 2, min: '1.5', max: '2.5' });
});

test('set-column says a unit and a description, which describe shows and Parquet carries', async () => {
  const made = await pondWithRows();
  await made.ok(['set-column', '/s.series', 'temp', '--unit', '°C']);
  await made.ok(['set-column', '/s.series', 'temp', '--description', 'water']);
  await more(made, 'timestamp,temp,name\n2024-01-02 00:00:00,9,z\n');
  const [series] = JSON.parse(await made.ok(['describe', '/s.series', '--json']));
  expect(series.columns[1]).toMatchObject({ name: 'temp', unit: '°C', description: 'water' });
  expect(series.rows).toBe(4);
  const { stdout } = await made.pond(['cat', '/s.series']);
  expect(stdout).toContain('"unit":"');
  await made.ok(['set-column', '/s.series', 'temp', '--unit', '']);
  expect(await made.ok(['describe', '/s.series'])).not.toContain('°C');
  const wrong = await made.pond(['set-column', '/s.series', 'tmep', '--unit', 'K']);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('did you mean "temp"?') });
});

test('detect-overlaps pairs versions whose times overlap, and set-temporal-bounds ends that', async () => {
  const made = await pondWithRows();
  await more(made, 'timestamp,temp,name\n2024-01-01 02:00:00,1,z\n2024-01-01 03:00:00,1,z\n');
  await more(made, 'timestamp,temp,name\n2024-01-05 00:00:00,1,z\n');
  const pairs = await made.ok(['detect-overlaps', '/*', '--format', 'csv']);
  expect(pairs.split('\n').slice(1)).toEqual([
    '/s.series,1,2024-01-01T00:00:00Z,2024-01-01T02:00:00Z,2,2024-01-01T02:00:00Z,2024-01-01T03:00:00Z', '',
  ]);
  await made.ok(['set-temporal-bounds', '/s.series', '--version', '2', '--from', '2024-01-01T02:30:00Z', '--to', '2024-01-01T03:00:00Z']);
  expect(await made.ok(['detect-overlaps', '/*'])).toBe('');
  expect(await made.ok(['count', '/s.series'])).toBe('6\n');
});

test('plot draws in the terminal and writes pictures, also of the standard input', async () => {
  const { ok, pond, cwd } = await pondWithRows();
  expect(await ok(['plot', '/s.series', '--height', '8'])).toMatch(/[⠁-⣿]/);
  expect(await ok(['plot', '-', '--y', 'temp'], CSV)).toMatch(/[⠁-⣿]/);
  await ok(['plot', '/s.series', '--out', 'a.svg']);
  await ok(['plot', '/s.series', '--out', 'a.png']);
  expect(readFileSync(join(cwd, 'a.svg'), 'utf8')).toMatch(/^<svg /);
  expect(readFileSync(join(cwd, 'a.png')).subarray(1, 4).toString()).toBe('PNG');
  expect(await pond(['plot', '/s.series', '--out', 'a.gif'])).toMatchObject({ code: 2 });
});

test('tail -f prints what other processes commit, each row once, over a merge', async () => {
  const made = await pondWithRows();
  const env = { PATH: process.env['PATH'], POND: made.directory };
  const child = spawn(process.execPath, [bin, 'tail', '-f', '-n', '1', '/s.series', '--format', 'csv'], { env });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const until = async (text: string): Promise<void> => {
    for (let wait = 0; wait < 200 && !printed.includes(text); wait++) await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(printed).toContain(text);
  };
  await until('2024-01-01T02:00:00,,\n');
  for (let index = 1; index <= 3; index++) await more(made, `timestamp,temp,name\n2024-02-0${index} 00:00:00,${index},n${index}\n`);
  await made.ok(['maintain', '--compact']);
  await more(made, 'timestamp,temp,name\n2024-03-01 00:00:00,9,end\n');
  await until('end\n');
  child.kill('SIGINT');
  const code = await new Promise((resolve) => void child.on('close', resolve));
  expect(code).toBe(130);
  expect(printed).toBe('timestamp,temp,name\n2024-01-01T02:00:00,,\n2024-02-01T00:00:00,1,n1\n2024-02-02T00:00:00,2,n2\n'
    + '2024-02-03T00:00:00,3,n3\n2024-03-01T00:00:00,9,end\n');
}, 30_000);

test('the built pond prints wide text, xlsx, and ends quietly when the reader of a query has gone', () => {
  const cwd = scratchDirectory();
  mkdirSync(join(cwd, 'state'));
  const env = { PATH: process.env['PATH'] };
  const built = (args: readonly string[]): { stdout: Buffer; stderr: Buffer } => spawnSync(process.execPath, [bin, ...args], { env, cwd });
  expect(built(['sql', "SELECT '日本' AS x"]).stdout.toString()).toContain('| 日本   |\n');
  expect(built(['sql', 'SELECT 1', '--format', 'xlsx']).stdout.subarray(0, 2).toString()).toBe('PK');
  expect(built(['sql', 'SELECT 1', '--format', 'parquet', '--debug']).stdout.subarray(0, 4).toString()).toBe('PAR1');
  const script = '"$0" "$1" sql "SELECT * FROM range(5000000)" --format csv | head -2; echo "${PIPESTATUS[0]}"';
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, process.execPath, bin], { env, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'range\n0\n0\n', stderr: '' });
});

test('reading commands take a Delta table that is a directory of the pond', async () => {
  const { cwd, ok } = await pondWithRows();
  const table = join(cwd, 'table');
  mkdirSync(join(table, '_delta_log'), { recursive: true });
  // Its one file has no rows of the column, which is null then.
  const schema = { type: 'struct', fields: ['p', 'n'].map((name) => ({ name, type: 'long', nullable: true, metadata: {} })) };
  const format = { provider: 'parquet', options: {} };
  const log = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    { metaData: { id: 't', format, configuration: {}, partitionColumns: ['p'], schemaString: JSON.stringify(schema) } },
    { add: { path: 's.series', partitionValues: { p: '5' }, size: 1, modificationTime: 0, dataChange: true } },
  ];
  writeFileSync(join(table, '_delta_log', `${'0'.repeat(20)}.json`), log.map((action) => `${JSON.stringify(action)}\n`).join(''));
  await ok(['copy', '/s.series', `host://${table}`]);
  await ok(['copy', `host://${table}`, '/delta']);
  expect(await ok(['count', 'delta:///delta'])).toBe('3\n');
  expect(await ok(['cat', 'delta:///delta?version=0', '--format', 'csv'])).toBe('p,n\n5,\n5,\n5,\n');
  expect(await ok(['head', 'delta:///delta', '-n', '1', '--format', 'csv'])).toBe('p,n\n5,\n');
  expect(await ok(['tail', 'delta:///delta', '-n', '1', '--format', 'csv'])).toBe('p,n\n5,\n');
  expect(await ok(['describe', 'delta:///delta'])).toMatch(/Format: +delta\n[^]*p +BIGINT/);
  expect(await ok(['detect-overlaps', 'delta:///delta'])).toBe('');
});
