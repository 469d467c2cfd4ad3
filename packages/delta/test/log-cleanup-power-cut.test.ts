import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { cleanLog, commit, createMemoryStore, createTable, openLocalStore, openSnapshot, type Snapshot, writeCheckpoint } from '../src/index.ts';
import { nodeIo } from '../src/local-io.ts';
import { crashedTree, crashStates, describeCrash, recordIo } from '../src/testing/faults.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const VERSIONS = 12;
const DAY_MILLIS = 24 * 3_600_000;

async function tableWithCheckpoints(directory: string): Promise<Snapshot> {
  const store = openLocalStore(directory);
  const made = await createTable(store, {
    schema: { type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }] },
    id: '00000000-0000-0000-0000-000000000000', createdMillis: 0, commitInfo: { timestamp: 0, txnId: '0' },
  });
  assert.equal(made.kind, 'committed');
  let snapshot = await openSnapshot(store);
  for (let version = 1; version <= VERSIONS; version++) {
    const result = await commit(store, snapshot, [
      { kind: 'commitInfo', commitInfo: { timestamp: version, txnId: String(version) } },
      { kind: 'txn', txn: { appId: 'test', version: BigInt(version) } },
    ]);
    assert.ok(result.kind === 'committed');
    snapshot = result.snapshot;
    if (version === 4) await writeCheckpoint(store, snapshot);
  }
  return snapshot;
}

describe('cleanLog() and a power cut', () => {
  it('whatever of the removed files comes back, the newest version is opened', async () => {
    const disk = scratch();
    const directory = join(disk, 'table');
    mkdirSync(directory);
    const snapshot = await tableWithCheckpoints(directory);
    const { io, trace } = recordIo(nodeIo, directory);
    const store = openLocalStore(directory, io);
    await writeCheckpoint(store, snapshot);
    const plan = await cleanLog(store, { nowMillis: Date.now() + 40 * DAY_MILLIS });
    assert.ok(plan !== undefined && plan.removed.length > VERSIONS);
    let states = 0;
    for (const state of crashStates(trace, { seed: 1, limit: 400, mixtures: 40 })) {
      const crashed = createMemoryStore();
      for (const [path, { bytes }] of crashedTree(trace, state).files) if (!path.endsWith('.tmp')) await crashed.put(path, bytes);
      assert.equal((await openSnapshot(crashed)).version, VERSIONS, describeCrash(trace, state));
      states++;
    }
    assert.ok(states === 400, `${states} states`);
  });
});
