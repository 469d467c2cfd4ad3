import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { realEnvironment } from '@duckpond/pond';
import type { Attachment } from '../../src/attachment.ts';
import { examineLake } from '../../src/lake/doctor.ts';
import { openRemote } from '../../src/open-remote.ts';
import type { RemoteStore } from '../../src/remote-store.ts';
import { type S3Server, startS3Server } from '../../src/testing/index.ts';
import { scratchDirectories } from '../scratch-directory.ts';
import { lakePond } from './lake-pond.ts';

const scratch = scratchDirectories();
const SEED = Number(env['DUCKPOND_SEED'] ?? 1);
const CYCLES = Number(env['DUCKPOND_CYCLES'] ?? 4);
const WORKER = fileURLToPath(new URL('../workers/lake-worker.mjs', import.meta.url));
const VARIABLES: Record<string, string> = { ID: 'test-key', SECRET: 'test-secret-0123456789' };

let server: S3Server;
beforeEach(async () => { server = await startS3Server({ nowMillis: Date.now }); });
afterEach(() => server.close());

/** Pushes in a worker, which is killed after so many of its requests, unless it is done before. @returns whether it was done */
function push(directory: string, attachment: Attachment, killRequests: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, [WORKER, directory, JSON.stringify(attachment)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, NODE_EXTRA_CA_CERTS: undefined, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    let [output, errors, seen] = ['', '', 0];
    server.setFault(() => {
      if (seen++ === killRequests) child.kill('SIGKILL');
      return undefined;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      server.setFault(undefined);
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(errors));
      else resolve(output.endsWith('done\n'));
    });
  });
}

/** The lake as files, for DuckDB. */
async function download(store: RemoteStore, directory: string): Promise<void> {
  for await (const { path } of store.list('')) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await store.get(path) ?? '');
  }
}

describe(`lake push, killed at random requests (seed ${SEED}, ${CYCLES} cycles)`, () => {
  it('goes on: every row of the pond once, and a lake that is sound', async () => {
    const random = seededRandom(SEED);
    const directory = scratch();
    const { pond, add, close } = await lakePond(directory);
    const attachment: Attachment = {
      url: `s3://${server.bucketName}/lake`, endpoint: server.endpoint, accessKeyId: '${env:ID}', secretAccessKey: '${env:SECRET}',
    };
    const store = await openRemote(attachment, { variable: (name) => VARIABLES[name], uuid: realEnvironment().uuid });
    let [killed, version] = [0, 0];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      for (const name of ['a', 'b']) {
        for (let i = 0; i < 2; i++) await add(`/${name}.series`, `timestamp,v\n2024-01-01T00:00:00Z,${version++}\n`);
      }
      if (!await push(pond.directory, attachment, Math.floor(random() * 40))) killed++;
    }
    expect(await push(pond.directory, attachment, undefined)).toBe(true);
    expect(killed).toBeGreaterThan(0);
    const { findings, tables } = await examineLake(store, { environment: realEnvironment() });
    expect(findings).toEqual([]);
    expect(tables.map(({ rows }) => rows)).toEqual([CYCLES * 2, CYCLES * 2]);
    const lake = join(scratch(), 'lake');
    await download(store, lake);
    const values = async (from: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const [v] of (await pond.sql(`SELECT v FROM '${from}' ORDER BY v`)).rows()) found.push(v);
      return found;
    };
    for (const name of ['a', 'b']) expect(await values(`host+delta://${lake}/${name}`)).toEqual(await values(`/${name}.series`));
    store.close();
    await close();
  });
});
