import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { describe, it } from 'vitest';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import { createPond, type Pond } from '@duckpond/pond';
import { RemoteError } from '../src/errors.ts';
import { hostName } from '../src/mirror/host-name.ts';
import { mirrorPond, type MirrorOptions, type MirrorReport } from '../src/mirror/mirror.ts';
import { randomPond } from './random-pond.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const SEED = Number(env['DUCKPOND_SEED'] ?? 1);

function mirror(pond: Pond, directory: string, more: Partial<MirrorOptions> = {}): Promise<MirrorReport> {
  return mirrorPond({ pond, directory, uuid: randomUUID, ...more });
}

/** Path, kind and bytes of what the pond has and of what the host has, to be compared. */
async function inPond(pond: Pond): Promise<string[]> {
  return pond.read(async (fs) => {
    const root = await fs.root();
    const lines: string[] = [];
    for await (const { path, node } of root.walk('/')) {
      if (node.kind === 'directory') lines.push(`${path} directory`);
      else if (node.kind === 'symlink') lines.push(`${path} link`);
      else {
        const chunks: Uint8Array[] = [];
        for await (const chunk of root.read(path)) chunks.push(chunk);
        lines.push(`${path} ${Buffer.concat(chunks).toString('base64')}`);
      }
    }
    return lines.sort();
  });
}

function onHost(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length);
    if (path === '/.duckpond-mirror.json') return [];
    return [entry.isSymbolicLink() ? `${path} link` : entry.isDirectory() ? `${path} directory` : `${path} ${readFileSync(file, 'base64')}`];
  }).sort();
}

