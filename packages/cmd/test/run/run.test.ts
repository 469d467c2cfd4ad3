import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ExecutableFactory, Factories, FactoryEntry, RowsFactory } from '@duckpond/pond';
import { createPond, openPond } from '@duckpond/pond';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands.ts';
import { createContext, type Context } from '../../src/context.ts';
import { runAll } from '../../src/run/run-all.ts';
import { runNode, type Runnable } from '../../src/run/run-node.ts';
import { findNode, hostNode } from '../../src/run/find-node.ts';
import { fakeEffects, scratchDirectory } from '../fake-effects.ts';

/** Config: lines `in PATTERN`, `out PATH`, `fail`, `some`, `wait`. What ran is in `ran`. */
function factories(ran: string[]): Factories {
  const words = (config: string, key: string): string[] => config.split('\n').filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const mover: ExecutableFactory = {
    makes: 'data', check: () => undefined, inputs: (config) => words(config, 'in'), outputs: (config) => words(config, 'out'),
    commands: [{ name: 'move', usage: 'move [THING]', summary: 'Moves' }, { name: 'look', usage: 'look', summary: 'Looks' }],
    async *content({ config }) { yield await Promise.resolve(Buffer.from(config)); },
    async run({ path, config, command, args, signal, environment, note, progress }) {
      ran.push([path, command, ...args].join(' '));
      progress(1, 2, 'things');
      if (config.includes('fail')) throw new Error('it was to fail');
      if (config.includes('wait')) await once(signal, 'abort');
      note(`home is ${environment.variable('PLACE') ?? 'unknown'}`);
      return { state: config.includes('some') ? 'some-failed' : 'done', items: [{ thing: 'a', count: 2, exact: 9007199254740993n, ok: true, share: 0.5, why: null }] };
    },
  };
  const rows: RowsFactory = {
    makes: 'table', check: () => undefined, inputs: (config) => words(config, 'in'), rows: () => Promise.reject(new Error('not computed here')),
  };
  const entry = (name: string, factory: ExecutableFactory | RowsFactory): [string, FactoryEntry] => [
    name, { name, makes: factory.makes, summary: name, isExecutable: 'run' in factory, load: () => Promise.resolve(factory) },
  ];
  return new Map([entry('mover', mover), entry('other', mover), entry('rows', rows)]);
}

interface World {
  readonly directory: string;
  readonly ran: string[];
  readonly registry: Factories;
  readonly context: (words?: readonly string[], env?: Readonly<Record<string, string>>) => { context: Context; stdout: () => string; stderr: () => string };
  readonly node: (path: string, factory: string, config: string) => Promise<void>;
  readonly run: (path: string, words?: readonly string[], context?: Context) => ReturnType<typeof runNode>;
}

async function world(): Promise<World> {
  const directory = join(scratchDirectory(), 'pond');
  await (await createPond(directory)).close();
  const ran: string[] = [];
  const registry = factories(ran);
  const command = COMMANDS.find(({ name }) => name === 'run');
  if (command === undefined) throw new Error('no command run');
  const context: World['context'] = (words = [], env = {}) => {
    const { effects, stdout, stderr } = fakeEffects({ env: { POND: directory, ...env } });
    const globals = {
      pond: undefined, at: undefined, format: words.includes('--json') ? 'json' : undefined, json: false, quiet: false, verbose: false, debug: false,
      noColor: false, logLevel: undefined, logFormat: undefined, help: false,
    };
    return { context: createContext(effects, command, globals, ['run', ...words]), stdout, stderr };
  };
  const node: World['node'] = async (path, factory, config) => {
    const pond = await openPond(directory, { factories: registry });
    const kind = factory === 'rows' ? 'table' : 'data';
    await pond.write(async (fs) => void await (await fs.root()).create(path, { kind, computed: { factory, config } }, { parents: true }));
    await pond.close();
  };
  const run: World['run'] = async (path, words = [], given = context().context) => {
    const pond = await openPond(directory, { factories: registry });
    const found: Runnable = await pond.read(async (fs) => findNode(await fs.root(), path));
    return runNode(given, pond, registry, found, words);
  };
  return { directory, ran, registry, context, node, run };
}

