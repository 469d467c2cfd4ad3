import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { appendRows, createPond, openPond, type Pond } from '@duckpond/pond';
import type { Attachment } from '../src/attachment.ts';
import { PLAIN } from '../src/backup/cipher.ts';
import { findAttachment } from '../src/backup/attached.ts';
import { claimIdentity } from '../src/backup/identity.ts';
import { NO_CACHE } from '../src/backup/index-cache.ts';
import { pushBackup } from '../src/backup/push.ts';
import { openDirectoryStore } from '../src/directory-store.ts';
import { RemoteError } from '../src/errors.ts';
import { addImport, importState, pullImport, removeImport } from '../src/import/attached-import.ts';
import { IMPORT_ENTRIES } from '../src/import/import-entries.ts';
import type { PullReport } from '../src/import/replica.ts';
import type { RemoteStore } from '../src/remote-store.ts';
import { type RandomPond, randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const environment = { nowMicros: () => BigInt(Date.now()) * 1000n, uuid: randomUUID, user: 'tester', host: 'testhost' };

interface Setup {
  readonly source: RandomPond;
  readonly pond: Pond;
  readonly store: RemoteStore;
  push(): Promise<void>;
  pull(): Promise<PullReport>;
}

async function setUp(seed: number): Promise<Setup> {
  const source = await randomPond(join(scratch(), 'source'), seed);
  const directory = scratch();
  const store = openDirectoryStore(directory);
  await claimIdentity(store, { pondId: source.pond.identity.id, createdMicros: 1n, encryption: undefined });
  const push = async (): Promise<void> => {
    await pushBackup({ directory: source.pond.directory, store, sealer: PLAIN, environment: source.environment, cache: NO_CACHE });
  };
  const here = join(scratch(), 'pond');
  await (await createPond(here)).close();
  const pond = await openPond(here, { factories: IMPORT_ENTRIES });
  const attachment: Attachment & { path: string } = { url: `file://${directory}`, path: '/ponds/north' };
  await addImport(pond, 'north', attachment, store, {});
  return { source, pond, store, push, pull: async () => pullImport(pond, await findAttachment(pond, 'remote', 'north'), store, PLAIN, { environment }) };
}

async function picture(pond: Pond, below: string): Promise<string[]> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const lines: string[] = [];
    for await (const { path, node } of root.walk(below)) {
      const chunks: Uint8Array[] = [];
      if (node.kind !== 'directory' && node.kind !== 'symlink') for await (const chunk of root.read(path)) chunks.push(chunk);
      lines.push(`${path.slice(below === '/' ? 0 : below.length)} ${Buffer.concat(chunks).toString('base64')}`);
    }
    return lines;
  });
}

describe('an import', () => {
  it('shows every state that was pulled, fetches only what is new, and comes back when the cache is emptied', async () => {
    const { source, pond, push, pull } = await setUp(31);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 6; i++) await source.step();
      await push();
      const report = await pull();
      assert.equal(report.outcome, 'pulled');
      assert.deepEqual(await picture(pond, '/ponds/north'), await picture(source.pond, '/'));
      assert.equal((await pull()).outcome, 'unchanged');
    }
    await source.pond.write(async (fs) => { await (await fs.root()).write('/one', [Buffer.from('x')]); });
    await push();
    assert.ok((await pull()).files <= 8);
    rmSync(join(pond.directory, 'cache'), { recursive: true });
    assert.deepEqual(await picture(pond, '/ponds/north'), []);
    await assert.rejects(
      pond.read(async (fs) => (await fs.root()).get('/ponds/north/one')), (error) => error instanceof RemoteError && /was not pulled/.test(error.message),
    );
    await pull();
    assert.deepEqual(await picture(pond, '/ponds/north'), await picture(source.pond, '/'));
    await pond.close();
  });

  it('cannot be written to', async () => {
    const { source, pond, push, pull } = await setUp(32);
    await source.pond.write(async (fs) => { await (await fs.root()).write('/d/f', [Buffer.from('x')], { parents: true }); });
    await push();
    await pull();
    const root = <T>(work: Parameters<Pond['write']>[0]): Promise<T> => pond.write(work) as Promise<T>;
    for (const work of [
      (fs) => fs.root().then((at) => at.write('/ponds/north/d/f', [Buffer.from('y')])),
      (fs) => fs.root().then((at) => at.write('/ponds/north/new', [Buffer.from('y')])),
      (fs) => fs.root().then((at) => at.remove('/ponds/north/d/f')),
      (fs) => fs.root().then((at) => at.mkdir('/ponds/north/sub')),
      (fs) => fs.root().then((at) => at.rename('/ponds/north/d/f', '/stolen')),
    ] satisfies Parameters<Pond['write']>[0][]) await assert.rejects(root(work));
    assert.deepEqual(await picture(pond, '/ponds/north'), await picture(source.pond, '/'));
    await pond.close();
  });

  it('answers queries over its tables and series', async () => {
    const { source, pond, push, pull } = await setUp(33);
    const rows = async function* (text: string): AsyncGenerator<Uint8Array> { yield Buffer.from(text); };
    await appendRows(source.pond, '/s.series', rows('{"t":"2026-01-01T00:00:00Z","v":1}\n{"t":"2026-01-02T00:00:00Z","v":2}\n'), { format: 'ndjson' });
    await push();
    await pull();
    const sum = async (): Promise<unknown> => {
      const result = await pond.sql("SELECT sum(v)::INT AS s FROM '/ponds/north/s.series'");
      const seen: unknown[] = [];
      for await (const chunk of result.chunks()) seen.push(...chunk.getRows().flat());
      return seen[0];
    };
    assert.equal(Number(await sum()), 3);
    await appendRows(source.pond, '/s.series', rows('{"t":"2026-01-03T00:00:00Z","v":10}\n'), { format: 'ndjson' });
    await push();
    await pull();
    assert.equal(Number(await sum()), 13);
    await pond.close();
  });

  it('is taken away with its replica, and refuses a backup of the pond itself', async () => {
    const { pond, push, pull, source, store } = await setUp(34);
    await push();
    await pull();
    await removeImport(pond, await findAttachment(pond, 'remote', 'north'), {});
    assert.equal(await importState(pond, 'north'), undefined);
    await pond.read(async (fs) => assert.equal(await (await fs.root()).exists('/ponds/north'), false));
    await assert.rejects(
      addImport(source.pond, 'me', { url: 'file:///x', path: '/me' }, store, {}), (error) => error instanceof RemoteError && error.code === 'foreign-pond',
    );
    await pond.close();
  });
});
