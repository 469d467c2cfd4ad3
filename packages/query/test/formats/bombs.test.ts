import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import type { BombReport } from './bomb-worker.ts';

// DuckDB is found from there.
const cache = join(import.meta.dirname, '../../node_modules/.cache');
mkdirSync(cache, { recursive: true });
const place = mkdtempSync(join(cache, 'bombs-'));
const scratch = mkdtempSync(join(tmpdir(), 'duckpond-bombs-'));
afterAll(() => {
  for (const directory of [place, scratch]) rmSync(directory, { recursive: true, force: true });
});

const worker = join(place, 'bomb-worker.mjs');
await build({
  entryPoints: [join(import.meta.dirname, 'bomb-worker.ts')], outfile: worker, bundle: true, platform: 'node', format: 'esm', logLevel: 'error',
  conditions: ['@duckpond/source'], external: ['@duckdb/*'],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});

function run(...args: readonly string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(execPath, [worker, ...args], { encoding: 'utf8', env: {}, timeout: 55_000 });
  if (status !== 0) throw new Error(`it ended with ${status ?? signal}: ${stderr}`);
  return stdout;
}

/** Of the processor, and of a process that needs about 110 MB before it reads anything and may use 256 MB for a query. */
const MOST_MILLIS = 20_000;
const MOST_MEGABYTES = 520;

describe('a file that is made to exhaust whoever reads it', () => {
  for (const name of JSON.parse(run('list')) as string[]) {
    it(`${name}: is read or refused in bounded time and memory`, () => {
      const directory = mkdtempSync(join(scratch, 'bomb-'));
      run('make', name, directory);
      const { outcome, cpuMillis, memoryMegabytes } = JSON.parse(run('read', name, directory)) as BombReport;
      rmSync(directory, { recursive: true, force: true });
      if (typeof outcome === 'string') expect(outcome).not.toMatch(/undefined|internal error|at .*\.ts:/i);
      expect(cpuMillis).toBeLessThan(MOST_MILLIS);
      expect(memoryMegabytes).toBeLessThan(MOST_MEGABYTES);
    });
  }
});
