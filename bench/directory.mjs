import { join } from 'node:path';
import { median, ms, ratio, timed } from './measure.mjs';
import { createPond, scratch } from './ponds.mjs';

export const title = 'One more file, and a rename, by size of the directory';

async function pondWith(name, entries) {
  const pond = await createPond(join(scratch(name), 'pond'));
  for (let start = 0; start < entries; start += 10_000) {
    await pond.write(async (fs) => {
      const root = await fs.root();
      for (let i = start; i < Math.min(entries, start + 10_000); i++) await root.write(`/d/f${i}`, [Buffer.from(String(i))], { parents: true });
    });
  }
  return pond;
}

export async function run({ quick }) {
  const sizes = quick ? [10, 1000] : [10, 10_000, 100_000];
  const ponds = [];
  for (const size of sizes) ponds.push({ size, pond: await pondWith(`directory-${size}`, size), add: [], rename: [] });
  for (let i = 0; i < (quick ? 40 : 200); i++) {
    for (const { pond, add, rename } of ponds) {
      add.push(await timed(() => pond.write(async (fs) => { await (await fs.root()).write(`/d/new${i}`, [Buffer.from('x')]); })));
      rename.push(await timed(() => pond.write(async (fs) => { await (await fs.root()).rename('/d', '/e'); })));
      await pond.write(async (fs) => { await (await fs.root()).rename('/e', '/d'); });
    }
  }
  const [smallest] = ponds;
  const rows = [];
  for (const { size, add, rename, pond } of ponds) {
    if (size !== smallest.size) {
      rows.push(rowOf(`add one file to ${size.toLocaleString('en')}`, add, smallest.add, smallest.size));
      rows.push(rowOf(`rename the directory of ${size.toLocaleString('en')}`, rename, smallest.rename, smallest.size));
    }
    const list = await timed(() => pond.read(async (fs) => { for await (const found of (await fs.root()).list('/d')) if (!found) throw new Error(); }));
    rows.push({ what: `list ${size.toLocaleString('en')}`, ours: ms(list), against: '', result: '', target: 'shown' });
    await pond.close();
  }
  return rows;
}

function rowOf(what, ours, theirs, size) {
  const slower = median(ours) / median(theirs);
  return { what, ours: ms(median(ours)), against: `of ${size}: ${ms(median(theirs))}`, result: ratio(slower), target: '<= 1.5 x', ok: slower <= 1.5 };
}
