import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { fileList, peerScripts } from './duckdb.mjs';
import { timeProcess } from './measure.mjs';
import { CLI, scratch } from './ponds.mjs';
import { loadRow, pairs, runNode, runPond, shown, summary } from './processes.mjs';
import { readingFiles } from './rows-in.mjs';

export const title = '`pond append` of NDJSON, a commit a second';

const LEAST = 0.5;

export async function run({ quick }) {
  const { cached } = await peerScripts();
  const count = quick ? 1_000_000 : 10_000_000;
  const { ndjson } = await readingFiles(count);
  const directory = scratch('append-stream');
  const env = { POND: join(directory, 'pond') };
  timeProcess([process.execPath, CLI, 'init'], { env });
  let at = 0;
  const ours = () => runPond(['append', `/s${at++}`, '--format', 'ndjson', '--batch-time', '1s'], { env, input: ndjson });
  const list = fileList([ndjson]);
  const rows = [];
  for (const [peer, sql] of [
    ['DuckDB reading it', `SELECT count(COLUMNS(*)) FROM read_ndjson(${list})`],
    ['DuckDB copying it to zstd Parquet', `COPY (FROM read_ndjson(${list})) TO '${directory}/peer.parquet' (FORMAT parquet, COMPRESSION zstd)`],
  ]) {
    const found = await pairs(ours, () => runNode([cached, sql]), { runs: quick ? 3 : 2, warmup: 0 });
    const [a, b] = [summary(found.ours), summary(found.theirs)];
    const speed = Math.max(b.wall.least / a.wall.least, b.wall.median / a.wall.median);
    const isJudged = rows.length === 0;
    rows.push({
      what: `${(count / 1e6).toFixed(0)} M rows x 6 columns`,
      ours: `${(count / a.wall.least / 1000).toFixed(2)} M rows/s, ${shown(a)}, ${a.peakMb.toFixed(0)} MB peak`,
      against: `${peer}: ${(count / b.wall.least / 1000).toFixed(2)} M rows/s, ${shown(b)}`,
      result: `${speed.toFixed(2)} x`, target: isJudged ? `>= ${LEAST} x` : 'shown', ...(isJudged ? { ok: speed >= LEAST } : {}),
    });
  }
  const versions = runPond(['sql', 'SELECT path, count(*) AS commits FROM pond.versions WHERE path LIKE \'/s%\' GROUP BY path ORDER BY path LIMIT 1', '--format', 'csv'], { env, output: 'text' });
  rows.push({ what: 'commits of one stream', ours: versions.stdout.trim().split('\n').at(-1), against: '', result: '', target: 'shown' });
  rmSync(directory, { recursive: true });
  return [...rows, loadRow()];
}
