import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, it } from 'vitest';
import { collectLeftovers } from '../src/local-leftovers.ts';
import { openLocalStore } from '../src/local-store.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const WRITERS = 4;
const ROUNDS = 150;

async function bundledWriter(): Promise<string> {
  const outfile = join(scratch(), 'racing-writer.mjs');
  const entry = join(import.meta.dirname, 'workers/racing-writer.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  return outfile;
}

interface Writer {
  readonly ready: Promise<void>;
  readonly won: Promise<{ created: number[]; published: number[] }>;
  readonly kill: () => void;
}

function startWriter(script: string, directory: string, writer: number, rounds: number): Writer {
  const child = spawn(process.execPath, [script, directory, String(writer), String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => { isReady = resolve; });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('ready\n')) isReady();
  });
  const won = new Promise<{ created: number[]; published: number[] }>((resolve, reject) => {
    child.on('error', reject).on('close', () => {
      const last = output.split('\n').at(-2) ?? '';
      resolve(last.startsWith('{') ? JSON.parse(last) : { created: [], published: [] });
    });
  });
  return { ready, won, kill: () => { child.kill('SIGKILL'); } };
}

describe('openLocalStore() in several processes', () => {
  it('putIfAbsent() and publish() have exactly one winner each, and readers see whole objects', async () => {
    const directory = join(scratch(), 'store');
    mkdirSync(directory);
    const script = await bundledWriter();
    const writers = Array.from({ length: WRITERS }, (_, writer) => startWriter(script, directory, writer, ROUNDS));
    await Promise.all(writers.map(({ ready }) => ready));
    writeFileSync(join(directory, 'start'), '');

    const store = openLocalStore(directory);
    let isDone = false;
    let reads = 0;
    const reading = (async () => {
      while (!isDone) {
        const bytes = await store.get('replaced');
        if (bytes) assertWhole(bytes);
        for await (const { path, sizeBytes } of store.list('')) {
          assert.ok(path === 'start' || sizeBytes >= 2000, `${path} has ${sizeBytes} bytes`);
        }
        reads += 1;
        await new Promise((resolve) => { setTimeout(resolve, 1); });
      }
    })();
    const results = await Promise.all(writers.map(({ won }) => won));
    isDone = true;
    await reading;
    assert.ok(reads > 10, `${reads} reads`);

    for (const [kind, prefix] of [['created', 'log'], ['published', 'blob']] as const) {
      const winners = results.flatMap((result, writer) => result[kind].map((round): [number, number] => [round, writer]));
      assert.deepEqual(winners.map(([round]) => round).sort((a, b) => a - b), Array.from({ length: ROUNDS }, (_, round) => round), kind);
      for (const [round, writer] of winners) {
        const bytes = await store.get(`${prefix}/${round}`);
        assert.equal(assertWhole(bytes), writer);
      }
      assert.ok(new Set(winners.map(([, writer]) => writer)).size > 1, 'there was no race');
    }
    assert.deepEqual(readdirSync(directory).sort(), ['blob', 'log', 'replaced', 'start']);
  });

  it('a kill -9 leaves whole objects and leftovers that can be collected', async () => {
    const script = await bundledWriter();
    for (let cycle = 0; cycle < 6; cycle += 1) {
      const directory = join(scratch(), 'store');
      mkdirSync(directory);
      writeFileSync(join(directory, 'start'), '');
      const writer = startWriter(script, directory, 1, 1e6);
      await writer.ready;
      await new Promise((resolve) => { setTimeout(resolve, 5 + cycle * 7); });
      writer.kill();
      await writer.won;
      await collectLeftovers(directory, { isAlive: () => false, nowMillis: 0 });
      const store = openLocalStore(directory);
      for await (const { path } of store.list('')) if (path !== 'start') assertWhole(await store.get(path));
      assert.deepEqual(readdirSync(directory, { recursive: true }).filter((path) => String(path).endsWith('.tmp')), []);
    }
  });
});

/** @returns the writer whose bytes these are */
function assertWhole(bytes: Uint8Array | undefined): number {
  const writer = bytes?.[0] ?? -1;
  assert.equal(bytes?.length, 2000 + writer);
  assert.ok(bytes.every((byte) => byte === writer));
  return writer;
}
