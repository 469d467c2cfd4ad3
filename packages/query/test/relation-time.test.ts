import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Relation, TimeRange } from '../src/relation.ts';
import { type TestEngine, testEngine } from './testing.ts';

let duck: TestEngine;
beforeAll(async () => { duck = await testEngine(); });
afterAll(() => duck.close());

const HOUR = 3_600_000_000n;
const DAY = 24n * HOUR;

it('between gives the rows from the start on and before the end, for every type of time, with known columns and without', async () => {
  for (const type of ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMP', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'DATE']) {
    const sql = `SELECT CAST(make_timestamp(i * ${HOUR}) AS ${type}) AS "the ""time", i FROM range(96) t(i)`;
    const streams = [await duck.arrow(sql)];
    const ranges: readonly (readonly [Omit<TimeRange, 'column'>, string])[] = [
      [{ startMicros: DAY }, 'i >= 24'], [{ endMicros: 2n * DAY }, 'i < 48'],
      [{ startMicros: DAY, endMicros: 3n * DAY }, 'i >= 24 AND i < 72'], [{}, 'true'],
    ];
    for (const [range, condition] of ranges) {
      const relation: Relation = { parts: [{ kind: 'arrow', streams }], between: { column: 'the "time', ...range } };
      const known: Relation = { ...relation, columns: [{ name: 'the "time', type }, { name: 'i', type: 'BIGINT' }] };
      const expected = await duck.rows(`SELECT i FROM (${sql}) WHERE ${condition}`);
      expect(await duck.rows('SELECT i FROM t', { t: relation }), `${type} ${condition}`).toEqual(expected);
      expect(await duck.rows('SELECT i FROM t', { t: known }), `${type} ${condition}`).toEqual(expected);
    }
  }
});

it('between refuses a column that is not there or has no times', async () => {
  const parts: Relation['parts'] = [{ kind: 'arrow', streams: [await duck.arrow("SELECT 'x' AS a")] }];
  const from = (column: string): Relation => ({ parts, between: { column, startMicros: 0n } });
  await expect(duck.rows('FROM t', { t: from('a') })).rejects.toThrow('the column "a" is VARCHAR');
  await expect(duck.rows('FROM t', { t: from('b') })).rejects.toThrow('there is no column "b"');
});
