import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

test('nearest() finds what was meant and nothing far away', () => {
  const names = ['list', 'init', 'show', 'rm', 'readings.csv'];
  expect(nearest('lsit', names)).toBe('list');
  expect(nearest('sho', names)).toBe('show');
  expect(nearest('reading.csv', names)).toBe('readings.csv');
  expect(nearest('xyzzy', names)).toBeUndefined();
  expect(nearest('nope', ['copy', 'log'])).toBeUndefined();
  expect(nearest('ocpy', ['copy', 'log'])).toBe('copy');
  expect(nearest('y', names)).toBeUndefined();
});
