import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Engine, openEngine } from '../../src/engine.ts';
import { readError } from '../../src/formats/read-error.ts';
import { FORMAT_READERS } from '../../src/formats/readers.ts';
import type { FilePart } from '../../src/relation.ts';
import type { Value } from '../../src/values.ts';

/** A directory with an engine that reads it, for one test file. */
export interface Bench {
  readonly directory: string;
  readonly engine: Engine;
  /** Writes a file of the directory and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  /** The rows of a query over `t`, which are the files. */
  rows(format: string, paths: string | readonly string[], options?: Readonly<Record<string, string>>, sql?: string): Promise<Record<string, Value>[]>;
  /** The message of the error that reading ends with. */
  failure(format: string, paths: string | readonly string[], options?: Readonly<Record<string, string>>, sql?: string): Promise<string>;
  /** Names and types of the columns. */
  columns(format: string, paths: string | readonly string[], options?: Readonly<Record<string, string>>): Promise<Record<string, string>>;
}

export async function openBench(extra: readonly string[] = []): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-formats-'));
  const engine = await openEngine({
    readableDirectories: [directory, ...extra], spillDirectory: directory, readers: FORMAT_READERS, memoryLimit: '512MB', threads: 2,
  });
  afterAll(() => {
    engine.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const part = (format: string, paths: string | readonly string[], options: Readonly<Record<string, string>> = {}): FilePart => ({
    kind: 'file', format, paths: typeof paths === 'string' ? [paths] : paths, options,
  });
  const query = (file: FilePart, sql: string) => engine.query(sql, { catalog: { resolve: async () => ({ parts: [file] }) } });
  const rows: Bench['rows'] = async (format, paths, options, sql = 'FROM t') => {
    const all: Record<string, Value>[] = [];
    for await (const row of (await query(part(format, paths, options), sql)).rowObjects()) all.push({ ...row });
    return all;
  };
  return {
    directory,
    engine,
    write: (name, content) => {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    },
    rows,
    failure: async (format, paths, options, sql) => {
      try {
        await rows(format, paths, options, sql);
      } catch (error) {
        const message = (readError(error) ?? (error as Error)).message;
        return message.replaceAll(directory, '');
      }
      throw new Error('it did not fail');
    },
    columns: async (format, paths, options) => {
      const result = await query(part(format, paths, options), 'FROM t');
      await result.close();
      return Object.fromEntries(result.columns.map(({ name, type }) => [name, type]));
    },
  };
}
