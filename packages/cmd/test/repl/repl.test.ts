import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { main } from '../../src/cli.ts';
import { fakeEffects, scratchDirectory, testPond } from '../fake-effects.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A session in which the pieces are typed one after the other, each when the one before has been answered. */
async function session(pieces: readonly (string | (() => Promise<unknown>))[], env: Readonly<Record<string, string>>, cwd = '/'): Promise<Ended> {
  const typed = new PassThrough();
  const fake = fakeEffects({ typed, env, cwd });
  const ended = main(['sql', '--format', 'csv'], fake.effects);
  for (const piece of pieces) {
    await new Promise((resolve) => void setTimeout(resolve, 400));
    if (typeof piece === 'string') typed.write(piece);
    else await piece();
  }
  await new Promise((resolve) => void setTimeout(resolve, 400));
  typed.end();
  return { code: await ended, stdout: fake.stdout(), stderr: fake.stderr() };
}

test('a session runs statements of several lines, goes on after an error, and keeps what was prepared', async () => {
  const { code, stdout, stderr } = await session([
    'select 1 as a,\n', '2 as b; select 3 as c;\n', 'selec;\n', 'create temp view v as select 7 as z;\n', 'from\nv;\n', 'select nope\nfrom v;\n',
  ], {});
  expect(code).toBe(0);
  expect(stdout).toContain('a,b\n1,2\nc\n3\nz\n7\n');
  expect(stderr).toContain('Cannot run "SELEC"');
  expect(stderr).toContain('LINE 1: select nope');
});

test('each query of a session sees the newest state', async () => {
  const { directory, cwd, ok } = await testPond();
  await ok(['copy', '-', '/a.csv'], 'x\n1\n');
  const query = "select sum(x) as s from '/a.csv';\n";
  const { stdout } = await session([query, () => ok(['copy', '-', '/a.csv'], 'x\n5\n'), query], { POND: directory }, cwd);
  expect(stdout).toContain('s\n1\n');
  expect(stdout).toContain('s\n5\n');
});

test('a session knows commands that begin with a dot', async () => {
  const { directory, cwd, ok } = await testPond();
  await ok(['copy', '-', '/a.csv'], 'x\n1\n');
  const { stdout, stderr } = await session(['.tables\n', '.schema /a.csv\n', '.mode ndjson\n', "from '/a.csv';\n", '.tabels\n', '.quit\n'], { POND: directory }, cwd);
  expect(stdout).toContain('pond.nodes\n');
  expect(stdout).toContain('/a.csv\n');
  expect(stdout).toContain('x,BIGINT,');
  expect(stdout).toContain('{"x":1}\n');
  expect(stderr).toContain('did you mean ".tables"?');
});

test('Ctrl-C stops the query, and the session goes on', async () => {
  const { code, stdout, stderr } = await session(['select count(*) from range(1000000000000) a;\n', '\u0003', 'select 5 as five;\n'], {});
  expect(stderr).toContain('cancelled');
  expect(stdout).toContain('five\n5\n');
  expect(code).toBe(0);
});

test('the history is a file that only its owner reads', async () => {
  const state = scratchDirectory();
  await session(['select 1;\n', 'select 1;\n', '.timer on\n'], { XDG_STATE_HOME: state });
  const file = join(state, 'duckpond', 'sql_history');
  expect(readFileSync(file, 'utf8')).toBe('select 1;\n.timer on\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(join(state, 'duckpond'))).toBe(true);
});
