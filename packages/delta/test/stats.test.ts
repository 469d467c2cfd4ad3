import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareUtf8 } from '../src/object-path.ts';
import type { StructType } from '../src/schema.ts';
import { type ColumnStatistics, decodeStatistics, encodeStatistics, mayMatch, type StatisticsValue } from '../src/stats.ts';

const SCHEMA: StructType = {
  type: 'struct',
  fields: (['string', 'long', 'double', 'date', 'timestamp', 'timestamp_ntz', 'boolean', 'binary'] as const)
    .map((type) => ({ name: type, type, nullable: true, metadata: {} })),
};

function encoded(column: string, statistics: ColumnStatistics, textMax?: number): { min: unknown; max: unknown; text: string } {
  const options = textMax === undefined ? {} : { textMax };
  const text = encodeStatistics(SCHEMA, { numRecords: 5, columns: new Map([[column, statistics]]) }, options);
  const value = JSON.parse(text) as { minValues: Record<string, unknown>; maxValues: Record<string, unknown> };
  return { min: value.minValues[column], max: value.maxValues[column], text };
}

const micros = (iso: string, more = 0n): bigint => BigInt(Date.parse(iso)) * 1000n + more;

describe('encodeStatistics()', () => {
  test('is the JSON of the protocol', () => {
    expect(encoded('long', { min: -3n, max: 9223372036854775807n, nullCount: 2 }).text)
      .toBe('{"numRecords":5,"minValues":{"long":-3},"maxValues":{"long":9223372036854775807},"nullCount":{"long":2}}');
  });

  test.each([
    ['a'.repeat(32), 'a'.repeat(32), 'a'.repeat(32)],
    ['a'.repeat(33), 'a'.repeat(32), `${'a'.repeat(31)}b`],
    ['\u{10ffff}'.repeat(33), '\u{10ffff}'.repeat(32), undefined],
    [`a${'\u{10ffff}'.repeat(40)}`, `a${'\u{10ffff}'.repeat(31)}`, 'b'],
    [`${'a'.repeat(31)}\ud7ffx`, `${'a'.repeat(31)}\ud7ff`, `${'a'.repeat(31)}\ue000`],
    ['😀'.repeat(33), '😀'.repeat(32), `${'😀'.repeat(31)}😁`],
  ])('cuts %j to 32 characters and rounds a cut maximum up', (value, min, max) => {
    expect(encoded('string', { min: value, max: value })).toMatchObject({ min, max });
    expect(encoded('string', { min: value, max: value }, Infinity)).toMatchObject({ min: value, max: value });
  });

  test('keeps the bounds of any text after cutting', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (value, textMax) => {
      const { min, max } = encoded('string', { min: value, max: value }, textMax);
      expect(compareUtf8(String(min), value)).toBeLessThanOrEqual(0);
      if (max !== undefined) expect(compareUtf8(String(max), value)).toBeGreaterThanOrEqual(0);
    }), { numRuns: 1_000 });
  });

  test.each([
    ['2024-02-29T12:00:00.123Z', 456n, '2024-02-29T12:00:00.123', '2024-02-29T12:00:00.124'],
    ['2024-02-29T12:00:00.123Z', 0n, '2024-02-29T12:00:00.123', '2024-02-29T12:00:00.123'],
    ['1969-12-31T23:59:59.999Z', 1n, '1969-12-31T23:59:59.999', '1970-01-01T00:00:00.000'],
    ['1900-01-01T00:00:00.000Z', -1n, '1899-12-31T23:59:59.999', '1900-01-01T00:00:00.000'],
  ])('writes %s and %d µs in milliseconds, a minimum rounded down and a maximum up', (iso, more, min, max) => {
    const value = micros(iso, more);
    expect(encoded('timestamp', { min: value, max: value })).toMatchObject({ min: `${min}Z`, max: `${max}Z` });
    expect(encoded('timestamp_ntz', { min: value, max: value })).toMatchObject({ min, max });
  });

  test('writes dates, and nothing for what has no order here', () => {
    expect(encoded('date', { min: -1, max: 19_782 })).toMatchObject({ min: '1969-12-31', max: '2024-02-29' });
    expect(encoded('double', { min: NaN, max: Infinity })).toMatchObject({ min: undefined, max: undefined });
    expect(encoded('boolean', { min: 0, max: 1 })).toMatchObject({ min: undefined, max: undefined });
  });
});

