import { expect, test } from 'vitest';
import { main } from '../src/cli.ts';
import { define } from '../src/command.ts';
import { Interrupted } from '../src/interruption.ts';
import { CliError } from '../src/errors.ts';
import { fakeEffects, run } from './fake-effects.ts';

test('main() shows a short help with examples when nothing is asked for', async () => {
  const { code, stdout, stderr } = await run([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Examples:\n  pond --pond ./water init');
  expect(stdout.split('\n').length).toBeLessThan(20);
});

test('main() shows the same page for help COMMAND, COMMAND --help and --help COMMAND', async () => {
  const page = await run(['help', 'list']);
  expect(page.stdout).toMatch(/^pond list: List what a pattern matches\n/);
  expect(page.stdout).toMatch(/Examples:[^]*Exit codes:\n {4}0 {2}Done\n/);
  for (const args of [['list', '--help'], ['--help', 'list'], ['list', '-h'], ['ls', '--help'], ['list', '--all', '--help']]) {
    expect(await run(args)).toEqual(page);
  }
});

test('main() shows the page of a command of two words', async () => {
  expect((await run(['help', 'config', 'set'])).stdout).toMatch(/^pond config set: /);
  expect((await run(['config', 'set', '--help'])).stdout).toMatch(/^pond config set: /);
});

test('main() prints the version without a command only', async () => {
  expect((await run(['--version'])).stdout).toBe('pond 0.1.0\n');
  expect((await run(['-V'])).stdout).toBe('pond 0.1.0\n');
  expect(await run(['list', '--version'])).toMatchObject({ code: 2, stdout: '' });
});

test('main() suggests the nearest command', async () => {
  expect(await run(['lsit'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'pond: Cannot run "lsit": there is no such command\nhint: did you mean "list"?\n',
  });
  expect((await run(['xyzzy'])).stderr).toContain("hint: 'pond help' lists the commands\n");
  expect(await run(['help', 'sho'])).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "show"?') });
});

test('main() suggests the nearest option', async () => {
  expect(await run(['show', '--limt', '3'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'pond: Cannot run "show": unknown option "--limt"\nhint: did you mean --limit?\n',
  });
});

test.each([
  [['show', '--limit', 'x'], 'a whole number was wanted'],
  [['show', '--limit'], 'the value of --limit <N> is missing'],
  [['cat'], 'the argument PATH|URL is missing'],
  [['completion', 'tcsh'], '"tcsh" is given for SHELL, one of bash, zsh, fish was wanted'],
  [['init', 'extra'], 'no argument was wanted, 1 given'],
  [['list', 'a', 'b'], 'at most 1 of the 2 arguments was wanted; quote a pattern'],
  [['list', '--format', 'yaml'], 'Cannot print "list" as "yaml": one of text, table, csv'],
  [['mkdir', '/a', '--json'], 'it has no formats'],
  [['list', '--json', '--format', 'csv'], 'one of --format and --json was wanted'],
  [['mkdir', '/a', '--at', '3'], 'only the present can be changed'],
  [['list', '--at', 'yesterday'], 'Cannot read time "yesterday"'],
  [['--log-level', 'loud', 'list'], 'one of off, error'],
  [['mv', '/a'], 'a source and a destination were wanted'],
  [['--nonsense', 'list'], 'unknown option "--nonsense"'],
])('main() refuses %j as wrong usage', async (args, message) => {
  const { code, stdout, stderr } = await run(args, { env: { POND: '/nonexistent' } });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^pond: Cannot /);
});

test('main() takes global options before and after the command, with = and without', async () => {
  for (const args of [['--format', 'json', 'version'], ['version', '--format=json'], ['--format=json', 'version'], ['version', '--json']]) {
    expect(JSON.parse((await run(args)).stdout)).toEqual({ version: '0.1.0', node: '20.20.0', platform: 'linux', jsonShape: 1 });
  }
});

test('main() exits 10 without a pond and says how to name one', async () => {
  expect(await run(['list'], { cwd: '/' })).toEqual({
    code: 10,
    stdout: '',
    stderr: 'pond: POND environment variable not set\nhint: name a pond with --pond DIR or POND=DIR\n',
  });
});

test('main() is silent and exits 0 when the reader of its output has gone', async () => {
  expect(await run(['help'], { closeAfter: 0 })).toEqual({ code: 0, stdout: '', stderr: '' });
});

const failing = (error: unknown): ReturnType<typeof define> => define({
  name: 'fail', group: 'shell', summary: '', arguments: {}, options: {}, examples: [],
  load: async () => ({ run: () => Promise.reject(error) }),
});

async function outcome(error: unknown, args: readonly string[] = ['fail']): Promise<{ code: number; stderr: string }> {
  const fake = fakeEffects();
  const code = await main(args, fake.effects, [failing(error)]);
  return { code, stderr: fake.stderr() };
}

test('main() prints one line for an unexpected error, and the stack only with --debug', async () => {
  const error = new RangeError('out of cheese\nmore');
  expect(await outcome(error)).toEqual({
    code: 1,
    stderr: 'pond: Unexpected error: RangeError: out of cheese\nhint: run the command again with --debug for the details\n',
  });
  expect((await outcome(error, ['fail', '--debug'])).stderr).toContain('cli.test.ts');
});

test('main() exits with the code of the error', async () => {
  expect(await outcome(new CliError('partial', 'Some'))).toEqual({ code: 3, stderr: 'pond: Some\n' });
  expect((await outcome(Object.assign(new Error('Lost'), { name: 'OplogError', code: 'corrupt-blob' }))).code).toBe(12);
  expect((await outcome(Object.assign(new Error('Race'), { name: 'PondError', code: 'conflict' }))).code).toBe(11);
});

test('main() exits 130 after an interrupt, also when the command has ended well', async () => {
  expect(await outcome(new Interrupted(130))).toEqual({ code: 130, stderr: 'pond: interrupted\n' });
  expect((await outcome(new Interrupted(143))).code).toBe(143);
  const fake = fakeEffects();
  const late = define({
    name: 'late', group: 'shell', summary: '', arguments: {}, options: {}, examples: [],
    load: async () => ({ run: async () => fake.interrupt(new Interrupted(130)) }),
  });
  expect(await main(['late'], fake.effects, [late])).toBe(130);
});

test('main() does not wait for a command that does not heed an interrupt', async () => {
  const fake = fakeEffects();
  const deaf = define({
    name: 'deaf', group: 'shell', summary: '', arguments: {}, options: {}, examples: [],
    load: async () => ({ run: () => new Promise<void>(() => undefined) }),
  });
  const code = main(['deaf'], fake.effects, [deaf]);
  setTimeout(() => fake.interrupt(new Interrupted(130)), 10);
  expect(await code).toBe(130);
});

test('main() gives a handler typed arguments and options', async () => {
  let seen: unknown;
  const command = define({
    name: 'probe', group: 'shell', summary: '', examples: [],
    arguments: { first: { name: 'A', summary: '' }, others: { name: 'B', summary: '', optional: true, rest: true } },
    options: {
      flag: { long: 'flag', short: 'f', summary: '' },
      off: { long: 'no-clobber', summary: '' },
      count: { long: 'count', value: 'N', type: 'integer', summary: '' },
      query: { long: 'sql', alias: 'query', value: 'Q', summary: '' },
      many: { long: 'many', value: 'M', repeat: true, summary: '' },
      kind: { long: 'kind', value: 'K', choices: ['a', 'b'], summary: '' },
      version: { long: 'version', value: 'N', type: 'integer', summary: '' },
    },
    load: async () => ({
      run: async (_context, args, options) => {
        const count: number | undefined = options.count;
        const kind: 'a' | 'b' | undefined = options.kind;
        const many: readonly string[] = options.many;
        seen = { args, options, count, kind, many };
      },
    }),
  });
  const args = ['-q', 'probe', 'x', 'y', 'z', '-f', '--count=7', '--query', 'select 1', '--many', '1', '--many=2', '--kind', 'b', '--no-clobber'];
  expect(await main(args, fakeEffects().effects, [command])).toBe(0);
  expect(seen).toMatchObject({
    args: { first: 'x', others: ['y', 'z'] },
    options: { flag: true, off: true, count: 7, query: 'select 1', many: ['1', '2'], kind: 'b', version: undefined },
  });
  expect(await main(['probe', 'x'], fakeEffects().effects, [command])).toBe(0);
  expect(seen).toMatchObject({
    args: { first: 'x', others: [] },
    options: { flag: false, off: false, count: undefined, query: undefined, many: [], kind: undefined },
  });
});

test('main() leaves a letter to a command that has it, and the words after its argument to one that starts something', async () => {
  let seen: unknown;
  const command = define({
    name: 'start', group: 'shell', summary: '', examples: [], passThrough: true,
    arguments: { path: { name: 'PATH', summary: '' }, words: { name: 'ARGS', summary: '', optional: true, rest: true } },
    options: { variables: { long: 'var', short: 'v', value: 'KEY=VALUE', repeat: true, summary: '' } },
    load: async () => ({
      run: async ({ globals }, args, options) => {
        seen = { verbose: globals.verbose, ...args, ...options };
      },
    }),
  });
  expect(await main(['start', '-v', 'a=1', '/x', 'build', '--help', '-q'], fakeEffects().effects, [command])).toBe(0);
  expect(seen).toEqual({ verbose: false, path: '/x', words: ['build', '--help', '-q'], variables: ['a=1'] });
  expect(await main(['-v', 'start', '/x'], fakeEffects().effects, [command])).toBe(0);
  expect(seen).toMatchObject({ verbose: true });
});
