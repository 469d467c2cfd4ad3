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
  writeFileSync(join(prepared, 'limits.yaml'), 'checks: [{ pattern: /sensors/a.series, column: temp, above: 50 }]\n');
  await pond(3 * DAY_MILLIS, '', 'mkdir', '-p', '/system/etc');
  await pond(3 * DAY_MILLIS, readFileSync(join(prepared, 'limits.yaml'), 'utf8'), 'copy', '-', '/system/etc/check.yaml');
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

const DISK = ['backup', 'add', 'disk', 'file:///mnt/usb/w'];
const OFFSITE = ['backup', 'add', 'offsite', 'file:///mnt/usb/o'];
const NORTH: readonly (readonly string[])[] = [
  ['--pond', 'north', 'init'], ['--pond', 'north', 'backup', 'add', 'nas', 'file:///mnt/nas/north'], ['--pond', 'north', 'push'],
];
const ADD_NORTH = ['remote', 'add', 'north', 'file:///mnt/nas/north', '/ponds/north'];

/** What has to be done before the examples of a command mean something. */
const BEFORE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'backup remove': [DISK], 'backup prune': [OFFSITE, ['push']], push: [OFFSITE], verify: [DISK, ['push']],
  restore: [DISK, ['push']], 'remote add': NORTH, 'remote remove': [...NORTH, ADD_NORTH], pull: [...NORTH, ADD_NORTH],
  reconstruct: [['mirror', './files']], 'lake doctor': [['lake', 'push', './lake']],
};

/** The words of a line that needs no shell; undefined when it needs one. */
function wordsOf(line: string): readonly string[] | undefined {
  if (/[|<>$]|^source |^\w+=/.test(line)) return undefined;
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
}

const has = (program: string): boolean => spawnSync('bash', ['-c', `command -v ${program}`]).status === 0;
const NEEDS: readonly (readonly [RegExp, string])[] = [[/man -l/, 'man'], [/^source /, 'zsh']];

const examples = COMMANDS.flatMap(({ name, examples: all }) => all.map(({ line }) => ({ name, line })));

test.each(examples)('example of pond $name: $line', async ({ name, line }) => {
  const cwd = scratchDirectory();
  cpSync(prepared, cwd, { recursive: true });
  // Buckets are tried where there is a server for them: in the tests of the package remote.
  if (line.includes('s3://')) return;
  const [first, ...args] = wordsOf(line) ?? [];
  if (first === 'pond') {
    const here = (word: string): string => word.replace('host:///tmp/out', `host://${cwd}/out`).replace(/(host\+\w+:\/\/)\/tmp\//, `$1${cwd}/`)
      .replace('file:///mnt/', `file://${cwd}/mnt/`).replace(/^812$/, '2');
    const exported = args.map(here);
    const options = { cwd, env: { POND: 'pond', ...HYDROVU }, laterMillis: 3 * DAY_MILLIS + 60_000 };
    for (const words of BEFORE[name] ?? []) {
      const { code, stderr } = await run(words.map(here), options);
      expect(code, stderr).toBe(0);
    }
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
    if (args.includes('--watch')) {
      const fake = fakeEffects(options);
      setTimeout(() => fake.interrupt(new Interrupted(130)), 1000);
      expect(await main(exported, fake.effects)).toBe(130);
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
