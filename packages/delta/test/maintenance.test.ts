import { describe, expect, test } from 'vitest';
import { type Action, type AddFile, removeOf } from '../src/action.ts';
import { writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { commit } from '../src/commit.ts';
import { cleanLog } from '../src/log-cleanup.ts';
import { checksumPath, classicCheckpointPath, commitPath } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot, type Snapshot } from '../src/snapshot.ts';
import { versionAt, versionTimes } from '../src/time-travel.ts';
import { vacuum } from '../src/vacuum.ts';
import { addFile, commitInfo, failure, newTable } from './tables.ts';

const HOUR = 3_600_000;

/** A table with one commit an hour, version n at n hours, each adding a file and removing the one before. */
async function hourlyTable(versions: number): Promise<{ store: ObjectStore; snapshot: Snapshot; clock: { millis: number } }> {
  const clock = { millis: 0 };
  const store = createMemoryStore({ nowMillis: () => clock.millis });
  let snapshot = await newTable(store);
  let previous: AddFile | undefined;
  for (let version = 1; version <= versions; version++) {
    clock.millis = version * HOUR;
    const add = addFile(`f${version}.parquet`);
    await store.put(add.path, new Uint8Array(1));
    const actions: Action[] = [commitInfo(version), { kind: 'add', add }];
    if (previous !== undefined) actions.push({ kind: 'remove', remove: removeOf(previous, clock.millis, false) });
    const result = await commit(store, snapshot, actions);
    if (result.kind !== 'committed') throw new Error('conflict');
    snapshot = result.snapshot;
    previous = add;
  }
  return { store, snapshot, clock };
}

async function names(store: ObjectStore, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(prefix)) found.push(path);
  return found;
}

describe('vacuum()', () => {
  test('removes what is unreferenced and old, and nothing else', async () => {
    const { store, clock } = await hourlyTable(5);
    for (const path of ['orphan.parquet', 'p=1/orphan.parquet', '_state/x', '_blobs/a/b', 'sub/.hidden/x', 'kept.parquet']) {
      await store.put(path, new Uint8Array(1));
    }
    clock.millis = 10 * HOUR;
    await store.put('young.parquet', new Uint8Array(1));
    const options = { nowMillis: 10 * HOUR, retentionMillis: 4.5 * HOUR, protectedPaths: new Set(['kept.parquet']) };
    const expected = ['f1.parquet', 'f2.parquet', 'f3.parquet', 'f4.parquet', 'orphan.parquet', 'p=1/orphan.parquet'];
    const before = await names(store);
    const dry = await vacuum(store, { ...options, dryRun: true });
    expect(dry.removed.map(({ path }) => path)).toEqual(expected);
    expect(await names(store)).toEqual(before);
    expect(await vacuum(store, options)).toEqual(dry);
    expect(await names(store)).toEqual(before.filter((path) => !expected.includes(path)));
  });

  test('keeps what a removal younger than the retention took out, also when the .crc or a checkpoint opened the table', async () => {
    const { store, snapshot } = await hourlyTable(5);
    await writeChecksum(store, snapshot);
    await writeCheckpoint(store, snapshot);
    // f2 was removed at 3 h, f3 at 4 h: only what went before 3.5 h is expired.
    const { removed, version } = await vacuum(store, { nowMillis: 8 * HOUR, retentionMillis: 4.5 * HOUR });
    expect([version, removed.map(({ path }) => path)]).toEqual([5, ['f1.parquet', 'f2.parquet']]);
  });

  test('keeps to the retention of the table, 7 days unless set', async () => {
    const { store } = await hourlyTable(2);
    expect((await vacuum(store, { nowMillis: 7 * 24 * HOUR })).removed).toEqual([]);
    expect((await vacuum(store, { nowMillis: 7 * 24 * HOUR + 3 * HOUR })).removed.map(({ path }) => path)).toEqual(['f1.parquet']);
  });
});

