import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { realEnvironment } from '../packages/pond/dist/index.js';
import { scratch } from './ponds.mjs';
import { loadRow } from './processes.mjs';
import { appendedPond, openPond } from './readings.mjs';
import { bytesBelow } from './rows-in.mjs';

export const title = 'Bytes on disk after small appends and maintenance';

const LIMIT = 1.15;

export async function run({ quick }) {
  const rows = [];
  for (const appends of quick ? [1000] : [1000, 10_000]) {
    const { pond, parquet } = await appendedPond(appends);
    const copy = join(scratch('storage'), 'pond');
    cpSync(pond, copy, { recursive: true });
    const before = bytesBelow(copy);
    // What is merged is removed after its grace period: by maintenance of two later days.
    for (const days of [8, 16]) await maintain(copy, days);
    const raw = statSync(parquet).size;
    const parts = ['_blobs', '_delta_log', '_state'].map((name) => [name, bytesBelow(join(copy, 'store', name))]);
    const records = readdirSync(join(copy, 'store')).filter((name) => name.endsWith('.parquet')).reduce((sum, name) => sum + statSync(join(copy, 'store', name)).size, 0);
    const after = bytesBelow(copy);
    rmSync(join(copy, '..'), { recursive: true });
    const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;
    rows.push({
      what: `${appends.toLocaleString('en')} appends of 10 rows`,
      ours: `${kib(after)}: ${[...parts, ['records', records]].map(([name, bytes]) => `${name} ${kib(bytes)}`).join(', ')}; before ${kib(before)}`,
      against: `zstd Parquet: ${kib(raw)}`, result: `${(after / raw).toFixed(2)} x`, target: `<= ${LIMIT} x`, ok: after / raw <= LIMIT,
    });
  }
  return [...rows, loadRow()];
}

async function maintain(directory, daysFromNow) {
  const environment = realEnvironment();
  const later = BigInt(daysFromNow) * 86_400_000_000n;
  const pond = await openPond(directory, { environment: { ...environment, nowMicros: () => environment.nowMicros() + later } });
  await pond.maintain({ compact: true, vacuum: true });
  await pond.close();
}
