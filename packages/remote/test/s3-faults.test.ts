import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { commit, createTable, openSnapshot } from '@duckpond/delta';
import { RemoteError } from '../src/errors.ts';
import { probeConditionalWrites } from '../src/probe.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import type { S3Options } from '../src/s3-client.ts';
import { openS3Store } from '../src/s3-store.ts';
import { type S3Fault, type S3Server, startS3Server } from '../src/testing/index.ts';

let server: S3Server;
let skewMillis = 0;

beforeEach(async () => {
  skewMillis = 0;
  server = await startS3Server({ nowMillis: () => Date.now() + skewMillis });
});
afterEach(() => server.close());

function open(more: Partial<S3Options> = {}): RemoteStore {
  return openS3Store({ bucket: server.bucketName, prefix: 'p', endpoint: server.endpoint, ...server.credentials, uuid: randomUUID, attempts: 3, pauseMillis: 2, ...more });
}

/** The first request of an operation meets a fault, the others do not. */
function once(operation: string, fault: S3Fault): void {
  server.setFault((request) => (request.operation === operation && request.before === 0 ? fault : undefined));
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const LARGE = new Uint8Array(9 * 1024 * 1024).map((_, i) => (i * 31 + (i >> 9)) & 0xff);

async function* chunks(all: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.byteLength; at += 700_000) yield all.subarray(at, at + 700_000);
}

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

