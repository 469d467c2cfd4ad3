import { agedPond, CLI } from './ponds.mjs';
import { loadRow } from './processes.mjs';
import { watchNode } from './rows-in.mjs';

export const title = 'A large result as CSV, to /dev/null';

/** What a result of any size may add to the memory of one of a tenth of it. */
const MOST_GROWTH_MB = 32;

export async function run({ quick }) {
  const count = quick ? 10_000_000 : 100_000_000;
  const env = { POND: await agedPond(5) };
  const sql = `SELECT i, i * 0.5 AS half, 'row ' || i % 1000 AS name, make_timestamp(i * 1000000) AS "time" FROM range(${count}) t(i)`;
  const { wallMillis, cpuMillis, peakMb, rssMb } = await watchNode([CLI, 'sql', sql, '--format', 'csv'], { env });
  const growth = rssMb(0.98) - rssMb(0.1);
  return [{
    what: `${count / 1e6} M rows x 4 columns`,
    ours: `${(count / wallMillis / 1000).toFixed(2)} M rows/s, ${(wallMillis / 1000).toFixed(1)} s, cpu ${(cpuMillis / 1000).toFixed(1)} s`,
    against: `${rssMb(0.1).toFixed(0)} MB at 10 %, ${rssMb(0.5).toFixed(0)} MB at half, ${rssMb(0.98).toFixed(0)} MB at the end, ${peakMb.toFixed(0)} MB peak`,
    result: `${growth >= 0 ? '+' : ''}${growth.toFixed(0)} MB`, target: `<= + ${MOST_GROWTH_MB} MB from 10 % on`, ok: growth <= MOST_GROWTH_MB,
  }, loadRow()];
}
