import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasProgram, mean, median, ms, quantile, ratio, timed } from './measure.mjs';
import { createPond, scratch } from './ponds.mjs';

export const title = 'Small durable commit, in process';

const BYTES = Buffer.alloc(200, 'x');

/** The least that a durable commit can be: temporary file, fsync, link, fsync of the directory. */
function bareFloor(directory, i) {
  const temporary = join(directory, `${i}.tmp`);
  const file = openSync(temporary, 'w');
  writeSync(file, BYTES);
  fsyncSync(file);
  closeSync(file);
  linkSync(temporary, join(directory, String(i)));
  unlinkSync(temporary);
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

export async function run({ quick }) {
  const directory = scratch('commit');
  const floorDirectory = scratch('commit-floor');
  const pond = await createPond(join(directory, 'pond'));
  const commits = quick ? 300 : 2000;
  const warmup = 150;
  const ours = [];
  const floor = [];
  for (let i = 0; i < commits + warmup; i++) {
    const bare = await timed(() => bareFloor(floorDirectory, i));
    const own = await timed(() => pond.write(async (fs) => { await (await fs.root()).write(`/f${i}`, [BYTES]); }));
    if (i >= warmup) { floor.push(bare); ours.push(own); }
  }
  const p50 = median(ours) / median(floor);
  const average = mean(ours) / mean(floor);
  const rows = [
    { what: 'p50', ours: ms(median(ours)), against: `bare floor: ${ms(median(floor))}`, result: ratio(p50), target: '<= 3 x', ok: p50 <= 3 },
    { what: 'mean, maintenance included', ours: ms(mean(ours)), against: `bare floor: ${ms(mean(floor))}`, result: ratio(average), target: '<= 3.5 x', ok: average <= 3.5 },
    { what: 'p99 and slowest', ours: `${ms(quantile(ours, 0.99))}, ${ms(Math.max(...ours))}`, against: `bare floor: ${ms(quantile(floor, 0.99))}`, result: '', target: 'shown' },
  ];
  rows.push(hasProgram('sqlite3')
    ? sqlite(directory, quick ? 300 : 1000)
    : { what: 'SQLite, WAL, synchronous=FULL', ours: '', against: 'sqlite3 is not installed', result: 'skipped', target: 'shown' });
  return rows;
}

/** The time of one insert in its own transaction: a script of them in one process of the shell, less its start. */
function sqlite(directory, count) {
  const database = join(directory, 'peer.db');
  const setup = 'pragma journal_mode=wal; pragma synchronous=full; create table if not exists t(name text, content blob);';
  const inserts = Array.from({ length: count }, (_, i) => `insert into t values('f${i}', zeroblob(200));`).join('\n');
  const time = (input) => {
    const begin = process.hrtime.bigint();
    spawnSync('sqlite3', [database], { input, stdio: ['pipe', 'ignore', 'inherit'] });
    return Number(process.hrtime.bigint() - begin) / 1e6;
  };
  const start = time(setup);
  return { what: 'SQLite, WAL, synchronous=FULL', ours: '', against: `mean ${ms((time(`${setup}\n${inserts}`) - start) / count)}`, result: '', target: 'shown' };
}
