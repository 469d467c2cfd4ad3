import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { DeltaError } from '../src/errors.ts';
import { nodeIo } from '../src/local-io.ts';
import { openLocalStore } from '../src/local-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { createFaultyIo, CrashError, describePlan, faultPlans } from '../src/testing/faults.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const OLD = new Uint8Array(3000).fill(1);
const NEW = new Uint8Array(5000).fill(2);
const LARGE = new Uint8Array((1 << 20) + 5).fill(3);

interface Scenario {
  readonly name: string;
  readonly path: string;
  /** What the path may hold afterwards, besides what it held before. */
  readonly wanted: Uint8Array;
  readonly run: (store: ObjectStore) => Promise<boolean>;
}

const replaced = async (writing: Promise<void>): Promise<boolean> => {
  await writing;
  return true;
};

const published = async (store: ObjectStore, path: string, bytes: Uint8Array): Promise<boolean> => {
  const staged = await store.stage();
  try {
    const half = bytes.length >> 1;
    await staged.write(bytes.subarray(0, half));
    await staged.write(bytes.subarray(half));
    return await staged.publish(path);
  } finally {
    await staged.discard();
  }
};

const SCENARIOS: readonly Scenario[] = [
  { name: 'put() of a new object', path: 'd/new', wanted: NEW, run: async (store) => replaced(store.put('d/new', NEW)) },
  { name: 'put() over an object', path: 'd/old', wanted: NEW, run: async (store) => replaced(store.put('d/old', NEW)) },
  { name: 'put() of a large object', path: 'd/new', wanted: LARGE, run: async (store) => replaced(store.put('d/new', LARGE)) },
  { name: 'putHint() over an object', path: 'd/old', wanted: NEW, run: async (store) => replaced(store.putHint('d/old', NEW)) },
  { name: 'putIfAbsent() of a new object', path: 'd/new', wanted: NEW, run: async (store) => store.putIfAbsent('d/new', NEW) },
  { name: 'putIfAbsent() into new directories', path: 'a/b/new', wanted: NEW, run: async (store) => store.putIfAbsent('a/b/new', NEW) },
  { name: 'putIfAbsent() where an object is', path: 'd/old', wanted: OLD, run: async (store) => store.putIfAbsent('d/old', NEW) },
  { name: 'publish() of a new object', path: 'blob/new', wanted: NEW, run: async (store) => published(store, 'blob/new', NEW) },
  { name: 'publish() of a large object', path: 'blob/new', wanted: LARGE, run: async (store) => published(store, 'blob/new', LARGE) },
  { name: 'publish() where an object is', path: 'd/old', wanted: OLD, run: async (store) => published(store, 'd/old', NEW) },
];

async function prepared(): Promise<string> {
  const root = join(scratch(), 'store');
  await openLocalStore(root).put('d/old', OLD);
  return root;
}

describe('openLocalStore() under every fault at every operation', () => {
  for (const { name, path, wanted, run } of SCENARIOS) {
    it(`${name}: the state is before or after, never between`, async () => {
      const counting = createFaultyIo(nodeIo);
      const isNew = await run(openLocalStore(await prepared(), counting.io));
      let fired = 0;
      for (const plan of faultPlans(counting.operationCount())) {
        const what = describePlan(plan);
        const root = await prepared();
        const before = await openLocalStore(root).get(path);
        const { io, hasFired, openFiles } = createFaultyIo(nodeIo, plan);
        const outcome = await run(openLocalStore(root, io)).catch((error: unknown) => {
          assert.ok(error instanceof CrashError || (error instanceof DeltaError && error.code === 'storage'), `${what}: ${String(error)}`);
          return 'failed' as const;
        });
        fired += hasFired() ? 1 : 0;

        const sound = openLocalStore(root);
        const now = await sound.get(path);
        const isBefore = same(now, before);
        assert.ok(isBefore || same(now, wanted), `${what}: between`);
        if (outcome !== 'failed') {
          assert.ok(same(now, wanted), `${what}: resolved, but not there`);
          assert.equal(outcome, isNew, what);
        }
        assert.deepEqual(await sound.get('d/old'), path === 'd/old' ? now : OLD, `${what}: another object`);
        assert.equal(openFiles.size, 0, `${what}: files left open`);
        if (plan.fault.kind === 'short-write' || ('errno' in plan.fault && plan.fault.errno === 'ENOSPC')) assertTidy(root, what);
        const replaces = /^put(Hint)?\(/.test(name);
        assert.equal(await run(sound), replaces || (isNew && isBefore), `${what}: run again`);
        assert.ok(same(await sound.get(path), wanted), `${what}: run again`);
      }
      assert.ok(fired >= counting.operationCount(), `${fired} faults fired`);
    });
  }
});

/** A full disk does not keep temporary files from being removed. */
function assertTidy(root: string, what: string): void {
  const left = readdirSync(root, { recursive: true }).map(String).filter((path) => path.endsWith('.tmp'));
  assert.deepEqual(left, [], what);
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
