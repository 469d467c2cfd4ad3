// Ponds with computed nodes, over series whose rows are one Parquet file each, which the peers read by path.
import { join } from 'node:path';
import { FACTORIES } from '../packages/factories/dist/index.js';
import { appendTabular, createPond, openPond, openRowImporter } from '../packages/pond/dist/index.js';
import { connectDuckDB } from './duckdb.mjs';
import { unsynced } from './ponds.mjs';
import { filesOf, kept } from './readings.mjs';

/** A pond, kept for the next run, with the rows of a query in each series. */
export function seriesPond(name, series) {
  return kept(name, async (where) => {
    const pond = await createPond(join(where, 'pond'), { command: ['init'] }, unsynced);
    const importer = await openRowImporter(pond);
    const duckdb = await connectDuckDB();
    for (const [path, sql] of Object.entries(series)) {
      const file = join(importer.directory, 'rows.parquet');
      await duckdb.run(`COPY (${sql}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
      const content = await importer.read({ kind: 'file', format: 'parquet', paths: [file], options: {} });
      await pond.write(async (fs) => appendTabular(await fs.root(), path, content, { kind: 'series', parents: true }), { command: ['copy'] });
    }
    await importer.close();
    await pond.close();
  });
}

export const openDerived = (directory) => openPond(join(directory, 'pond'), { factories: FACTORIES });

/** A computed node, made anew. */
export async function putNode(pond, path, factory, config) {
  const spec = FACTORIES.get(factory).makes;
  await pond.write(async (fs) => {
    const root = await fs.root();
    if (await root.exists(path)) await root.remove(path, { recursive: true });
    await root.create(path, { kind: spec, computed: { factory, config } }, { parents: true });
  });
}

/** The files of series, for a peer. */
export async function pathsOf(pond, directory, series) {
  const files = [];
  for (const path of series) files.push(...await filesOf(pond, path, join(directory, 'pond')));
  return files;
}

export async function drainPond(pond, sql) {
  for await (const chunk of (await pond.sql(sql)).chunks()) if (chunk.rowCount === 0) throw new Error('no rows');
}
