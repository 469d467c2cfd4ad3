import { connectDuckDB, drain } from './duckdb.mjs';
import { drainPond, openDerived, pathsOf, putNode, seriesPond } from './derived.mjs';
import { inProcess, loadRow, pairs, ratioRow } from './processes.mjs';

export const title = 'Pivot of fifty sites';

const LIMIT = 1.2;
const SITES = Array.from({ length: 50 }, (_, at) => at);

export async function run({ quick }) {
  const count = quick ? 20_000 : 100_000;
  const sql = (at) => `SELECT TIMESTAMPTZ '2020-01-01' + to_minutes(i::INTEGER * 10) AS "timestamp", (hash(i + ${at}) % 1000) / 10.0 AS v,
    (hash(i * ${at + 2}) % 1000) / 7.0 AS w FROM range(${count}) r(i) WHERE hash(i + ${at}) % 20 > 0`;
  const directory = await seriesPond(`pivot-${count}`, Object.fromEntries(SITES.map((at) => [`/site${at}/r`, sql(at)])));
  const pond = await openDerived(directory);
  await putNode(pond, '/pivoted', 'timeseries-pivot', 'pattern: /site*/r\n');
  const files = await pathsOf(pond, directory, SITES.map((at) => `/site${at}/r`));
  const duckdb = await connectDuckDB();
  const all = files.map((file, at) => `SELECT "timestamp", '${at}' AS site, v, w FROM read_parquet('${file}')`).join(' UNION ALL ');
  const pivoted = `(PIVOT (${all}) ON site IN (${SITES.map((at) => `'${at}'`).join(', ')}) USING max(v) AS v, max(w) AS w GROUP BY "timestamp")`;
  const columns = SITES.flatMap((at) => ['v', 'w'].map((name) => `s${at}.${name} AS "${at}_${name}"`)).join(', ');
  const joined = `(SELECT "timestamp", ${columns} FROM ${files.map((file, at) => `${at === 0 ? '' : 'FULL JOIN '}read_parquet('${file}') s${at}${at === 0 ? '' : ' USING ("timestamp")'}`).join(' ')})`;
  const rows = [];
  const queries = [
    ['all columns of all rows', (source) => `SELECT max(hash(q)) FROM ${source} q`, (source) => `SELECT max(hash(q)) FROM ${source} q`],
    ['one column', (source) => `SELECT avg("7.v") FROM ${source}`, (source) => `SELECT avg("7_v") FROM ${source}`],
    ['one day', (source) => `FROM ${source} WHERE "timestamp" < TIMESTAMPTZ '2020-01-02'`, (source) => `FROM ${source} WHERE "timestamp" < TIMESTAMPTZ '2020-01-02'`],
  ];
  for (const [what, own, theirs] of queries) {
    for (const [peer, source] of [['PIVOT', pivoted], ['FULL JOIN … USING', joined]]) {
      const found = await pairs(
        inProcess(() => drainPond(pond, own("'/pivoted'"))), inProcess(() => drain(duckdb, theirs(source))), { runs: quick ? 3 : 5, warmup: 1 });
      rows.push(ratioRow(`${what}, 50 x ${count / 1e6} M rows of 2 columns`, found, { limit: LIMIT, peer: `${peer}, by path` }));
    }
  }
  await pond.close();
  return [...rows, loadRow()];
}
