import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerScripts } from './duckdb.mjs';
import { loadRow, pairs, ratioRow, runNode, runPond } from './processes.mjs';
import { appendedPond, openPond, START_MICROS } from './readings.mjs';

export const title = 'SQL over series of small appends, fresh processes';

const LIMIT = 1.25;

const QUERIES = [
  ['count', (source) => `SELECT count(*) FROM ${source}`],
  ['last value', (source) => `SELECT arg_max(temperature, "time") FROM ${source}`],
  ['one-hour average', (source, micros) => `SELECT round(avg(temperature), 6) FROM ${source} WHERE "time" >= make_timestamp(${micros - 3_600_000_000n}) AND "time" < make_timestamp(${micros})`],
];

export async function run({ quick }) {
  const { cached } = await peerScripts();
  const rows = [];
  for (const appends of quick ? [10, 100, 1000] : [10, 100, 1000, 10_000]) {
    const { pond, parquet, directory } = await appendedPond(appends);
    const count = Number(readFileSync(join(directory, 'count'), 'utf8'));
    const env = { POND: pond };
    const name = `${count.toLocaleString('en')} appends of 10 rows`;
    // The hour in the middle of what there is.
    const middle = START_MICROS + BigInt(count * 5) * 1_000_000n;
    for (const [what, sql] of QUERIES) {
      const inPond = sql('\'/series\'', middle);
      const inFile = sql(`'host+parquet://${parquet}'`, middle);
      const bare = sql(`read_parquet('${parquet}')`, middle);
      const options = { runs: quick ? 7 : 21, warmup: 2 };
      const ours = () => runPond(['sql', inPond], { env, output: 'text' });
      const found = await pairs(ours, () => runPond(['sql', inFile], { env, output: 'text' }), options);
      if (found.ours[0].stdout !== found.theirs[0].stdout) throw new Error(`${what}: ${found.ours[0].stdout} is not ${found.theirs[0].stdout}`);
      rows.push(ratioRow(`${what}, ${name}`, found, { limit: LIMIT, peer: 'pond sql over one Parquet file' }));
      const stripped = await pairs(ours, () => runNode([cached, bare]), { ...options, runs: Math.ceil(options.runs / 3) });
      rows.push(ratioRow(`${what}, ${name}`, stripped, { peer: 'the bare binding over one Parquet file', target: 'shown' }));
    }
    rows.push(await pruned(pond, count, name));
  }
  return [...rows, loadRow()];
}

/** How much of a series a query of one hour opens when the hour is given as bounds. */
async function pruned(directory, count, name) {
  const pond = await openPond(directory);
  const end = START_MICROS + BigInt(count * 5) * 1_000_000n;
  const options = { tables: { source: '/series' } };
  const sql = 'SELECT avg(temperature) FROM source';
  const all = await pond.explain(sql, { ...options, analyze: true });
  const hour = await pond.explain(sql, { ...options, timeStartMicros: end - 3_600_000_000n, timeEndMicros: end, analyze: true });
  await pond.close();
  const shown = ({ files, scans }) => `${files.read} of ${files.total} files, ${scans.length} scans`;
  const ok = hour.files.read <= Math.min(2, all.files.read);
  return { what: `one hour by bounds, ${name}`, ours: shown(hour), against: `no bounds: ${shown(all)}`, result: '', target: 'only files that match', ok };
}
