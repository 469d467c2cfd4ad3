import { describe, expect, test } from 'vitest';
import { type Action, type AddFile, removeOf } from '../src/action.ts';
import { commit, createTable } from '../src/commit.ts';
import { encodeCommit, readCommit } from '../src/commit-file.ts';
import { commitPath } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot, refreshSnapshot } from '../src/snapshot.ts';
import { addFile, commitInfo, failure, newTable, SCHEMA } from './tables.ts';

const PROTOCOL: Action = { kind: 'protocol', protocol: { minReaderVersion: 1, minWriterVersion: 2 } };

function add(path: string, fields: Partial<AddFile> = {}): Action {
  return { kind: 'add', add: addFile(path, fields) };
}

function remove(path: string, deletionMillis: number, dataChange = true): Action {
  return { kind: 'remove', remove: removeOf(addFile(path), deletionMillis, dataChange) };
}

function transaction(appId: string, version: number): Action {
  return { kind: 'txn', txn: { appId, version } };
}

/** The store with another `putIfAbsent`. */
function withPut(store: ObjectStore, putIfAbsent: ObjectStore['putIfAbsent']): ObjectStore {
  return {
    get: (path, range) => store.get(path, range),
    read: (path, range) => store.read(path, range),
    head: (path) => store.head(path),
    list: (prefix) => store.list(prefix),
    put: (path, bytes) => store.put(path, bytes),
    putHint: (path, bytes) => store.putHint(path, bytes),
    stage: () => store.stage(),
    delete: (path) => store.delete(path),
    putIfAbsent,
  };
}

describe('encodeCommit()', () => {
  test('writes one action a line, with URI-encoded paths', () => {
    expect(Buffer.from(encodeCommit([commitInfo(1), add('a b.parquet', { stats: '{"numRecords":1}' })])).toString()).toBe(
      '{"commitInfo":{"timestamp":1700000000000,"operation":"WRITE","txnId":"txn-1"}}\n'
      + '{"add":{"path":"a%20b.parquet","partitionValues":{},"size":100,"modificationTime":1700000000000,'
      + '"dataChange":true,"stats":"{\\"numRecords\\":1}"}}\n',
    );
  });
});

describe('commit()', () => {
  test('lets one of two writers win and tells the other the version', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const first = await commit(store, snapshot, [commitInfo('a'), add('a')]);
    expect(first.kind).toBe('committed');
    expect(await commit(store, snapshot, [commitInfo('b'), add('b')])).toEqual({ kind: 'conflict', version: 1 });
    const second = await commit(store, await refreshSnapshot(store, snapshot), [commitInfo('b'), add('b')]);
    expect(second.kind === 'committed' && [...second.snapshot.files.keys()]).toEqual(['a', 'b']);
    expect((await readCommit(store, 2))?.commitInfo?.txnId).toBe('txn-b');
    expect(await readCommit(store, 3)).toBeUndefined();
  });

  test('is committed when the store fails after it wrote the bytes', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const failing = withPut(store, async (path, bytes) => {
      await store.putIfAbsent(path, bytes);
      throw new Error('connection reset');
    });
    const result = await commit(failing, snapshot, [commitInfo('a'), add('a')]);
    expect(result).toEqual({ kind: 'committed', snapshot: await openSnapshot(store) });
  });

  test('is not acknowledged when the bytes are there but cannot be made durable', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const failing = withPut(store, async (path, bytes) => {
      await store.putIfAbsent(path, bytes);
      throw new Error('EIO: fsync');
    });
    failing.put = () => Promise.reject(new Error('EIO: fsync'));
    await expect(commit(failing, snapshot, [commitInfo('a'), add('a')])).rejects.toMatchObject({ code: 'storage' });
  });

  test('is committed when a retry inside the store finds the bytes of the first attempt', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const retrying = withPut(store, async (path, bytes) => {
      await store.putIfAbsent(path, bytes);
      return store.putIfAbsent(path, bytes);
    });
    expect((await commit(retrying, snapshot, [commitInfo('a'), add('a')])).kind).toBe('committed');
  });

  test('is a conflict when the store fails and the bytes are those of another', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const failing = withPut(store, async (path) => {
      await store.putIfAbsent(path, encodeCommit([commitInfo('other'), add('a')]));
      throw new Error('connection reset');
    });
    expect(await commit(failing, snapshot, [commitInfo('own'), add('a')])).toEqual({ kind: 'conflict', version: 1 });
  });

  test('refuses to read an empty commit file, as a power cut may leave of one that was not made durable', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    await store.put(commitPath(1), new Uint8Array());
    await expect(openSnapshot(store)).rejects.toEqual(failure('corrupt-log', 'it is empty'));
    await expect(refreshSnapshot(store, snapshot)).rejects.toEqual(failure('corrupt-log', commitPath(1)));
  });

  test('says that the store failed when nothing was written', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    const failing = withPut(store, () => Promise.reject(new Error('no space left on device')));
    await expect(commit(failing, snapshot, [commitInfo('a'), add('a')])).rejects.toMatchObject({
      code: 'storage', message: expect.stringContaining('no space left on device') as string, data: { file: commitPath(1), version: 1 },
    });
    expect(await openSnapshot(store)).toEqual(snapshot);
  });

  test('does not write behind a log that was cleaned past its snapshot', async () => {
    const store = createMemoryStore();
    const old = await newTable(store);
    let snapshot = old;
    for (let version = 1; version <= 3; version++) {
      const result = await commit(store, snapshot, [commitInfo(version), add(`f${version}`)]);
      if (result.kind === 'committed') snapshot = result.snapshot;
    }
    const { writeCheckpoint } = await import('../src/checkpoint-write.ts');
    await writeCheckpoint(store, snapshot);
    for (const version of [0, 1, 2]) await store.delete(commitPath(version));
    expect(await commit(store, old, [commitInfo('late'), add('late')])).toEqual({ kind: 'conflict', version: 1 });
    expect((await refreshSnapshot(store, old)).version).toBe(3);
  });

  test.each<[string, Action[], string]>([
    ['no txnId', [{ kind: 'commitInfo', commitInfo: {} }], 'txnId'],
    ['no commitInfo', [add('a')], 'commitInfo'],
    ['two adds of one path', [commitInfo(1), add('a'), add('a')], 'add "a" is there twice'],
    ['two removes of one path', [commitInfo(1), remove('a', 1), remove('a', 2)], 'remove "a" is there twice'],
    ['two txn of one application', [commitInfo(1), transaction('x', 1), transaction('x', 2)], 'txn "x" is there twice'],
    ['two protocols', [commitInfo(1), PROTOCOL, PROTOCOL], 'protocol is there twice'],
    ['an absolute path', [commitInfo(1), add('/a')], '"/a"'],
    ['a path that leaves the table', [commitInfo(1), add('../a')], '"../a"'],
    ['partition values of no column', [commitInfo(1), add('a', { partitionValues: { p: '1' } })], 'partition values of "a"'],
    ['a size that is no integer', [commitInfo(1), add('a', { size: 1.5 })], 'size of "a"'],
    ['a checkpoint action', [commitInfo(1), { kind: 'checkpointMetadata', checkpointMetadata: { version: 1 } }], 'checkpointMetadata'],
  ])('refuses %s', async (_, actions, part) => {
    const store = createMemoryStore();
    const snapshot = await newTable(store);
    await expect(commit(store, snapshot, actions)).rejects.toEqual(failure('invalid-commit', part));
    expect(await store.head(commitPath(1))).toBeUndefined();
  });

  test('to an append-only table may rearrange data but not remove it', async () => {
    const store = createMemoryStore();
    const snapshot = await newTable(store, { 'delta.appendOnly': 'true' });
    const added = await commit(store, snapshot, [commitInfo(1), add('a')]);
    if (added.kind !== 'committed') throw new Error('conflict');
    await expect(commit(store, added.snapshot, [commitInfo(2), remove('a', 1)])).rejects.toMatchObject({ code: 'invalid-commit' });
    const rearranged = [commitInfo(2), remove('a', 1, false), add('b', { dataChange: false })];
    expect((await commit(store, added.snapshot, rearranged)).kind).toBe('committed');
  });
});

