import { expect, test } from 'vitest';
import { fileRetentionMillis, logRetentionMillis, parseInterval } from '../src/retention.ts';

test.each([
  ['interval 7 days', 604_800_000], ['interval 1 week', 604_800_000], ['168 hours', 604_800_000], ['INTERVAL 1 day 12 hours', 129_600_000],
  ['interval 0 seconds', 0], ['interval 1 month', undefined], ['7', undefined], ['', undefined], ['interval -1 days', undefined],
])('parseInterval() of %j is %s ms', (text, millis) => {
  expect(parseInterval(text)).toBe(millis);
});

test('retentions are the protocol\'s defaults unless the table says otherwise', () => {
  const metadata = { id: 'i', format: { provider: 'parquet', options: {} }, schemaString: '', partitionColumns: [], configuration: {} };
  expect([fileRetentionMillis(metadata), logRetentionMillis(metadata)]).toEqual([7 * 86_400_000, 30 * 86_400_000]);
  const configuration = { 'delta.deletedFileRetentionDuration': 'interval 1 hours', 'delta.logRetentionDuration': 'interval 2 days' };
  const own = { ...metadata, configuration };
  expect([fileRetentionMillis(own), logRetentionMillis(own)]).toEqual([3_600_000, 2 * 86_400_000]);
});
