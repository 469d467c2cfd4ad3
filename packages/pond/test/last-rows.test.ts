import { expect, it } from 'vitest';
import { appendTabular } from '../src/append-tabular.ts';
import { arrowOf, rowsOf, testPonds } from './sql-pond.ts';

const newPond = testPonds();
const COLUMNS = [{ name: 'i', type: 'BIGINT', nulls: 0 }];

it('the last rows of a series at any version are those of all its rows, out of fewer files, whatever is merged', async () => {
  const pond = await newPond();
  /** How many rows there were at each version. */
  const totals = [0];
  const append = async (rowCount: number): Promise<void> => {
    const before = totals.at(-1) ?? 0;
    const bytes = await arrowOf(pond, `SELECT i FROM range(${before}, ${before + rowCount}) t(i)`);
    await pond.write(async (fs) => (
      appendTabular(await fs.root(), '/s', { kind: 'inline', bytes, facts: { columns: COLUMNS, rowCount } }, { kind: 'series' })));
    totals.push(before + rowCount);
  };
  const check = async (): Promise<void> => {
    for (const untilVersion of [1, 31, 33, 40, totals.length - 1, totals.length + 5]) {
      const total = totals[Math.min(untilVersion, totals.length - 1)] ?? 0;
      for (const rows of [0, 1, 4, 60, total, total + 3]) {
        const found = await rowsOf(pond, 'FROM source', { tables: { source: '/s' }, last: { rows, untilVersion } });
        const count = Math.min(rows, total);
        expect(found.map(([i]) => Number(i))).toEqual(Array.from({ length: count }, (_, at) => total - count + at));
      }
    }
  };
  for (let i = 0; i < 45; i++) await append(1 + (i * 7) % 5);
  await check();
  const options = { tables: { source: '/s' }, analyze: true };
  expect((await pond.explain('FROM source', options)).files.total).toBe(1);
  expect((await pond.explain('FROM source', { ...options, last: { rows: 3, untilVersion: 45 } })).files.total).toBe(0);
  await pond.maintain({ compact: true, vacuum: true });
  for (let i = 0; i < 4; i++) await append(3);
  await check();
  await pond.close();
}, 60_000);

it('the last rows of a table are counted, of data files and of several files they are refused', async () => {
  const pond = await newPond({ '/a.csv': 'x\n1\n', '/b.csv': 'x\n2\n' });
  const bytes = await arrowOf(pond, 'SELECT i FROM range(10) t(i)');
  const facts = { columns: COLUMNS, rowCount: 10 };
  for (const path of ['/t', '/t2']) {
    await pond.write(async (fs) => appendTabular(await fs.root(), path, { kind: 'inline', bytes, facts }, { kind: 'table' }));
  }
  const last = { rows: 2, untilVersion: 1 };
  expect(await rowsOf(pond, 'FROM source', { tables: { source: '/t' }, last })).toEqual([[8n], [9n]]);
  for (const source of ['/a.csv', '/t*']) {
    await expect(rowsOf(pond, 'FROM source', { tables: { source }, last })).rejects.toMatchObject({ code: 'not-tabular' });
  }
  await pond.close();
});
