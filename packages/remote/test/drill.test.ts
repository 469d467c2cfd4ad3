import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { fsckPondDirectory, openPond, type Pond } from '@duckpond/pond';
import { NO_CACHE } from '../src/backup/index-cache.ts';
import { claimIdentity } from '../src/backup/identity.ts';
import { type Opener, PLAIN } from '../src/backup/cipher.ts';
import { pushBackup, type PushReport } from '../src/backup/push.ts';
import { restoreBackup } from '../src/backup/restore.ts';
import { openDirectoryStore } from '../src/directory-store.ts';
import { openS3Store } from '../src/s3-store.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import { type S3Server, startS3Server } from '../src/testing/index.ts';
import { type RandomPond, randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const SEED = Number(env['DUCKPOND_SEED'] ?? 1);

let server: S3Server;
beforeEach(async () => { server = await startS3Server({ nowMillis: Date.now }); });
afterEach(() => server.close());

function openS3(): RemoteStore {
  return openS3Store({ bucket: server.bucketName, prefix: 'b', endpoint: server.endpoint, ...server.credentials, uuid: randomUUID, pauseMillis: 2 });
}

function push(made: RandomPond, store: RemoteStore, sealer: Opener = PLAIN): Promise<PushReport> {
  return pushBackup({ directory: made.pond.directory, store, sealer, environment: made.environment, cache: NO_CACHE });
}

/** Path, kind and bytes of everything, and the root. */
async function picture(pond: Pond, at?: number): Promise<string[]> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const lines: string[] = [];
    for await (const { path, node } of root.walk('/')) {
      if (node.kind === 'directory' || node.kind === 'symlink') lines.push(`${path} ${node.kind}`);
      else {
        const chunks: Uint8Array[] = [];
        for await (const chunk of root.read(path)) chunks.push(chunk);
        lines.push(`${path} ${node.kind} ${Buffer.concat(chunks).toString('base64')}`);
      }
    }
    return lines;
  }, at === undefined ? {} : { at: { txnSeq: at } });
}

describe(`restore drill (seed ${SEED})`, () => {
  for (const [name, open] of [['bucket', openS3], ['directory', () => openDirectoryStore(scratch())]] as const) {
    it(`gives back every byte, the content root and every pushed state from a ${name}`, async () => {
      const made = await randomPond(join(scratch(), 'pond'), SEED);
      const store = open();
      await claimIdentity(store, { pondId: made.pond.identity.id, createdMicros: 1n, encryption: undefined });
      const roots = new Map<number, string | undefined>();
      for (let i = 0; i < 70; i++) {
        await made.step();
        if (i % 7 !== 0 && i !== 69) continue;
        const report = await push(made, store);
        assert.equal(report.outcome, 'pushed');
        roots.set(report.txnSeq, (await fsckPondDirectory(made.pond.directory)).contentRoot);
        assert.equal((await push(made, store)).outcome, 'unchanged');
      }
      const expected = await picture(made.pond);
      const states = await Promise.all([...roots.keys()].map((txn) => picture(made.pond, txn)));
      await made.pond.close();
      rmSync(made.pond.directory, { recursive: true });

      for (const [index, [txnSeq, root]] of [...roots].entries()) {
        const directory = join(scratch(), 'restored');
        const isNewest = index === roots.size - 1;
        const report = await restoreBackup({
          store, opener: PLAIN, directory, environment: made.environment, ...(isNewest ? {} : { at: { txnSeq } }),
        });
        assert.equal(report.txnSeq, txnSeq);
        assert.equal(report.contentRoot, root);
        const checked = await fsckPondDirectory(directory);
        assert.deepEqual(checked.faults.filter(({ severity }) => severity !== 'derived'), []);
        assert.equal(checked.contentRoot, root);
        const pond = await openPond(directory);
        assert.deepEqual(await picture(pond), states[index]);
        if (isNewest) assert.deepEqual(await picture(pond), expected);
        // The pond goes on.
        await pond.write(async (fs) => { await (await fs.root()).write('/after', [Buffer.from('x')]); });
        await pond.close();
      }
    });
  }

  it('restores every transaction between two pushes whose files were still there', async () => {
    const made = await randomPond(join(scratch(), 'pond'), SEED + 1);
    const store = openS3();
    await claimIdentity(store, { pondId: made.pond.identity.id, createdMicros: 1n, encryption: undefined });
    const roots: (string | undefined)[] = [];
    for (let i = 0; i < 20; i++) {
      await made.step();
      roots.push((await fsckPondDirectory(made.pond.directory)).contentRoot);
      if (i === 5 || i === 19) await push(made, store);
    }
    const newest = (await made.pond.transaction()).txnSeq;
    for (let i = 0; i < 20; i += 3) {
      const directory = join(scratch(), 'restored');
      const txnSeq = newest - 19 + i;
      const report = await restoreBackup({ store, opener: PLAIN, directory, environment: made.environment, at: { txnSeq } });
      assert.equal(report.txnSeq, txnSeq);
      assert.equal((await fsckPondDirectory(directory)).contentRoot, roots[i]);
    }
    await made.pond.close();
  });
});

describe('pushBackup()', () => {
  it('unchanged is one request, one small commit two more, and 1,000 transactions behind few', async () => {
    const made = await randomPond(join(scratch(), 'pond'), SEED + 2);
    const store = openS3();
    const environment = made.environment;
    const { createIndexCache } = await import('../src/backup/index-cache.ts');
    const cache = createIndexCache(join(scratch(), 'cache.json'), environment.uuid);
    const pushed = (): Promise<PushReport> =>
      pushBackup({ directory: made.pond.directory, store, sealer: PLAIN, environment, cache });
    const small = (i: number): Promise<unknown> =>
      made.pond.write(async (fs) => { await (await fs.root()).write('/small', [Buffer.from(String(i))]); });
    await pushed();
    let before = server.requests();
    const requests = (): number => server.requests() - before;
    assert.equal((await pushed()).outcome, 'unchanged');
    assert.equal(requests(), 1);
    await small(0);
    before = server.requests();
    await pushed();
    assert.equal(requests(), 3);
    for (let i = 0; i < 1000; i++) await small(i);
    before = server.requests();
    assert.equal((await pushed()).transactions, 1000);
    assert.ok(requests() <= 4, `${requests()} requests`);
    await made.pond.close();
  });
});

