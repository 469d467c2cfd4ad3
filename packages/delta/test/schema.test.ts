import { describe, expect, test } from 'vitest';
import {
  columnId, columnMappingMode, decodeSchema, encodeSchema, type MapType, physicalName, type StructType, walkFields,
} from '../src/schema.ts';

const PLACE = { code: 'corrupt-log', file: 'f.json', line: 0 } as const;

const STRUCT: StructType = { type: 'struct', fields: [{ name: 'x', type: 'timestamp_ntz', nullable: true, metadata: {} }] };
const MAP: MapType = {
  type: 'map', keyType: 'string', valueType: { type: 'array', elementType: 'byte', containsNull: true }, valueContainsNull: true,
};
const NESTED: StructType = {
  type: 'struct',
  fields: [
    {
      name: 'd', type: { type: 'decimal', precision: 38, scale: 18 }, nullable: false,
      metadata: { 'delta.columnMapping.id': 4, big: 2n ** 63n },
    },
    { name: 'e', type: { type: 'array', elementType: STRUCT, containsNull: false }, nullable: true, metadata: {} },
    { name: 'f', type: MAP, nullable: true, metadata: { 'delta.columnMapping.physicalName': 'col-f' } },
  ],
};

describe('decodeSchema()', () => {
  test('reads what encodeSchema() writes', () => {
    expect(decodeSchema(encodeSchema(NESTED), PLACE)).toEqual(NESTED);
    expect(encodeSchema({ type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }] }))
      .toBe('{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}');
  });

  test.each([
    ['{', 'corrupt-log', 'no JSON'],
    ['"long"', 'corrupt-log', 'wanted a struct'],
    ['{"type":"struct","fields":{}}', 'corrupt-log', 'wanted a list'],
    ['{"type":"struct","fields":[{"name":"v","type":"variant"}]}', 'unsupported-feature', '"schema.v" is "variant"'],
    ['{"type":"struct","fields":[{"name":"v","type":"decimal(39,2)"}]}', 'corrupt-log', 'decimal(39,2)'],
  ])('refuses %s', (text, code, part) => {
    expect(() => decodeSchema(text, PLACE)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(part) as string }));
  });
});

test('walkFields() visits every depth', () => {
  expect([...walkFields(NESTED)].map(({ path }) => path.join('.'))).toEqual(['d', 'e', 'e.element.x', 'f']);
});

test('physicalName() and columnId() follow the mode of column mapping', () => {
  const [d, , f] = NESTED.fields;
  if (d === undefined || f === undefined) throw new Error('fields are missing');
  expect(columnMappingMode({ 'delta.columnMapping.mode': 'name' })).toBe('name');
  expect(columnMappingMode({})).toBe('none');
  expect([physicalName(f, 'name'), physicalName(f, 'none'), physicalName(d, 'id')]).toEqual(['col-f', 'f', 'd']);
  expect([columnId(d), columnId(f)]).toEqual([4, undefined]);
});
