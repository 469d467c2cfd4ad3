import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { DeltaError } from '../src/errors.ts';
import { nodeIo } from '../src/local-io.ts';
import { openLocalStore } from '../src/local-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { type Fault, createFaultyIo, interceptIo, recordIo, type Trace } from '../src/testing/faults.ts';
import { objectStoreSuite } from '../src/testing/object-store-suite.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const counted = interceptIo(nodeIo, {});

objectStoreSuite({
  name: 'openLocalStore()',
  describe,
  it,
  makeStore: () => openLocalStore(join(scratch(), 'store'), counted.io),
  openHandles: () => counted.openFiles.size,
});

objectStoreSuite({
  name: 'openLocalStore() with short transfers',
  describe,
  it,
  makeStore: () => openLocalStore(scratch(), createFaultyIo(shortReads(), { at: 1, fault: { kind: 'short-write' }, sticky: true }).io),
});

function shortReads(): typeof nodeIo {
  const part = (buffer: Uint8Array): Uint8Array => buffer.subarray(0, Math.ceil(buffer.length / 2));
  return {
    ...nodeIo,
    read: (file, buffer, position) => nodeIo.read(file, part(buffer), position),
    readInPool: async (file, buffer, position) => nodeIo.readInPool(file, part(buffer), position),
  };
}

const BYTES = new Uint8Array(Buffer.from('some bytes'));

function kinds(trace: Trace, from = 0): string[] {
  return trace.steps.slice(from).map((step) =>
    (step.kind === 'fsyncDirectory' || step.kind === 'mkdir' ? `${step.kind} ${step.path || '.'}` : step.kind));
}

async function recorded(): Promise<{ root: string; trace: Trace; store: ObjectStore }> {
  const root = scratch();
  const { io, trace } = recordIo(nodeIo, root);
  const store = openLocalStore(root, io);
  await store.put('d/first', BYTES);
  return { root, trace, store };
}

