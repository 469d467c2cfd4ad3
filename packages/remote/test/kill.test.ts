import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { fsckPondDirectory } from '@duckpond/pond';
import type { Attachment } from '../src/attachment.ts';
import { addBackup } from '../src/backup/add.ts';
import { PLAIN } from '../src/backup/cipher.ts';
import { restoreBackup } from '../src/backup/restore.ts';
import { verifyBackup } from '../src/backup/verify.ts';
import { openRemote } from '../src/open-remote.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import { type S3Server, startS3Server } from '../src/testing/index.ts';
import { randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
const CYCLES = Number(env['DUCKPOND_CYCLES'] ?? 4);
const WORKER = fileURLToPath(new URL('workers/remote-worker.mjs', import.meta.url));
const VARIABLES: Record<string, string> = { ID: 'test-key', SECRET: 'test-secret-0123456789' };

let server: S3Server;
beforeEach(async () => { server = await startS3Server({ nowMillis: Date.now }); });
afterEach(() => server.close());

function openStore(attachment: Attachment): Promise<RemoteStore> {
  return openRemote(attachment, { variable: (name) => VARIABLES[name], uuid: randomUUID });
}

/** Runs a worker and kills it after a time from its first word, unless it is done before. @returns whether it was done */
function run(task: string, directory: string, attachment: Attachment, killMillis: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, [WORKER, task, directory, JSON.stringify(attachment)], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, NODE_EXTRA_CA_CERTS: undefined, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output === '' && killMillis !== undefined) setTimeout(() => child.kill('SIGKILL'), killMillis);
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(errors));
      else resolve(output.endsWith('done\n'));
    });
  });
}

describe(`kill -9 at random moments (seed ${SEED}, ${CYCLES} cycles)`, () => {
  it('push goes on where it was, nothing doubled and nothing lost; restore appears whole or not at all', async () => {
    const random = seededRandom(SEED);
    const made = await randomPond(join(scratch(), 'pond'), SEED);
    const attachment: Attachment = {
      url: `s3://${server.bucketName}/k`, endpoint: server.endpoint, accessKeyId: '${env:ID}', secretAccessKey: '${env:SECRET}',
    };
    const { directory } = made.pond;
    const store = await openStore(attachment);
    await addBackup(made.pond, 'b', attachment, store, { environment: made.environment });
    let killed = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      for (let i = 0; i < 8; i++) await made.step();
      const before = server.requests();
      // From the first request to the last, and a little more.
      if (!await run('push', directory, attachment, random() * 250)) killed++;
      const sent = server.requests() - before;
      const verified = await verifyBackup({ directory, store, opener: PLAIN, data: true, environment: made.environment });
      assert.deepEqual(verified.problems.filter((problem) => problem !== 'Nothing was pushed yet'), [], `after ${sent} requests`);
    }
    assert.ok(await run('push', directory, attachment, undefined));
    const { contentRoot } = await fsckPondDirectory(directory);
    const target = join(scratch(), 'restored');
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const isDone = await run('restore', target, attachment, random() * 400);
      if (!isDone) {
        killed++;
        assert.equal(existsSync(join(target, 'store')) && !existsSync(join(target, 'store', '_delta_log')), false);
      }
      if (existsSync(join(target, 'store'))) break;
    }
    if (!existsSync(join(target, 'store'))) assert.ok(await run('restore', target, attachment, undefined));
    const restored = await fsckPondDirectory(target);
    assert.equal(restored.contentRoot, contentRoot);
    assert.deepEqual(restored.faults.filter(({ severity }) => severity !== 'derived'), []);
    // Every object in files/ is stored once.
    const names = [...server.bucket.objects.keys()].filter((key) => key.includes('/files/'));
    assert.equal(new Set(names.map((key) => /[0-9a-f]{64}/.exec(key)?.[0])).size, names.length);
    assert.ok(killed > 0, 'no process was killed in time');
    await made.pond.close();
  });

  it('restore into the place of an interrupted one of another state has nothing of that', async () => {
    const made = await randomPond(join(scratch(), 'pond'), SEED + 1);
    const attachment: Attachment = { url: `file://${scratch()}` };
    const store = await openStore(attachment);
    await addBackup(made.pond, 'b', attachment, store, { environment: made.environment });
    const roots: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      for (let step = 0; step < 8; step++) await made.step();
      assert.ok(await run('push', made.pond.directory, attachment, undefined));
      roots.push((await fsckPondDirectory(made.pond.directory)).contentRoot);
    }
    const directory = join(scratch(), 'restored');
    const failing: RemoteStore = { ...store, read: (path, range) => (path.startsWith('files/') ? failed() : store.read(path, range)) };
    await assert.rejects(restoreBackup({ store: failing, opener: PLAIN, directory, environment: made.environment }), /out of reach/);
    const at = { txnSeq: (await made.pond.transaction()).txnSeq - 8 };
    const report = await restoreBackup({ store, opener: PLAIN, directory, environment: made.environment, at });
    assert.equal(report.contentRoot, roots[0]);
    const { faults, notes } = await fsckPondDirectory(directory);
    assert.deepEqual([faults.filter(({ severity }) => severity !== 'derived'), notes], [[], []]);
    await made.pond.close();
  });
});

async function* failed(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  throw new Error('out of reach');
}
