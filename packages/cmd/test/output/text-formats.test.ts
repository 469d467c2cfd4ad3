import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Row } from '../../src/output/rows.ts';
import { COLUMNS, ROWS, textOf } from './rows.ts';

test('writeCsv() is RFC 4180 with every digit, null apart from empty text', async () => {
  expect(await textOf({ columns: COLUMNS, rows: ROWS }, 'csv')).toMatchInlineSnapshot(`
    "text,count,value,flag,time,bytes,facts
    plain,1,0.1,true,2026-11-22T13:00:00Z,00ff,"{""a"":[1,null]}"
    "say ""hi"", ok
    new	line|",9223372036854775807,-1e+300,false,2026-11-22T13:00:00.123456Z,"",[]
    "",-9223372036854775808,5e-324,,1969-12-31T23:59:59.999999Z,,"{""big"":""1152921504606846976""}"
    ,,,,,,
    größe 水 👩‍🔬,0,0.3333333333333333,true,1970-01-01T00:00:00Z,0a,"""text"""
    "
  `);
});

/** A reader of its own, after the grammar of RFC 4180. */
function readCsv(text: string): (string | null)[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r\n|\n|$)/gy;
  const records: (string | null)[][] = [[]];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error(`no field at ${text.slice(0, 50)}`);
    const [, quoted, plain = '', end] = match;
    records.at(-1)?.push(quoted === undefined ? (plain === '' ? null : plain) : quoted.replaceAll('""', '"'));
    if (end !== ',') records.push([]);
  }
  records.pop();
  return records;
}

test('writeCsv() can be read back', async () => {
  const cell = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', 'a,b', '"', '\r\n', '\r', "'", '=1+1')));
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cell, cell)), async (rows: Row[]) => {
    const columns = [{ name: 'a', type: 'string' }, { name: 'b', type: 'string' }] as const;
    expect(readCsv(await textOf({ columns, rows }, 'csv'))).toEqual([['a', 'b'], ...rows]);
  }));
});

test('writeCsv() keeps the header of an empty result', async () => {
  expect(await textOf({ columns: COLUMNS, rows: [] }, 'csv')).toBe('text,count,value,flag,time,bytes,facts\n');
});

test('writeTsv() has one line a row', async () => {
  const columns = [{ name: 'a\tb', type: 'string' }, { name: 'c', type: 'long' }] as const;
  expect(await textOf({ columns, rows: [['x\ty\n\\', 2n ** 60n], [null, null]] }, 'tsv'))
    .toBe('a\\tb\tc\nx\\ty\\n\\\\\t1152921504606846976\n\t\n');
});

test('writeJson() is an array that loses no digit', async () => {
  const parsed: unknown = JSON.parse(await textOf({ columns: COLUMNS, rows: ROWS }, 'json'));
  expect(parsed).toEqual([
    { text: 'plain', count: 1, value: 0.1, flag: true, time: '2026-11-22T13:00:00Z', bytes: '00ff', facts: { a: [1, null] } },
    { text: 'say "hi", ok\nnew\tline|', count: '9223372036854775807', value: -1e300, flag: false, time: '2026-11-22T13:00:00.123456Z', bytes: '', facts: [] },
    { text: '', count: '-9223372036854775808', value: 5e-324, flag: null, time: '1969-12-31T23:59:59.999999Z', bytes: null, facts: { big: '1152921504606846976' } },
    { text: null, count: null, value: null, flag: null, time: null, bytes: null, facts: null },
    { text: 'größe 水 👩‍🔬', count: 0, value: 1 / 3, flag: true, time: '1970-01-01T00:00:00Z', bytes: '0a', facts: 'text' },
  ]);
});

test('writeJson() prints an empty array, writeNdjson() nothing, for no rows', async () => {
  expect(await textOf({ columns: COLUMNS, rows: [] }, 'json')).toBe('[]\n');
  expect(await textOf({ columns: COLUMNS, rows: [] }, 'ndjson')).toBe('');
});

test('writeNdjson() prints the objects of writeJson(), one a line', async () => {
  const lines = (await textOf({ columns: COLUMNS, rows: ROWS }, 'ndjson')).trimEnd().split('\n').map((line): unknown => JSON.parse(line));
  expect(lines).toEqual(JSON.parse(await textOf({ columns: COLUMNS, rows: ROWS }, 'json')));
});

test('writeJson() writes what JSON has no number for as null', async () => {
  expect(await textOf({ columns: [{ name: 'v', type: 'double' }], rows: [[NaN], [Infinity]] }, 'ndjson')).toBe('{"v":null}\n{"v":null}\n');
});

test('writeMarkdown() escapes what would end a cell', async () => {
  const columns = [{ name: 'a', type: 'string' }, { name: 'n', type: 'long' }] as const;
  expect(await textOf({ columns, rows: [['x|y\\z\n<b>', 1], ['', null]] }, 'markdown')).toBe(
    '| a | n |\n| --- | ---: |\n| x\\|y\\\\z<br>&lt;b> | 1 |\n|  |  |\n');
});
