import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createModel, startServer, type TestServer } from '@duckpond/hydrovu/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../src/commands.ts';
import { summaryHelp } from '../src/help.ts';
import { main } from '../src/cli.ts';
import { Interrupted } from '../src/interruption.ts';
import { fakeEffects, run, scratchDirectory, START_MICROS } from './fake-effects.ts';

// Every example of the manual is run, as it is printed, in a pond with the files that the examples speak of.

const DAY_MILLIS = 86_400_000;
const bin = fileURLToPath(new URL('../dist/pond.cjs', import.meta.url));
const HYDROVU = { HYDROVU_ID: 'an id', HYDROVU_SECRET: 'a secret' };
let prepared = '';
let hydrovu: TestServer;

beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'pond-examples-'));
  writeFileSync(join(prepared, 'readings.csv'), 'time,level\n1,2\n');
  writeFileSync(join(prepared, 'warm.yaml'), 'patterns: { readings: /sensors/a.series }\nquery: SELECT timestamp, temp + 1 AS temp FROM readings\n');
  writeFileSync(join(prepared, 'pond.yaml'), 'version: v1\nkind: mkdir\nmetadata: { path: "/{{ site | default(\'south\') }}" }\n');
  const pond = async (laterMillis: number, stdin: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await run(args, { cwd: prepared, env: { POND: 'pond' }, stdin, laterMillis });
    if (code !== 0) throw new Error(`pond ${args.join(' ')}: ${stderr}`);
  };
  await pond(0, '', 'init');
  await pond(0, '', 'mkdir', '-p', '/sensors/north', '/tmp-1', '/archive');
  for (const text of ['1', '2', '3']) await pond(0, text, 'copy', '-', '/sensors/a.csv');
  for (const text of ['1', '2']) await pond(0, text, 'copy', '-', '/notes.txt');
  for (const text of ['4', '5', '6', '7']) await pond(0, text, 'copy', '-', '/sensors/north/b.csv');
  await pond(0, 'hello', 'copy', '-', '/hello.txt');
  await pond(3 * DAY_MILLIS, 'time,level\n1,2\n', 'copy', '-', '/in/readings.csv');
  const yesterday = new Date(Number(START_MICROS / 1000n) + 2 * DAY_MILLIS).toISOString();
  writeFileSync(join(prepared, 'a.csv'), `timestamp,temp\n${yesterday},4.5\n${yesterday},5.5\n`);
  await pond(3 * DAY_MILLIS, '', 'copy', `host+series://${join(prepared, 'a.csv')}`, '/sensors/a.series');
  const startSeconds = Number(START_MICROS / 1_000_000n);
  hydrovu = await startServer({
    model: createModel({ seed: 1, startSeconds, devices: 1 }), clientId: HYDROVU.HYDROVU_ID, clientSecret: HYDROVU.HYDROVU_SECRET,
    now: () => startSeconds + 3 * DAY_MILLIS / 1000,
  });
  writeFileSync(join(prepared, 'hydrovu.yaml'), `base_url: ${hydrovu.baseUrl}
client_id: \${env:HYDROVU_ID}
client_secret: \${env:HYDROVU_SECRET}
path: /hydrovu
devices: [{ id: "9007199254740992", name: weir }]
`);
  await pond(3 * DAY_MILLIS, '', 'mknod', 'hydrovu', '/system/run/water', '--config-path', join(prepared, 'hydrovu.yaml'));
  const fake = fakeEffects({ cwd: prepared });
  await main(['sql', 'SELECT 1 AS a', '--format', 'parquet'], fake.effects);
  writeFileSync(join(prepared, 'a.parquet'), fake.stdoutBytes());
}, 60_000);

afterAll(async () => {
  await hydrovu.close();
  rmSync(prepared, { recursive: true, force: true });
});

/** The words of a line that needs no shell; undefined when it needs one. */
function wordsOf(line: string): readonly string[] | undefined {
  if (/[|<>$]|^source |^\w+=/.test(line)) return undefined;
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
}

const has = (program: string): boolean => spawnSync('bash', ['-c', `command -v ${program}`]).status === 0;
const NEEDS: readonly (readonly [RegExp, string])[] = [[/man -l/, 'man'], [/^source /, 'zsh']];

const examples = COMMANDS.flatMap(({ name, examples: all }) => all.map(({ line }) => ({ name, line })));

test.each(examples)('example of pond $name: $line', async ({ line }) => {
  const cwd = scratchDirectory();
  cpSync(prepared, cwd, { recursive: true });
  const [first, ...args] = wordsOf(line) ?? [];
  if (first === 'pond') {
    const exported = args.map((word) => word.replace('host:///tmp/out', `host://${cwd}/out`).replace(/(host\+\w+:\/\/)\/tmp\//, `$1${cwd}/`));
    const options = { cwd, env: { POND: 'pond', ...HYDROVU }, laterMillis: 3 * DAY_MILLIS + 60_000 };
    if (line === 'pond sql') {
      // A person says goodbye at once.
      expect(await run(exported, { ...options, typed: new PassThrough().end() })).toMatchObject({ code: 0, stderr: '' });
      return;
    }
    if (args.includes('-f') && args[0] === 'tail') {
      const fake = fakeEffects(options);
      setTimeout(() => fake.interrupt(new Interrupted(130)), 1000);
      expect(await main(exported, fake.effects)).toBe(130);
      expect(fake.stdout()).toContain('4.5');
      return;
    }
    const { code, stderr } = await run(exported, options);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('pond: ');
    return;
  }
  const needed = NEEDS.find(([pattern]) => pattern.test(line))?.[1];
  if (needed !== undefined && !has(needed)) return;
  for (const directory of ['bin', '.local/share/bash-completion/completions', '.config/fish/completions']) {
    mkdirSync(join(cwd, directory), { recursive: true });
  }
  writeFileSync(join(cwd, 'bin/pond'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(cwd, 'bin/pond'), 0o755);
  const env = { PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: cwd, POND: 'pond', ...HYDROVU };
  const script = needed === 'zsh' ? `autoload -Uz compinit && compinit -u -D && ${line}` : `set -eo pipefail; ${line}`;
  const { status, stderr } = spawnSync(needed === 'zsh' ? 'zsh' : 'bash', ['-c', script], { cwd, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

test('the examples of pond help work in a directory with nothing but a file', async () => {
  const cwd = scratchDirectory();
  writeFileSync(join(cwd, 'readings.csv'), 'a');
  const lines = [...summaryHelp(COMMANDS).matchAll(/^ {2}pond (.*?) +#/gm)].map(([, words = '']) => words);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(await run(line.split(' '), { cwd }), line).toMatchObject({ code: 0 });
});

test('the commands of README.md work one after the other', async () => {
  const cwd = scratchDirectory();
  mkdirSync(join(cwd, 'readings'));
  const july = 'time,level\n2026-07-01T00:00:00Z,1.5\n2026-07-01T00:10:00Z,1.75\n';
  writeFileSync(join(cwd, 'readings/july.csv'), july);
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const lines = [...readme.matchAll(/^pond (.*?)(?: +#.*)?$/gm)].map(([, words = '']) => words);
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) {
    expect(await run([...wordsOf(line) ?? []], { cwd, env: { POND: 'pond' } }), line).toMatchObject({ code: 0 });
  }
  expect(readFileSync(join(cwd, 'out/readings/july.csv'), 'utf8')).toBe(july);
});
