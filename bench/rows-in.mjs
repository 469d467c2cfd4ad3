// Files of readings to bring in, and processes that are watched while they run.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connectDuckDB } from './duckdb.mjs';
import { cleanEnv } from './measure.mjs';
import { kept, readingsSql } from './readings.mjs';

const USAGE = new URL('./usage.cjs', import.meta.url).pathname;

/** The same readings as CSV and as NDJSON, made once. */
export async function readingFiles(rows) {
  const directory = await kept(`files-${rows}`, async (where) => {
    const duckdb = await connectDuckDB();
    await duckdb.run(`COPY (${readingsSql(0, rows)}) TO '${where}/readings.csv' (FORMAT csv, HEADER)`);
    await duckdb.run(`COPY (${readingsSql(0, rows)}) TO '${where}/readings.ndjson' (FORMAT json)`);
  });
  return { csv: join(directory, 'readings.csv'), ndjson: join(directory, 'readings.ndjson') };
}

/** Bytes of the files in a directory and below. */
export function bytesBelow(directory) {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    try { bytes += entry.isDirectory() ? bytesBelow(path) : statSync(path).size; } catch { /* Gone meanwhile. */ }
  }
  return bytes;
}

/**
 * Runs a script of Node with its output to /dev/null, and looks at it every 50 ms: `rssMb(share)` is what it held at that share of its
 * time; `sampled` the largest of what `sample` gave.
 */
export function watchNode(args, { env, sample } = {}) {
  const nowhere = openSync('/dev/null', 'w');
  const begin = process.hrtime.bigint();
  const child = spawn(process.execPath, ['-r', USAGE, ...args], { stdio: ['ignore', nowhere, 'pipe', 'pipe'], env: cleanEnv(env) });
  closeSync(nowhere);
  const rss = [];
  let sampled = 0;
  const timer = setInterval(() => {
    try {
      rss.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
      if (sample !== undefined) sampled = Math.max(sampled, sample());
    } catch { /* It has just ended. */ }
  }, 50);
  let errors = '';
  let usage = '';
  child.stderr.on('data', (text) => { errors += text; });
  child.stdio[3].on('data', (text) => { usage += text; });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      const wallMillis = Number(process.hrtime.bigint() - begin) / 1e6;
      if (code !== 0) return reject(new Error(`node ${args.join(' ')} ended with ${code ?? signal}: ${errors}`));
      return resolve({ wallMillis, ...JSON.parse(usage), sampled, rssMb: (share) => rss[Math.min(rss.length - 1, Math.floor(rss.length * share))] ?? 0 });
    });
  });
}
