import { expect, test } from 'vitest';
import { complete, type Names } from '../../src/repl/completion.ts';

const NAMES: Names = {
  tables: ['readings'],
  paths: (directory) => Promise.resolve(directory === '/' ? ['/sensors/', '/a.csv'] : ['/sensors/north.series', '/sensors/south.series']),
  columns: (table) => (table === '/a.csv' || table === 'readings' ? Promise.resolve(['temp', 'a b', 'to"p']) : Promise.reject(new Error('none'))),
  functions: () => Promise.resolve(['sum', 'summary_of']),
};

test.each([
  ['', '.ta', ['.tables'], '.ta'],
  ['', "from '/s", ['/sensors/'], '/s'],
  ['', "from '/sensors/no", ["/sensors/north.series'"], '/sensors/no'],
  ['', '.schema /sensors/so', ['/sensors/south.series'], '/sensors/so'],
  ['', 'from readings where te', ['temp'], 'te'],
  ["from '/a.csv'\n", 'where te', ['temp'], 'te'],
  ['', "from '/none' where te", [], 'te'],
  ['', 'select sum', ['summarize', 'sum(', 'summary_of('], 'sum'],
  ['', 'SEL', ['SELECT'], 'SEL'],
  ['', 'from pond.n', ['pond.nodes'], 'pond.n'],
  ['', "select 'te", [], 'te'],
])('complete(%j, %j)', async (before, line, words, replaced) => {
  expect(await complete(before, line, NAMES)).toEqual([words, replaced]);
});

test('complete() quotes columns that are no words', async () => {
  expect(await complete('', 'from readings select ', NAMES)).toEqual([['temp', '"a b"', '"to""p"'], '']);
});