describe('mirrorPond()', () => {
  it(`is what the pond is after any changes, and writes only what changed (seed ${SEED})`, async () => {
    const made = await randomPond(join(scratch(), 'pond'), SEED);
    const directory = join(scratch(), 'm');
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 4; i++) await made.step();
      const report = await mirror(made.pond, directory);
      assert.deepEqual(report.skipped, []);
      assert.deepEqual(onHost(directory), await inPond(made.pond));
      const again = await mirror(made.pond, directory);
      assert.deepEqual([again.written, again.removed], [[], []]);
    }
    await made.pond.write(async (fs) => { await (await fs.root()).write('/one', [Buffer.from('x')]); });
    assert.deepEqual((await mirror(made.pond, directory)).written, ['/one']);
    await made.pond.close();
  });

  it('killed between any two files, the next run goes on', async () => {
    const made = await randomPond(join(scratch(), 'pond'), SEED + 1);
    const random = seededRandom(SEED);
    const directory = join(scratch(), 'm');
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 5; i++) await made.step();
      const controller = new AbortController();
      const stopAt = Math.floor(random() * 4);
      await mirror(made.pond, directory, {
        signal: controller.signal, onProgress: (done) => { if (done >= stopAt) controller.abort(new Error('killed')); },
      }).catch((error: unknown) => assert.match(String(error), /killed/));
    }
    assert.deepEqual((await mirror(made.pond, directory)).skipped, []);
    assert.deepEqual(onHost(directory), await inPond(made.pond));
    await made.pond.close();
  });

  it('never touches what it did not make, nor follows a link of the host out of the directory', async () => {
    const pond = await createPond(join(scratch(), 'pond'));
    await pond.write(async (fs) => {
      const root = await fs.root();
      for (const path of ['/own', '/foreign', '/edited', '/d/x', '/e/y']) await root.write(path, [Buffer.from('pond')], { parents: true });
    });
    const directory = scratch();
    const outside = scratch();
    writeFileSync(join(directory, 'foreign'), 'mine');
    symlinkSync(outside, join(directory, 'd'));
    const first = await mirror(pond, directory);
    assert.deepEqual(first.skipped.map(({ path }) => path).sort(), ['/d', '/d/x', '/foreign']);
    writeFileSync(join(directory, 'edited'), 'edited by hand');
    mkdirSync(join(directory, 'e', 'mine'));
    await pond.write(async (fs) => {
      const root = await fs.root();
      await root.write('/edited', [Buffer.from('new')]);
      await root.remove('/own');
      await root.remove('/e', { recursive: true });
    });
    const second = await mirror(pond, directory);
    assert.ok(second.skipped.some(({ path, why }) => path === '/edited' && /changed since/.test(why)));
    assert.equal(readFileSync(join(directory, 'foreign'), 'utf8'), 'mine');
    assert.equal(readFileSync(join(directory, 'edited'), 'utf8'), 'edited by hand');
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(readdirSync(join(directory, 'e')), ['mine']);
    assert.equal(existsSync(join(directory, 'own')), false);
    // A rebuild takes back what was its own, and still nothing else.
    await mirror(pond, directory, { rebuild: true });
    assert.equal(readFileSync(join(directory, 'edited'), 'utf8'), 'new');
    assert.equal(readFileSync(join(directory, 'foreign'), 'utf8'), 'mine');
    await pond.close();
  });

  it('makes names and links safe', async () => {
    const pond = await createPond(join(scratch(), 'pond'));
    await pond.write(async (fs) => {
      const root = await fs.root();
      await root.write('/a\nb\u0007', [Buffer.from('1')]);
      await root.write('/.duckpond-mirror.json', [Buffer.from('2')]);
      await root.mkdir('/d');
      await root.symlink('/etc/passwd', '/d/absolute');
      await root.symlink('../../../../etc/passwd', '/d/up').catch(() => root.symlink('../x', '/d/up'));
    });
    const directory = scratch();
    assert.deepEqual((await mirror(pond, directory)).skipped, []);
    assert.equal(readFileSync(join(directory, 'a%0Ab%07'), 'utf8'), '1');
    assert.equal(readFileSync(join(directory, '%2Educkpond-mirror.json'), 'utf8'), '2');
    for (const name of ['absolute', 'up']) {
      assert.ok(lstatSync(join(directory, 'd', name)).isSymbolicLink());
      assert.ok(resolve(join(directory, 'd'), readlinkSync(join(directory, 'd', name))).startsWith(directory));
    }
    await pond.close();
  });

  it('shows tables and series as Parquet', async () => {
    const pond = await createPond(join(scratch(), 'pond'));
    const { appendRows } = await import('@duckpond/pond');
    const rows = async function* (text: string): AsyncGenerator<Uint8Array> { yield Buffer.from(text); };
    await appendRows(pond, '/s.series', rows('{"t":"2026-01-01T00:00:00Z","v":1}\n'), { format: 'ndjson' });
    const directory = scratch();
    await mirror(pond, directory);
    assert.equal(readFileSync(join(directory, 's.series')).subarray(0, 4).toString(), 'PAR1');
    await appendRows(pond, '/s.series', rows('{"t":"2026-01-01T01:00:00Z","v":2}\n'), { format: 'ndjson' });
    assert.deepEqual((await mirror(pond, directory)).written, ['/s.series']);
    await pond.close();
  });

  it('refuses the mirror of another pond or pattern, and a directory in the pond', async () => {
    const [one, two] = [await createPond(join(scratch(), 'one')), await createPond(join(scratch(), 'two'))];
    const directory = scratch();
    await mirror(one, directory);
    for (const attempt of [() => mirror(two, directory), () => mirror(one, directory, { pattern: '/x/**' }), () => mirror(one, join(one.directory, 'm'))]) {
      await assert.rejects(attempt, (error) => error instanceof RemoteError && /^Cannot mirror into/.test(error.message));
    }
    await one.close();
    await two.close();
  });

  it('a file that cannot be written ends it, and nothing half is there', async () => {
    const pond = await createPond(join(scratch(), 'pond'));
    await pond.write(async (fs) => { await (await fs.root()).write('/d/f', [Buffer.alloc(200_000, 'a')], { parents: true }); });
    const directory = scratch();
    await mirror(pond, directory);
    await pond.write(async (fs) => { await (await fs.root()).write('/d/f', [Buffer.alloc(300_000, 'b')]); });
    chmodSync(join(directory, 'd'), 0o500);
    await mirror(pond, directory).catch(() => undefined);
    chmodSync(join(directory, 'd'), 0o700);
    assert.ok([200_000, 300_000].includes(lstatSync(join(directory, 'd/f')).size));
    await mirror(pond, directory);
    assert.equal(lstatSync(join(directory, 'd/f')).size, 300_000);
    await pond.close();
  });
});

describe('hostName()', () => {
  it('keeps what is safe and never maps two names to one', () => {
    for (const name of ['a', 'a b', 'ü', '2026-01-01T00:00:00Z.csv', '100%', '-rf', '.hidden']) assert.equal(hostName(name), name);
    const names = ['a\nb', 'a%0Ab', 'a\rb', `${'x'.repeat(254)}\n`, `${'x'.repeat(253)}y\n`, '.duckpond-x'];
    assert.equal(new Set(names.map(hostName)).size, names.length);
    for (const name of names) assert.ok(Buffer.byteLength(hostName(name)) <= 255);
  });
});
