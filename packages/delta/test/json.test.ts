import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from '../src/json.ts';

describe('parseJson()', () => {
  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9223372036854775808', -9223372036854775808n],
    ['{"a":[18446744073709551615,1]}', { a: [18446744073709551615n, 1] }],
    ['1.7976931348623157e308', 1.7976931348623157e308],
    ['[0.1234567890123456789]', [0.1234567890123456789]],
    ['{"1234567890123456789":"1234567890123456789\\n\\""}', { '1234567890123456789': '1234567890123456789\n"' }],
    [' { "a" : [ ] , "b" : { } , "c" : 12345678901234567 } ', { a: [], b: {}, c: 12345678901234568n - 1n }],
  ])('of %s keeps every digit', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each([
    '{"a":1234567890123456789', '[1234567890123456789,]', '{"a" 1234567890123456789}', '01234567890123456789', '1234567890123456789 x',
    '[1234567890123456789}', '{1234567890123456789:1}', '',
  ])('refuses %j as JSON.parse does', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  test('takes "__proto__" for a field like any other', () => {
    const value = parseJson('{"__proto__":{"x":1},"n":1234567890123456789}');
    expect(Object.keys(Object(value) as object)).toEqual(['__proto__', 'n']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('is JSON.parse for everything that JSON.stringify writes, also beside a long integer', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const expected: unknown = JSON.parse(text);
      expect(parseJson(text)).toEqual(keepLong(expected));
      expect(parseJson(`[${text},1234567890123456789]`)).toEqual([keepLong(expected), 1234567890123456789n]);
    }));
  });

  test('reads back what stringifyJson() writes, for any 64-bit integer', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (value) => {
      const safe = Number.isSafeInteger(Number(value));
      expect(parseJson(stringifyJson({ a: [value], b: 'x' }))).toEqual({ a: [safe ? Number(value) : value], b: 'x' });
    }));
  });
});

/** Integers above 2^53 that JSON.stringify writes with all digits come back as bigint. */
function keepLong(value: unknown): unknown {
  if (typeof value === 'number') return !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value)) ? BigInt(String(value)) : value;
  if (Array.isArray(value)) return value.map(keepLong);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    Object.defineProperty(result, name, { value: keepLong(field), enumerable: true, writable: true, configurable: true });
  }
  return result;
}

describe('stringifyJson()', () => {
  test('is JSON.stringify where there is no bigint, and a plain number where there is', () => {
    const value = { a: undefined, b: [undefined, null, 1], c: 'é"\n', d: { e: true } };
    expect(stringifyJson(value)).toBe(JSON.stringify(value));
    expect(stringifyJson({ ...value, f: 12345678901234567890n }))
      .toBe('{"b":[null,null,1],"c":"é\\"\\n","d":{"e":true},"f":12345678901234567890}');
  });
});
