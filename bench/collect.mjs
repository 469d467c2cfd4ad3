import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { collect, createClient } from '../packages/hydrovu/dist/index.js';
import { createPond, scratch } from './ponds.mjs';
import { loadRow } from './processes.mjs';

export const title = 'Collecting from a HydroVu that answers at once';

const LEAST = 200_000;
const START = 1_704_067_200;
const DAY = 86_400;

export async function run({ quick }) {
  const days = quick ? 30 : 120;
  const now = START + days * DAY;
  const nowMillis = () => now * 1000;
  const order = { now, options: { seed: 1, devices: 2, cadenceSeconds: 60, parameters: 8, changes: false } };
  const server = spawn(process.execPath, [new URL('collect-server.mjs', import.meta.url).pathname, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  const { baseUrl, ids } = JSON.parse(String(line));
  const directory = scratch('collect');
  const config = {
    baseUrl, path: '/hydrovu', overlapSeconds: 2 * DAY, maxPointsPerRun: Infinity, archiveRaw: false, notBeforeSeconds: 946_684_800,
    devices: ids.map((id, at) => ({ id, name: `d${at}`, scope: `s${at}`, active: true })),
  };
  const newClient = () => createClient({ baseUrl, credentials: { clientId: 'bench', clientSecret: 'bench' }, nowMillis, requestsPerMinute: Infinity });
  const rows = [];
  try {
    const measured = [];
    const floors = [];
    // The first round lets the server make its pages.
    for (let round = 0; round < 4; round++) {
      const pond = await createPond(join(directory, `pond-${round}`));
      const own = await timed(async () => {
        const outcomes = await collect(pond, config, newClient(), { nowMillis });
        const failed = outcomes.find(({ error }) => error !== undefined);
        if (failed !== undefined) throw failed.error;
        return { readings: sum(outcomes, 'readings'), transactions: sum(outcomes, 'transactions') };
      });
      await pond.close();
      const floor = await timed(async () => {
        let readings = 0;
        for (const id of ids) for await (const { parameters } of newClient().readings(id, { startSeconds: 0 })) readings += sum(parameters.map((one) => ({ count: one.readings.length })), 'count');
        return { readings };
      });
      if (round > 0) {
        measured.push(own);
        floors.push(floor);
      }
    }
    const best = measured.reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
    const floor = floors.reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
    const shown = ({ perSecond, cpuSeconds, readings }) => `${Math.round(perSecond / 1000)} k readings/s, ${(cpuSeconds * 1e6 / readings).toFixed(2)} s CPU a million`;
    rows.push({
      what: `${(best.readings / 1e6).toFixed(1)} M readings of 2 devices x 8 parameters, ${best.transactions} transactions`,
      ours: `${shown(best)}; all rounds ${measured.map(({ perSecond }) => Math.round(perSecond / 1000)).join(', ')} k`,
      against: `asking for the pages and parsing them alone: ${shown(floor)}`, result: `${Math.round(best.perSecond / 1000)} k/s`,
      target: `>= ${LEAST / 1000} k/s`, ok: best.perSecond >= LEAST,
    });
    const pond = await createPond(join(directory, 'pond-again'));
    await collect(pond, config, newClient(), { nowMillis });
    const again = await timed(async () => ({ readings: sum(await collect(pond, config, newClient(), { nowMillis }), 'readings') }));
    await pond.close();
    rows.push({
      what: 'a run in which nothing is new', ours: `${again.millis.toFixed(0)} ms, ${again.readings} readings compared`, against: '', result: '', target: 'shown',
    });
    rows.push({ what: 'peak memory of the whole benchmark', ours: `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`, against: '', result: '', target: 'shown' });
  } finally {
    server.stdin.end();
    rmSync(directory, { recursive: true, force: true });
  }
  return [...rows, loadRow()];
}

async function timed(work) {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const done = await work();
  const millis = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return { ...done, millis, cpuSeconds: (user + system) / 1e6, perSecond: (done.readings / millis) * 1000 };
}

function sum(items, key) {
  return items.reduce((total, item) => total + item[key], 0);
}
