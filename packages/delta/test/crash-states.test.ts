import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { type LocalIo, nodeIo } from '../src/local-io.ts';
import { collectLeftovers } from '../src/local-leftovers.ts';
import { openLocalStore } from '../src/local-store.ts';
import {
  type CrashState, crashedTree, crashStates, describeCrash, marksBefore, recordIo, replayCrash, seededRandom, type Trace,
} from '../src/testing/faults.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const SEED = Number(process.env['DUCKPOND_SEED'] ?? 20_260_101);

function content(value: number): Uint8Array {
  return new Uint8Array(1500 + value * 700).fill(value);
}

/** The last value that was acknowledged for each path, and all that were ever on their way to it. */
type Expectation = ReadonlyMap<string, { readonly kind: 'created' | 'replaced' | 'hint'; readonly values: readonly number[] }>;

const EXPECTED: Expectation = new Map([
  ['log/1', { kind: 'created', values: [1] }], ['log/2', { kind: 'created', values: [2] }], ['state', { kind: 'replaced', values: [3, 4] }],
  ['hint', { kind: 'hint', values: [5, 6] }], ['blob/x', { kind: 'created', values: [7] }], ['log/3', { kind: 'created', values: [8] }],
]);

async function recordStore(weaken: (io: LocalIo) => LocalIo): Promise<Trace> {
  const root = scratch();
  const { io, mark, trace } = recordIo(nodeIo, root);
  const store = openLocalStore(root, weaken(io));
  const acknowledged = (path: string, value: number): void => { mark(JSON.stringify([path, value])); };
  assert.equal(await store.putIfAbsent('log/1', content(1)), true);
  acknowledged('log/1', 1);
  await store.put('state', content(3));
  acknowledged('state', 3);
  await store.putHint('hint', content(5));
  assert.equal(await store.putIfAbsent('log/2', content(2)), true);
  acknowledged('log/2', 2);
  assert.equal(await store.putIfAbsent('log/2', content(9)), false);
  const staged = await store.stage();
  await staged.write(content(7).subarray(0, 1000));
  await staged.write(content(7).subarray(1000));
  assert.equal(await staged.publish('blob/x'), true);
  acknowledged('blob/x', 7);
  await store.putHint('hint', content(6));
  await store.put('state', content(4));
  acknowledged('state', 4);
  assert.equal(await store.putIfAbsent('log/3', content(8)), true);
  acknowledged('log/3', 8);
  return trace;
}

/** @returns what is wrong with the state, if anything */
function violation(trace: Trace, state: CrashState): string | undefined {
  const { files } = crashedTree(trace, state);
  const acknowledged = new Map(marksBefore(trace, state).map((label) => JSON.parse(label) as [string, number]));
  for (const [path, { kind, values }] of EXPECTED) {
    const bytes = files.get(path)?.bytes;
    const value = bytes && values.find((candidate) => Buffer.compare(content(candidate), bytes) === 0);
    const promised = acknowledged.get(path);
    if (kind === 'hint') continue;
    if (bytes && value === undefined) return `${path} is damaged (${bytes.length} bytes)`;
    if (promised !== undefined && (value === undefined || values.indexOf(value) < values.indexOf(promised))) return `${path} was lost`;
  }
  for (const path of files.keys()) {
    if (!EXPECTED.has(path) && !path.endsWith('.tmp')) return `${path} came from nowhere`;
  }
  return undefined;
}

describe('openLocalStore() after a power cut', () => {
  it('an object is absent or whole, and whole once it was acknowledged', async () => {
    const trace = await recordStore((io) => io);
    let states = 0;
    for (const state of crashStates(trace, { seed: SEED, limit: 20_000, mixtures: 24 })) {
      states += 1;
      const wrong = violation(trace, state);
      assert.equal(wrong, undefined, `${describeCrash(trace, state)}: ${wrong}`);
    }
    assert.ok(states > 1000, `${states} states`);
  });

  it('a new store works on what is left, and collects the leftovers', async () => {
    const trace = await recordStore((io) => io);
    for (const state of crashStates(trace, { seed: SEED, limit: 150 })) {
      const root = join(scratch(), 'replayed');
      replayCrash(trace, state, root);
      const store = openLocalStore(root);
      const what = describeCrash(trace, state);
      await collectLeftovers(root, { isAlive: () => false, nowMillis: Date.now() });
      assert.deepEqual(readdirSync(root, { recursive: true }).filter((path) => String(path).endsWith('.tmp')), [], what);
      for (const path of ['log/1', 'log/2', 'log/3', 'blob/x']) {
        const before = await store.get(path);
        assert.equal(await store.putIfAbsent(path, content(1)), before === undefined, what);
        assert.deepEqual(await store.get(path), before ?? content(1), what);
      }
    }
  });

  const weaknesses: [string, (io: LocalIo) => LocalIo, RegExp][] = [
    ['fsync of files', (io) => ({ ...io, fsync: () => undefined }), /damaged|lost/],
    ['fsync of directories', (io) => ({ ...io, fsyncDirectory: () => undefined }), /lost/],
  ];
  for (const [what, weaken, expected] of weaknesses) {
    it(`is seen to go wrong without ${what}`, async () => {
      const trace = await recordStore(weaken);
      const states = [...crashStates(trace, { seed: SEED, limit: 2000 })];
      const found = states.map((state) => violation(trace, state)).filter((wrong) => wrong !== undefined);
      assert.ok(found.length > 0);
      assert.match(found[0] ?? '', expected);
    });
  }
});

