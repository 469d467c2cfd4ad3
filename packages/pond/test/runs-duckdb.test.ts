import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Float64, makeData, Int64, RecordBatch, Schema, Field, Struct, Table, tableToIPC } from 'apache-arrow';
import type { TabularContent } from '@duckpond/query';
import { appendTabular } from '../src/append-tabular.ts';
import { createPond } from '../src/create-pond.ts';
import type { Pond } from '../src/pond.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { testEnvironment } from './test-environment.ts';

const scratch = scratchDirectories();

/** Ten rows; from the 20th append on with one more column. */
function tenRows(number: number): TabularContent {
  const ids = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(number * 10 + i));
  const values = Float64Array.from(ids, (id) => Number(id) / 3);
  const fields = [new Field('id', new Int64(), true), new Field('value', new Float64(), true)];
  const children = [makeData({ type: new Int64(), data: ids }), makeData({ type: new Float64(), data: values })];
  if (number >= 20) {
    fields.push(new Field('late', new Int64(), true));
    children.push(makeData({ type: new Int64(), data: ids }));
  }
  const schema = new Schema(fields);
  const bytes = tableToIPC(new Table(schema, new RecordBatch(schema, makeData({ type: new Struct(fields), length: 10, children }))), 'stream');
  const columns = fields.map(({ name }) => ({ name, type: name === 'value' ? 'DOUBLE' : 'BIGINT', nulls: 0 }));
  return { kind: 'inline', bytes, facts: { columns, rowCount: 10 } };
}

async function answer(pond: Pond, at?: { readonly txnSeq: number }): Promise<readonly unknown[]> {
  const sql = "SELECT count(*), sum(id), round(sum(value), 6), count(late), max(late) FROM '/s.series'";
  const result = await pond.sql(sql, at === undefined ? {} : { at });
  for await (const row of result.rows()) return row.map((value) => (value === null ? null : Number(value)));
  return [];
}

function expected(appends: number): readonly unknown[] {
  const ids = Array.from({ length: appends * 10 }, (_, i) => i);
  const late = ids.filter((id) => id >= 200);
  const sum = ids.reduce((a, b) => a + b, 0);
  return [ids.length, sum, Number((sum / 3).toFixed(6)), late.length, late.at(-1) ?? null];
}

it('DuckDB makes the runs of appends, and reads the same rows from them at every transaction, before and after vacuum', async () => {
  const directory = join(scratch(), 'pond');
  const environment = testEnvironment(9);
  const pond = await createPond(directory, { environment });
  const seqs = new Map<number, number>();
  for (let i = 0; i < 75; i++) {
    const { transaction } = await pond.write(async (fs) => appendTabular(await fs.root(), '/s.series', tenRows(i), { kind: 'series' }));
    seqs.set(i + 1, transaction?.txnSeq ?? 0);
  }
  const blobs = (): number => readdirSync(join(directory, 'store/_blobs')).length;
  expect(blobs()).toBe(2);
  const { contentRoot } = await pond.fsck();
  for (const hours of [0, 50, 50]) {
    environment.passMillis(hours * 3_600_000);
    expect(await answer(pond)).toEqual(expected(75));
    for (const appends of [21, 33, 40, 64, 70]) {
      expect(await answer(pond, { txnSeq: seqs.get(appends) ?? 0 })).toEqual(expected(appends));
    }
    await pond.maintain({ compact: true, vacuum: true });
    expect(await pond.fsck()).toMatchObject({ faults: [], contentRoot });
  }
  expect(blobs()).toBe(1);
  await pond.close();
}, 120_000);
