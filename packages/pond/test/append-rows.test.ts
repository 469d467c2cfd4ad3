import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendRows, type AppendedBatch, createPond, type Pond } from '../src/index.ts';
import { scratchDirectories } from './scratch-directory.ts';

const scratch = scratchDirectories();
const BATCH_ROWS = 25;

/** Rows that get a column, and wider types, while they come. */
function lineOf(i: number): string {
  const row = { i, v: i < 300 ? i : i + 0.5, ...(i < 170 ? {} : { more: `text ${i}` }), ...(i === 420 ? { v: 'none' } : {}) };
  return `${JSON.stringify(row)}\n`;
}

async function* linesOf(count: number, at?: { readonly line: number; readonly action: () => void }): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 10) {
    if (at !== undefined && i >= at.line) at.action();
    await new Promise(setImmediate);
    yield Buffer.from(Array.from({ length: Math.min(10, count - i) }, (_, k) => lineOf(i + k)).join(''));
  }
}

async function valuesOf(pond: Pond, sql: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  for await (const row of (await pond.sql(sql)).rows()) rows.push(row);
  return rows;
}

it('appendRows() keeps the order of batches that are read ahead, whatever columns and types they bring', async () => {
  const pond = await createPond(join(scratch(), 'pond'));
  const committed: AppendedBatch[] = [];
  const count = 500;
  const report = await appendRows(pond, '/s', linesOf(count), {
    batchRows: BATCH_ROWS, batchMillis: 60_000, onCommit: (batch) => void committed.push(batch),
  });
  expect(report).toMatchObject({ rows: count - 1, rejected: 1, batches: count / BATCH_ROWS });
  expect(committed.map(({ txnSeq }) => txnSeq)).toEqual(committed.map((_, at) => at + 2));
  const rows = await valuesOf(pond, "SELECT i, v, more FROM '/s'");
  const wanted = Array.from({ length: count }, (_, i) => i).filter((i) => i !== 420);
  expect(rows).toEqual(wanted.map((i) => [BigInt(i), i < 300 ? i : i + 0.5, i < 170 ? null : `text ${i}`]));
  expect(await valuesOf(pond, "SELECT line FROM '/s.rejected.ndjson'")).toEqual([[421n]]);
  await pond.close();
});

it('appendRows() that is ended has committed whole batches, from the first one on', async () => {
  const pond = await createPond(join(scratch(), 'pond'));
  const aborter = new AbortController();
  const append = appendRows(pond, '/s', linesOf(1000, { line: 160, action: () => aborter.abort(new Error('enough')) }), {
    batchRows: BATCH_ROWS, batchMillis: 60_000, signal: aborter.signal,
  });
  await expect(append).rejects.toThrow('enough');
  const rows = await pond.read(async (fs) => (await (await fs.root()).lookup('/s')).kind) === 'found'
    ? await valuesOf(pond, "SELECT i FROM '/s'") : [];
  expect(rows.length % BATCH_ROWS).toBe(0);
  expect(rows.length).toBeLessThanOrEqual(160);
  expect(rows.map(([i]) => i)).toEqual(rows.map((_, i) => BigInt(i)));
  await pond.close();
});
