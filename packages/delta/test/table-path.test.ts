import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertWritablePath, decodePath, encodePath, isAbsolutePath } from '../src/table-path.ts';

describe('encodePath()', () => {
  // Left column: what Spark-written logs have for the right one.
  test.each([
    ['part-1.snappy.parquet', 'part-1.snappy.parquet'],
    ['special%20p@%23h', 'special p@#h'],
    ['_2=bar+%252521/a', '_2=bar+%2521/a'],
    ['a=2020-01-01%2008%253A09/x.parquet', 'a=2020-01-01 08%3A09/x.parquet'],
    ['%5Bx%5D%7By%7D%7Cz%5E%60%3C%3E%22%5C', '[x]{y}|z^`<>"\\'],
    ['é/日本/a\'b(c)!*~,;&$=+@', 'é/日本/a\'b(c)!*~,;&$=+@'],
    ['a%3Ab/c:d', 'a:b/c:d'],
  ])('and decodePath() are inverse: %s is %s', (encoded, path) => {
    expect(encodePath(path)).toBe(encoded);
    expect(decodePath(encoded)).toBe(path);
  });

  test('is undone by decodePath() for any path that may be written', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (path) => {
      try {
        assertWritablePath(path);
      } catch {
        return;
      }
      expect(decodePath(encodePath(path))).toBe(path);
    }), { numRuns: 2_000 });
  });
});

describe('decodePath()', () => {
  test.each([
    ['file:/some/unqualified/absolute/path', '/some/unqualified/absolute/path'],
    ['file:///some/path', '/some/path'],
    ['/some/with%20space/p@%23h', '/some/with space/p@#h'],
    ['s3://bucket/a%20b', 's3://bucket/a b'],
    ['./a//b/./c', 'a/b/c'],
  ])('makes one spelling of %s', (encoded, path) => {
    expect(decodePath(encoded)).toBe(path);
  });

  test('knows what is no URI', () => {
    expect(decodePath('a%zz')).toBeUndefined();
    expect(decodePath('')).toBeUndefined();
  });

  test('tells URLs from relative paths', () => {
    expect(['/a', 's3://b/c', 'abfss://c@d/e'].every(isAbsolutePath)).toBe(true);
    expect(['a', 'a:b', 'a/b:c', '_a=1/b'].some(isAbsolutePath)).toBe(false);
  });
});

describe('assertWritablePath()', () => {
  test.each(['', '/a', 'a//b', 'a/../b', './a', 'a/', 'a\\b', 's3://b/c', 'a\ud800'])('refuses %j', (path) => {
    expect(() => assertWritablePath(path)).toThrow(expect.objectContaining({ code: 'invalid-commit' }));
  });
});
