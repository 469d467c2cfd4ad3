import { describe, expect, test } from 'vitest';
import { canonicalJson, lastCheckpointChecksum, readLastCheckpoint, writeLastCheckpoint } from '../src/last-checkpoint.ts';
import { checkpointPartPath, classicCheckpointPath, LAST_CHECKPOINT_PATH } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';

// The example of PROTOCOL.md, "JSON checksum".
const EXAMPLE: object = {
  k0: '\'v 0\'', checksum: 'adsaskfljadfkjadfkj', k1: { k2: 2, k3: ['v3', [1, 2], { k4: 'v4', k5: ['v5', 'v6', 'v7'] }] },
};

test('canonicalJson() and lastCheckpointChecksum() give the results of the specification', async () => {
  expect(canonicalJson(EXAMPLE)).toBe(
    '"k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4",'
    + '"k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"',
  );
  expect(await lastCheckpointChecksum(EXAMPLE)).toBe('6a92d155a59bf2eecbd4b4ec7fd1f875');
});

describe('readLastCheckpoint()', () => {
  const uuid = '00000000000000000007.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet';

  test.each([
    ['{"version":7,"size":3}', { version: 7, paths: [classicCheckpointPath(7)] }],
    ['{"version":7,"size":3,"parts":2}', { version: 7, paths: [checkpointPartPath(7, 1, 2), checkpointPartPath(7, 2, 2)] }],
    [`{"version":7,"size":3,"v2Checkpoint":{"path":"${uuid}"}}`, { version: 7, paths: [`_delta_log/${uuid}`] }],
    ['{"version":7,"v2Checkpoint":{"path":"../../etc/passwd"}}', undefined],
    ['{"version":8,"v2Checkpoint":{"path":"00000000000000000007.json"}}', undefined],
    ['{"version":"7"}', undefined],
    ['{"version":-1}', undefined],
    ['{"version":7,', undefined],
    ['[]', undefined],
    ['', undefined],
  ])('of %s', async (text, checkpoint) => {
    const store = createMemoryStore();
    expect(await readLastCheckpoint(store)).toBeUndefined();
    await store.put(LAST_CHECKPOINT_PATH, Buffer.from(text));
    expect(await readLastCheckpoint(store)).toEqual(checkpoint);
  });
});

test('writeLastCheckpoint() adds a checksum and never goes back', async () => {
  const store = createMemoryStore();
  await writeLastCheckpoint(store, { version: 7, size: 3, sizeInBytes: 100, numOfAddFiles: 1 });
  const text = Buffer.from(await store.get(LAST_CHECKPOINT_PATH) ?? []).toString();
  const value = JSON.parse(text) as { checksum: string };
  expect(value).toMatchObject({ version: 7, size: 3, sizeInBytes: 100, numOfAddFiles: 1 });
  expect(value.checksum).toBe(await lastCheckpointChecksum(value));
  await writeLastCheckpoint(store, { version: 6, size: 3, sizeInBytes: 100, numOfAddFiles: 1 });
  expect(Buffer.from(await store.get(LAST_CHECKPOINT_PATH) ?? []).toString()).toBe(text);
});
