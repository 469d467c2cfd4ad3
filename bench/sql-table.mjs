import { existsSync } from 'node:fs';
import { connectDuckDB, drain, fileList, peerScripts } from './duckdb.mjs';
import { inProcess, loadRow, pairs, ratioRow, runNode, runPond } from './processes.mjs';
import { filesOf, largePond, openPond, queriesOf } from './readings.mjs';

export const title = 'SQL over one big table, and over a series of large versions';

const LIMIT = 1.1;
/** More than 8 MiB each: they stand for themselves, as no small versions do. */
const ROWS_EACH = 600_000;

export async function run({ quick }) {
  const versions = quick ? 20 : 100;
  const count = versions * ROWS_EACH;
  const directory = await largePond(versions, ROWS_EACH);
  const pond = await openPond(directory);
  const duckdb = await connectDuckDB();
  const rows = [];
  const runs = quick ? 7 : 21;
  const sources = [];
  for (const path of ['/table', '/series']) {
    const files = await filesOf(pond, path, directory);
    if (!files.every((file) => existsSync(file))) throw new Error(`${path} has versions without a file of their own`);
    sources.push({ path, list: `read_parquet(${fileList(files)})`, name: `${(count / 1e6).toFixed(0)} M rows, ${files.length} file${files.length > 1 ? 's' : ''}` });
  }
  for (const { path, list, name } of sources) {
    for (const [what, sql] of queriesOf(count)) {
      const ours = async () => { for await (const chunk of (await pond.sql(sql(`'${path}'`))).chunks()) if (chunk.rowCount === 0) throw new Error('no rows'); };
      const found = await pairs(inProcess(ours), inProcess(() => drain(duckdb, sql(list))), { runs, warmup: 2 });
      rows.push(ratioRow(`${what}, ${path}: ${name}, in process`, found, { limit: LIMIT, peer: 'DuckDB by path' }));
    }
  }
  await pond.close();
  const { cached } = await peerScripts();
  for (const { path, list, name } of sources) {
    for (const [what, sql] of queriesOf(count)) {
      const found = await pairs(
        () => runPond(['sql', sql(`'${path}'`)], { env: { POND: directory } }), () => runNode([cached, sql(list)]), { runs: quick ? 3 : 9, warmup: 1 });
      rows.push(ratioRow(`${what}, ${path}: ${name}, whole process`, found, { peer: 'the binding, bundled, by path', target: 'shown' }));
    }
  }
  return [...rows, loadRow()];
}
