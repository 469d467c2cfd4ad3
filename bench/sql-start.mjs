import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { peerScripts } from './duckdb.mjs';
import { median } from './measure.mjs';
import { loadRow, pairs, runNode, runPond, shown, summary } from './processes.mjs';
import { agedPond, ROOT } from './ponds.mjs';

export const title = 'Start of `pond sql "select 1"`, whole processes over the bare binding';

const MOST = 25;
const SQL = 'select 1';

export async function run({ quick }) {
  rmSync(join(ROOT, 'duckdb-peer'), { recursive: true, force: true });
  const { plain, bundled, cached } = await peerScripts();
  const env = { POND: await agedPond(5) };
  const options = { runs: quick ? 9 : 41, warmup: 3 };
  const rows = [];
  for (const [peer, script] of [
    ['the binding as installed', plain],
    ['the binding bundled', bundled],
    ['the binding bundled, with a code cache', cached],
  ]) {
    const found = await pairs(() => runPond(['sql', SQL], { env }), () => runNode([script, SQL]), options);
    rows.push(rowOf(`pond sql "${SQL}"`, peer, found));
  }
  const inPond = 'select count(*) from pond.transactions';
  rows.push({ ...rowOf(`pond sql "${inPond}"`, 'select 1 with the binding bundled, with a code cache',
    await pairs(() => runPond(['sql', inPond], { env }), () => runNode([cached, SQL]), options)), target: 'shown', ok: undefined });
  return [...rows, loadRow()];
}

function rowOf(what, peer, { ours, theirs }) {
  const over = (key) => Math.min(
    median(ours.map((one, at) => one[key] - theirs[at][key])), Math.min(...ours.map((one) => one[key])) - Math.min(...theirs.map((one) => one[key])));
  const wall = over('wallMillis');
  return {
    what, ours: shown(summary(ours)), against: `${peer}: ${shown(summary(theirs))}`,
    result: `+ ${wall.toFixed(0)} ms wall, + ${over('cpuMillis').toFixed(0)} ms cpu`, target: `<= + ${MOST} ms`, ok: wall <= MOST,
  };
}
