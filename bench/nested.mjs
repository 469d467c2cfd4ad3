import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectDuckDB, drain, MEMORY_LIMIT } from './duckdb.mjs';
import { scratch, unsynced } from './ponds.mjs';
import { inProcess, loadRow, pairs, ratioRow } from './processes.mjs';
import { createPond, kept, openPond, queriesOf, readingsSql } from './readings.mjs';

export const title = 'Rows nested in the records of the log';

const LIMIT = 8;
const STREAM_ROWS = 1000;
const PER_DIRECTORY = 5000;

/** A pond of so many files; beside it, its entries as one Parquet file. */
async function manyFiles(count) {
  return kept(`entries-${count}`, async (where) => {
    const pond = await createPond(join(where, 'pond'), { command: ['init'] }, unsynced);
    for (let directory = 0; directory * PER_DIRECTORY < count; directory++) {
      await pond.write(async (fs) => {
        const root = await fs.root();
        for (let i = 0; i < PER_DIRECTORY; i++) {
          await root.write(`/d${directory}/file-${i}.csv`, [Buffer.from(`time,value\n${i},${directory}\n`)], { parents: true });
        }
      }, { command: ['copy'] });
    }
    const pieces = [];
    for await (const piece of pond.sqlParquet('FROM pond.entries')) pieces.push(piece);
    writeFileSync(join(where, 'entries.parquet'), Buffer.concat(pieces));
    await pond.close();
  });
}

/** Readings as so many Arrow streams of 1,000 rows, scanned by the engine, and as Parquet. */
async function streams(count, runs) {
  const { openEngine } = await import('../packages/query/dist/index.js');
  const directory = scratch('nested');
  const engine = await openEngine({ readableDirectories: [directory], spillDirectory: directory, memoryLimit: MEMORY_LIMIT });
  const duckdb = await connectDuckDB();
  const file = join(directory, 'readings.parquet');
  await duckdb.run(`COPY (${readingsSql(0, count)}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
  const none = { resolve: () => Promise.resolve(undefined) };
  const inner = [];
  let columns = [];
  for (let from = 0; from < count; from += STREAM_ROWS) {
    const result = await engine.query(readingsSql(from, from + STREAM_ROWS), { catalog: none });
    columns = result.columns;
    const pieces = [];
    for await (const piece of result.arrow()) pieces.push(piece);
    inner.push({ beside: [BigInt(from)], stream: new Uint8Array(Buffer.concat(pieces)) });
  }
  const relation = { parts: [{ kind: 'nested', beside: [{ name: 'outer', type: 'BIGINT' }], columns, streams: () => inner }] };
  const catalog = { resolve: (name) => Promise.resolve(name === '/inner' ? relation : undefined) };
  const rows = [];
  const all = ['all rows', (source) => `SELECT "time", site, temperature, level, samples, ok FROM ${source}`];
  for (const [what, sql] of [...queriesOf(count), all]) {
    const ours = async () => { for await (const chunk of (await engine.query(sql("'/inner'"), { catalog })).chunks()) if (chunk.rowCount === 0) return; };
    const found = await pairs(inProcess(ours), inProcess(() => drain(duckdb, sql(`read_parquet('${file}')`))), { runs, warmup: 1 });
    rows.push(ratioRow(`${what}, ${(count / 1e6).toFixed(1)} M rows in streams of 1,000`, found, { limit: LIMIT, peer: 'the same rows as Parquet' }));
  }
  engine.close();
  rmSync(directory, { recursive: true });
  return rows;
}

export async function run({ quick }) {
  // A file is two entries: its name in its directory, and its version.
  const files = quick ? 50_000 : 500_000;
  const directory = await manyFiles(files);
  const pond = await openPond(join(directory, 'pond'));
  const duckdb = await connectDuckDB();
  const parquet = `read_parquet('${join(directory, 'entries.parquet')}')`;
  const count = Number((await (await duckdb.run(`SELECT count(*) FROM ${parquet}`)).getRows())[0][0]);
  const rows = await streams(quick ? 100_000 : 1_000_000, quick ? 7 : 9);
  for (const [what, sql] of [
    ['count', (source) => `SELECT count(*) FROM ${source}`],
    ['sum and distinct', (source) => `SELECT sum(size), count(DISTINCT node_id) FROM ${source}`],
    ['group by a string', (source) => `SELECT part_id, count(*), max(txn_seq) FROM ${source} GROUP BY part_id`],
    ['all rows of four columns', (source) => `SELECT part_id, node_id, size, version FROM ${source}`],
  ]) {
    const ours = async () => { let read = 0; for await (const chunk of (await pond.sql(sql('pond.entries'))).chunks()) read += chunk.rowCount; return read; };
    const found = await pairs(inProcess(ours), inProcess(() => drain(duckdb, sql(parquet))), { runs: quick ? 7 : 9, warmup: 1 });
    rows.push(ratioRow(`${what}, ${(count / 1e6).toFixed(2)} M entries of pond.entries`, found, { limit: LIMIT, peer: 'the same rows as Parquet' }));
  }
  await pond.close();
  return [...rows, loadRow()];
}
