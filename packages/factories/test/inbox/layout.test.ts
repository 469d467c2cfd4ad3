import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLayout, namedColumns } from '../../src/inbox/layout.ts';
import { encodingOf } from '../../src/inbox/text-encoding.ts';

test('findLayout() finds delimiter, preamble and width of any table with at least as many rows as preamble lines', () => {
  const word = fc.stringMatching(/^[a-z0-9 ]{1,6}$/);
  const value = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  fc.assert(fc.property(
    fc.constantFrom(';', ',', '\t', '|'), fc.integer({ min: 2, max: 6 }), fc.array(word, { maxLength: 5 }), fc.integer({ min: 6, max: 20 }), value,
    (delimiter, fields, preamble, rows, cell) => {
      const lines = [...preamble, ...Array.from({ length: rows }, () => Array.from({ length: fields }, () => cell).join(delimiter))];
      expect(findLayout(lines, {})).toEqual({ delimiter, fields, preambleLines: preamble.length });
    },
  ));
});

test('findLayout() does not take a decimal comma for a delimiter, nor a delimiter in quotes', () => {
  expect(findLayout(['Zeit;Pegel', '1;2,5', '2;3,5'], { decimal: ',' })).toEqual({ delimiter: ';', fields: 2, preambleLines: 0 });
  expect(findLayout(['a,b', '"x,y",1', '"z",2'], {})).toEqual({ delimiter: ',', fields: 2, preambleLines: 0 });
  expect(findLayout(['one', 'two'], {})).toBeUndefined();
});

test('namedColumns() takes units out of names, and numbers names that are missing or repeat', () => {
  expect(namedColumns(['Temp (°C)', 'Level [m]', '', 'a', 'A', 'x (y) z'], 'in-name')).toEqual([
    { name: 'Temp', unit: '°C' }, { name: 'Level', unit: 'm' }, { name: 'column3', unit: undefined }, { name: 'a', unit: undefined },
    { name: 'A_1', unit: undefined }, { name: 'x (y) z', unit: undefined },
  ]);
  expect(namedColumns(['t', 'p'], ['', '[mbar]'])).toEqual([{ name: 't', unit: undefined }, { name: 'p', unit: 'mbar' }]);
});

test.each([
  ['utf-8', Buffer.from('Pegel °C')], ['windows-1252', Buffer.from('Pegel \xb0C', 'latin1')], ['utf-16le', Buffer.from('\ufeffPegel', 'utf16le')],
  ['utf-16le', Buffer.from('Pegel Zeit', 'utf16le')], ['utf-16be', Buffer.from('Pegel Zeit', 'utf16le').swap16()], ['utf-8', Buffer.from('\ufeffa')],
])('encodingOf() finds %s', (encoding, bytes) => {
  expect(encodingOf(bytes)).toBe(encoding);
});
