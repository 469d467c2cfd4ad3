import { expect, test } from 'vitest';
import { CliError } from '../../src/errors.ts';
import { parseHostDestination, parseSource } from '../../src/host/address.ts';

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
])('parseSource() reads %s', (text, expected) => {
  expect(parseSource(text)).toEqual(expected);
});

test('parseSource() refuses what it cannot read', () => {
  for (const text of ['host:///%zz', 'host+table:///x', 's3://bucket/x']) expect(() => parseSource(text)).toThrow(CliError);
});

test('parseHostDestination() leaves paths of the pond alone', () => {
  expect(parseHostDestination('/data/x')).toBeUndefined();
  expect(parseHostDestination('data:x')).toBeUndefined();
  expect(parseHostDestination('-')).toEqual({ kind: 'stream' });
  expect(parseHostDestination('host:///out/')).toEqual({ kind: 'file', path: '/out/' });
});
