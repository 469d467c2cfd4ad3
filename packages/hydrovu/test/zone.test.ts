import { join } from 'node:path';
import { createPond, type Pond } from '@duckpond/pond';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clockReader } from '../src/zone.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { scalar } from './tenant.ts';

const scratch = scratchDirectories();
let pond: Pond;
beforeAll(async () => { pond = await createPond(join(scratch(), 'pond')); });
afterAll(() => pond.close());

const ZONES = ['America/Denver', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Etc/GMT+7', 'America/St_Johns', 'Pacific/Apia'];

test('clockReader() gives what DuckDB makes of local times in zones', async () => {
  const seconds = fc.integer({ min: Date.UTC(2001, 0, 1) / 1000, max: Date.UTC(2035, 0, 1) / 1000 });
  const samples = fc.sample(fc.record({ zone: fc.constantFrom(...ZONES), local: seconds }), { seed: Math.floor(Math.random() * 1e6), numRuns: 600 });
  const found = samples.map(({ zone, local }) => ({ zone, local, utc: clockReader(zone)(local) }));
  // Times that summer time leaves out, or has twice, are for the next test: DuckDB says them back differently.
  const wrong = await scalar(pond, `
    SELECT count(*) FROM (SELECT unnest(${JSON.stringify(found).replaceAll('"', "'")}, recursive := true))
    WHERE epoch(timezone(zone, make_timestamptz(local::BIGINT * 1000000)::TIMESTAMP)) <> utc AND timezone(zone, make_timestamptz(utc::BIGINT * 1000000)) <> make_timestamp(local::BIGINT * 1000000)`);
  expect(wrong).toBe(0n);
});

test('clockReader() takes an hour that comes twice for the first, and one that is left out by the old offset', () => {
  const denver = clockReader('America/Denver');
  const local = (text: string): number => Date.parse(`${text}Z`) / 1000;
  const utc = (text: string): string => new Date(denver(local(text)) * 1000).toISOString();
  expect(utc('2024-11-03T01:30:00')).toBe('2024-11-03T07:30:00.000Z');
  expect(utc('2024-11-03T02:00:00')).toBe('2024-11-03T09:00:00.000Z');
  expect(utc('2024-03-10T02:30:00')).toBe('2024-03-10T09:30:00.000Z');
  expect(utc('2024-03-10T01:59:59')).toBe('2024-03-10T08:59:59.000Z');
  expect(utc('2024-03-10T03:00:00')).toBe('2024-03-10T09:00:00.000Z');
});

test('clockReader() refuses a zone that there is not', () => {
  expect(() => clockReader('Mars/Olympus')).toThrow('there is no such time zone');
});
