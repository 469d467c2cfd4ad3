import { execa } from 'execa';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { scratchDirectory } from './fake-effects.ts';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const bin = join(dist, 'pond.cjs');

beforeAll(() => {
  if (!existsSync(bin)) spawnSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url))], { stdio: 'inherit' });
});

interface Options {
  readonly pond?: string;
  readonly input?: string;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function pond(args: readonly string[], { pond: directory, input = '', nodeOptions = [], env = {} }: Options = {}): Promise<Ended> {
  return execa(process.execPath, [...nodeOptions, bin, ...args], {
    env: { NODE_EXTRA_CA_CERTS: undefined, POND: directory, XDG_CACHE_HOME: scratchDirectory(), ...env }, input, reject: false,
  });
}

test('the built pond answers --help and --version, and prints nothing else', async () => {
  expect(await pond(['--version'])).toMatchObject({ exitCode: 0, stdout: 'pond 0.1.0', stderr: '' });
  expect(await pond(['--help'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Exit codes:'), stderr: '' });
});

test('the built pond exits 2 for an unknown command', async () => {
  expect(await pond(['shwo'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('did you mean "show"?') });
});

test('the built pond keeps files, and its bytes come back unchanged', async () => {
  const cwd = scratchDirectory();
  const directory = join(cwd, 'p');
  const bytes = Buffer.alloc(3_000_000, Buffer.from([0, 1, 2, 254, 255, 10, 13]));
  writeFileSync(join(cwd, 'big'), bytes);
  expect((await pond(['init'], { pond: directory })).exitCode).toBe(0);
  expect((await pond(['copy', join(cwd, 'big'), '/b'], { pond: directory })).exitCode).toBe(0);
  expect((await pond(['copy', '-', '/t'], { pond: directory, input: 'text' })).exitCode).toBe(0);
  const out = spawnSync(process.execPath, [bin, 'cat', '/b'], { env: { POND: directory }, maxBuffer: 10_000_000 });
  expect(bytes.equals(out.stdout)).toBe(true);
  expect((await pond(['cat', '/t'], { pond: directory })).stdout).toBe('text');
});

test('the built pond is silent and exits 0 when the reader of a pipe goes', async () => {
  const directory = join(scratchDirectory(), 'p');
  await pond(['init'], { pond: directory });
  await pond(['copy', '-', '/big'], { pond: directory, input: 'line\n'.repeat(500_000) });
  const script = '"$0" "$1" cat /big | head -1; echo "${PIPESTATUS[0]}"';
  const env = { PATH: process.env['PATH'], POND: directory };
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, process.execPath, bin], { env, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'line\n0\n', stderr: '' });
});

test.each([['SIGINT', 130], ['SIGTERM', 143]] as const)(
  'the built pond exits on %s with %i and has changed nothing', async (signal, exitCode) => {
    const directory = join(scratchDirectory(), 'p');
    await pond(['init'], { pond: directory });
    const env = { NODE_EXTRA_CA_CERTS: undefined, POND: directory };
    const child = execa(process.execPath, [bin, 'copy', '-', '/x'], { env, stdin: 'pipe', reject: false });
    child.stdin.write('begun');
    setTimeout(() => child.kill(signal), 500);
    expect(await child).toMatchObject({ exitCode, stdout: '' });
    expect((await pond(['list'], { pond: directory })).stdout).toBe('');
  },
);

const HEAVY = /@duckdb|apache-arrow|parquet-wasm|aws-sdk|nunjucks|yaml|csv-stringify|cli-progress|string-width/;

test('help, init, list, show and log load no heavy library', async () => {
  const directory = join(scratchDirectory(), 'p');
  const hook = join(scratchDirectory(), 'hook.cjs');
  writeFileSync(hook, `
    const fs = require('node:fs');
    const read = fs.readFileSync;
    const seen = [];
    fs.readFileSync = (file, ...rest) => {
      if (String(file).endsWith('.cjs')) seen.push(require('node:path').basename(file));
      return read(file, ...rest);
    };
    process.on('exit', () => fs.writeSync(2, 'LOADED ' + JSON.stringify([...seen, ...Object.keys(require.cache)]) + '\\n'));
  `);
  const runs = [['--help'], ['help', 'list'], ['init'], ['mkdir', '/a'], ['list'], ['show', '--limit', '20'], ['log'], ['cat', '/none*']];
  for (const args of runs) {
    const { exitCode, stderr } = await pond(args, { pond: directory, nodeOptions: ['--require', hook] });
    expect(exitCode, stderr).toBe(0);
    const loaded = /LOADED (.*)/.exec(stderr)?.[1];
    expect(loaded).toMatch(/pack-(help|read|write)\.cjs/);
    expect(loaded).not.toMatch(HEAVY);
  }
});

test('no part on the way of a start contains a heavy library', () => {
  const inputs: Record<string, string[]> = JSON.parse(readFileSync(join(dist, 'meta.json'), 'utf8'));
  for (const part of ['pack-help.cjs', 'pack-read.cjs', 'pack-write.cjs']) {
    expect(inputs[part]).not.toEqual([]);
    expect(inputs[part]?.filter((input) => /node_modules/.test(input) && HEAVY.test(input))).toEqual([]);
  }
  expect(inputs['pack-read.cjs']?.join()).not.toContain('/query/src/');
  // Of what makes computed nodes only the names.
  expect(inputs['pack-read.cjs']?.filter((input) => /\/(factories|hydrovu|sitegen)\/src\//.test(input)).sort()).toEqual(
    ['../factories/src/registry.ts', '../hydrovu/src/entry.ts', '../sitegen/src/entry.ts']);
});

test('a code cache that is damaged or cannot be written does no harm', async () => {
  const cache = scratchDirectory();
  const directory = join(cache, 'duckpond');
  mkdirSync(directory);
  const env = { XDG_CACHE_HOME: cache };
  const packed = readdirSync(join(dist, 'bundle')).filter((name) => name.endsWith('.v8'));
  for (const name of packed) writeFileSync(join(directory, name), 'not a cache');
  expect(await pond(['--version'], { env })).toMatchObject({ exitCode: 0, stdout: 'pond 0.1.0', stderr: '' });
  // Other flags make V8 reject what was packed.
  expect(await pond(['--version'], { env, nodeOptions: ['--no-opt'] })).toMatchObject({ exitCode: 0, stdout: 'pond 0.1.0', stderr: '' });
  expect(await pond(['--version'], { env: { XDG_CACHE_HOME: '/dev/null/x' }, nodeOptions: ['--no-opt'] }))
    .toMatchObject({ exitCode: 0, stdout: 'pond 0.1.0', stderr: '' });
});

test("Node's own warnings do not reach the user", async () => {
  const hook = join(scratchDirectory(), 'warn.cjs');
  writeFileSync(hook, "setImmediate(() => process.emitWarning('unseen', 'DeprecationWarning'));");
  expect((await pond(['completion', 'bash'], { nodeOptions: ['--require', hook] })).stderr).toBe('');
});

test('the built progress bar can be drawn: its libraries fit together', () => {
  const script = `
    const { SingleBar, Presets } = require(${JSON.stringify(join(dist, 'bundle/cli-progress.cjs'))});
    const stream = { isTTY: true, columns: 80, write: (text) => process.stdout.write(text) };
    const bar = new SingleBar({ format: 'copy {bar} {percentage}%', stream, noTTYOutput: true, gracefulExit: false }, Presets.shades_grey);
    bar.start(10, 5);
    bar.stop();
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('50%');
});

test('the built pond leaves nothing unfinished behind when it is interrupted', async () => {
  const directory = join(scratchDirectory(), 'p');
  await pond(['init'], { pond: directory });
  const env = { NODE_EXTRA_CA_CERTS: undefined, POND: directory };
  const source = join(scratchDirectory(), 'sparse');
  writeFileSync(source, '');
  truncateSync(source, 100e9);
  const child = execa(process.execPath, [bin, 'copy', source, '/x'], { env, reject: false });
  const unfinished = (): readonly string[] => readdirSync(join(directory, 'store')).filter((name) => name.endsWith('.tmp'));
  while (child.exitCode === null && unfinished().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130, stdout: '', stderr: 'pond: interrupted' });
  expect(unfinished()).toEqual([]);
  expect((await pond(['find'], { pond: directory })).stdout).toBe('');
});