describe('decodeStatistics()', () => {
  test.each([undefined, '', '{', '[]', '{"numRecords":"x"}'])('of %j says nothing', (text) => {
    expect(decodeStatistics(SCHEMA, text)).toBeUndefined();
  });

  test('reads times with zones, and gives a maximum without microseconds the benefit of the doubt', () => {
    const timestamp = '2021-11-18T02:30:00.123-08:00';
    const maxValues = { timestamp, timestamp_ntz: '2021-11-18 02:30:00.123456' };
    const text = JSON.stringify({ numRecords: 3, minValues: { timestamp }, maxValues });
    const columns = decodeStatistics(SCHEMA, text)?.columns;
    expect(columns?.get('timestamp')).toEqual({ min: micros('2021-11-18T10:30:00.123Z'), max: micros('2021-11-18T10:30:00.123Z', 999n) });
    expect(columns?.get('timestamp_ntz')).toEqual({ max: micros('2021-11-18T02:30:00.123Z', 456n) });
  });
});

describe('mayMatch()', () => {
  const value: Readonly<Record<string, fc.Arbitrary<StatisticsValue>>> = {
    string: fc.string({ unit: 'binary', maxLength: 6 }),
    long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    double: fc.double({ noNaN: true }),
    date: fc.integer({ min: -700_000, max: 2_000_000 }),
    timestamp: fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }),
  };

  test.each(Object.keys(value))('never leaves out a file that has a %s of the range, whatever was cut or rounded', (column) => {
    const one = value[column] ?? fc.constant(0);
    fc.assert(fc.property(one, one, one, fc.integer({ min: 1, max: 8 }), (a, b, c, textMax) => {
      const compare = (left: StatisticsValue, right: StatisticsValue): number =>
        typeof left === 'string' && typeof right === 'string' ? compareUtf8(left, right) : left < right ? -1 : left > right ? 1 : 0;
      const [min, between, max] = [a, b, c].sort(compare);
      if (min === undefined || between === undefined || max === undefined) return;
      const text = encodeStatistics(SCHEMA, { numRecords: 3, columns: new Map([[column, { min, max, nullCount: 0 }]]) }, { textMax });
      const statistics = decodeStatistics(SCHEMA, text);
      for (const inside of [min, between, max]) expect(mayMatch(statistics, { column, min: inside, max: inside })).toBe(true);
      expect(mayMatch(statistics, { column, min: between })).toBe(true);
      expect(mayMatch(statistics, { column, max: between })).toBe(true);
    }), { numRuns: 500 });
  });

  test('leaves out what the statistics exclude, and only that', () => {
    const statistics = decodeStatistics(SCHEMA, JSON.stringify({
      numRecords: 3, minValues: { long: 5, string: 'b' }, maxValues: { long: 9, string: 'bzz' }, nullCount: { long: 0, double: 3 },
    }));
    expect(mayMatch(statistics, { column: 'long', max: 4 })).toBe(false);
    expect(mayMatch(statistics, { column: 'long', min: 10n })).toBe(false);
    expect(mayMatch(statistics, { column: 'long', min: 9, max: 100 })).toBe(true);
    expect(mayMatch(statistics, { column: 'string', min: 'c' })).toBe(false);
    expect(mayMatch(statistics, { column: 'string', min: 'bzzzz' })).toBe(true);
    expect(mayMatch(statistics, { column: 'double', min: 0 })).toBe(false);
    expect(mayMatch(statistics, { column: 'unknown', min: 0 })).toBe(true);
    expect(mayMatch(undefined, { column: 'long', min: 10 })).toBe(true);
  });
});
