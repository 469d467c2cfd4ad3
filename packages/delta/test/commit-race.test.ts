import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openLocalStore } from '../src/local-store.ts';
import { openSnapshot } from '../src/snapshot.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { newTable } from './tables.ts';

const scratch = scratchDirectories();
const WRITERS = 8;
const COMMITS = 25;

/** Starts a writer; `versions` are those that it won. */
function startWriter(script: string, directory: string, writer: number): { ready: Promise<void>; versions: Promise<number[]> } {
  const child = spawn(process.execPath, [script, directory, String(writer), String(COMMITS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => { isReady = resolve; });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('ready\n')) isReady();
  });
  const versions = new Promise<number[]>((resolve, reject) => {
    child.on('error', reject).on('close', () => { resolve(JSON.parse(output.split('\n').at(-2) ?? '') as number[]); });
  });
  return { ready, versions };
}

test(`commit() in ${WRITERS} processes loses nothing and gives every version to one of them`, async () => {
  const directory = join(scratch(), 'table');
  mkdirSync(directory);
  const store = openLocalStore(directory);
  await newTable(store);
  const script = join(scratch(), 'racing-committer.mjs');
  const entry = join(import.meta.dirname, 'workers/racing-committer.ts');
  await build({
    entryPoints: [entry], outfile: script, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', external: ['hyparquet*'],
  });
  const writers = Array.from({ length: WRITERS }, (_, writer) => startWriter(script, directory, writer));
  await Promise.all(writers.map(({ ready }) => ready));
  writeFileSync(join(directory, 'start'), '');
  const won = (await Promise.all(writers.map(({ versions }) => versions))).flat();
  expect(won.sort((left, right) => left - right)).toEqual(Array.from({ length: WRITERS * COMMITS }, (_, index) => index + 1));
  const snapshot = await openSnapshot(store);
  expect(snapshot.version).toBe(WRITERS * COMMITS);
  expect(snapshot.files.size).toBe(WRITERS * COMMITS);
  expect([...snapshot.transactions.values()].map(({ version }) => version)).toEqual(Array.from({ length: WRITERS }, () => COMMITS - 1));
});
