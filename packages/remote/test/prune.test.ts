import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fsckPondDirectory } from '@duckpond/pond';
import { PLAIN } from '../src/backup/cipher.ts';
import { claimIdentity } from '../src/backup/identity.ts';
import { NO_CACHE } from '../src/backup/index-cache.ts';
import { pruneBackup, type PruneOptions, type PruneReport } from '../src/backup/prune.ts';
import { pushBackup, type PushReport } from '../src/backup/push.ts';
import { restoreBackup } from '../src/backup/restore.ts';
import { verifyBackup } from '../src/backup/verify.ts';
import { openDirectoryStore } from '../src/directory-store.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import { type RandomPond, randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();

async function listed(store: RemoteStore): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list('')) paths.push(path);
  return paths;
}

function push({ pond, environment }: RandomPond, store: RemoteStore): Promise<PushReport> {
  return pushBackup({ directory: pond.directory, store, sealer: PLAIN, environment, cache: NO_CACHE });
}

function prune({ pond, environment }: RandomPond, store: RemoteStore, more: Partial<PruneOptions>): Promise<PruneReport> {
  return pruneBackup({ store, opener: PLAIN, directory: pond.directory, pondId: pond.identity.id, environment, ...more });
}

describe('pruneBackup()', () => {
  it('forgets old pushes and nothing that kept states need; --dry-run forgets nothing', { timeout: 120_000 }, async () => {
    const made = await randomPond(join(scratch(), 'pond'), 21);
    const store = openDirectoryStore(scratch());
    await claimIdentity(store, { pondId: made.pond.identity.id, createdMicros: 1n, encryption: undefined });
    const roots = new Map<number, string | undefined>();
    for (let i = 0; i < 70; i++) {
      await made.pond.write(async (fs) => {
        const root = await fs.root();
        // A large content that only this state has.
        await root.write('/changing', [Buffer.from(`${i} `.repeat(40_000))]);
      });
      const { txnSeq } = await push(made, store);
      if (i >= 66) roots.set(txnSeq, (await fsckPondDirectory(made.pond.directory)).contentRoot);
    }
    // Old blobs go from the pond only with its history; here what was never committed stands for what nothing names.
    await store.put('files/' + 'ab'.repeat(32), Buffer.from('of a push that was killed'));
    await store.put('packs/killed.tar.zst', Buffer.from('of a push that was killed'));
    const before = await listed(store);
    made.environment.passMillis(2 * 86_400_000);
    const dry = await prune(made, store, { keepLast: 3, dryRun: true });
    assert.deepEqual(await listed(store), before);
    const report = await prune(made, store, { keepLast: 3 });
    assert.deepEqual(report, dry);
    assert.equal(report.removedEntries, 64);
    assert.equal(report.removedFiles, 1);
    const after = await listed(store);
    assert.ok(!after.includes('files/' + 'ab'.repeat(32)) && !after.includes('packs/killed.tar.zst'));
    assert.equal(after.filter((path) => /^log\/\d/.test(path)).length, 7);
    assert.deepEqual((await verifyBackup({ directory: made.pond.directory, store, opener: PLAIN, data: true, environment: made.environment })).problems, []);
    for (const [txnSeq, root] of roots) {
      const restored = await restoreBackup({ store, opener: PLAIN, directory: join(scratch(), 'r'), environment: made.environment, at: { txnSeq } });
      assert.equal(restored.contentRoot, root);
    }
    // A second one finds nothing, and pushing goes on.
    assert.equal((await prune(made, store, { keepLast: 8 })).removedEntries, 0);
    await made.step();
    assert.equal((await push(made, store)).outcome, 'pushed');
    await made.pond.close();
  });

  it('killed after any deletion, the backup can be restored and the next one ends the work', async () => {
    const made = await randomPond(join(scratch(), 'pond'), 22);
    const directory = scratch();
    const store = openDirectoryStore(directory);
    await claimIdentity(store, { pondId: made.pond.identity.id, createdMicros: 1n, encryption: undefined });
    for (let i = 0; i < 68; i++) {
      await made.pond.write(async (fs) => { await (await fs.root()).write('/f', [Buffer.from(String(i))]); });
      await push(made, store);
    }
    made.environment.passMillis(2 * 86_400_000);
    let left = 5;
    const dying: RemoteStore = { ...store, delete: async (path) => { if (left-- <= 0) throw new Error('killed'); await store.delete(path); } };
    for (let i = 0; i < 3; i++) {
      left = 5 + i;
      await assert.rejects(prune(made, dying, { keepLast: 1 }), /killed/);
      const { contentRoot } = await restoreBackup({ store, opener: PLAIN, directory: join(scratch(), randomUUID()), environment: made.environment });
      assert.equal(contentRoot, (await fsckPondDirectory(made.pond.directory)).contentRoot);
    }
    await prune(made, store, { keepLast: 1 });
    assert.deepEqual((await verifyBackup({ directory: made.pond.directory, store, opener: PLAIN, data: true, environment: made.environment })).problems, []);
    await made.pond.close();
  });

  it('a push that relied on what is being pruned stores it again under another name', async () => {
    const made = await randomPond(join(scratch(), 'pond'), 23);
    const store = openDirectoryStore(scratch());
    await claimIdentity(store, { pondId: made.pond.identity.id, createdMicros: 1n, encryption: undefined });
    await push(made, store);
    const content = Buffer.from('the same content '.repeat(9000));
    await made.pond.write(async (fs) => { await (await fs.root()).write('/large', [content]); });
    // A push that was killed has left the content there; a prune comes between the look at it and the entry.
    const { createHash } = await import('node:crypto');
    const name = createHash('sha256').update(content).digest('hex');
    const { compressFrames } = await import('../src/backup/frames.ts');
    await store.upload(`files/${name}.zst`, compressFrames((async function* () { yield content; })()));
    let isFirst = true;
    const racing: RemoteStore = {
      ...store,
      putIfAbsent: async (path, bytes) => {
        if (isFirst && path.startsWith('log/')) {
          isFirst = false;
          made.environment.passMillis(2 * 86_400_000);
          await prune(made, store, { keepLast: 1 });
        }
        return store.putIfAbsent(path, bytes);
      },
    };
    await push(made, racing);
    assert.ok((await listed(store)).some((path) => path.startsWith(`files/${name}-`)));
    assert.deepEqual((await verifyBackup({ directory: made.pond.directory, store, opener: PLAIN, data: true, environment: made.environment })).problems, []);
    await made.pond.close();
  });
});
