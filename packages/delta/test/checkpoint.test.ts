import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { type Action, type AddFile, removeOf } from '../src/action.ts';
import { readCheckpoint } from '../src/checkpoint-read.ts';
import { CHECKPOINT_COLUMNS, CHECKPOINT_SCHEMA } from '../src/checkpoint-schema.ts';
import { checkpointRows, writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { commit } from '../src/commit.ts';
import type { Fields } from '../src/fields.ts';
import { classicCheckpointPath, commitPath, LAST_CHECKPOINT_PATH } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { completeSnapshot, makeSnapshot, openSnapshot, type Snapshot } from '../src/snapshot.ts';
import { addFile, commitInfo, newTable } from './tables.ts';

const VECTOR = { storageType: 'u', pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^', offset: 4, sizeInBytes: 40, cardinality: 6 } as const;

/** Six versions with everything that a checkpoint holds, also what other writers leave behind. */
async function richTable(): Promise<{ store: ObjectStore; snapshot: Snapshot }> {
  const store = createMemoryStore();
  let snapshot = await newTable(store, { 'delta.deletedFileRetentionDuration': 'interval 1 hours', 'duckpond.format': '1' });
  let previous: AddFile | undefined;
  for (let version = 1; version <= 5; version++) {
    const add = addFile(`a ${version}%ü.parquet`, { tags: { sha256: `${version}`, none: null }, size: version });
    const actions: Action[] = [commitInfo(version), { kind: 'add', add }, { kind: 'txn', txn: { appId: `app ${version % 2}`, version } }];
    if (previous !== undefined && version % 2 === 0) {
      actions.push({ kind: 'remove', remove: removeOf(previous, version * 1_000_000, true) });
    }
    const result = await commit(store, snapshot, actions);
    if (result.kind !== 'committed') throw new Error('conflict');
    snapshot = result.snapshot;
    previous = add;
  }
  return { store, snapshot };
}

function withoutTail(snapshot: Snapshot): Snapshot {
  return { ...snapshot, tail: [] };
}

async function rowsOf(store: ObjectStore, version: number): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: Uint8Array.from(await store.get(classicCheckpointPath(version)) ?? []).buffer });
}

describe('writeCheckpoint()', () => {
  test('and readCheckpoint() keep a state', async () => {
    const { store, snapshot } = await richTable();
    expect((await writeCheckpoint(store, snapshot)).version).toBe(5);
    for (let version = 0; version < 5; version++) await store.delete(commitPath(version));
    expect(withoutTail(await openSnapshot(store))).toEqual(withoutTail(snapshot));
    await store.delete(LAST_CHECKPOINT_PATH);
    expect(withoutTail(await openSnapshot(store))).toEqual(withoutTail(snapshot));
  });

  test('keeps deletion vectors, 64-bit versions, row ids and features', async () => {
    const { snapshot } = await richTable();
    const add = addFile('v.parquet', { deletionVector: VECTOR, baseRowId: 5, defaultRowCommitVersion: 3, dataChange: false });
    const rich = makeSnapshot(5, {
      ...snapshot,
      protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors'], writerFeatures: ['deletionVectors'] },
      files: new Map([['v', add]]),
      transactions: new Map([['long', { appId: 'long', version: 9223372036854775807n, lastUpdated: 7 }]]),
      domainMetadata: new Map([['d', { domain: 'd', configuration: '{}', removed: false }]]),
    }, [], true);
    const store = createMemoryStore();
    await putRows(store, classicCheckpointPath(5), checkpointRows(rich));
    const state = await readCheckpoint(store, { version: 5, paths: [classicCheckpointPath(5)] });
    expect([...state.files.values()]).toEqual([add]);
    expect(state.transactions).toEqual(rich.transactions);
    expect(state.domainMetadata).toEqual(rich.domainMetadata);
    expect(state.protocol).toEqual(rich.protocol);
  });

  test('writes the lists of features as null below versions 3 and 7, and never null at them', async () => {
    const { store, snapshot } = await richTable();
    await writeCheckpoint(store, snapshot);
    const [protocol] = await rowsOf(store, 5);
    expect(protocol?.['protocol']).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
    const newer = makeSnapshot(5, { ...snapshot, protocol: { minReaderVersion: 3, minWriterVersion: 7 } }, [], true);
    const [row] = checkpointRows(newer);
    expect(row?.['protocol']).toEqual({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: [], writerFeatures: [] });
  });

  test('leaves expired tombstones out, and their statistics and tags', async () => {
    const { store, snapshot } = await richTable();
    expect([...snapshot.tombstones.values()].map((remove) => remove.deletionTimestamp)).toEqual([2_000_000, 4_000_000]);
    await writeCheckpoint(store, snapshot, { nowMillis: 3_600_000 + 3_000_000 });
    const removes = (await rowsOf(store, 5)).flatMap((row) => row['remove'] ?? []);
    expect(removes).toHaveLength(1);
    expect(removes[0]).toMatchObject({ deletionTimestamp: 4_000_000n, dataChange: false, extendedFileMetadata: true });
    expect(Object.keys(Object(removes[0]) as object)).not.toContain('tags');
  });

  test('of a snapshot from a .crc has the tombstones that the .crc does not know', async () => {
    const { store, snapshot } = await richTable();
    await writeChecksum(store, snapshot);
    const quick = await openSnapshot(store, { hintVersion: 5 });
    expect([quick.hasAllTombstones, quick.tombstones.size]).toEqual([false, 0]);
    expect((await completeSnapshot(store, quick)).tombstones).toEqual(snapshot.tombstones);
    await writeCheckpoint(store, quick);
    const state = await readCheckpoint(store, { version: 5, paths: [classicCheckpointPath(5)] });
    expect(state.tombstones).toEqual(snapshot.tombstones);
  });
});

