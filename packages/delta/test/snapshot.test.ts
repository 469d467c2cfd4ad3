import { describe, expect, test } from 'vitest';
import { commit, type CommitResult, createTable } from '../src/commit.ts';
import type { Action, AddFile } from '../src/action.ts';
import { removeOf } from '../src/action.ts';
import { writeChecksum } from '../src/checksum.ts';
import { DeltaError } from '../src/errors.ts';
import { checksumPath, commitPath } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot, refreshSnapshot, type Snapshot, TAIL_MAX } from '../src/snapshot.ts';
import { addFile, commitInfo, failure, newTable, SCHEMA } from './tables.ts';

function committed(result: CommitResult): Snapshot {
  if (result.kind !== 'committed') throw new Error(`conflict at ${result.version}`);
  return result.snapshot;
}

/** A table whose versions 1 to `count` each add a file, and every third removes the one before. */
async function tableOf(count: number): Promise<{ store: ObjectStore; snapshot: Snapshot }> {
  const store = createMemoryStore();
  let snapshot = await newTable(store);
  let previous: AddFile | undefined;
  for (let version = 1; version <= count; version++) {
    const add = addFile(`part-${version}.parquet`);
    const actions: Action[] = [commitInfo(version), { kind: 'add', add }, { kind: 'txn', txn: { appId: 'test', version } }];
    if (version % 3 === 0 && previous !== undefined) actions.push({ kind: 'remove', remove: removeOf(previous, version, false) });
    snapshot = committed(await commit(store, snapshot, actions));
    previous = add;
  }
  return { store, snapshot };
}

/** Counts what a store is asked for. */
function counted(store: ObjectStore): { store: ObjectStore; calls: string[] } {
  const calls: string[] = [];
  const proxy: ObjectStore = {
    ...store,
    get: (path, range) => { calls.push(`get ${path}`); return store.get(path, range); },
    head: (path) => { calls.push(`head ${path}`); return store.head(path); },
    list: (prefix) => { calls.push(`list ${prefix}`); return store.list(prefix); },
    read: (path, range) => store.read(path, range),
    put: (path, bytes) => store.put(path, bytes),
    putIfAbsent: (path, bytes) => store.putIfAbsent(path, bytes),
    putHint: (path, bytes) => store.putHint(path, bytes),
    stage: () => store.stage(),
    delete: (path) => store.delete(path),
  };
  return { store: proxy, calls };
}

