import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { commit } from '../src/commit.ts';
import { checksumPath, classicCheckpointPath, commitPath, LAST_CHECKPOINT_PATH } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import { findNewestVersion } from '../src/newest-version.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot, type Snapshot } from '../src/snapshot.ts';
import { addFile, commitInfo, newTable } from './tables.ts';

const CHECKPOINT = 8;
const COMMITS = 200;
const CHECKSUMS = [160, 176, 192];

/** A table whose checkpoint is far behind, and how often it is asked for what. */
async function agedTable(): Promise<{
  store: ObjectStore; watched: ObjectStore; snapshot: Snapshot; calls: Record<'get' | 'head' | 'list', number>;
}> {
  const store = createMemoryStore();
  let snapshot = await newTable(store);
  for (let version = 1; version <= COMMITS; version++) {
    const result = await commit(store, snapshot, [commitInfo(version), { kind: 'add', add: addFile(`part-${version}.parquet`) }]);
    if (result.kind !== 'committed') throw new Error(`conflict at ${version}`);
    snapshot = result.snapshot;
    if (version === CHECKPOINT) await writeCheckpoint(store, snapshot, {});
    if (CHECKSUMS.includes(version)) await writeChecksum(store, snapshot);
  }
  const calls = { get: 0, head: 0, list: 0 };
  const watched: ObjectStore = Object.create(store, Object.fromEntries((['get', 'head', 'list'] as const).map((name) => [name, {
    value: (path: string) => { calls[name]++; return store[name](path); },
  }])));
  return { store, watched, snapshot, calls };
}

function stateOf({ version, files, metadata, protocol, transactions }: Snapshot): unknown {
  return { version, files: [...files].sort(([a], [b]) => (a < b ? -1 : 1)), metadata, protocol, transactions };
}

describe('openSnapshot() with anyChecksum', () => {
  test('opens a log far behind its checkpoint with few requests', async () => {
    const { watched, snapshot, calls } = await agedTable();
    expect(stateOf(await openSnapshot(watched, { anyChecksum: true }))).toEqual(stateOf(snapshot));
    expect(calls.list).toBe(0);
    expect(calls.get).toBeLessThan(30);
    expect(calls.head).toBeLessThan(30);
  });

  test('and without a checkpoint with one listing', async () => {
    const { store, watched, snapshot, calls } = await agedTable();
    await store.delete(LAST_CHECKPOINT_PATH);
    await store.delete(classicCheckpointPath(CHECKPOINT));
    expect(stateOf(await openSnapshot(watched, { anyChecksum: true }))).toEqual(stateOf(snapshot));
    expect(calls.list).toBe(1);
    expect(calls.get).toBeLessThan(30);
  });

  test('is not asked for when tombstones matter', async () => {
    const { store } = await agedTable();
    expect((await openSnapshot(store)).hasAllTombstones).toBe(true);
    expect((await openSnapshot(store, { anyChecksum: true })).hasAllTombstones).toBe(false);
    expect((await openSnapshot(store, { anyChecksum: true, version: 100 })).hasAllTombstones).toBe(true);
  });

  test.each([1, 2, 3])('goes past the newest %d when they are damaged', async (count) => {
    const { store, snapshot } = await agedTable();
    for (const version of CHECKSUMS.toReversed().slice(0, count)) {
      const bytes = Buffer.from(await store.get(checksumPath(version)) ?? []);
      bytes[bytes.indexOf('"size":') + 7] = 0x37;
      await store.put(checksumPath(version), bytes);
    }
    expect(stateOf(await openSnapshot(store, { anyChecksum: true }))).toEqual(stateOf(snapshot));
    await store.delete(LAST_CHECKPOINT_PATH);
    expect(stateOf(await openSnapshot(store, { anyChecksum: true }))).toEqual(stateOf(snapshot));
  });

  test('names a commit that is missing behind it', async () => {
    const { store } = await agedTable();
    await store.delete(commitPath(197));
    await expect(openSnapshot(store, { anyChecksum: true })).rejects.toMatchObject({ code: 'corrupt-log' });
  });
});

test('findNewestVersion() finds the end of any log in a number of requests that grows with the logarithm', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(1000), fc.nat(5000), async (from, more) => {
    let requests = 0;
    const store = createMemoryStore();
    const present = new Set(Array.from({ length: more + 1 }, (_, index) => commitPath(from + index)));
    const watched: ObjectStore = Object.create(store, { head: { value: async (path: string) => {
      requests++;
      return present.has(path) ? { path, sizeBytes: 1, modifiedMillis: 0 } : undefined;
    } } });
    expect(await findNewestVersion(watched, from)).toBe(from + more);
    expect(requests).toBeLessThanOrEqual(2 * Math.log2(more + 1) + 3);
  }), { numRuns: 50 });
});
