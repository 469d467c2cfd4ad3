import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CliError } from '../src/errors.ts';
import { formatDuration, formatTimestamp, parseAt, parseDuration, parseTime } from '../src/time.ts';

const NOW = 1_795_352_400_000_000n;

test.each([
  ['7', { txnSeq: 7 }],
  ['0', { txnSeq: 0 }],
  ['-2h', { timeMicros: NOW - 7_200_000_000n }],
  ['-15m', { timeMicros: NOW - 900_000_000n }],
  ['-3d', { timeMicros: NOW - 259_200_000_000n }],
  ['-1w', { timeMicros: NOW - 604_800_000_000n }],
  ['now', { timeMicros: NOW }],
  ['2026-11-22T13:00:00Z', { timeMicros: NOW }],
  ['2026-11-22T13:00Z', { timeMicros: NOW }],
  ['2026-11-22 14:00:00+01:00', { timeMicros: NOW }],
  ['2026-11-22T13:00:00.000001Z', { timeMicros: NOW + 1n }],
  ['2026-11-22t13:00:00.1234567z', { timeMicros: NOW + 123_456n }],
  ['2026-11-22T13:00:00', { timeMicros: NOW }],
  ['2026-11-22', { timeMicros: NOW - 46_800_000_000n }],
])('parseAt() reads %s', (text, expected) => {
  expect(parseAt(text, NOW)).toEqual(expected);
});

test.each(['', 'yesterday', '-2', '-2y', '2h', '2026-13-01', '2026-02-30T00:00:00Z', '2026-11-22T25:00:00Z', '99999999999999999999', '-', '--2h', '1.5'])(
  'parseAt() refuses %j with what is wanted', (text) => {
    expect(() => parseAt(text, NOW)).toThrow(CliError);
    expect(() => parseAt(text, NOW)).toThrow(/^Cannot read time ".*": .+ was wanted$/);
  });

test('formatTimestamp() keeps every digit and no more', () => {
  expect(formatTimestamp(NOW)).toBe('2026-11-22T13:00:00Z');
  expect(formatTimestamp(NOW + 120_000n)).toBe('2026-11-22T13:00:00.12Z');
  expect(formatTimestamp(-1n)).toBe('1969-12-31T23:59:59.999999Z');
  expect(formatTimestamp(2n ** 63n - 1n)).toBe('9223372036854775807us');
});

test('parseTime() reads what formatTimestamp() writes', () => {
  fc.assert(fc.property(fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n), (micros) => {
    expect(parseTime(formatTimestamp(micros), NOW)).toBe(micros);
  }));
});

test('parseDuration() reads a number and a unit', () => {
  expect(parseDuration('90s')).toBe(90_000_000n);
  expect(() => parseDuration('soon')).toThrow(/^Cannot read duration "soon"/);
});

test('formatDuration() is short', () => {
  expect([12, 1500, 65_000, 3_700_000, 90_000_000].map(formatDuration)).toEqual(['12ms', '1.5s', '1m05s', '1h01m', '1d01h']);
});
