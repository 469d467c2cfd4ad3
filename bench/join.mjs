import { connectDuckDB, drain } from './duckdb.mjs';
import { drainPond, openDerived, pathsOf, putNode, seriesPond } from './derived.mjs';
import { inProcess, loadRow, pairs, ratioRow } from './processes.mjs';

export const title = 'Join of ten series by time';

const LIMIT = 1.2;
const SERIES = Array.from({ length: 10 }, (_, at) => at);

export async function run({ quick }) {
  const count = quick ? 200_000 : 1_000_000;
  // A third of the times are those of another third each.
  const sql = (at) => `SELECT TIMESTAMPTZ '2020-01-01' + to_milliseconds(i * 10000 + ${at % 3}) AS "timestamp", (hash(i + ${at}) % 1000) / 10.0 AS v,
    (hash(i * ${at + 2}) % 1000) / 7.0 AS w FROM range(${count}) r(i)`;
  const directory = await seriesPond(`join-${count}`, Object.fromEntries(SERIES.map((at) => [`/s${at}`, sql(at)])));
  const pond = await openDerived(directory);
  await putNode(pond, '/joined', 'timeseries-join', `inputs:\n${SERIES.map((at) => `  - { pattern: /s${at}, scope: S${at} }\n`).join('')}`);
  const files = await pathsOf(pond, directory, SERIES.map((at) => `/s${at}`));
  const duckdb = await connectDuckDB();
  const columns = SERIES.flatMap((at) => ['v', 'w'].map((name) => `s${at}.${name} AS "S${at}.${name}"`)).join(', ');
  const joined = `(SELECT "timestamp", ${columns} FROM ${files.map((file, at) => `${at === 0 ? '' : 'FULL JOIN '}read_parquet('${file}') s${at}${at === 0 ? '' : ' USING ("timestamp")'}`).join(' ')})`;
  const rows = [];
  const queries = [
    ['all columns of all rows', (source) => `SELECT max(hash(q)) FROM ${source} q`],
    ['one column', (source) => `SELECT avg("S7.v") FROM ${source}`],
    ['one day', (source) => `FROM ${source} WHERE "timestamp" >= TIMESTAMPTZ '2020-01-15' AND "timestamp" < TIMESTAMPTZ '2020-01-16'`],
  ];
  for (const [what, query] of queries) {
    const found = await pairs(
      inProcess(() => drainPond(pond, query("'/joined'"))), inProcess(() => drain(duckdb, query(joined))), { runs: quick ? 3 : 5, warmup: 1 });
    rows.push(ratioRow(`${what}, 10 x ${count / 1e6} M rows`, found, { limit: LIMIT, peer: 'FULL JOIN … USING, by path' }));
  }
  await pond.close();
  return [...rows, loadRow()];
}
