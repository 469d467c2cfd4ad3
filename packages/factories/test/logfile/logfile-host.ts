import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createPond, type Pond, type RunContext, type RunOutcome } from '@duckpond/pond';
import { LOGFILE_INGEST } from '../../src/logfile/logfile-ingest.ts';

/** A host with logs, and a pond that takes them. */
export interface LogfileHost {
  readonly directory: string;
  readonly pond: Pond;
  path(name: string): string;
  append(name: string, bytes: Uint8Array | string): void;
  /** `app.log` becomes `app.log.1`, and so on up to `keep`, compressed or not. */
  rotate(name: string, keep: number): void;
  copyTruncate(name: string, keep: number): void;
  truncate(name: string, size: number): void;
  compress(name: string, as: 'gz' | 'zst'): void;
  run(command?: string, signal?: AbortSignal): Promise<RunOutcome & { readonly notes: readonly string[] }>;
  text(path: string): Promise<string>;
  paths(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openLogfileHost(config = (directory: string) => `active_pattern: ${directory}/*.log`): Promise<LogfileHost> {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-logfile-'));
  const host = join(directory, 'host');
  mkdirSync(host);
  const pond = await createPond(join(directory, 'pond'));
  const path = (name: string): string => join(host, name);
  const shift = (name: string, keep: number): void => {
    for (const suffix of ['', '.gz', '.zst']) {
      rmSync(path(`${name}.${keep}${suffix}`), { force: true });
      for (let at = keep - 1; at >= 1; at--) {
        if (existsSync(path(`${name}.${at}${suffix}`))) renameSync(path(`${name}.${at}${suffix}`), path(`${name}.${at + 1}${suffix}`));
      }
    }
  };
  return {
    directory: host, pond, path,
    append(name, bytes) {
      mkdirSync(dirname(path(name)), { recursive: true });
      appendFileSync(path(name), bytes);
    },
    rotate(name, keep) {
      if (!existsSync(path(name))) return;
      shift(name, keep);
      renameSync(path(name), path(`${name}.1`));
      writeFileSync(path(name), '');
    },
    copyTruncate(name, keep) {
      if (!existsSync(path(name))) return;
      shift(name, keep);
      copyFileSync(path(name), path(`${name}.1`));
      truncateSync(path(name));
    },
    truncate(name, size) {
      if (existsSync(path(name)) && readFileSync(path(name)).byteLength > size) truncateSync(path(name), size);
    },
    compress(name, as) {
      if (!existsSync(path(name))) return;
      const bytes = readFileSync(path(name));
      writeFileSync(path(`${name}.${as}`), as === 'gz' ? gzipSync(bytes) : storedZstd(bytes));
      rmSync(path(name));
    },
    async run(command = 'collect', signal = new AbortController().signal) {
      const notes: string[] = [];
      const context: RunContext = {
        pond, path: '/system/run/logs', config: `${config(host)}\npath: /logs\n`, command, args: [], signal,
        commandLine: ['pond', 'run', 'logs'], environment: { nowMicros: () => 0n, variable: () => undefined },
        note: (text) => notes.push(text), progress: () => undefined,
      };
      if (!('run' in LOGFILE_INGEST)) throw new Error('an executable factory was wanted');
      return { ...await LOGFILE_INGEST.run(context), notes };
    },
    async text(file) {
      const chunks: Uint8Array[] = [];
      await pond.read(async (fs) => { for await (const chunk of (await fs.root()).read(file)) chunks.push(chunk); });
      return Buffer.concat(chunks).toString('latin1');
    },
    paths: () => pond.read(async (fs) => {
      const found: string[] = [];
      for await (const { path: one, node } of (await fs.root()).walk('/logs')) if (node.kind !== 'directory') found.push(one);
      return found.sort();
    }),
    async close() {
      await pond.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What a file of the host has, decompressed. */
export function contentOf(path: string): string {
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString('latin1');
  return path.endsWith('.zst') ? bytes.subarray(9).toString('latin1').slice(3) : bytes.toString('latin1');
}

/** One frame of one raw block, by RFC 8878; up to 128 KiB. */
function storedZstd(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0xa0;
  head.writeUInt32LE(bytes.byteLength, 5);
  head.writeUIntLE(1 | (bytes.byteLength << 3), 9, 3);
  return Buffer.concat([head, bytes]);
}
