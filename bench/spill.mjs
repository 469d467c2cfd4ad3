import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, scratch } from './ponds.mjs';
import { loadRow } from './processes.mjs';
import { largePond } from './readings.mjs';
import { bytesBelow, watchNode } from './rows-in.mjs';

export const title = 'A sort larger than memory';

const ROWS_EACH = 600_000;
const LIMIT = '256MiB';

export async function run({ quick }) {
  const versions = quick ? 20 : 100;
  const count = versions * ROWS_EACH;
  const pond = await largePond(versions, ROWS_EACH);
  const spill = join(scratch('spill'), 'spill');
  mkdirSync(spill);
  const sql = `SELECT * FROM (SELECT * FROM '/series' ORDER BY hash("time")) OFFSET ${count - 10}`;
  const env = { POND: pond, POND_SQL_MEMORY_LIMIT: LIMIT, POND_SQL_SPILL_DIRECTORY: spill };
  const { wallMillis, cpuMillis, peakMb, sampled } = await watchNode([CLI, 'sql', sql, '--format', 'csv'], { env, sample: () => bytesBelow(spill) });
  const left = bytesBelow(spill);
  rmSync(spill, { recursive: true });
  return [{
    what: `${count / 1e6} M rows x 6 columns by a hash, memory limit ${LIMIT}`,
    ours: `${(wallMillis / 1000).toFixed(1)} s, cpu ${(cpuMillis / 1000).toFixed(1)} s, ${peakMb.toFixed(0)} MB peak, ${(sampled / 2 ** 20).toFixed(0)} MiB spilled`,
    against: '', result: `${left} bytes left in the spill directory`, target: 'finishes, spills, leaves nothing', ok: sampled > 0 && left === 0,
  }, loadRow()];
}
