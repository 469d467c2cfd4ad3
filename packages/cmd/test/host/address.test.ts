import { expect, test } from 'vitest';
import { CliError } from '../../src/errors.ts';
import { parseHostDestination, parseSource } from '../../src/host/address.ts';

const NOTHING = { kind: undefined, format: undefined };

test.each([
  ['-', { kind: 'stream' }],
  ['a.csv', { kind: 'file', path: 'a.csv' }],
  ['/abs/a b.csv', { kind: 'file', path: '/abs/a b.csv' }],
  ['100%.csv', { kind: 'file', path: '100%.csv' }],
  ['c:d.csv', { kind: 'file', path: 'c:d.csv' }],
  ['host:///x/a%20b', { kind: 'file', path: '/x/a b' }],
  ['host:////x', { kind: 'file', path: '/x' }],
  ['host:/x', { kind: 'file', path: '/x' }],
  ['host:x', { kind: 'file', path: 'x' }],
  ['host+file:///x', { kind: 'file', path: '/x' }],
])('parseSource() reads %s', async (text, expected) => {
  expect(await parseSource(text, NOTHING)).toEqual(expected);
});

test.each([
  ['host+table:///x', { kind: 'file', path: '/x', rows: { kind: 'table', format: undefined, options: {} } }],
  ['host+csv+series:///a b.txt?delim=%3B', { kind: 'file', path: '/a b.txt', rows: { kind: 'series', format: 'csv', options: { delim: ';' } } }],
  ['host+csv+gzip+series:///x', { kind: 'file', path: '/x', rows: { kind: 'series', format: 'csv', options: { compression: 'gzip' } } }],
  ['host+ndjson+series:///dev/stdin', { kind: 'stream', rows: { kind: 'series', format: 'ndjson', options: {} } }],
])('parseSource() reads rows by %s', async (text, expected) => {
  expect(await parseSource(text, NOTHING)).toEqual(expected);
});

test('parseSource() lets options say what a source does not', async () => {
  const rows = { kind: 'series', format: 'excel', options: {} };
  expect(await parseSource('-', { kind: 'series', format: 'xlsx' })).toEqual({ kind: 'stream', rows });
  expect(await parseSource('a.xlsx', { kind: 'series', format: 'xlsx' })).toEqual({ kind: 'file', path: 'a.xlsx', rows });
  expect(await parseSource('host+csv:///a', { kind: 'table', format: undefined }))
    .toEqual({ kind: 'file', path: '/a', rows: { kind: 'table', format: 'csv', options: {} } });
  expect(await parseSource('a', { kind: 'data', format: undefined })).toEqual({ kind: 'file', path: 'a' });
});

test('parseSource() refuses what it cannot read', async () => {
  for (const text of ['host:///%zz', 's3://bucket/x', 'csv+table:///x', 'host+csv:///x', 'host+nope+table:///x', 'host+table://server/x']) {
    await expect(parseSource(text, NOTHING)).rejects.toThrow(CliError);
  }
  await expect(parseSource('a', { kind: undefined, format: 'csv' })).rejects.toThrow(CliError);
});

test('parseHostDestination() leaves paths of the pond alone', () => {
  expect(parseHostDestination('/data/x')).toBeUndefined();
  expect(parseHostDestination('data:x')).toBeUndefined();
  expect(parseHostDestination('-')).toEqual({ kind: 'stream' });
  expect(parseHostDestination('host:///out/')).toEqual({ kind: 'file', path: '/out/' });
});
