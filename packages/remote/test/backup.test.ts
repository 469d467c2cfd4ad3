import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { fsckPondDirectory, openPond, type Pond } from '@duckpond/pond';
import type { Attachment } from '../src/attachment.ts';
import { addBackup } from '../src/backup/add.ts';
import { attachments, findAttachment, openerOf, pushAttached } from '../src/backup/attached.ts';
import { generateKey } from '../src/backup/cipher.ts';
import type { PushReport } from '../src/backup/push.ts';
import { isPushDue, readStatus } from '../src/backup/push-status.ts';
import { restoreBackup, type RestoreReport } from '../src/backup/restore.ts';
import { verifyBackup, type VerifyReport } from '../src/backup/verify.ts';
import { RemoteError } from '../src/errors.ts';
import { openRemote } from '../src/open-remote.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import { type S3Server, startS3Server } from '../src/testing/index.ts';
import { type RandomPond, randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const VARIABLES: Record<string, string> = { ID: 'test-key', SECRET: 'test-secret-0123456789' };

let server: S3Server;
beforeEach(async () => { server = await startS3Server({ nowMillis: Date.now }); });
afterEach(() => server.close());

function bucket(more: Partial<Attachment> = {}): Attachment {
  return {
    url: `s3://${server.bucketName}/w`, endpoint: server.endpoint, accessKeyId: '${env:ID}', secretAccessKey: '${env:SECRET}', auto: true, ...more,
  };
}

function openStore(attachment: Attachment): Promise<RemoteStore> {
  return openRemote(attachment, { variable: (name) => VARIABLES[name], uuid: randomUUID, isHasty: true });
}

async function add(made: RandomPond, attachment: Attachment, more: Partial<Parameters<typeof addBackup>[4]> = {}): Promise<void> {
  await addBackup(made.pond, 'b', attachment, await openStore(attachment), { environment: made.environment, ...more });
}

async function push(made: RandomPond, pond: Pond = made.pond): Promise<PushReport> {
  const named = await findAttachment(pond, 'backup', 'b');
  return pushAttached(pond, named, await openStore(named.attachment), { environment: made.environment });
}

async function restore(made: RandomPond, attachment: Attachment, more: { keyFile?: string; directory?: string; partial?: boolean } = {}): Promise<RestoreReport> {
  const store = await openStore(attachment);
  const opener = await openerOf(store, more.keyFile);
  const { partial = false, directory = join(scratch(), 'restored') } = more;
  return restoreBackup({ store, opener, directory, environment: made.environment, partial });
}

async function verify(made: RandomPond, attachment: Attachment, data: boolean, keyFile?: string): Promise<VerifyReport> {
  const store = await openStore(attachment);
  const opener = await openerOf(store, keyFile);
  return verifyBackup({ directory: made.pond.directory, store, opener, data, environment: made.environment });
}

async function grown(seed: number, steps: number): Promise<RandomPond> {
  const made = await randomPond(join(scratch(), 'pond'), seed);
  for (let i = 0; i < steps; i++) await made.step();
  return made;
}

function isRemote(code: RemoteError['code'], pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RemoteError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

/** Everything that a bucket has, as text. */
function everything(): string {
  return [...server.bucket.objects].map(([key, { bytes }]) => `${key} ${bytes.toString('latin1')}`).join('\n');
}

describe('addBackup()', () => {
  it('stores references and no secrets, in the pond as in the bucket', async () => {
    const made = await grown(1, 3);
    await add(made, bucket());
    await push(made);
    assert.deepEqual((await attachments(made.pond, 'backup')).map(({ name }) => name), ['b']);
    const files = readdirSync(made.pond.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      assert.ok(!readFileSync(join(parentPath, name)).includes(VARIABLES['SECRET'] ?? ''), name);
    }
    assert.ok(!everything().includes(VARIABLES['SECRET'] ?? ''));
  });

  it('refuses a literal secret, credentials in the URL, a place in the pond, a bad name, a name twice, another pond', async () => {
    const made = await grown(2, 1);
    await assert.rejects(add(made, bucket({ secretAccessKey: 'literal' })), isRemote('literal-secret', /given as it is/));
    await assert.rejects(add(made, bucket({ secretAccessKey: '${env:SECRET:-literal}' })), isRemote('literal-secret', /given as it is/));
    await assert.rejects(add(made, bucket({ url: 's3://id:secret@ponds/w' })), isRemote('literal-secret', /^Cannot use the URL of a remote/));
    await assert.rejects(add(made, { url: `file://${made.pond.directory}/cache/b` }), isRemote('invalid-url', /inside the pond/));
    await assert.rejects(add(made, { url: 'ftp://x' }), isRemote('invalid-url', /no URL of a remote/));
    await assert.rejects(add(made, bucket({ secretAccessKey: '${env:NOT_SET}' })), isRemote('missing-variable', /NOT_SET is not set/));
    await add(made, bucket());
    await assert.rejects(add(made, bucket()), isRemote('exists', /there is one of that name/));
    const other = await grown(3, 1);
    await assert.rejects(add(other, bucket()), isRemote('foreign-pond', /it is the backup of the pond/));
    const store = await openStore(bucket());
    await assert.rejects(addBackup(made.pond, 'A/b', bucket(), store, { environment: made.environment }), isRemote('invalid-attachment', /other characters/));
  });

  it('refuses a store that ignores conditional writes', async () => {
    const made = await grown(4, 1);
    server.setFault(() => ({ kind: 'ignore-condition' }));
    await assert.rejects(add(made, bucket()), isRemote('no-conditional-writes', /ignores If-None-Match/));
    assert.equal((await attachments(made.pond, 'backup')).length, 0);
  });
});

describe('an encrypted backup', () => {
  it('shows nothing of content, paths, commands and hashes, and comes back with the key alone', async () => {
    const made = await randomPond(join(scratch(), 'pond'), 5);
    const marker = 'a very secret reading ';
    await made.pond.write(async (fs) => {
      const root = await fs.root();
      await root.write('/hidden-name', [Buffer.from(marker.repeat(2))]);
      await root.write('/large', [Buffer.from(marker.repeat(9000))]);
    });
    const { secret, recipient } = await generateKey();
    await add(made, bucket(), { recipient });
    assert.equal((await push(made)).outcome, 'pushed');
    const text = everything();
    const sha256 = readdirSync(join(made.pond.directory, 'store/_blobs'))[0]?.slice('sha256='.length) ?? 'none';
    for (const word of [marker, 'hidden-name', sha256, secret]) assert.ok(!text.includes(word), word);

    await assert.rejects(restore(made, bucket()), isRemote('no-key', /no key is given/));
    const other = await generateKey();
    await assert.rejects(restore(made, bucket(), { keyFile: other.secret }), isRemote('no-key', /no key in the key file opens it/));
    const keyFile = `# a comment\n${secret}\n`;
    const directory = join(scratch(), 'restored');
    const { contentRoot } = await restore(made, bucket(), { keyFile, directory });
    assert.equal(contentRoot, (await fsckPondDirectory(made.pond.directory)).contentRoot);
    assert.deepEqual((await verify(made, bucket(), true, keyFile)).problems, []);

    // The restored pond goes on pushing without the key file.
    const pond = await openPond(directory, { environment: made.environment });
    await pond.write(async (fs) => { await (await fs.root()).write('/more', [Buffer.from(marker)]); });
    assert.equal((await push(made, pond)).outcome, 'pushed');
    await pond.close();
  });
});

describe('pushAttached()', () => {
  it('two pushers at once: one history, nothing doubled', async () => {
    const made = await grown(6, 12);
    await add(made, bucket());
    const copy = join(scratch(), 'copy');
    for (let round = 0; round < 3; round++) {
      await made.step();
      rmSync(copy, { recursive: true, force: true });
      cpSync(made.pond.directory, copy, { recursive: true });
      const twin = await openPond(copy, { environment: made.environment });
      const reports = await Promise.all([push(made), push(made, twin), push(made)]);
      assert.deepEqual(new Set(reports.map(({ txnSeq }) => txnSeq)).size, 1);
      assert.ok(reports.some(({ outcome }) => outcome === 'pushed'));
      await twin.close();
    }
    const logs = [...server.bucket.objects.keys()].filter((key) => /log\/\d/.test(key));
    assert.equal(logs.length, 3);
    assert.equal([...server.bucket.objects.keys()].filter((key) => key.includes('/packs/')).length, 3);
    assert.deepEqual((await verify(made, bucket(), true)).problems, []);
  });

  it('refuses a pond whose history is another one, and says so', async () => {
    const made = await grown(7, 6);
    await add(made, bucket());
    await push(made);
    const copy = join(scratch(), 'copy');
    cpSync(made.pond.directory, copy, { recursive: true });
    await made.step();
    await push(made);
    const twin = await openPond(copy, { environment: { ...made.environment, user: 'other' } });
    await assert.rejects(push(made, twin), isRemote('diverged', /the backup is at transaction \d+ and the pond at \d+/));
    for (let i = 0; i < 3; i++) await twin.write(async (fs) => { await (await fs.root()).write('/twin', [Buffer.from(String(i))]); });
    await assert.rejects(push(made, twin), isRemote('diverged', /is another one there/));
    await twin.close();
  });

  it('a failure is remembered for status and tried again later and later', async () => {
    const made = await grown(8, 2);
    await add(made, bucket());
    await push(made);
    const { txnSeq } = await readStatus(made.pond.directory, 'b');
    await made.step();
    server.setFault(() => ({ kind: 'status', status: 503, code: 'SlowDown' }));
    for (let i = 0; i < 2; i++) await assert.rejects(push(made), isRemote('unavailable', /503 SlowDown/));
    const status = await readStatus(made.pond.directory, 'b');
    assert.equal(status.txnSeq, txnSeq);
    assert.equal(status.failure?.count, 2);
    assert.equal(isPushDue(status, status.failure.atMicros + 29_000_000n), false);
    assert.equal(isPushDue(status, status.failure.atMicros + 30_000_000n), true);
    server.setFault(undefined);
    await push(made);
    assert.equal((await readStatus(made.pond.directory, 'b')).failure, undefined);
  });

  it('rm and maintenance in the pond remove nothing from the backup', async () => {
    const made = await grown(9, 30);
    await add(made, bucket());
    await push(made);
    const before = [...server.bucket.objects.keys()];
    await made.pond.write(async (fs) => {
      const root = await fs.root();
      for await (const { path } of root.list('/')) await root.remove(path, { recursive: true });
    });
    made.environment.passMillis(3 * 86_400_000);
    await made.pond.maintain({ compact: true, vacuum: true });
    await push(made);
    for (const key of before) assert.ok(server.bucket.objects.has(key) || key.endsWith('_last'), key);
    assert.deepEqual((await verify(made, bucket(), true)).problems, []);
  });

  it('does not replicate damage: it names the file and leaves the backup as it was', async () => {
    const made = await grown(10, 4);
    await add(made, bucket());
    await push(made);
    await made.pond.write(async (fs) => { await (await fs.root()).write('/large', [Buffer.alloc(100_000, 'x')]); });
    const blobs = join(made.pond.directory, 'store/_blobs');
    for (const name of readdirSync(blobs)) {
      const bytes = readFileSync(join(blobs, name));
      if (bytes.byteLength === 100_000) writeFileSync(join(blobs, name), Buffer.alloc(100_000, 'y'));
    }
    await assert.rejects(push(made), isRemote('corrupt-pond', /does not match its SHA-256/));
    assert.equal([...server.bucket.objects.keys()].filter((key) => /log\/\d/.test(key)).length, 1);
  });
});

describe('a damaged backup', () => {
  it('verify names what is wrong, restore says what is missing and what can still be had', async () => {
    const made = await grown(11, 25);
    await made.pond.write(async (fs) => { await (await fs.root()).write('/large', [Buffer.alloc(300_000, 'z')]); });
    await add(made, bucket());
    await push(made);
    const key = [...server.bucket.objects.keys()].find((path) => path.endsWith('.zst') && path.includes('/files/')) ?? '';
    const object = server.bucket.objects.get(key);
    assert.ok(object !== undefined);
    for (const damage of ['missing', 'flipped'] as const) {
      if (damage === 'missing') server.bucket.objects.delete(key);
      else {
        const bytes = Buffer.from(object.bytes);
        bytes.writeUInt8(bytes.readUInt8(bytes.byteLength - 3) ^ 4, bytes.byteLength - 3);
        server.bucket.objects.set(key, { ...object, bytes });
      }
      const { problems } = await verify(made, bucket(), true);
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.includes(/[0-9a-f]{64}/.exec(key)?.[0] ?? '-'), problems[0]);
      const directory = join(scratch(), 'restored');
      await assert.rejects(restore(made, bucket(), { directory }), isRemote('missing-object', /an object cannot be had: "files\//));
      assert.deepEqual(readdirSync(directory), ['.restore']);
      // All else can be had.
      const report = await restore(made, bucket(), { directory, partial: true });
      assert.equal(report.losses.length, 1);
      const { faults } = await fsckPondDirectory(directory);
      assert.ok(faults.some(({ path }) => path !== undefined));
      server.bucket.objects.set(key, object);
    }
    // Another state behind it, whose pack is lost: the one before is named.
    const whole = (await made.pond.transaction()).txnSeq;
    const packs = new Set(server.bucket.objects.keys());
    await made.step();
    await push(made);
    const added = [...server.bucket.objects.keys()].find((path) => path.includes('/packs/') && !packs.has(path)) ?? '';
    const newest = server.bucket.objects.get(added);
    server.bucket.objects.delete(added);
    await assert.rejects(restore(made, bucket()), (error) => error instanceof RemoteError && error.hint?.endsWith(`--at ${whole}`) === true);
    if (newest !== undefined) server.bucket.objects.set(added, newest);
    const pack = [...server.bucket.objects.keys()].find((path) => path.includes('/packs/')) ?? '';
    server.bucket.objects.delete(pack);
    assert.match((await verify(made, bucket(), false)).problems.join(), /"packs\/.*" is missing/);
    await assert.rejects(restore(made, bucket()), isRemote('missing-object', /"packs\/.*": it is missing/));
  });

  it('a byte that flips on the way is fetched again', async () => {
    const made = await grown(12, 10);
    await add(made, bucket());
    await push(made);
    const met = new Set<string>();
    server.setFault(({ operation, key }) => {
      if (operation !== 'GetObject' || !/\/(packs|files)\//.test(key) || met.has(key)) return undefined;
      met.add(key);
      return { kind: 'flipped-byte' };
    });
    const { contentRoot } = await restore(made, bucket());
    assert.equal(contentRoot, (await fsckPondDirectory(made.pond.directory)).contentRoot);
    assert.ok(met.size > 0);
  });
});
