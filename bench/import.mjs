import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { fileList, peerScripts } from './duckdb.mjs';
import { timeProcess } from './measure.mjs';
import { CLI, scratch } from './ponds.mjs';
import { loadRow, pairs, runNode, runPond, shown, summary } from './processes.mjs';
import { readingFiles } from './rows-in.mjs';

export const title = 'CSV and NDJSON to a series, whole processes';

const LEAST = 0.85;

export async function run({ quick }) {
  const { cached } = await peerScripts();
  const count = quick ? 1_000_000 : 10_000_000;
  const files = await readingFiles(count);
  const rows = [];
  for (const [format, reader] of [['csv', 'read_csv'], ['ndjson', 'read_ndjson']]) {
    const directory = scratch('import');
    const env = { POND: join(directory, 'pond') };
    timeProcess([process.execPath, CLI, 'init'], { env });
    const peer = join(directory, 'peer.parquet');
    let at = 0;
    const ours = () => runPond(['copy', `host+${format}+series://${files[format]}`, `/s${at++}`], { env });
    const theirs = () => {
      const one = runNode([cached, `COPY (FROM ${reader}(${fileList([files[format]])})) TO '${peer}' (FORMAT parquet, COMPRESSION zstd)`]);
      rmSync(peer);
      return one;
    };
    const found = await pairs(ours, theirs, { runs: 3, warmup: quick ? 1 : 0 });
    const [a, b] = [summary(found.ours), summary(found.theirs)];
    const speed = Math.max(b.wall.least / a.wall.least, b.wall.median / a.wall.median);
    rows.push({
      what: `${format}, ${(count / 1e6).toFixed(0)} M rows x 6 columns`, ours: `${shown(a)}, ${a.peakMb.toFixed(0)} MB peak`,
      against: `COPY to zstd Parquet: ${shown(b)}, ${b.peakMb.toFixed(0)} MB peak`,
      result: `${speed.toFixed(2)} x speed, ${(b.cpu.least / a.cpu.least).toFixed(2)} x by cpu`, target: `>= ${LEAST} x`, ok: speed >= LEAST,
    });
    rmSync(directory, { recursive: true });
  }
  return [...rows, loadRow()];
}