describe('cleanLog()', () => {
  test('removes nothing without a checkpoint that is old enough', async () => {
    const { store, snapshot } = await hourlyTable(9);
    expect(await cleanLog(store, { nowMillis: 100 * HOUR, retentionMillis: HOUR })).toBeUndefined();
    await writeCheckpoint(store, snapshot);
    expect(await cleanLog(store, { nowMillis: 9 * HOUR, retentionMillis: 4 * HOUR })).toBeUndefined();
  });

  test('keeps a checkpoint at or below the oldest kept version, its commit, and everything after', async () => {
    const { store, snapshot } = await hourlyTable(9);
    for (const version of [2, 4, 8]) await writeCheckpoint(store, await openSnapshot(store, { version }));
    for (const version of [3, 4]) await writeChecksum(store, await openSnapshot(store, { version }));
    const options = { nowMillis: 10 * HOUR, retentionMillis: 4.5 * HOUR };
    const expected = [checksumPath(3), classicCheckpointPath(2), ...[0, 1, 2, 3].map(commitPath)];
    const dry = await cleanLog(store, { ...options, dryRun: true });
    expect([dry?.oldestVersion, dry?.removed.map(({ file }) => file.path)]).toEqual([4, expected]);
    const before = await names(store, '_delta_log/');
    expect(await cleanLog(store, options)).toEqual(dry);
    expect(await names(store, '_delta_log/')).toEqual(before.filter((path) => !expected.includes(path)));
    expect(await openSnapshot(store)).toMatchObject({ version: 9, files: snapshot.files });
    for (let version = 4; version <= 9; version++) {
      expect((await openSnapshot(store, { version })).files.has(`f${version}.parquet`)).toBe(true);
    }
    await expect(openSnapshot(store, { version: 3 })).rejects.toEqual(failure('not-found', '4 to 9'));
    expect((await cleanLog(store, options))?.removed).toEqual([]);
  });

  test('removes nothing when the checkpoint that must stay is damaged', async () => {
    const { store } = await hourlyTable(9);
    await writeCheckpoint(store, await openSnapshot(store, { version: 4 }));
    await store.put(classicCheckpointPath(4), new Uint8Array(10));
    const before = await names(store);
    await expect(cleanLog(store, { nowMillis: 100 * HOUR, retentionMillis: HOUR })).rejects.toMatchObject({ code: 'corrupt-checkpoint' });
    expect(await names(store)).toEqual(before);
  });
});

describe('openSnapshot() by time', () => {
  test('takes the newest version not later', async () => {
    const { store } = await hourlyTable(5);
    for (const [millis, version] of [[0, 0], [HOUR - 1, 0], [HOUR, 1], [4.5 * HOUR, 4], [99 * HOUR, 5]] as const) {
      expect((await openSnapshot(store, { timestampMillis: millis })).version).toBe(version);
    }
    const range = '1970-01-01T00:00:00.000Z or later, up to 1970-01-01T05:00:00.000Z';
    await expect(openSnapshot(store, { timestampMillis: -1 })).rejects.toEqual(failure('not-found', range));
  });

  test('makes the times of files monotone', async () => {
    const { store, clock } = await hourlyTable(5);
    clock.millis = HOUR;
    const bytes = await store.get(commitPath(4)) ?? new Uint8Array();
    await store.put(commitPath(4), bytes);
    expect((await versionTimes(store)).map((time) => time.timestampMillis)).toEqual([0, HOUR, 2 * HOUR, 3 * HOUR, 3 * HOUR + 1, 5 * HOUR]);
    expect(await versionAt(store, 3 * HOUR)).toBe(3);
    expect(await versionAt(store, 3 * HOUR + 1)).toBe(4);
  });

  test('trusts the time in a commit before that of its file', async () => {
    const { store, snapshot, clock } = await hourlyTable(2);
    clock.millis = 500 * HOUR;
    await commit(store, snapshot, [{ kind: 'commitInfo', commitInfo: { txnId: 'x', inCommitTimestamp: 3 * HOUR } }]);
    expect(await versionAt(store, 3 * HOUR)).toBe(3);
    expect(await versionAt(store, 3 * HOUR - 1)).toBe(2);
  });
});
