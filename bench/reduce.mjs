import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendTabular, openRowImporter } from '../packages/pond/dist/index.js';
import { connectDuckDB } from './duckdb.mjs';
import { drainPond, openDerived, pathsOf, putNode, seriesPond } from './derived.mjs';
import { median, timed } from './measure.mjs';
import { loadRow, pairs, ratioRow, runNode, summary } from './processes.mjs';
import { scratch } from './ponds.mjs';

export const title = 'Rollups at five resolutions';

const LIMIT = 1.3;
const UPDATE_MILLIS = 100;
const PEAK_MB = 512;
const SCRIPT = new URL('./derived-query.mjs', import.meta.url).pathname;
const LEVELS = [['1m', '1 minute'], ['10m', '10 minutes'], ['1h', '1 hour'], ['6h', '6 hours'], ['1d', '1 day']];
const CONFIG = `in_pattern: /s
out_pattern: o
resolutions: [${LEVELS.map(([length]) => length).join(', ')}]
aggregations: [{ type: min }, { type: max }, { type: avg }, { type: count }]
`;

/** Readings once a second. */
const readings = (from, to) => `SELECT TIMESTAMPTZ '2020-01-01' + to_seconds(i) AS "timestamp",
  round(12 + 8 * sin(i / 13751.0) + (hash(i + 1) % 1000) / 500.0, 2) AS temperature FROM range(${from}, ${to}) r(i)`;

export async function run({ quick }) {
  const rows = [];
  for (const count of quick ? [1_000_000, 10_000_000] : [1_000_000, 100_000_000]) {
    const directory = await seriesPond(`reduce-${count}`, { '/s': readings(0, count) });
    const pond = await openDerived(directory);
    await putNode(pond, '/r', 'temporal-reduce', CONFIG);
    const [file] = await pathsOf(pond, directory, ['/s']);
    const name = `${count / 1e6} M points`;
    const peer = scratch('reduce-peer');
    const statements = join(peer, 'build.sql');
    writeFileSync(statements, byHand(file, peer));
    const ours = () => {
      rmSync(join(directory, 'pond/cache/computed'), { recursive: true, force: true });
      return runNode([SCRIPT, 'pond', directory, "SELECT count(*) FROM '/r/o/res=1d.series'"]);
    };
    const found = await pairs(ours, () => runNode([SCRIPT, 'duckdb', statements]), { runs: 3, warmup: 1 });
    rows.push(ratioRow(`first build, ${name}, whole process`, found, { limit: LIMIT, peer: 'COPY of the finest, coarser from finer, by hand' }));
    const { peakMb } = summary(found.ours);
    rows.push({ what: `first build, ${name}, memory`, ours: `${peakMb.toFixed(0)} MB peak`, against: '', result: '', target: `<= ${PEAK_MB} MB`, ok: peakMb <= PEAK_MB });
    rows.push(await updates(pond, count, name));
    await pond.close();
  }
  return [...rows, loadRow()];
}

/** Milliseconds of reading a day after another thousand readings, in a process that has read it before. */
async function updates(pond, count, name) {
  const importer = await openRowImporter(pond);
  const duckdb = await connectDuckDB();
  const day = "SELECT * FROM '/r/o/res=1m.series' WHERE \"timestamp\" >= TIMESTAMPTZ '2020-01-05' AND \"timestamp\" < TIMESTAMPTZ '2020-01-06'";
  await drainPond(pond, day);
  const [changed, unchanged] = [[], []];
  for (let at = 0; at < 12; at += 1) {
    const file = join(importer.directory, 'more.parquet');
    const { rowCount } = (await pond.read(async (fs) => (await (await fs.root()).get('/s')).node)).tabular;
    await duckdb.run(`COPY (${readings(rowCount, rowCount + 1000)}) TO '${file}' (FORMAT parquet)`);
    const content = await importer.read({ kind: 'file', format: 'parquet', paths: [file], options: {} });
    await pond.write(async (fs) => appendTabular(await fs.root(), '/s', content, { kind: 'series' }), { command: ['append'] });
    changed.push(await timed(() => drainPond(pond, day)));
    unchanged.push(await timed(() => drainPond(pond, day)));
  }
  await importer.close();
  const [most, least] = [median(changed.slice(2)), median(unchanged.slice(2))];
  return {
    what: `after 1,000 more rows, ${name}, in process`, ours: `${most.toFixed(0)} ms`, against: `nothing new: ${least.toFixed(0)} ms`,
    result: `${Math.min(...changed).toFixed(0)} to ${Math.max(...changed).toFixed(0)} ms`, target: `<= ${UPDATE_MILLIS} ms`, ok: most <= UPDATE_MILLIS,
  };
}

function byHand(file, directory) {
  return LEVELS.map(([length, interval], at) => {
    const [bucket, columns, source] = at === 0
      ? [`time_bucket(INTERVAL '${interval}', "timestamp")`, 'min(temperature) AS lo, max(temperature) AS hi, sum(temperature) AS s, count(temperature) AS n', file]
      : [`time_bucket(INTERVAL '${interval}', b)`, 'min(lo) AS lo, max(hi) AS hi, sum(s) AS s, sum(n)::BIGINT AS n', join(directory, `${LEVELS[at - 1][0]}.parquet`)];
    return `COPY (SELECT ${bucket} AS b, ${columns} FROM read_parquet('${source}') GROUP BY 1 ORDER BY 1) TO '${join(directory, `${length}.parquet`)}' (FORMAT parquet, COMPRESSION zstd);`;
  }).join('\n');
}