describe('crashStates()', () => {
  async function traceOf(run: (io: LocalIo, root: string) => void, prepare: (root: string) => void = () => undefined): Promise<Trace> {
    const root = scratch();
    prepare(root);
    const { io, trace } = recordIo(nodeIo, root);
    run(io, root);
    return trace;
  }

  function outcomes(trace: Trace, steps = trace.steps.length): Set<string> {
    const all = new Set<string>();
    for (const state of crashStates(trace, { seed: SEED, limit: Infinity, mixtures: 64 })) {
      if (state.steps !== steps) continue;
      const { directories, files } = crashedTree(trace, state);
      const lines = [...directories.map((path) => `${path}/`), ...[...files].map(([path, { bytes }]) => `${path}:${describeBytes(bytes)}`)];
      all.add(lines.sort().join(' '));
    }
    return all;
  }

  function describeBytes(bytes: Uint8Array): string {
    const zeros = bytes.filter((byte) => byte === 0).length;
    return zeros > 0 ? `${bytes.length}-${zeros}` : `${bytes.length}`;
  }

  it('keeps what was fsynced and drops, in any combination, the names that were not', async () => {
    const trace = await traceOf((io, root) => {
      for (const name of ['a', 'b', 'c']) {
        const file = io.open(join(root, name), 'create');
        io.write(file, new Uint8Array(3).fill(1), 0);
        io.fsync(file);
        io.close(file);
        if (name === 'a') io.fsyncDirectory(root);
      }
    });
    assert.deepEqual(outcomes(trace), new Set(['a:3', 'a:3 b:3', 'a:3 c:3', 'a:3 b:3 c:3']));
  });

  it('tears and drops data that was not fsynced at sectors of 512 and 4096 bytes', async () => {
    const trace = await traceOf((io, root) => {
      const file = io.open(join(root, 'a'), 'create');
      io.write(file, new Uint8Array(600).fill(1), 0);
      io.fsync(file);
      io.fsyncDirectory(root);
      io.write(file, new Uint8Array(9000).fill(2), 600);
      io.close(file);
    });
    const seen = outcomes(trace);
    for (const expected of ['a:600', 'a:9600', 'a:9600-9000', 'a:4096', 'a:8192']) {
      assert.ok(seen.has(expected), `${expected} of ${[...seen].join(', ')}`);
    }
    assert.ok([...seen].some((one) => /^a:\d+$/.test(one) && Number(one.slice(2)) % 4096 === 512 * 3), [...seen].join(', '));
    assert.ok([...seen].some((one) => /^a:9600-\d+$/.test(one) && one !== 'a:9600-9000'));
  });

  it('a rename is atomic, and without fsync may come before the data', async () => {
    const trace = await traceOf((io, root) => {
      const file = io.open(join(root, 'new'), 'create');
      io.write(file, new Uint8Array(10).fill(2), 0);
      io.close(file);
      io.rename(join(root, 'new'), join(root, 'name'));
    }, (root) => { writeFileSync(join(root, 'name'), 'old'); });
    const expected = ['name:3', 'name:3 new:0', 'name:3 new:10', 'name:3 new:10-10', 'name:0', 'name:10', 'name:10-10'];
    assert.deepEqual(outcomes(trace), new Set(expected));
  });

  it('loses what is in a directory whose own name was not fsynced', async () => {
    const trace = await traceOf((io, root) => {
      io.mkdir(join(root, 'd'));
      const file = io.open(join(root, 'd/a'), 'create');
      io.close(file);
      io.fsyncDirectory(join(root, 'd'));
    });
    assert.deepEqual(outcomes(trace), new Set(['', 'd/ d/a:0']));
  });

  it('is bounded and follows from the seed', async () => {
    const trace = await recordStore((io) => io);
    const take = (seed: number, limit: number): string[] =>
      [...crashStates(trace, { seed, limit })].map(({ steps, variant }) => `${steps}.${variant}`);
    assert.deepEqual(take(1, 50), take(1, 50));
    assert.notDeepEqual(take(1, 50), take(2, 50));
    assert.equal(new Set(take(1, 50)).size, 50);
    assert.equal(new Set(take(1, 1e9)).size, (trace.steps.length + 1) * 13);
    const [state] = crashStates(trace, { seed: 7, limit: 1 });
    assert.ok(state);
    assert.deepEqual(crashedTree(trace, state), crashedTree(trace, state));
  });
});

describe('replayCrash()', () => {
  it('with everything kept makes what the program made, hard links included', async () => {
    const root = scratch();
    writeFileSync(join(root, 'before'), 'x');
    const { io, trace } = recordIo(nodeIo, root);
    await openLocalStore(root, io).put('d/a', content(1));
    io.link(join(root, 'd/a'), join(root, 'd/b'));
    io.unlink(join(root, 'before'));
    const copy = join(scratch(), 'copy');
    replayCrash(trace, { steps: trace.steps.length, variant: 1, seed: SEED }, copy);
    assert.deepEqual(readdirSync(copy, { recursive: true }).sort(), ['d', 'd/a', 'd/b']);
    assert.deepEqual(new Uint8Array(readFileSync(join(copy, 'd/a'))), content(1));
    assert.equal(statSync(join(copy, 'd/a')).ino, statSync(join(copy, 'd/b')).ino);
  });
});

describe('seededRandom()', () => {
  it('repeats itself and spreads evenly', () => {
    const first = seededRandom(1);
    const second = seededRandom(1);
    const numbers = Array.from({ length: 10_000 }, () => first());
    assert.deepEqual(numbers.slice(0, 10), Array.from({ length: 10 }, () => second()));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.02 && numbers.every((number) => number >= 0 && number < 1));
  });
});