describe('openSnapshot() with checkpoints', () => {
  test('falls back to an older checkpoint or the commits when the newest cannot be read', async () => {
    const { store, snapshot } = await richTable();
    await writeCheckpoint(store, await openSnapshot(store, { version: 2 }));
    await writeCheckpoint(store, snapshot);
    await store.put(classicCheckpointPath(5), Buffer.from('PAR1 torn'));
    expect(await openSnapshot(store)).toMatchObject({ version: 5, files: snapshot.files });
    await store.delete(commitPath(0));
    expect(await openSnapshot(store)).toMatchObject({ version: 5, files: snapshot.files, tombstones: snapshot.tombstones });
    await store.delete(commitPath(3));
    await expect(openSnapshot(store)).rejects.toMatchObject({ code: 'corrupt-checkpoint', data: { file: classicCheckpointPath(5) } });
  });

  test.each(['', '{"version":3,"size":1}', '{"version":99,"size":1}', 'garbage', '{"version":2,"size":1,"parts":2}'])(
    'does not mind a _last_checkpoint with %j', async (text) => {
      const { store, snapshot } = await richTable();
      await writeCheckpoint(store, snapshot);
      await store.put(LAST_CHECKPOINT_PATH, Buffer.from(text));
      expect(withoutTail(await openSnapshot(store))).toEqual(withoutTail(snapshot));
    },
  );

  test('reads a V2 checkpoint in Parquet with sidecars', async () => {
    const { store, snapshot } = await richTable();
    const rows = checkpointRows(snapshot);
    const isFile = (row: Fields): boolean => 'add' in row || 'remove' in row;
    const sidecar = '3a0d65cd-4056-49b8-937b-95f9e3ee90e5.parquet';
    await putRows(store, `_delta_log/_sidecars/${sidecar}`, rows.filter(isFile));
    const main = '_delta_log/00000000000000000005.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet';
    await putRows(store, main, [
      { checkpointMetadata: { version: 5n } },
      ...rows.filter((row) => !isFile(row)),
      { sidecar: { path: sidecar, sizeInBytes: 1n, modificationTime: 1n } },
    ]);
    for (let version = 0; version < 5; version++) await store.delete(commitPath(version));
    expect(withoutTail(await openSnapshot(store))).toEqual(withoutTail(snapshot));
    await store.delete(`_delta_log/_sidecars/${sidecar}`);
    await expect(openSnapshot(store)).rejects.toMatchObject({ code: 'corrupt-checkpoint' });
  });
});

/** Rows as Parquet with the columns of V2 checkpoints. */
async function putRows(store: ObjectStore, path: string, rows: readonly Fields[]): Promise<void> {
  const long = (name: string) => ({ name, type: 'INT64', repetition_type: 'OPTIONAL' } as const);
  const text = (name: string) => ({ name, type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' } as const);
  const [root, ...elements] = CHECKPOINT_SCHEMA;
  if (root === undefined) throw new Error('no schema');
  const bytes = parquetWriteBuffer({
    schema: [
      { ...root, num_children: CHECKPOINT_COLUMNS.length + 2 }, ...elements,
      { name: 'checkpointMetadata', repetition_type: 'OPTIONAL', num_children: 1 }, long('version'),
      { name: 'sidecar', repetition_type: 'OPTIONAL', num_children: 3 }, text('path'), long('sizeInBytes'), long('modificationTime'),
    ],
    columnData: [...CHECKPOINT_COLUMNS, 'checkpointMetadata', 'sidecar']
      .map((name) => ({ name, data: rows.map((row) => row[name] ?? null) })),
  });
  expect(Number(parquetMetadata(bytes).num_rows)).toBe(rows.length);
  await store.put(path, new Uint8Array(bytes));
}
