import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPond, importRows, openPond, openRowImporter, type Pond, type RowImporter, type SqlOptions } from '@duckpond/pond';
import type { NodeSpec } from '@duckpond/tinyfs';
import { FACTORIES } from '../src/registry.ts';

export type Row = readonly unknown[];

/** A pond that knows the factories, and short ways to fill it. */
export interface FactoryPond {
  readonly directory: string;
  readonly pond: Pond;
  /** Rows, as CSV with a header, appended to a series or put into a table. */
  append(path: string, csv: string, kind?: 'series' | 'table'): Promise<void>;
  /** Rows of the host's Parquet file. */
  appendFile(path: string, file: string, format?: string): Promise<void>;
  data(path: string, text: string): Promise<void>;
  node(path: string, factory: string, config: string): Promise<void>;
  /** A node that is there gets another config. */
  change(path: string, factory: string, config: string): Promise<void>;
  remove(path: string): Promise<void>;
  rows(query: string, options?: SqlOptions): Promise<Row[]>;
  /** The whole tree, as paths. */
  paths(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openFactoryPond(settings: Readonly<Record<string, string>> = {}): Promise<FactoryPond> {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-factories-'));
  await (await createPond(join(directory, 'pond'))).close();
  const pond = await openPond(join(directory, 'pond'), { factories: FACTORIES });
  let importer: Promise<RowImporter> | undefined;
  let files = 0;
  const append = async (path: string, file: string, format: string, kind: 'series' | 'table'): Promise<void> => {
    const open = await (importer ??= openRowImporter(pond));
    await pond.write(async (fs) => {
      const source = { kind: 'file', format, paths: [file], options: {} } as const;
      await importRows(open, await fs.root(), path, source, { kind });
    });
  };
  return {
    directory, pond,
    async append(path, csv, kind = 'series') {
      const file = join(directory, `${files++}.csv`);
      writeFileSync(file, csv);
      await append(path, file, 'csv', kind);
    },
    appendFile: (path, file, format = 'parquet') => append(path, file, format, 'series'),
    async data(path, text) {
      await pond.write(async (fs) => (await fs.root()).write(path, [Buffer.from(text)], { parents: true }));
    },
    async node(path, factory, config) {
      const entry = FACTORIES.get(factory);
      if (entry === undefined) throw new Error(`no factory ${factory}`);
      await (await entry.load()).check(config, path);
      const computed = { factory, config };
      const spec: NodeSpec = entry.makes === 'directory' ? { kind: 'directory', computed } : { kind: entry.makes, computed };
      await pond.write(async (fs) => (await fs.root()).create(path, spec, { parents: true }));
    },
    async change(path, factory, config) {
      await pond.write(async (fs) => (await fs.root()).update(path, { computed: { factory, config } }));
    },
    async remove(path) {
      await pond.write(async (fs) => (await fs.root()).remove(path, { recursive: true }));
    },
    async rows(query, options = {}) {
      const rows: Row[] = [];
      const result = await pond.sql(query, { ...options, settings: { ...settings, ...options.settings } });
      for await (const row of result.rows()) rows.push(row);
      return rows;
    },
    paths: () => pond.read(async (fs) => {
      const found: string[] = [];
      for await (const { path } of (await fs.root()).walk()) found.push(path);
      return found;
    }),
    async close() {
      await (await importer)?.close();
      await pond.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
