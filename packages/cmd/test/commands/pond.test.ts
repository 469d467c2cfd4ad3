import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, scratchDirectory, testPond } from '../fake-effects.ts';

test('init creates a pond and refuses a second one', async () => {
  const cwd = scratchDirectory();
  const directory = join(cwd, 'water');
  const first = await run(['init'], { env: { POND: 'water' }, cwd });
  expect(first).toEqual({
    code: 0,
    stdout: `Initializing pond at: ${directory}\nSuccessfully initialized pond with empty root directory\n`,
    stderr: '',
  });
  expect(await run(['--pond', directory, 'init'], { cwd }))
    .toMatchObject({ code: 1, stderr: expect.stringContaining('Pond already exists') });
});

test('init refuses a directory that is not empty and leaves it alone', async () => {
  const cwd = scratchDirectory();
  writeFileSync(join(cwd, 'mine.txt'), 'x');
  expect(await run(['init'], { env: { POND: cwd } })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pond: Cannot /) });
  expect(readdirSync(cwd)).toEqual(['mine.txt']);
});

test('init never searches upward', async () => {
  const cwd = scratchDirectory();
  mkdirSync(join(cwd, '.pond'));
  expect(await run(['init'], { cwd }))
    .toMatchObject({ code: 10, stdout: '', stderr: expect.stringMatching(/POND environment variable not set\nhint: /) });
});

test('init is finished even when nobody reads its output', async () => {
  const cwd = scratchDirectory();
  const directory = join(cwd, 'water');
  expect(await run(['init'], { env: { POND: directory }, closeAfter: 0 })).toMatchObject({ code: 0, stderr: '' });
  expect(await run(['list'], { env: { POND: directory } })).toMatchObject({ code: 0 });
});

test('a pond is found by --pond, then POND, then the nearest .pond upwards', async () => {
  const cwd = scratchDirectory();
  const below = join(cwd, 'a', 'b');
  mkdirSync(below, { recursive: true });
  expect((await run(['--pond', join(cwd, '.pond'), 'init'])).code).toBe(0);
  expect((await run(['mkdir', '/found'], { cwd: below })).code).toBe(0);
  expect((await run(['list'], { cwd: below })).stdout).toContain('/found');
  expect(await run(['list'], { cwd: below, env: { POND: join(cwd, 'none') } })).toMatchObject({ code: 10 });
  expect((await run(['list', '--pond', join(cwd, '.pond')], { env: { POND: join(cwd, 'none') } })).stdout).toContain('/found');
});

test('show says that there is no pond, and what to do', async () => {
  const cwd = scratchDirectory();
  const { code, stderr } = await run(['show'], { env: { POND: join(cwd, 'none') } });
  expect(code).toBe(10);
  expect(stderr).toBe(`pond: Cannot open "${join(cwd, 'none')}": Pond does not exist\nhint: Run 'pond init' first\n`);
});

test('show prints the operation log as a table, machine formats the rows only', async () => {
  const { ok, directory } = await testPond();
  await ok(['copy', '-', '/a.txt'], 'hello');
  const lines = (await ok(['show'])).split('\n');
  expect(lines.slice(0, 2)).toEqual([`Opening pond at: ${directory}`, 'Operation log contents:']);
  expect(lines[3]).toMatch(/^\| part_id +\| node_id +\| txn_seq \| version \| timestamp +\| kind +\| size +\|$/);
  expect(lines.filter((line) => line.startsWith('|') || line.startsWith('+')).length).toBe(lines.length - 3);
  const rows: Record<string, unknown>[] = JSON.parse(await ok(['show', '--json']));
  expect(rows.filter(({ kind }) => kind === 'data')).toMatchObject([{ txn_seq: 2, version: 1, size: 5 }]);
  expect((await ok(['show', '--format', 'csv'])).split('\n')[0]).toBe('part_id,node_id,txn_seq,version,timestamp,kind,size');
  const limited: unknown[] = JSON.parse(await ok(['show', '--json', '--limit', '2']));
  expect(limited).toEqual(rows.slice(-2));
});

test('show --entries has the decoded entries', async () => {
  const { ok } = await testPond();
  await ok(['mkdir', '/sensors']);
  expect(await ok(['show', '--entries', '--format', 'ndjson'])).toContain('sensors');
});

