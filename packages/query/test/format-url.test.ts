import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOfName } from '../src/file-extension.ts';
import { COMPRESSIONS, type FormatUrl, FORMATS, isUrl, parseFormatUrl, printFormatUrl, TABULAR_KINDS } from '../src/format-url.ts';

describe('parseFormatUrl()', () => {
  it.each<[string, FormatUrl]>([
    ['csv:///a/b.txt', { host: false, format: 'csv', path: '/a/b.txt', options: {} }],
    ['host:///p', { host: true, format: 'file', path: '/p', options: {} }],
    ['host:////p', { host: true, format: 'file', path: '/p', options: {} }],
    ['host+table:///F', { host: true, kind: 'table', path: '/F', options: {} }],
    ['host+csv+gzip+series:///x y/é*.csv?delim=;&nullstr=N%26A', {
      host: true, format: 'csv', compression: 'gzip', kind: 'series', path: '/x y/é*.csv', options: { delim: ';', nullstr: 'N&A' },
    }],
    ['series:///a/?.csv', { host: false, kind: 'series', path: '/a/?.csv', options: {} }],
    ['csv:///a/b?.csv?header=false', { host: false, format: 'csv', path: '/a/b?.csv', options: { header: 'false' } }],
    ['CSV+ZSTD:///a%20b%3Fc=1', { host: false, format: 'csv', compression: 'zstd', path: '/a b?c=1', options: {} }],
    ['csv:///a?types=a:BIGINT,b:DECIMAL(4,2)&delim==', { host: false, format: 'csv', path: '/a', options: { types: 'a:BIGINT,b:DECIMAL(4,2)', delim: '=' } }],
  ])('%s', (text, url) => expect(parseFormatUrl(text)).toEqual(url));

  it.each([
    ['cvs:///a', /the format "cvs" is not known, one of csv, tsv, .*series was wanted/],
    ['csv+lz4:///a', /"lz4" is neither a compression \(gzip, zstd, bzip2\) nor a kind \(table, series\)/],
    ['csv+host:///a', /"host" stands in the wrong place/],
    ['csv+table+gzip:///a', /"gzip" stands in the wrong place/],
    ['gzip:///a', /"gzip" stands without a format/],
    ['csv://server/a', /"server" stands where a server would be named, three slashes/],
    ['csv://', /it has no path/],
    ['csv:///a%zz', /in the path a % is not followed/],
    ['csv:///a?x=%', /in the option "x" a % is not followed/],
    ['csv:///a%00', /null byte/],
    ['csv:///a?x=1&y', /the option "y" has no value/],
    ['csv:///a?x=1&x=2', /the option "x" is given twice/],
    ['/a/b.csv', /it has no scheme/],
  ])('refuses %s', (text, message) => expect(() => parseFormatUrl(text)).toThrow(message));

  it('reads what printFormatUrl() prints', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\0') && !/\p{Cs}/u.test(value));
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
    const url = fc.record({
      host: fc.boolean(),
      format: optional(fc.constantFrom(...FORMATS)),
      compression: optional(fc.constantFrom(...COMPRESSIONS)),
      kind: optional(fc.constantFrom(...TABULAR_KINDS)),
      path: fc.oneof(text, fc.constantFrom('a?b=c', '%41', '?x=', 'a b', '*?[x]', '&=')).map((value) => `/${value}`.replace(/^\/+/, '/')),
      options: fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/), text, { maxKeys: 3 }),
    }).map(({ format, compression, kind, ...rest }) => {
      const known = format ?? (kind === undefined ? (rest.host && compression === undefined ? 'file' as const : 'csv' as const) : undefined);
      return { ...rest, options: { ...rest.options }, ...(known === undefined ? {} : { format: known }),
        ...(compression === undefined ? {} : { compression }), ...(kind === undefined ? {} : { kind }) };
    });
    fc.assert(fc.property(url, (value) => {
      const printed = printFormatUrl(value);
      expect(isUrl(printed)).toBe(true);
      expect(parseFormatUrl(printed)).toEqual(value);
      expect(printFormatUrl(parseFormatUrl(printed))).toBe(printed);
    }), { numRuns: 2000 });
  });
});

describe('formatOfName()', () => {
  it.each([
    ['/a/b.csv', { format: 'csv' }], ['/a/B.CSV.GZ', { format: 'csv', compression: 'gzip' }], ['x.tar.zst', { compression: 'zstd' }],
    ['x.jsonl.bz2', { format: 'ndjson', compression: 'bzip2' }], ['/a.csv/b', {}], ['/a/.csv', {}], ['notes.txt', {}], ['a.arrows', { format: 'arrow' }],
    ['a.xlsx', { format: 'excel' }],
  ])('%s', (name, found) => expect(formatOfName(name)).toEqual(found));
});
