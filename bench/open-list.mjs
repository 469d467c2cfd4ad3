import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn, median, ms, ratio, timed, timeProcess } from './measure.mjs';
import { agedPond, CLI, openPond, scratch } from './ponds.mjs';

export const title = 'Open and list, by age (full tail)';

async function openAndList(directory) {
  const pond = await openPond(directory);
  let count = 0;
  await pond.read(async (fs) => { for await (const found of (await fs.root()).walk('/')) if (found) count++; });
  await pond.close();
  return count;
}

export async function run({ quick }) {
  const ages = quick ? [10, 1000] : [10, 1000, 10_000, 100_000];
  const ponds = [];
  for (const age of ages) ponds.push({ age, directory: await agedPond(age) });
  const [smallest] = ponds;
  const rows = [];
  for (const { age, directory } of ponds.slice(1)) {
    const inProcess = await inTurn(() => timed(() => openAndList(directory)), () => timed(() => openAndList(smallest.directory)), { runs: quick ? 15 : 60, warmup: 10 });
    rows.push(rowOf(`in process, ${age.toLocaleString('en')} transactions`, inProcess, smallest.age));
    const whole = await inTurn(
      () => timeProcess([process.execPath, CLI, 'list'], { env: { POND: directory } }),
      () => timeProcess([process.execPath, CLI, 'list'], { env: { POND: smallest.directory } }), { runs: quick ? 7 : 21 },
    );
    rows.push(rowOf(`whole process, ${age.toLocaleString('en')} transactions`, whole, smallest.age));
  }
  const bare = join(scratch('bare'), 'pond');
  const oldest = ponds.at(-1);
  cpSync(oldest.directory, bare, { recursive: true });
  rmSync(join(bare, 'store', '_state'), { recursive: true, force: true });
  const withoutState = await timed(() => openAndList(bare));
  rows.push({ what: `without folded state, ${oldest.age.toLocaleString('en')} transactions`, ours: ms(withoutState), against: '', result: '', target: 'shown' });
  return rows;
}

function rowOf(what, { ours, theirs }, age) {
  const slower = median(ours) / median(theirs);
  return { what, ours: ms(median(ours)), against: `${age} transactions: ${ms(median(theirs))}`, result: ratio(slower), target: '<= 1.5 x', ok: slower <= 1.5 };
}
