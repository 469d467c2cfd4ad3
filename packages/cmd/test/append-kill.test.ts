import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { scratchDirectory } from './fake-effects.ts';

const bin = join(fileURLToPath(new URL('../dist/', import.meta.url)), 'pond.cjs');
const ROWS = 12_000;
const KILLS = 8;
const SEED = 20_261_122;

beforeAll(() => {
  if (!existsSync(bin)) spawnSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url))], { stdio: 'inherit' });
});

/** Numbers below 1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each(['ndjson', 'csv'])('append of %s, killed again and again and given the same input, loses no row and doubles none', async (format) => {
  const cwd = scratchDirectory();
  const directory = join(cwd, 'pond');
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined, POND: directory };
  const pond = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { env, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    return stdout;
  };
  const file = join(cwd, 'input');
  const isBad = (i: number): boolean => i % 997 === 500;
  const row = (i: number): string => (format === 'csv' ? `${i},"n\n${i}"\n` : `{"i":${i},"s":"n${i}"}\n`);
  const lines = Array.from({ length: ROWS }, (_, i) => (isBad(i) ? 'no row,at,all\n' : row(i)));
  writeFileSync(file, `${format === 'csv' ? 'i,s\n' : ''}${lines.join('')}`);
  pond('init');
  let said = '';
  const append = async (killAfter: number | undefined): Promise<number | null> => {
    const input = openSync(file, 'r');
    const child = spawn(
      process.execPath, [bin, 'append', '/s', '--format', format, '--resume-key', 'input-1', '--batch-rows', '97'],
      { env, stdio: [input, 'ignore', 'pipe'] },
    );
    closeSync(input);
    child.stderr?.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString()}`.slice(-1000); });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    if (killAfter !== undefined) await Promise.race([sleep(killAfter), ended]);
    if (killAfter !== undefined) child.kill('SIGKILL');
    return ended;
  };
  const next = random(SEED);
  let killed = 0;
  for (let round = 0; round < KILLS; round++) if (await append(350 + next() * 500) === null) killed++;
  expect(killed, 'kills that came before the end').toBeGreaterThan(KILLS / 2);
  const last = await append(undefined);
  expect([0, 3], said).toContain(last);
  const bad = Array.from({ length: ROWS }, (_, i) => i).filter(isBad);
  const good = Array.from({ length: ROWS }, (_, i) => i).filter((i) => !isBad(i));
  const rows = pond('copy', '/s', '-', '--format', 'ndjson').trimEnd().split('\n');
  expect(rows.map((line) => Number((JSON.parse(line) as { i: unknown }).i))).toEqual(good);
  const rejected = pond('cat', '/s.rejected.ndjson').trimEnd().split('\n');
  expect(rejected).toHaveLength(bad.length);
  const lineOf = (i: number): number => (format === 'csv' ? 2 + i + good.filter((one) => one < i).length : i + 1);
  expect(rejected.map((line) => (JSON.parse(line) as { line: unknown }).line)).toEqual(bad.map(lineOf));
  pond('fsck');
}, 120_000);
