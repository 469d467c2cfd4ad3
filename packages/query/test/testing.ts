import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, type EngineOptions, openEngine } from '../src/engine.ts';
import type { Catalog, Relation } from '../src/relation.ts';
import type { Parameters } from '../src/parameters.ts';
import type { Value } from '../src/values.ts';

export interface TestEngine {
  readonly engine: Engine;
  /** A directory that queries may read. */
  readonly directory: string;
  readonly spillDirectory: string;
  rows(sql: string, relations?: Readonly<Record<string, Relation>>, params?: Parameters): Promise<readonly (readonly Value[])[]>;
  arrow(sql: string, relations?: Readonly<Record<string, Relation>>): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function catalogOf(relations: Readonly<Record<string, Relation>>): Catalog {
  return { names: Object.keys(relations), resolve: (name) => Promise.resolve(Object.hasOwn(relations, name) ? relations[name] : undefined) };
}

/** An engine over a directory of its own. */
export async function testEngine(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
  const root = await mkdtemp(join(tmpdir(), 'duckpond-query-'));
  const [directory, spillDirectory] = [await mkdtemp(join(root, 'data-')), await mkdtemp(join(root, 'spill-'))];
  const engine = await openEngine({ readableDirectories: [directory], spillDirectory, threads: 2, memoryLimit: '512MB', ...options });
  return {
    engine, directory, spillDirectory,
    rows: async (sql, relations = {}, params) => {
      const result = await engine.query(sql, { catalog: catalogOf(relations), ...(params === undefined ? {} : { params }) });
      const rows: (readonly Value[])[] = [];
      for await (const row of result.rows()) rows.push(row);
      return rows;
    },
    arrow: async (sql, relations = {}) => {
      const result = await engine.query(sql, { catalog: catalogOf(relations) });
      const pieces: Uint8Array[] = [];
      for await (const piece of result.arrow()) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    close: async () => {
      engine.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