test('log prints transactions, newest first, secrets removed', async () => {
  const { ok } = await testPond();
  await ok(['mkdir', '/a']);
  await ok(['copy', '-', '/a/x', '--debug'], 'hello');
  expect(await ok(['log', '--limit', '2'])).toMatch(new RegExp([
    '^transaction 3', 'Time:     2026-11-22T13:00:00.\\d+Z', 'Command:  pond copy - /a/x --debug', 'User:     ana@pump-house', 'Changes:  1 created.*',
    'Duration: \\d.*', 'State:    committed', '', 'transaction 2\n', '',
  ].join('\n').trim()));
  const rows: Record<string, unknown>[] = JSON.parse(await ok(['log', '--json']));
  expect(rows.map(({ txn_seq, command }) => [txn_seq, command]))
    .toEqual([[3, 'pond copy - /a/x --debug'], [2, 'pond mkdir /a'], [1, 'pond init']]);
  expect(await ok(['log', '--txn', '3'])).toMatch(/UUID: {5}[0-9a-f-]{36}\nPond: .*\n\n {2}A data {6}\/a\/x\n$/);
  expect(await ok(['log', '/a/x', '--format', 'csv'])).toMatch(/^txn_seq,.*\n3,[^\n]*\n$/);
});

test('--at shows the pond as it was', async () => {
  const { ok, pond } = await testPond();
  await ok(['mkdir', '/a']);
  await ok(['mkdir', '/b']);
  expect(await ok(['find', '--at', '2'])).toBe('/a\n');
  expect(await ok(['--at=2', 'find'])).toBe('/a\n');
  expect(await ok(['find'])).toBe('/a\n/b\n');
  expect((await pond(['find', '--at', '99'])).code).toBe(1);
  expect((await pond(['find', '--at', '-50d'])).code).toBe(1);
});

test('diff shows what changed, revert takes it back', async () => {
  const { ok, pond } = await testPond();
  await ok(['copy', '-', '/a'], 'one');
  await ok(['copy', '-', '/a'], 'two');
  await ok(['mkdir', '/d']);
  expect(await ok(['diff'])).toBe('A directory /d\n');
  expect(await ok(['diff', '2'])).toBe('M data      /a\nA directory /d\n');
  expect(JSON.parse(await ok(['diff', '1', '3', '/a', '--json'])))
    .toMatchObject([{ change: 'added', kind: 'data', path: '/a', new_version: 2 }]);
  expect(await ok(['revert', '2', '--dry-run'])).toMatch(/\/a\n.*\/d\n/);
  expect(await ok(['cat', '/a'])).toBe('two');
  await ok(['revert', '2']);
  expect(await ok(['cat', '/a'])).toBe('one');
  expect(await ok(['find'])).toBe('/a\n');
  await ok(['revert', '/a', '--to', '2']);
  expect(await ok(['cat', '/a'])).toBe('two');
  expect((await pond(['revert', '/a'])).code).toBe(2);
  expect((await pond(['revert', '2', '--to', '1'])).code).toBe(2);
});

test('status is healthy until the last transaction is too old', async () => {
  const { ok, pond, directory } = await testPond();
  expect(JSON.parse(await ok(['status', '--json'])))
    .toMatchObject({ directory, user: 'ana', host: 'pump-house', healthy: true, lastTransaction: { txnSeq: 1 } });
  expect(await ok(['status'])).toMatch(/^Pond: .*\nId: [^]*Health: +good\n$/);
  const { code, stdout } = await pond(['status', '--max-age', '1h'], '', { env: { POND: directory }, laterMillis: 2 * 3_600_001 });
  expect(code).toBe(1);
  expect(stdout).toMatch(/Health: +The last transaction is 2h00m old, at most 1h was wanted/);
});