function isRemote(code: RemoteError['code'], pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RemoteError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

const PASSING: readonly S3Fault[] = [
  { kind: 'status', status: 500, code: 'InternalError' }, { kind: 'status', status: 503, code: 'SlowDown' },
  { kind: 'status', status: 429, code: 'TooManyRequests' }, { kind: 'reset' }, { kind: 'lost-acknowledgement' },
];

describe('openS3Store() with faults', () => {
  for (const fault of PASSING) {
    const name = fault.kind === 'status' ? String(fault.status) : fault.kind;
    it(`putIfAbsent() creates once although the first answer is ${name}`, async () => {
      once('PutObject', fault);
      const store = open();
      assert.equal(await store.putIfAbsent('a', bytes('ours')), true);
      assert.equal(await store.putIfAbsent('a', bytes('theirs')), false);
      assert.deepEqual(await store.get('a'), bytes('ours'));
      assert.equal(server.bucket.objects.size, 1);
    });

    if (fault.kind !== 'lost-acknowledgement' && name !== '503') continue;
    it(`get(), head(), list(), put(), delete() and upload() go on although the first answer is ${name}`, async () => {
      const store = open();
      for (const operation of ['PutObject', 'GetObject', 'HeadObject', 'ListObjectsV2', 'DeleteObject', 'UploadPart',
        'CreateMultipartUpload', 'CompleteMultipartUpload', 'UploadPartCopy']) {
        const met = new Set<string>();
        server.setFault((request) => {
          if (request.operation !== operation || met.has(operation)) return undefined;
          met.add(operation);
          return fault;
        });
        await store.put('a', bytes('x'));
        assert.deepEqual(await store.get('a'), bytes('x'));
        assert.equal((await store.head('a'))?.sizeBytes, 1);
        const isOfParts = /Part|Multipart/.test(operation);
        await store.upload('large', chunks(isOfParts ? LARGE : LARGE.subarray(0, 9)));
        const staged = await store.stage();
        for await (const chunk of chunks(isOfParts ? LARGE : LARGE.subarray(0, 9))) await staged.write(chunk);
        assert.equal(await staged.publish('staged'), true);
        const paths: string[] = [];
        for await (const { path } of store.list('')) paths.push(path);
        assert.deepEqual(paths, ['a', 'large', 'staged']);
        for (const path of ['large', 'staged']) {
          assert.equal(Buffer.compare(await store.get(path) ?? bytes(''), isOfParts ? LARGE : LARGE.subarray(0, 9)), 0);
          await store.delete(path);
        }
        assert.ok(met.has(operation), operation);
      }
    });
  }

  it('putIfAbsent() tries again on 409, and says no on 412', async () => {
    server.setFault(({ operation, before }) =>
      (operation === 'PutObject' && before < 3 ? { kind: 'status', status: 409, code: 'ConditionalRequestConflict' } : undefined));
    assert.equal(await open().putIfAbsent('a', bytes('1')), true);
    server.setFault(({ isConditional }) => (isConditional ? { kind: 'status', status: 412, code: 'PreconditionFailed' } : undefined));
    assert.equal(await open().putIfAbsent('b', bytes('1')), false);
  });

  it('putIfAbsent() whose answer was lost does not claim what another writer has made meanwhile', async () => {
    const store = open();
    const other = open();
    server.setFault(({ operation, before }) => {
      if (operation !== 'PutObject' || before > 0) return undefined;
      server.bucket.objects.set('p/a', { bytes: Buffer.from('theirs'), etag: '"x"', modifiedMillis: Date.now() });
      return { kind: 'reset' };
    });
    assert.equal(await store.putIfAbsent('a', bytes('ours')), false);
    assert.deepEqual(await other.get('a'), bytes('theirs'));
  });

  it('read() takes up a broken download where it broke', async () => {
    const store = open();
    await store.upload('large', chunks(LARGE));
    let resets = 0;
    server.setFault(({ operation }) => (operation === 'GetObject' && resets++ < 4 ? { kind: 'reset-mid-body' } : undefined));
    const parts: Uint8Array[] = [];
    for await (const chunk of store.read('large')) parts.push(chunk);
    assert.equal(Buffer.compare(Buffer.concat(parts), LARGE), 0);
    assert.equal(resets, 5);
  });

  it('read() never joins parts of two objects', async () => {
    const store = open();
    await store.put('a', LARGE);
    server.setFault(({ operation, before }) => {
      if (operation !== 'GetObject' || before > 0) return undefined;
      setTimeout(() => server.bucket.put('p/a', Buffer.from('other'), { ifNoneMatch: undefined, ifMatch: undefined }), 1);
      return { kind: 'reset-mid-body' };
    });
    await assert.rejects(async () => { for await (const chunk of store.read('a')) assert.ok(chunk.length > 0); }, isRemote('unavailable', /replaced meanwhile/));
  });

  it('a clock that is wrong is set right by the answer of the server', async () => {
    skewMillis = 3_600_000;
    const store = open();
    assert.equal(await store.putIfAbsent('a', bytes('x')), true);
    assert.deepEqual(await store.get('a'), bytes('x'));
  });

  it('what does not pass away is told: 403, wrong secret, unknown bucket, 503 for ever, nobody there', async () => {
    server.setFault(() => ({ kind: 'status', status: 403, code: 'AccessDenied' }));
    await assert.rejects(open().get('a'), isRemote('refused', /^Cannot read "s3:\/\/ponds\/p\/a": access is denied/));
    server.setFault(undefined);
    await assert.rejects(open({ secretAccessKey: 'wrong' }).put('a', bytes('')), isRemote('refused', /signature does not match/));
    await assert.rejects(open({ bucket: 'no-such' }).get('a'), isRemote('refused', /there is no such bucket/));
    server.setFault(() => ({ kind: 'status', status: 503, code: 'SlowDown' }));
    await assert.rejects(first(open({ attempts: 2 }).list('')), isRemote('unavailable', /answers 503 SlowDown after 2 attempts/));
    const { endpoint } = server;
    await server.close();
    await assert.rejects(open({ endpoint, attempts: 1 }).get('a'), isRemote('unavailable', /nothing listens there/));
  });

  it('a signal ends a request with its reason', async () => {
    server.setFault(() => ({ kind: 'delay', millis: 60_000 }));
    const controller = new AbortController();
    const reading = open({ signal: controller.signal }).get('a');
    controller.abort(new Error('enough'));
    await assert.rejects(reading, /enough/);
  });
});

describe('probeConditionalWrites()', () => {
  it('passes on a server that knows them and leaves nothing', async () => {
    await probeConditionalWrites(open(), 'u');
    assert.equal(server.bucket.objects.size, 0);
  });

  it('refuses a server that ignores them', async () => {
    server.setFault(() => ({ kind: 'ignore-condition' }));
    await assert.rejects(probeConditionalWrites(open(), 'u'), isRemote('no-conditional-writes', /ignores If-None-Match/));
    assert.equal(server.bucket.objects.size, 0);
  });
});

describe('a Delta table in a bucket', () => {
  it('takes every commit of racing writers once, with lost acknowledgements among them', async () => {
    const schema = { type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }] } as const;
    const made = await createTable(open(), {
      schema, id: '00000000-0000-7000-8000-000000000000', createdMillis: 0, commitInfo: { timestamp: 0, operation: 'CREATE', txnId: 'created' },
    });
    assert.equal(made.kind, 'committed');
    let seed = 7;
    server.setFault(({ isConditional }) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return isConditional && seed % 5 === 0 ? { kind: 'lost-acknowledgement' } : undefined;
    });
    const WRITERS = 4;
    const COMMITS = 8;
    await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
      const store = open({ attempts: 8 });
      for (let i = 0; i < COMMITS;) {
        const snapshot = await openSnapshot(store);
        const txnId = `${writer}-${i}-${snapshot.version}`;
        const result = await commit(store, snapshot, [
          { kind: 'commitInfo', commitInfo: { timestamp: 0, operation: 'WRITE', txnId } },
          { kind: 'txn', txn: { appId: `w${writer}`, version: i } },
        ]);
        if (result.kind === 'committed') i++;
      }
    }));
    server.setFault(undefined);
    const { version, transactions } = await openSnapshot(open());
    assert.equal(version, WRITERS * COMMITS);
    for (let writer = 0; writer < WRITERS; writer++) assert.equal(Number(transactions.get(`w${writer}`)?.version), COMMITS - 1);
  });
});