describe('openLocalStore()', () => {
  it('putIfAbsent() writes, fsyncs, links, removes the temporary name and fsyncs the directory, in this order', async () => {
    const { store, trace } = await recorded();
    const from = trace.steps.length;
    assert.equal(await store.putIfAbsent('d/a', BYTES), true);
    assert.deepEqual(kinds(trace, from), ['create', 'write', 'fsync', 'link', 'unlink', 'fsyncDirectory d']);
  });

  it('putIfAbsent() links only after what must come before it', async () => {
    const { store, trace } = await recorded();
    const from = trace.steps.length;
    const before = store.put('d/n', BYTES, { isNew: true });
    assert.equal(await store.putIfAbsent('d/a', BYTES, before), true);
    const steps = kinds(trace, from);
    assert.deepEqual(steps.slice(0, 2), ['create', 'write']);
    assert.deepEqual(steps.slice(-3), ['link', 'unlink', 'fsyncDirectory d']);
    assert.deepEqual(steps.slice(2, -3).sort(), ['create', 'fsync', 'fsync', 'fsyncDirectory d', 'write']);
  });

  it('putIfAbsent() of what is there writes nothing', async () => {
    const { store, trace } = await recorded();
    const from = trace.steps.length;
    assert.equal(await store.putIfAbsent('d/first', BYTES), false);
    assert.deepEqual(kinds(trace, from), []);
  });

  it('put() fsyncs before and after the rename, putHint() does not', async () => {
    const { store, trace } = await recorded();
    const from = trace.steps.length;
    await store.put('d/a', BYTES);
    await store.putHint('d/a', BYTES);
    assert.deepEqual(kinds(trace, from), ['create', 'write', 'fsync', 'rename', 'fsyncDirectory d', 'create', 'write', 'rename']);
  });

  it('publish() fsyncs the directory also when the object was there, because the caller is about to refer to it', async () => {
    const { store, trace } = await recorded();
    const whenAbsent = ['create', 'write', 'fsync', 'link', 'unlink', 'fsyncDirectory d'];
    const whenThere = ['create', 'write', 'unlink', 'fsyncDirectory d'];
    for (const expected of [whenAbsent, whenThere]) {
      const from = trace.steps.length;
      const staged = await store.stage();
      await staged.write(BYTES);
      await staged.publish('d/a');
      assert.deepEqual(kinds(trace, from), expected);
    }
  });

  it('makes missing directories durable, its own among them', async () => {
    const root = scratch();
    const { io, trace } = recordIo(nodeIo, root);
    await openLocalStore(join(root, 'pond/store'), io).put('a/b/c', BYTES);
    assert.deepEqual(kinds(trace), [
      'mkdir pond', 'fsyncDirectory .', 'mkdir pond/store', 'fsyncDirectory pond', 'mkdir pond/store/a', 'fsyncDirectory pond/store',
      'mkdir pond/store/a/b', 'fsyncDirectory pond/store/a', 'create', 'write', 'fsync', 'rename', 'fsyncDirectory pond/store/a/b',
    ]);
  });

  it('makes a directory durable that another store made', async () => {
    const { root, trace } = await recorded();
    const from = trace.steps.length;
    const second = recordIo(nodeIo, root);
    await openLocalStore(root, second.io).put('d/second', BYTES);
    assert.equal(trace.steps.length, from);
    assert.deepEqual(kinds(second.trace), ['fsyncDirectory .', 'create', 'write', 'fsync', 'rename', 'fsyncDirectory d']);
  });

  it('makes a directory again that was removed behind its back', async () => {
    const { root, store } = await recorded();
    nodeIo.unlink(join(root, 'd/first'));
    rmdirSync(join(root, 'd'));
    assert.equal(await store.putIfAbsent('d/again', BYTES), true);
  });

  it('reading makes no directory', async () => {
    const root = join(scratch(), 'absent');
    const store = openLocalStore(root);
    assert.equal(await store.get('a'), undefined);
    for await (const meta of store.list('')) assert.fail(meta.path);
    await store.delete('a');
    assert.equal(existsSync(root), false);
  });

  it('leaves no temporary file behind, and neither lists nor accepts the name of one', async () => {
    const root = scratch();
    const seen: string[] = [];
    const { io } = interceptIo(nodeIo, { before: (operation) => {
      if (operation.name === 'open' && operation.mode === 'create') seen.push(operation.path);
      return undefined;
    } });
    const store = openLocalStore(root, io);
    await store.put('d/a', BYTES);
    await store.putIfAbsent('d/b', BYTES);
    await (await store.stage()).discard();
    await (await store.stage()).publish('d/c');
    assert.deepEqual(readdirSync(root, { recursive: true }).sort(), ['d', 'd/a', 'd/b', 'd/c']);
    assert.equal(seen.length, 4);
    for (const path of seen) assert.match(path, /\/\.\d+-[0-9a-f]{16}-\d+\.tmp$/);

    const name = (seen[0] ?? '').slice(root.length + 1);
    writeFileSync(join(root, name), 'left by a dead process');
    symlinkSync(join(root, 'd/a'), join(root, 'link'));
    const paths: string[] = [];
    for await (const meta of store.list('')) paths.push(meta.path);
    assert.deepEqual(paths, ['d/a', 'd/b', 'd/c']);
    await assert.rejects(store.get(name), /temporary/);
  });

  it('refuses to create where a directory stands, rather than saying an object was there', async () => {
    const root = scratch();
    mkdirSync(join(root, 'taken'));
    const store = openLocalStore(root);
    await assert.rejects(store.putIfAbsent('taken', BYTES), (error: unknown) => error instanceof DeltaError && error.code === 'storage');
    await assert.rejects(store.put('taken', BYTES), /a directory stands/);
    assert.deepEqual(readdirSync(root), ['taken']);
  });
});

