import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn, median, ms, timeProcess } from './measure.mjs';
import { agedPond, CLI, scratch } from './ponds.mjs';

export const title = 'Start-up, whole processes over `node -e 0`';

const COMMANDS = [
  { args: ['--help'], target: 15 },
  { args: ['list'], target: 25 },
  { args: ['show', '--limit', '20'], target: 25 },
  { args: ['log'], target: 25 },
];

export async function run({ quick }) {
  const rows = [];
  const runs = quick ? 7 : 25;
  for (const age of quick ? [5, 1000] : [5, 10_000, 100_000]) {
    const env = { POND: await agedPond(age) };
    for (const { args, target } of COMMANDS) {
      const times = await inTurn(() => timeProcess([process.execPath, CLI, ...args], { env }), () => timeProcess([process.execPath, '-e', '0']), { runs });
      rows.push(rowOf(`pond ${args.join(' ')}, ${age.toLocaleString('en')} transactions`, times, target));
    }
  }
  const directory = scratch('init');
  let count = 0;
  const times = await inTurn(
    () => timeProcess([process.execPath, CLI, 'init'], { env: { POND: join(directory, `p${count++}`) } }),
    () => { mkdirSync(join(directory, `d${count}`)); return timeProcess([process.execPath, '-e', '0']); }, { runs },
  );
  rows.push(rowOf('pond init', times, 30));
  return rows;
}

function rowOf(what, { ours, theirs }, target) {
  const over = median(ours.map((time, i) => time - theirs[i]));
  return { what, ours: ms(median(ours)), against: `node -e 0: ${ms(median(theirs))}`, result: `+ ${ms(over)}`, target: `<= + ${target} ms`, ok: over <= target };
}