describe('createTable()', () => {
  test('makes version 0 from protocol, metadata and the given actions', async () => {
    const store = createMemoryStore();
    const created = await createTable(store, {
      schema: SCHEMA, partitionColumns: ['name'], configuration: { 'duckpond.format': '1' }, id: 'i', name: 'n', description: 'd',
      createdMillis: 5, commitInfo: { txnId: 'x' }, actions: [add('a', { partitionValues: { name: 'x' } }), transaction('p', 1)],
    });
    expect(created).toEqual({ kind: 'committed', snapshot: await openSnapshot(store) });
    expect((await openSnapshot(store))).toMatchObject({
      version: 0, protocol: { minReaderVersion: 1, minWriterVersion: 2 },
      metadata: {
        id: 'i', name: 'n', description: 'd', format: { provider: 'parquet', options: {} }, partitionColumns: ['name'], createdTime: 5,
        configuration: { 'duckpond.format': '1' },
      },
    });
  });

  test.each([
    [{ 'delta.enableDeletionVectors': 'true' }, 'deletionVectors'],
    [{ 'delta.columnMapping.mode': 'name' }, 'columnMapping'],
    [{ 'delta.enableChangeDataFeed': 'true' }, 'changeDataFeed'],
    [{ 'delta.enableInCommitTimestamps': 'true' }, 'inCommitTimestamp'],
    [{ 'delta.constraints.positive': 'id > 0' }, 'checkConstraints'],
  ])('refuses the properties %o by the name of the feature', async (configuration, feature) => {
    await expect(newTable(createMemoryStore(), configuration)).rejects.toMatchObject({ code: 'unsupported-feature', data: { feature } });
  });

  test('refuses columns that differ only in case, and partition columns that are not there', async () => {
    const [id] = SCHEMA.fields;
    if (id === undefined) throw new Error('no field');
    const options = { id: 'i', createdMillis: 1, commitInfo: { txnId: 'x' } };
    const twice = { type: 'struct', fields: [id, { ...id, name: 'ID' }] } as const;
    await expect(createTable(createMemoryStore(), { ...options, schema: twice })).rejects.toMatchObject({ code: 'invalid-commit' });
    const absent = { ...options, schema: SCHEMA, partitionColumns: ['x'] };
    await expect(createTable(createMemoryStore(), absent)).rejects.toMatchObject({ code: 'invalid-commit' });
  });
});