describe('openLocalStore() errors', () => {
  async function failure(fault: Fault, name: string, run: (store: ObjectStore) => Promise<unknown>): Promise<DeltaError> {
    const root = scratch();
    await openLocalStore(root).put('d/there', BYTES);
    const errno = 'errno' in fault ? fault.errno : 'EIO';
    const { io } = interceptIo(nodeIo, { before: (operation) => {
      if (operation.name !== name) return undefined;
      throw Object.assign(new Error(`${errno}: injected`), { code: errno, syscall: name });
    } });
    try {
      await run(openLocalStore(root, io));
    } catch (error) {
      assert.ok(error instanceof DeltaError);
      assert.equal(error.code, 'storage');
      return error;
    }
    assert.fail('expected an error');
  }

  it('say what to do, with the path, the operation, the errno and the cause', async () => {
    const cases: [string, RegExp][] = [
      ['ENOSPC', /Cannot create "\/.*\/d\/a": the disk is full, free some space and try again \(ENOSPC\)/],
      ['EROFS', /Cannot create "\/.*\/d\/a": the file system is read-only, mount it for writing or use another directory \(EROFS\)/],
      ['EACCES', /Cannot create "\/.*\/d\/a": permission denied, run as the owner .* \(EACCES\)/],
    ];
    for (const [errno, message] of cases) {
      const error = await failure({ kind: 'error', errno }, 'write', async (store) => store.putIfAbsent('d/a', BYTES));
      assert.match(error.message, message);
      assert.deepEqual(error.data, { path: 'd/a', operation: 'write', errno });
      assert.ok(error.cause instanceof Error);
    }
  });

  it('of reading, looking up, listing and deleting are not taken for absence', async () => {
    const fault: Fault = { kind: 'error', errno: 'EACCES' };
    await failure(fault, 'open', async (store) => store.get('d/there'));
    await failure(fault, 'read', async (store) => store.get('d/there'));
    await failure(fault, 'fstat', async (store) => store.get('d/there'));
    await failure(fault, 'stat', async (store) => store.head('d/there'));
    await failure(fault, 'unlink', async (store) => store.delete('d/there'));
    await failure(fault, 'readdir', async (store) => { for await (const meta of store.list('d/')) assert.ok(meta); });
    await failure(fault, 'read', async (store) => { for await (const chunk of store.read('d/there')) assert.ok(chunk); });
  });

  it('of fsync: the file is dropped and fsync is not called again', async () => {
    for (const run of [
      async (store: ObjectStore) => store.put('d/a', BYTES),
      async (store: ObjectStore) => store.putIfAbsent('d/a', BYTES),
      async (store: ObjectStore) => {
        const staged = await store.stage();
        await staged.write(BYTES);
        await assert.rejects(staged.publish('d/a'), /EIO/);
        await staged.publish('d/a');
      },
    ]) {
      const root = scratch();
      let fsyncs = 0;
      const { io } = interceptIo(nodeIo, { before: (operation) => {
        if (operation.name !== 'fsync') return undefined;
        fsyncs += 1;
        throw Object.assign(new Error('EIO: injected'), { code: 'EIO', syscall: 'fsync' });
      } });
      await assert.rejects(run(openLocalStore(root, io)), (error: unknown) => error instanceof DeltaError && error.code === 'storage');
      assert.equal(fsyncs, 1);
      assert.deepEqual(readdirSync(root, { recursive: true }), ['d']);
    }
  });

  it('of the fsync of a directory: it takes no more writes, others do', async () => {
    const root = scratch();
    await openLocalStore(root).put('d/there', BYTES);
    let isBroken = true;
    const { io } = interceptIo(nodeIo, { before: (operation) => {
      if (operation.name === 'fsyncDirectory' && operation.path.endsWith('/d') && isBroken) {
        throw Object.assign(new Error('EIO: injected'), { code: 'EIO', syscall: 'fsync' });
      }
      return undefined;
    } });
    const store = openLocalStore(root, io);
    await assert.rejects(store.putIfAbsent('d/1', BYTES), /EIO/);
    isBroken = false;
    await assert.rejects(store.putIfAbsent('d/2', BYTES), /an earlier fsync of it failed/);
    await assert.rejects(store.put('d/2', BYTES), /an earlier fsync of it failed/);
    const staged = await store.stage();
    await assert.rejects(staged.publish('d/2'), /an earlier fsync of it failed/);
    assert.equal(existsSync(join(root, 'd/2')), false);
    assert.equal(await store.putIfAbsent('e/1', BYTES), true);
    assert.deepEqual(await store.get('d/there'), BYTES);
  });

  it('of a link that was made after all are success', async () => {
    const root = scratch();
    for (const errno of ['EEXIST', 'EIO']) {
      const { io } = interceptIo(nodeIo, { after: (operation) => {
        if (operation.name === 'link') throw Object.assign(new Error(`${errno}: injected`), { code: errno, syscall: 'link' });
      } });
      assert.equal(await openLocalStore(root, io).putIfAbsent(`a-${errno}`, BYTES), true);
    }
  });

  it('that are none of the file system pass through as they are', async () => {
    const bug = new TypeError('a bug');
    const { io } = interceptIo(nodeIo, { before: () => { throw bug; } });
    await assert.rejects(openLocalStore(scratch(), io).get('a'), bug);
  });
});