describe('pond run', () => {
  it('finds nodes by path and by name, and commands by their first word', async () => {
    const { node, run, ran } = await world();
    await node('/system/etc/site', 'mover', '');
    await node('/system/etc/both', 'mover', 'etc');
    await node('/system/run/both', 'mover', 'run');
    expect(await run('site')).toMatchObject({ state: 'done' });
    await run('both', ['look']);
    await run('/system/etc/site', ['move', 'x', '--y']);
    await run('/system/etc/site', ['--y']);
    expect(ran).toEqual(['/system/etc/site move', '/system/run/both look', '/system/etc/site move x --y', '/system/etc/site move --y']);
    await expect(run('site', ['mvoe'])).rejects.toThrow('"mover" has no such command, one of "move", "look" was wanted');
    await expect(run('nothing')).rejects.toThrow('Cannot run "nothing": it is neither in /system/run nor in /system/etc');
    await node('/t', 'rows', '');
    await expect(run('/t')).rejects.toThrow('makes something and runs nothing');
  });

  it('runs a config of the host that is stored nowhere', async () => {
    const { registry, directory, context } = await world();
    writeFileSync(join(directory, 'c.yaml'), 'in /x\n');
    expect(await hostNode(context().context, `host+mover://${directory}/c.yaml`, registry)).toEqual({
      id: `host+mover ${directory}/c.yaml`, path: `host+mover://${directory}/c.yaml`, factory: 'mover', config: 'in /x\n',
    });
    expect(await hostNode(context().context, '/a/b', registry)).toBeUndefined();
    await expect(hostNode(context().context, 'host+movr:///c.yaml', registry)).rejects.toThrow('there is no factory "movr", "mover" was wanted?');
  });

  it('runs all in the order in which they need each other, and one that fails stops none', async () => {
    const { node, registry, ran, context } = await world();
    await node('/a/site', 'mover', 'in /derived/**');
    await node('/b/bad', 'mover', 'fail');
    await node('/derived/t', 'rows', 'in csv:///collected/*/x.csv');
    await node('/z/collector', 'other', 'out /collected\nsome');
    const one = context(['--all', '--json'], { PLACE: 'here' });
    expect(await runAll(one.context, registry, undefined)).toBe(3);
    expect(ran).toEqual(['/z/collector move', '/a/site move', '/b/bad move']);
    expect(JSON.parse(one.stdout())).toMatchObject([
      { path: '/z/collector', factory: 'other', state: 'some-failed', items: 1, error: 'some items failed' }, { path: '/a/site', state: 'done', error: null },
      { path: '/b/bad', factory: 'mover', state: 'failed', items: 0, error: 'Unexpected error: Error: it was to fail' },
    ]);
    expect(one.stderr()).toContain('home is here\n');
    expect(await runAll(context().context, registry, 'other')).toBe(3);
    await expect(runAll(context().context, registry, 'rows')).rejects.toThrow('"rows" runs nothing');
    await expect(runAll(context().context, registry, 'movers')).rejects.toThrow('there is no factory "movers", "mover" was wanted?');
  });

  it('two that need each other are both run', async () => {
    const { node, registry, ran, context } = await world();
    await node('/a', 'mover', 'in /two/*\nout /one');
    await node('/b', 'mover', 'in /one/*\nout /two');
    expect(await runAll(context().context, registry, undefined)).toBe(0);
    expect(ran).toHaveLength(2);
  });

  it('one at a time: the second is told by whom and since when, and the lock is gone afterwards', async () => {
    const { node, run, directory, context, registry } = await world();
    await node('/slow', 'mover', 'wait');
    const first = context(['/slow']);
    const running = run('/slow', [], first.context);
    const locks = join(directory, 'cache', 'locks');
    const isLocked = (): boolean => { try { return readdirSync(locks).some((name) => name.endsWith('.json')); } catch { return false; } };
    while (!isLocked()) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(run('/slow')).rejects.toMatchObject({
      code: 'locked', message: expect.stringMatching(/^Cannot run "\/slow": process \d+ runs it since \d+ s \("pond run \/slow"\), one at a time was wanted$/),
    });
    expect(await runAll(context().context, registry, undefined)).toBe(11);
    first.context.effects.interruption().raise(new (await import('../../src/interruption.ts')).Interrupted(130));
    await running.catch(() => undefined);
    expect(readdirSync(locks)).toEqual([]);
  });

  it('the lock of a process that has died, or that is no lock, is taken over by one of many', async () => {
    const { node, run, directory, ran, registry, context } = await world();
    await node('/n', 'mover', '');
    await run('/n');
    const { id } = await (await openPond(directory, { factories: registry })).read(async (fs) => (await (await fs.root()).get('/n')).node);
    const { createHash } = await import('node:crypto');
    const file = join(directory, 'cache', 'locks', `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);
    const dead = spawn(process.execPath, ['-e', '0']);
    await once(dead, 'exit');
    const owner = (pid: number | undefined, host: string, started: string): string => JSON.stringify({ pid, host, started, since: '1', command: 'pond run /n' });
    mkdirSync(join(file, '..'), { recursive: true });
    // The number of a process that lives, which has begun at another time: it was given away again.
    for (const text of [owner(dead.pid, 'pump-house', ''), owner(process.pid, 'pump-house', 'another boot 7'), '', '{"pid":1}']) {
      writeFileSync(file, text);
      writeFileSync(`${file}.taking`, owner(dead.pid, 'pump-house', ''));
      await run('/n');
      expect(readdirSync(join(file, '..')), text).toEqual([]);
    }
    expect(ran).toHaveLength(5);
    writeFileSync(file, owner(process.pid, 'elsewhere', ''));
    await expect(run('/n')).rejects.toThrow(/process \d+ on elsewhere runs it since \d+ s/);
    expect(readFileSync(file, 'utf8')).toContain('elsewhere');
    expect(hostname()).not.toBe('elsewhere');
    writeFileSync(file, owner(dead.pid, 'pump-house', ''));
    const begun = await Promise.allSettled(Array.from({ length: 8 }, () => run('/n', [], context().context)));
    expect(begun.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const one of begun) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'locked' });
    expect(readdirSync(join(file, '..'))).toEqual([]);
  });
});
