import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { dumpTree } from './tree-dump.ts';

const scratch = scratchDirectories();
const disk = scratch();
/** A disk of 2 MB, where this user may mount one. */
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'duckpond-test', disk]).status === 0;
afterAll(() => { if (isMounted) spawnSync('umount', ['-l', disk]); });

const SIZES = [50, 20_000, 100_000];

/** Takes all space but about so much. */
function fill(leftBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const take = bavail * bsize - leftBytes;
  if (take > 0) writeFileSync(join(disk, 'filler'), Buffer.alloc(take));
}

function free(): void {
  rmSync(join(disk, 'filler'), { force: true });
}

describe.skipIf(!isMounted)('a pond on a full disk (needs the right to mount)', () => {
  it('init: makes a pond, or fails with what to do and is possible again once there is space', async () => {
    for (let left = 0; left <= 48 * 1024; left += 4096) {
      const directory = join(disk, 'new');
      mkdirSync(directory);
      fill(left);
      const made = await createPond(directory).then(() => true, (error: unknown) => {
        assertSaysWhatToDo(error, left);
        return false;
      });
      free();
      if (!made) await createPond(directory);
      const pond = await openPond(directory);
      assert.equal((await pond.transaction()).txnSeq, 1);
      rmSync(directory, { recursive: true });
    }
  });

  it('write(): at every fill level it commits or fails with what to do, all stays readable, and it works again once there is space', async () => {
    const directory = join(disk, 'pond');
    let pond = await createPond(directory);
    let committed = 0;
    let refused = 0;
    let step = 0;
    for (let left = 0; left <= 160 * 1024; left += 8192) {
      for (const sizeBytes of SIZES) {
        step++;
        const before = await pond.read((fs) => dumpTree(fs, { versions: false }));
        const newest = (await pond.transaction()).txnSeq;
        const path = `/d/f${step % 4}`;
        const write = async (): Promise<unknown> => pond.write(async (fs) => {
          const root = await fs.root();
          if (await root.exists(path)) await root.remove(path);
          await root.write(path, [Buffer.alloc(sizeBytes, 7)], { parents: true });
        });
        fill(left);
        const isCommitted = await write().then(() => true, (error: unknown) => {
          assertSaysWhatToDo(error, left);
          return false;
        });
        const opened = await openPond(directory);
        if (!isCommitted) {
          assert.equal((await opened.transaction()).txnSeq, newest);
          assert.deepEqual(await opened.read((fs) => dumpTree(fs, { versions: false })), before);
        } else {
          assert.equal((await opened.transaction()).txnSeq, newest + 1);
        }
        assert.deepEqual(await pond.read((fs) => dumpTree(fs, { versions: false })), await opened.read((fs) => dumpTree(fs, { versions: false })));
        free();
        if (isCommitted) committed++;
        else {
          refused++;
          await write();
        }
        const { bavail, bsize } = statfsSync(disk);
        if (bavail * bsize < 600_000) {
          rmSync(directory, { recursive: true });
          pond = await createPond(directory);
        }
      }
    }
    const { faults } = await pond.fsck();
    assert.deepEqual(faults.filter(({ severity }) => severity !== 'derived'), []);
    assert.ok(committed > 5 && refused > 5, `${committed} committed, ${refused} refused`);
  });
});

function assertSaysWhatToDo(error: unknown, left: number): void {
  assert.ok(error instanceof Error);
  assert.match(error.message, /the disk is full, free some space and try again/, `with ${left} bytes left: ${error.stack}`);
}