describe('openSnapshot()', () => {
  test('makes what commit() returned', async () => {
    const { store, snapshot } = await tableOf(10);
    const opened = await openSnapshot(store);
    expect(opened).toEqual(snapshot);
    expect(opened.schema).toEqual(SCHEMA);
    expect([...opened.files.keys()]).toEqual([1, 3, 4, 6, 7, 9, 10].map((version) => `part-${version}.parquet`));
    expect([...opened.tombstones.keys()]).toEqual(['part-2.parquet', 'part-5.parquet', 'part-8.parquet']);
    expect(opened.transactions.get('test')).toEqual({ appId: 'test', version: 10 });
    expect(opened.tail.map((entry) => entry.version)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('opens any version and names the range of versions for one that is not there', async () => {
    const { store } = await tableOf(10);
    const old = await openSnapshot(store, { version: 4 });
    expect([...old.files.keys()]).toEqual(['part-1.parquet', 'part-3.parquet', 'part-4.parquet']);
    await expect(openSnapshot(store, { version: 11 })).rejects.toEqual(failure('not-found', '0 to 10'));
    await expect(openSnapshot(store, { version: -1 })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('through a hint reads the .crc and the following commits, and lists nothing', async () => {
    const { store, snapshot } = await tableOf(8);
    expect(await writeChecksum(store, snapshot)).toBe(true);
    expect(await writeChecksum(store, snapshot)).toBe(false);
    const later = committed(await commit(store, snapshot, [commitInfo(9), { kind: 'add', add: addFile('x y%.parquet') }]));
    const { store: watched, calls } = counted(store);
    const opened = await openSnapshot(watched, { hintVersion: 8 });
    expect(calls).toEqual([checksumPath(8), commitPath(9), commitPath(10), commitPath(11)].map((path) => `get ${path}`));
    expect({ ...opened, tombstones: later.tombstones, tail: later.tail, hasAllTombstones: true }).toEqual(later);
    expect(opened.tail.map((entry) => entry.version)).toEqual([9]);
    expect(opened.hasAllTombstones).toBe(false);
  });

  test.each([
    ['absent', undefined],
    ['torn', (text: string) => text.slice(0, -20)],
    ['without allFiles', (text: string) => text.replace('allFiles', 'noFiles')],
    ['with another count', (text: string) => text.replace(/"numFiles":\d+/, '"numFiles":99')],
    ['with another size', (text: string) => text.replace(/"tableSizeBytes":\d+/, '"tableSizeBytes":1')],
  ])('does not mind a .crc that is %s', async (_, damage) => {
    const { store, snapshot } = await tableOf(8);
    await writeChecksum(store, snapshot);
    const bytes = await store.get(checksumPath(8));
    if (damage === undefined) await store.delete(checksumPath(8));
    else await store.put(checksumPath(8), Buffer.from(damage(Buffer.from(bytes ?? []).toString())));
    expect(await openSnapshot(store, { hintVersion: 8 })).toEqual(snapshot);
  });

  test('does not trust a .crc whose following commits were cleaned away', async () => {
    const { store, snapshot } = await tableOf(8);
    await writeChecksum(store, await openSnapshot(store, { version: 3 }));
    await store.delete(commitPath(3));
    await store.delete(commitPath(4));
    await expect(openSnapshot(store, { hintVersion: 3 })).rejects.toMatchObject({ code: 'corrupt-log', data: { file: commitPath(3) } });
    await expect(openSnapshot(store, { version: snapshot.version })).rejects.toBeInstanceOf(DeltaError);
  });

  test('names the commit that is missing', async () => {
    const { store } = await tableOf(8);
    await store.delete(commitPath(5));
    await expect(openSnapshot(store)).rejects.toEqual(failure('corrupt-log', commitPath(5)));
  });

  test('says that an empty store is no table', async () => {
    await expect(openSnapshot(createMemoryStore())).rejects.toMatchObject({ code: 'not-a-table' });
  });

  test('names file, line and field of what it cannot read', async () => {
    const { store } = await tableOf(2);
    await store.put(commitPath(2), Buffer.from('{"commitInfo":{}}\n{"add":{"path":"a","size":"x","dataChange":true}}\n'));
    await expect(openSnapshot(store)).rejects.toMatchObject({
      code: 'corrupt-log',
      message: `Cannot read "${commitPath(2)}" line 2: field "add.size" is "x", wanted an integer`,
    });
  });

  test('ignores actions and fields that it does not know', async () => {
    const { store, snapshot } = await tableOf(2);
    await store.put(commitPath(3), Buffer.from('{"future":{"a":1}}\n{"txn":{"appId":"other","version":9223372036854775807,"more":[1]}}\n'));
    const opened = await refreshSnapshot(store, snapshot);
    expect(opened.transactions.get('other')).toEqual({ appId: 'other', version: 9223372036854775807n });
  });
});

describe('refreshSnapshot()', () => {
  test('is the same object when nothing is new, and probes without listing', async () => {
    const { store, snapshot } = await tableOf(3);
    const { store: watched, calls } = counted(store);
    expect(await refreshSnapshot(watched, snapshot)).toBe(snapshot);
    expect(calls.every((call) => !call.startsWith('list'))).toBe(true);
  });

  test('takes in what others committed, and keeps a bounded tail', async () => {
    const { store, snapshot } = await tableOf(3);
    let other = snapshot;
    for (let index = 0; index < 100; index++) {
      other = committed(await commit(store, other, [commitInfo(1000 + index), { kind: 'add', add: addFile(`other-${index}`) }]));
    }
    const refreshed = await refreshSnapshot(store, snapshot);
    expect(refreshed).toEqual(other);
    expect(refreshed.tail).toHaveLength(TAIL_MAX);
    expect(refreshed.tail.at(-1)?.version).toBe(103);
    expect((await openSnapshot(store)).tail).toEqual(refreshed.tail);
  });
});

describe('createTable()', () => {
  test('loses against a table that is there', async () => {
    const { store } = await tableOf(0);
    const again = await createTable(store, { schema: SCHEMA, id: 'b', createdMillis: 2, commitInfo: { txnId: 'again' } });
    expect(again).toEqual({ kind: 'conflict', version: 0 });
  });
});
