import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { DeltaError } from '../src/errors.ts';
import { nodeIo } from '../src/local-io.ts';
import { collectLeftovers, supportsHardLinks } from '../src/local-leftovers.ts';
import { openLocalStore } from '../src/local-store.ts';
import { createFaultyIo, CrashError } from '../src/testing/faults.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const NOW_MILLIS = 1_800_000_000_000;
const HOUR_MILLIS = 3_600_000;

function place(root: string, path: string, ageMillis: number): void {
  writeFileSync(join(root, path), '12345');
  const seconds = (NOW_MILLIS - ageMillis) / 1000;
  utimesSync(join(root, path), seconds, seconds);
}

describe('collectLeftovers()', () => {
  it('removes temporary files of dead processes and of living ones after an hour, and nothing else', async () => {
    const root = scratch();
    mkdirSync(join(root, 'd/e'), { recursive: true });
    place(root, '.10-00ff-1.tmp', 0);
    place(root, 'd/e/.10-00ff-2.tmp', HOUR_MILLIS);
    place(root, 'd/.11-00ff-1.tmp', HOUR_MILLIS - 1000);
    place(root, 'd/.11-00ff-2.tmp', HOUR_MILLIS + 1000);
    place(root, 'd/.11-00ff-3.tmp', -HOUR_MILLIS);
    const kept = ['10-00ff-1.tmp', '.x-00ff-1.tmp', '.10-00ff-1.tmp.json', 'd/.10.tmp', 'd/object'];
    for (const path of kept) place(root, path, 100 * HOUR_MILLIS);

    const { paths, sizeBytes } = await collectLeftovers(root, { isAlive: (pid) => pid === 11, nowMillis: NOW_MILLIS });
    assert.deepEqual([...paths].sort(), ['.10-00ff-1.tmp', 'd/.11-00ff-2.tmp', 'd/e/.10-00ff-2.tmp']);
    assert.equal(sizeBytes, 15);
    const left = readdirSync(root, { recursive: true }).map(String).filter((path) => !['d', 'd/e'].includes(path));
    assert.deepEqual(left.sort(), [...kept, 'd/.11-00ff-1.tmp', 'd/.11-00ff-3.tmp'].sort());
  });

  it('removes what a crash of every kind of write leaves', async () => {
    const root = scratch();
    for (let at = 1; at <= 40; at += 1) {
      const store = openLocalStore(root, createFaultyIo(nodeIo, { at, fault: { kind: 'crash' } }).io);
      const run = async (): Promise<void> => {
        await store.put('d/a', new Uint8Array(9));
        await store.putIfAbsent(`d/${at}`, new Uint8Array(9));
        await store.putHint('d/hint', new Uint8Array(9));
        const staged = await store.stage();
        await staged.write(new Uint8Array(9));
        await staged.publish(`blob/${at}`);
      };
      await run().catch((error: unknown) => { assert.ok(error instanceof CrashError); });
    }
    const { paths } = await collectLeftovers(root, { isAlive: () => false, nowMillis: 0 });
    assert.ok(paths.length >= 10, `${paths.length} leftovers`);
    const left = readdirSync(root, { recursive: true }).map(String);
    assert.deepEqual(left.filter((path) => path.endsWith('.tmp')), []);
    for await (const { sizeBytes } of openLocalStore(root).list('')) assert.equal(sizeBytes, 9);
  });

  it('of an absent directory is a storage error', async () => {
    await assert.rejects(collectLeftovers(join(scratch(), 'absent'), { isAlive: () => false, nowMillis: 0 }), DeltaError);
  });
});

describe('supportsHardLinks()', () => {
  it('is true on a file system that has them, and leaves nothing', async () => {
    const root = scratch();
    assert.equal(await supportsHardLinks(root), true);
    assert.deepEqual(readdirSync(root), []);
  });

  it('is false where links are refused or replace what is there', async () => {
    const refusing = { ...nodeIo, link: () => { throw Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'link' }); } };
    const replacing = { ...nodeIo, link: () => undefined };
    for (const io of [refusing, replacing]) {
      const root = scratch();
      assert.equal(await supportsHardLinks(root, io), false);
      assert.deepEqual(readdirSync(root), []);
    }
  });

  it('reports other errors', async () => {
    const full = { ...nodeIo, link: () => { throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'link' }); } };
    await assert.rejects(supportsHardLinks(scratch(), full), /the disk is full/);
    await assert.rejects(supportsHardLinks(join(scratch(), 'absent')), DeltaError);
  });
});