test('config lists settings, where they come from, and sets them', async () => {
  const { ok, pond, directory } = await testPond();
  const settings: { key: string; value: string; origin: string }[] = JSON.parse(await ok(['config', '--json']));
  const [first] = settings;
  if (first === undefined) throw new Error('no settings');
  expect(await ok(['config', '--show-origin'])).toContain(`default\t${first.key}=${first.value}\n`);
  const variable = `POND_${first.key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  expect((await pond(['config', '--show-origin'], '', { env: { POND: directory, [variable]: '17' } })).stdout)
    .toContain(`${variable}\t${first.key}=17\n`);
  await ok(['config', 'set', first.key, first.value]);
  expect(await pond(['config', 'set', 'no.such.key', '1'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^pond: Cannot /) });
});

test('fsck prints the content root alone, and counts with -v', async () => {
  const { ok } = await testPond();
  await ok(['copy', '-', '/big'], 'x'.repeat(300_000));
  expect(await ok(['fsck'])).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await ok(['fsck', '-v'])).toMatch(/^Content root: +[0-9a-f]{64}\nTransactions: +2\n/);
  expect(JSON.parse(await ok(['fsck', '--json']))).toMatchObject({ transactions: 2, faults: [] });
});

test('maintain says what it did, and a dry run leaves all as it was', async () => {
  const { ok, directory } = await testPond();
  for (const name of ['/a', '/b', '/c']) await ok(['mkdir', name]);
  const before = readdirSync(join(directory, 'store'));
  expect(await ok(['maintain', '--dry-run'])).toMatch(/Merged: .*\n[^]*Dry run: +nothing was changed\n/);
  expect(readdirSync(join(directory, 'store'))).toEqual(before);
  const root = await ok(['fsck']);
  const rows = await ok(['show', '--json']);
  expect(JSON.parse(await ok(['maintain', '--json']))).toMatchObject({ dryRun: false });
  expect(await ok(['fsck'])).toBe(root);
  expect(await ok(['show', '--json'])).toBe(rows);
  expect(existsSync(directory)).toBe(true);
});

test('log shows people the newest transactions and says that there are more; programs get all', async () => {
  const { ok, pond } = await testPond();
  for (let index = 0; index < 24; index++) await ok(['touch', `/f${index}`]);
  const count = (text: string): number => text.split('\n').filter((line) => line.startsWith('transaction ')).length;
  const log = await pond(['log']);
  expect(count(log.stdout)).toBe(20);
  expect(log.stderr).toBe('The newest 20 transactions; --limit N shows more\n');
  expect((await pond(['log', '-q'])).stderr).toBe('');
  expect(count((await pond(['log', '--limit', '99'])).stdout)).toBe(25);
  expect(JSON.parse(await ok(['log', '--json']))).toHaveLength(25);
  expect((await ok(['log', '--format', 'csv'])).trim().split('\n')).toHaveLength(26);
  expect(JSON.parse((await pond(['log', '--json'], '', { columns: 80 })).stdout)).toHaveLength(20);
  const one = await pond(['log', '/f3']);
  expect({ count: count(one.stdout), stderr: one.stderr }).toEqual({ count: 1, stderr: '' });
});

test('settings: an option wins over the environment, that over the pond, that over the default', async () => {
  const { ok, pond, cwd, directory } = await testPond();
  for (let index = 0; index < 4; index++) await ok(['touch', `/f${index}`]);
  const count = async (args: string[], env: Record<string, string> = {}): Promise<number> =>
    (await run(['log', ...args], { cwd, env: { POND: directory, ...env } })).stdout.match(/^transaction /gm)?.length ?? 0;
  const rest = 'default\tmaintain.auto=on\ndefault\tmaintain.log_retention=7d\n'
    + 'default\tsql.memory_limit=512MiB\ndefault\tsql.spill_directory=cache/spill\ndefault\tsql.threads=auto\n';
  expect(await ok(['config', '--show-origin'])).toBe(`default\tlog.limit=20\n${rest}`);
  expect(await count([])).toBe(5);
  await ok(['config', 'set', 'log.limit', '3']);
  expect(await ok(['config', '--show-origin'])).toBe(`pond\tlog.limit=3\n${rest}`);
  expect(await count([])).toBe(3);
  expect(await count([], { POND_LOG_LIMIT: '2' })).toBe(2);
  expect(await count(['--limit', '1'], { POND_LOG_LIMIT: '2' })).toBe(1);
  const { stdout } = await run(['config', '--show-origin'], { cwd, env: { POND: directory, POND_LOG_LIMIT: '2' } });
  expect(stdout).toBe(`POND_LOG_LIMIT\tlog.limit=2\n${rest}`);
  expect(await run(['log'], { cwd, env: { POND: directory, POND_LOG_LIMIT: 'many' } })).toMatchObject({
    code: 2, stderr: expect.stringContaining('Cannot use POND_LOG_LIMIT "many": a whole number from 1 was wanted'),
  });
  expect((await pond(['config', 'set', 'nothing', '1'])).code).toBe(2);
});

test('the first transaction is shown like the others', async () => {
  const { ok } = await testPond();
  expect(await ok(['log', '--txn', '1'])).toMatch(/^transaction 1\n[^]*\nPond: .*\n$/);
  expect(await ok(['diff'])).toBe('');
  expect(await ok(['diff', '--at', '1'])).toBe('');
});
