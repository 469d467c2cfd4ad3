import { describe, expect, test } from 'vitest';
import { writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { commit } from '../src/commit.ts';
import { cleanLogStep } from '../src/log-cleanup-step.ts';
import { checksumPath, classicCheckpointPath, commitPath } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot } from '../src/snapshot.ts';
import { addFile, commitInfo, newTable } from './tables.ts';

const HOUR = 3_600_000;
const VERSIONS = 100;

/** One commit an hour, version n at n hours; a `.crc` every 16 versions, a checkpoint every 32. */
async function hourlyLog(): Promise<ObjectStore> {
  let millis = 0;
  const store = createMemoryStore({ nowMillis: () => millis });
  let snapshot = await newTable(store);
  for (let version = 1; version <= VERSIONS; version++) {
    millis = version * HOUR;
    const result = await commit(store, snapshot, [commitInfo(version), { kind: 'add', add: addFile(`f${version}.parquet`) }]);
    if (result.kind !== 'committed') throw new Error('conflict');
    snapshot = result.snapshot;
    if (version % 16 === 0) await writeChecksum(store, snapshot);
    if (version % 32 === 0) await writeCheckpoint(store, snapshot);
  }
  return store;
}

async function present(store: ObjectStore, pathOf: (version: number) => string): Promise<number[]> {
  const found: number[] = [];
  for (let version = 0; version <= VERSIONS; version++) if (await store.head(pathOf(version)) !== undefined) found.push(version);
  return found;
}

const step = (store: ObjectStore, nowMillis: number, versions = 10): Promise<boolean> =>
  cleanLogStep(store, { version: VERSIONS, nowMillis, retentionMillis: 30 * HOUR, versions });

describe('cleanLogStep()', () => {
  test('takes the oldest versions, so many at a time, up to the newest checkpoint that is beyond the retention', async () => {
    const store = await hourlyLog();
    const before = await openSnapshot(store);
    const nowMillis = VERSIONS * HOUR;
    for (let steps = 1; steps <= 6; steps++) {
      expect(await step(store, nowMillis)).toBe(true);
      expect((await present(store, commitPath))[0]).toBe(10 * steps);
      expect((await openSnapshot(store)).files).toEqual(before.files);
    }
    expect(await step(store, nowMillis)).toBe(false); // Version 70 is old, and there is no checkpoint from 70 to 70.
    expect(await present(store, commitPath)).toEqual(Array.from({ length: 41 }, (_, i) => 60 + i));
    expect(await present(store, checksumPath)).toEqual([64, 80, 96]);
    expect(await present(store, classicCheckpointPath)).toEqual([64, 96]);
    expect((await openSnapshot(store, { version: 64 })).version).toBe(64);
  });

  test('takes nothing before there are as many old versions, without a readable checkpoint, or without the hint', async () => {
    const store = await hourlyLog();
    expect(await step(store, 39 * HOUR)).toBe(false);
    expect(await step(store, 61 * HOUR)).toBe(false); // The checkpoint of version 32 is not old enough.
    const path = classicCheckpointPath(64);
    const bytes = Uint8Array.from(await store.get(path) ?? []);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await store.put(path, bytes);
    expect(await step(store, VERSIONS * HOUR)).toBe(false);
    await store.delete(path);
    expect(await step(store, VERSIONS * HOUR)).toBe(true); // Below the one of version 32.
    await store.delete('_delta_log/_last_checkpoint');
    expect(await step(store, VERSIONS * HOUR)).toBe(false);
    expect((await present(store, commitPath))[0]).toBe(10);
  });

  test('goes on after a step that was cut off', async () => {
    const store = await hourlyLog();
    for (let version = 0; version < 7; version++) await store.delete(commitPath(version));
    expect(await step(store, VERSIONS * HOUR)).toBe(true);
    expect((await present(store, commitPath))[0]).toBe(17);
  });
});
