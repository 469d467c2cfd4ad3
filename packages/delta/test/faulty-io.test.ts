import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { nodeIo } from '../src/local-io.ts';
import { createFaultyIo, CrashError, describePlan, type Fault, faultPlans, interceptIo } from '../src/testing/faults.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const BYTES = new Uint8Array(Buffer.from('0123456789'));

function faulty(at: number, fault: Fault, sticky = false): ReturnType<typeof createFaultyIo> & { root: string } {
  return { ...createFaultyIo(nodeIo, { at, fault, sticky }), root: scratch() };
}

function hasCode(errno: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === errno;
}

describe('createFaultyIo()', () => {
  it('without a plan passes everything through and counts', async () => {
    const root = scratch();
    const { io, operationCount, hasFired, openFiles } = createFaultyIo(nodeIo);
    const file = io.open(join(root, 'a'), 'create');
    assert.deepEqual([...openFiles.values()], [join(root, 'a')]);
    assert.equal(io.write(file, BYTES, 0), 10);
    assert.equal(await io.writeInPool(file, BYTES, 10), 10);
    io.fsync(file);
    await io.fsyncInPool(file);
    assert.equal(io.fstat(file).sizeBytes, 20);
    io.close(file);
    io.link(join(root, 'a'), join(root, 'b'));
    io.rename(join(root, 'b'), join(root, 'c'));
    io.mkdir(join(root, 'd'));
    io.fsyncDirectory(root);
    assert.deepEqual(io.readdir(root).map(({ name, kind }) => `${kind} ${name}`).sort(), ['directory d', 'file a', 'file c']);
    io.unlink(join(root, 'c'));
    assert.equal(io.stat(join(root, 'c')), undefined);
    assert.equal(operationCount(), 14);
    assert.equal(hasFired(), false);
    assert.equal(openFiles.size, 0);
  });

  it('fails one operation once, in the shape of node:fs, without doing it', () => {
    const { io, root, hasFired } = faulty(2, { kind: 'error', errno: 'EIO' });
    io.mkdir(join(root, 'a'));
    assert.throws(() => { io.mkdir(join(root, 'b')); }, (error: unknown) => hasCode('EIO')(error)
      && error instanceof Error && 'syscall' in error && error.syscall === 'mkdir');
    io.mkdir(join(root, 'c'));
    assert.deepEqual(readdirSync(root), ['a', 'c']);
    assert.equal(hasFired(), true);
  });

  it('a sticky ENOSPC lasts, and spares what needs no space', () => {
    const { io, root } = faulty(2, { kind: 'error', errno: 'ENOSPC' }, true);
    io.mkdir(join(root, 'a'));
    assert.ok(io.stat(join(root, 'a')));
    for (let i = 0; i < 3; i += 1) assert.throws(() => { io.mkdir(join(root, 'b')); }, hasCode('ENOSPC'));
    assert.throws(() => io.open(join(root, 'c'), 'create'), hasCode('ENOSPC'));
    assert.deepEqual(io.readdir(root).map(({ name }) => name), ['a']);
  });

  it('a fault that cannot happen to the operation does not fire', () => {
    const { io, root, hasFired } = faulty(1, { kind: 'short-write' });
    io.mkdir(join(root, 'a'));
    assert.equal(hasFired(), false);
  });

  it('a short write transfers half and says so', () => {
    const { io, root } = faulty(2, { kind: 'short-write' });
    const file = io.open(join(root, 'a'), 'create');
    assert.equal(io.write(file, BYTES, 0), 5);
    assert.equal(io.write(file, BYTES.subarray(5), 5), 5);
    io.close(file);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '0123456789');
  });

  it('a lost acknowledgement is done and throws; a file opened so is closed', () => {
    const { io, root, openFiles } = faulty(1, { kind: 'lost-acknowledgement', errno: 'EIO' }, true);
    assert.throws(() => io.open(join(root, 'a'), 'create'), hasCode('EIO'));
    assert.equal(openFiles.size, 0);
    assert.throws(() => { io.link(join(root, 'a'), join(root, 'b')); }, hasCode('EIO'));
    assert.deepEqual(readdirSync(root), ['a', 'b']);
  });

  it('a failing fsync loses what was written since the last one, and the next one succeeds', async () => {
    for (const inPool of [false, true]) {
      const { io, root } = faulty(5, { kind: 'lost-pages' });
      const file = io.open(join(root, 'a'), 'create');
      io.write(file, BYTES, 0);
      io.fsync(file);
      io.write(file, BYTES, 10);
      if (inPool) await assert.rejects(io.fsyncInPool(file), hasCode('EIO'));
      else assert.throws(() => { io.fsync(file); }, hasCode('EIO'));
      io.fsync(file);
      io.close(file);
      assert.equal(readFileSync(join(root, 'a'), 'utf8'), `0123456789${'\0'.repeat(10)}`);
    }
  });

  it('a crash ends all: later operations throw CrashError and the descriptors are closed', async () => {
    const { io, root, openFiles } = faulty(4, { kind: 'crash' });
    writeFileSync(join(root, 'large'), new Uint8Array(1 << 20));
    const file = io.open(join(root, 'large'), 'read');
    const writing = io.open(join(root, 'a'), 'create');
    const busy = io.readInPool(file, new Uint8Array(1 << 20), 0);
    assert.throws(() => io.write(writing, BYTES, 0), CrashError);
    await assert.rejects(busy, CrashError);
    assert.throws(() => io.stat(root), CrashError);
    assert.throws(() => { io.close(writing); }, CrashError);
    await assert.rejects(io.fsyncInPool(writing), CrashError);
    assert.equal(openFiles.size, 0);
    assert.throws(() => nodeIo.fstat(writing), hasCode('EBADF'));
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '');
  });
});

describe('faultPlans()', () => {
  it('has every fault at every operation', () => {
    const plans = [...faultPlans(3)];
    assert.deepEqual([...new Set(plans.map((plan) => plan.at))], [1, 2, 3]);
    const kinds = [...new Set(plans.map((plan) => plan.fault.kind))].sort();
    assert.deepEqual(kinds, ['crash', 'error', 'lost-acknowledgement', 'lost-pages', 'short-write']);
    assert.equal(new Set(plans.map(describePlan)).size, plans.length);
  });
});

describe('interceptIo()', () => {
  it('tells every operation with the path of its file', () => {
    const root = scratch();
    const seen: string[] = [];
    const { io } = interceptIo(nodeIo, { before: ({ name, path }) => {
      seen.push(`${name} ${path.slice(root.length + 1)}`);
      return undefined;
    } });
    const file = io.open(join(root, 'a'), 'create');
    io.write(file, BYTES, 0);
    io.rename(join(root, 'a'), join(root, 'b'));
    io.close(file);
    assert.deepEqual(seen, ['open a', 'write a', 'rename a', 'close a']);
  });
});
