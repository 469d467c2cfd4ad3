import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isLooselyEqual } from '../../src/template/values.ts';

// The operator itself, which the linter does not let anyone write.
const asJavaScript = new Function('a', 'b', 'return a == b') as (a: unknown, b: unknown) => boolean;

it('isLooselyEqual() is == for texts, numbers, truths and nothing', () => {
  const near = fc.constantFrom<unknown>(
    '1', 1, 1n, true, '', 0, -0, 0n, false, ' 1 ', '1.0', '0x1', 'a', null, undefined, Number.NaN, 'NaN', 2 ** 53, 2n ** 53n + 1n, '9007199254740993',
    Infinity, 'Infinity', '1n',
  );
  const any = fc.oneof(near, fc.string(), fc.double(), fc.bigInt(), fc.boolean(), fc.integer().map(String));
  fc.assert(fc.property(any, any, (a, b) => {
    expect(isLooselyEqual(a, b)).toBe(asJavaScript(a, b));
  }), { numRuns: 3000 });
});

it('isLooselyEqual() tells lists and mappings apart, and never asks them what they are', () => {
  const list = [1];
  expect([isLooselyEqual(list, list), isLooselyEqual(list, [1]), isLooselyEqual([1], '1'), isLooselyEqual({ valueOf: () => 1 }, 1)])
    .toEqual([true, false, false, false]);
});
