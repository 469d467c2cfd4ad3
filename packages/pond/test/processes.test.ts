import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { beforeAll, describe, it } from 'vitest';
import { createPond } from '../src/create-pond.ts';
import { openPond } from '../src/open-pond.ts';
import type { Pond } from '../src/pond.ts';
import { bundleWorker } from './campaigns/bundle-worker.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { bytesOf } from './tree-dump.ts';

const scratch = scratchDirectories();
let worker = '';
beforeAll(async () => { worker = await bundleWorker(scratch(), join(import.meta.dirname, 'campaigns/concurrent-worker')); });

interface Running {
  readonly ended: Promise<{ readonly conflicts: number }>;
}

function start(mode: string, directory: string, name: string, count: number): Running {
  const child = spawn(execPath, [worker, mode, directory, name, String(count)], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code) => {
        if (code === 0) resolve(JSON.parse(out));
        else reject(new Error(`${mode} ${name} ended with ${code}: ${err}`));
      });
    }),
  };
}

async function checkTransactions(pond: Pond, newest: number): Promise<void> {
  let next = newest;
  let later: bigint | undefined;
  for await (const { txnSeq, timestampMicros } of pond.transactions()) {
    assert.equal(txnSeq, next--);
    assert.ok(later === undefined || timestampMicros < later, `the time of ${txnSeq}`);
    later = timestampMicros;
  }
  assert.equal(next, 0);
}

async function textAt(pond: Pond, path: string): Promise<string> {
  return pond.read(async (fs) => (await bytesOf((await fs.root()).read(path))).toString());
}

describe('processes that commit into one pond', () => {
  it('8 with 12 commits each, one that maintains: no commit is lost, no number left out, times increase', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    await pond.write(async (fs) => {
      const root = await fs.root();
      await root.mkdir('/all');
      await root.create('/series', { kind: 'series' });
    });
    const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
    const running = [...names.map((name) => start('disjoint', directory, name, 12)), start('maintain', directory, 'm', 4)];
    await Promise.all(running.map(({ ended }) => ended));
    for (const opened of [pond, await openPond(directory)]) {
      await checkTransactions(opened, 2 + 96);
      const listed: string[] = [];
      await opened.read(async (fs) => { for await (const { path } of (await fs.root()).list('/all')) listed.push(path); });
      assert.equal(listed.length, 96);
      const lines = (await textAt(opened, '/series')).trimEnd().split('\n');
      assert.equal(new Set(lines).size, 96);
      assert.equal(lines.length, 96);
      for (const name of names) {
        assert.deepEqual(lines.filter((text) => text.startsWith(`${name} `)), Array.from({ length: 12 }, (_, i) => `${name} ${i}`), 'in the order of its commits');
      }
      const commands: string[] = [];
      for await (const { command } of opened.transactions()) commands.unshift(command.join(' '));
      assert.deepEqual(lines, commands.slice(2), 'the series has the order of the transactions');
    }
  });

  it('3 that read a number and write the next: no update is lost', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    await pond.write(async (fs) => (await fs.root()).write('/counter', [Buffer.from('0')]));
    await Promise.all(['a', 'b', 'c'].map((name) => start('counter', directory, name, 12).ended));
    assert.equal(await textAt(pond, '/counter'), '36');
    await checkTransactions(pond, 2 + 36);
  });

  it('a reader never sees half of a transaction', async () => {
    const directory = join(scratch(), 'pond');
    const pond = await createPond(directory);
    await pond.write(async (fs) => {
      const root = await fs.root();
      await root.write('/moving/a', [Buffer.from('moving')], { parents: true });
      for (let k = 0; k < 4; k++) await root.write(`/t${k}/token`, [Buffer.from('none\n')], { parents: true });
    });
    let isOver = false;
    const running = Promise.all([
      ...['a', 'b'].map((name) => start('tokens', directory, name, 25).ended), start('maintain', directory, 'm', 5).ended,
    ]).finally(() => { isOver = true; });
    let states = 0;
    const seen = new Set<string>();
    const reading = (async () => {
      for (let i = 0; !isOver; i++) {
        const reader = i % 8 === 0 ? await openPond(directory) : pond;
        await reader.read(async (fs) => {
          const root = await fs.root();
          const tokens = new Set<string>();
          for (let k = 0; k < 4; k++) {
            await new Promise((resolve) => setImmediate(resolve));
            tokens.add((await bytesOf(root.read(`/t${k}/token`))).toString());
          }
          assert.equal(tokens.size, 1, [...tokens].join());
          for (const token of tokens) seen.add(token);
          const moving: string[] = [];
          for await (const { path } of root.list('/moving')) moving.push(path);
          assert.equal(moving.length, 1, moving.join());
        });
        states++;
      }
    })();
    await Promise.all([running, reading]);
    assert.ok(states > 20 && seen.size > 5, `${states} reads of ${seen.size} states`);
    await checkTransactions(pond, 2 + 50);
  });
});
