import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectDuckDB, drain } from './duckdb.mjs';
import { unsynced } from './ponds.mjs';
import { inProcess, loadRow, pairs, ratioRow } from './processes.mjs';
import { createPond, kept, openPond } from './readings.mjs';

export const title = 'Rows nested in the records of the log';

const LIMIT = 8;
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

export async function run({ quick }) {
  // A file is two entries: its name in its directory, and its version.
  const files = quick ? 50_000 : 500_000;
  const directory = await manyFiles(files);
  const pond = await openPond(join(directory, 'pond'));
  const duckdb = await connectDuckDB();
  const parquet = `read_parquet('${join(directory, 'entries.parquet')}')`;
  const count = Number((await (await duckdb.run(`SELECT count(*) FROM ${parquet}`)).getRows())[0][0]);
  const rows = [];
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
