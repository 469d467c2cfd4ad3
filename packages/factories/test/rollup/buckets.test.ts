import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durationOf } from '../../src/duration.ts';
import { bucketsOf, nests } from '../../src/rollup/buckets.ts';
import { openZone } from '../../src/rollup/zone.ts';
import { type FactoryPond, openFactoryPond } from '../factory-pond.ts';

const ZONES = ['UTC', 'America/Los_Angeles', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Havana', 'America/Sao_Paulo'];
const LENGTHS = ['1s', '7s', '1m', '15m', '1h', '6h', '7h', '1d', '3d', '1w', '2w', '1mo', '1q', '1y', '5y'];
const micros = (text: string): bigint => BigInt(Date.parse(text)) * 1000n;
const iso = (at: bigint): string => new Date(Number(at / 1000n)).toISOString();
const anyTime = fc.bigInt({ min: micros('1930-01-01T00:00:00Z'), max: micros('2037-12-31T00:00:00Z') });
const near = fc.record({ at: fc.constantFrom(
  '2024-03-10T10:00:00Z', '2024-11-03T09:00:00Z', '2024-03-31T01:00:00Z', '2024-10-27T01:00:00Z', '2024-04-06T15:00:00Z',
  '2024-10-05T15:30:00Z',
  '2024-11-03T05:00:00Z', '2024-03-10T05:00:00Z', '2017-10-15T03:00:00Z', '2018-02-18T02:00:00Z',
), by: fc.bigInt({ min: -90_000_000_000n, max: 90_000_000_000n }) }).map(({ at, by }) => micros(at) + by);

describe('bucketsOf()', () => {
  it('each moment is in one bucket: from its start to its end, and so are both edges', () => {
    fc.assert(fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...LENGTHS), fc.oneof(anyTime, near), (zone, length, at) => {
      const buckets = bucketsOf(durationOf(length), openZone(zone));
      const [start, end] = [buckets.start(at), buckets.end(at)];
      expect(start <= at && at < end).toBe(true);
      expect(buckets.start(start)).toBe(start);
      expect(buckets.start(end - 1n)).toBe(start);
      expect(buckets.start(end)).toBe(end);
    }), { numRuns: 1000 });
  });

  it('coarse buckets are made of whole finer ones', () => {
    const pairs = LENGTHS.flatMap((fine) => LENGTHS
      .filter((coarse) => fine !== coarse && nests(durationOf(fine), durationOf(coarse))).map((coarse) => [fine, coarse] as const));
    expect(pairs).toContainEqual(['1h', '1mo']);
    expect(pairs).not.toContainEqual(['7h', '1d']);
    expect(pairs).not.toContainEqual(['1w', '1mo']);
    fc.assert(fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...pairs), fc.oneof(anyTime, near), (zone, [fine, coarse], at) => {
      const [small, large] = [bucketsOf(durationOf(fine), openZone(zone)), bucketsOf(durationOf(coarse), openZone(zone))];
      expect(small.start(large.start(at))).toBe(large.start(at));
    }), { numRuns: 600 });
  });

  it('days have 23 and 25 hours, weeks begin on Monday, midnights that do not exist or come twice are right', () => {
    const day = (zone: string, at: string): string[] => {
      const buckets = bucketsOf(durationOf('1d'), openZone(zone));
      return [iso(buckets.start(micros(at))), iso(buckets.end(micros(at)))];
    };
    expect(day('America/Los_Angeles', '2024-03-10T20:00:00Z')).toEqual(['2024-03-10T08:00:00.000Z', '2024-03-11T07:00:00.000Z']);
    expect(day('America/Los_Angeles', '2024-11-03T20:00:00Z')).toEqual(['2024-11-03T07:00:00.000Z', '2024-11-04T08:00:00.000Z']);
    expect(day('America/Sao_Paulo', '2017-10-15T12:00:00Z')).toEqual(['2017-10-15T03:00:00.000Z', '2017-10-16T02:00:00.000Z']);
    expect(day('America/Havana', '2024-11-03T12:00:00Z')).toEqual(['2024-11-03T04:00:00.000Z', '2024-11-04T05:00:00.000Z']);
    expect(iso(bucketsOf(durationOf('1w'), openZone('UTC')).start(micros('2024-02-29T00:00:00Z')))).toBe('2024-02-26T00:00:00.000Z');
    const hours = bucketsOf(durationOf('1h'), openZone('America/Los_Angeles'));
    expect(['2024-11-03T08:30:00Z', '2024-11-03T09:30:00Z'].map((at) => iso(hours.start(micros(at)))))
      .toEqual(['2024-11-03T08:00:00.000Z', '2024-11-03T09:00:00.000Z']);
  });
});

describe('sql()', () => {
  let pond: FactoryPond;
  beforeAll(async () => { pond = await openFactoryPond(); });
  afterAll(() => pond.close());

  it('says the same as start(), for every zone and length', async () => {
    const times = fc.sample(fc.oneof(near, fc.bigInt({ min: micros('2017-01-01T00:00:00Z'), max: micros('2019-01-01T00:00:00Z') })), 60)
      .filter((at) => at < micros('2019-01-01T00:00:00Z'));
    const [from, to] = [times.reduce((a, b) => (a < b ? a : b)), times.reduce((a, b) => (a > b ? a : b))];
    for (const zone of ZONES) {
      const all = LENGTHS.map((length) => bucketsOf(durationOf(length), openZone(zone)));
      const sql = `SELECT ${all.map((one) => one.sql('t', from, to)).join(', ')} FROM (SELECT unnest([${times.join(', ')}]) AS t)`;
      expect(await pond.rows(sql)).toEqual(times.map((at) => all.map((one) => one.start(at))));
    }
  });

  it('agrees with time zones as DuckDB has them', async () => {
    const buckets = bucketsOf(durationOf('1mo'), openZone('Europe/Berlin'));
    const [from, to] = [micros('1990-01-01T00:00:00Z'), micros('2030-01-01T00:00:00Z')];
    const rows = await pond.rows(`SELECT count(*) FROM (SELECT make_timestamptz(${from} + i * 7_777_777_777) AS ts, epoch_us(ts) AS t
      FROM range(${(to - from) / 7_777_777_777n}) r(i)) WHERE make_timestamptz(${buckets.sql('t', from, to)})
      <> date_trunc('month', ts AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'Europe/Berlin'`);
    expect(rows).toEqual([[0n]]);
  });
});
