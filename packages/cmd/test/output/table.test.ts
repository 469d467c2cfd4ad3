import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { fit } from '../../src/output/table.ts';
import type { Row } from '../../src/output/rows.ts';
import { COLUMNS, ROWS, textOf } from './rows.ts';

test('writeTable() has the form of Arrow pretty print', async () => {
  const columns = [{ name: 'id', type: 'long' }, { name: 'name', type: 'string' }] as const;
  expect(await textOf({ columns, rows: [[1n, 'a'], [1000, null]] }, 'table')).toBe([
    '+------+--------+',
    '| id   | name   |',
    '| long | string |',
    '+------+--------+',
    '| 1    | a      |',
    '| 1000 |        |',
    '+------+--------+',
    '',
  ].join('\n'));
});

test('writeTable() keeps the header of an empty result', async () => {
  expect(await textOf({ columns: [{ name: 'a', type: 'string' }], rows: [] }, 'table')).toBe(
    '+--------+\n| a      |\n| string |\n+--------+\n+--------+\n');
});

test('writeTable() shows every type whole in a pipe', async () => {
  expect(await textOf({ columns: COLUMNS, rows: ROWS }, 'table')).toMatchInlineSnapshot(`
    "+--------------------------+----------------------+--------------------+---------+-----------------------------+--------+-------------------------------+
    | text                     | count                | value              | flag    | time                        | bytes  | facts                         |
    | string                   | long                 | double             | boolean | timestamp                   | binary | json                          |
    +--------------------------+----------------------+--------------------+---------+-----------------------------+--------+-------------------------------+
    | plain                    | 1                    | 0.1                | true    | 2026-11-22T13:00:00Z        | 00ff   | {"a":[1,null]}                |
    | say "hi", ok\\nnew\\tline| | 9223372036854775807  | -1e+300            | false   | 2026-11-22T13:00:00.123456Z |        | []                            |
    |                          | -9223372036854775808 | 5e-324             |         | 1969-12-31T23:59:59.999999Z |        | {"big":"1152921504606846976"} |
    |                          |                      |                    |         |                             |        |                               |
    | größe 水 👩‍🔬              | 0                    | 0.3333333333333333 | true    | 1970-01-01T00:00:00Z        | 0a     | "text"                        |
    +--------------------------+----------------------+--------------------+---------+-----------------------------+--------+-------------------------------+
    "
  `);
});

test('writeTable() cuts cells on a terminal until a line fits', async () => {
  const columns = [{ name: 'short', type: 'long' }, { name: 'long', type: 'string' }] as const;
  const text = await textOf({ columns, rows: [[1, 'x'.repeat(200)], [2, '水'.repeat(100)]] }, 'table', 40);
  expect(text.trimEnd().split('\n').map((line) => stringWidth(line))).toEqual(Array(7).fill(40));
  expect(text).toContain('x… |\n');
});

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant('a\u001b[31mb\r\nc\u009b\u202e'));

test('writeTable() never breaks a line nor lets a control character through', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(anyText, anyText), { maxLength: 20 }), fc.option(fc.integer({ min: 30, max: 90 }), { nil: undefined }),
    async (rows: Row[], width) => {
      const columns = [{ name: 'a', type: 'string' }, { name: 'b\n', type: 'string' }] as const;
      const lines = (await textOf({ columns, rows }, 'table', width)).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.length).toBe(rows.length + 5);
      for (const line of lines) {
        expect(line).toMatch(/^[+|].*[+|]$/u);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
        expect(stringWidth(line)).toBe(stringWidth(lines[0] ?? ''));
        if (width !== undefined) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }
    },
  ));
});

test('writeTable() holds back a bounded number of rows', async () => {
  let most = 0;
  let written = 0;
  const rows = (function* (): Iterable<Row> {
    for (let index = 0; index < 50_000; index++) {
      most = Math.max(most, index - written);
      yield [index, 'x'.repeat(20)];
    }
  })();
  const { writeTable } = await import('../../src/output/table.ts');
  await writeTable({ columns: [{ name: 'n', type: 'long' }, { name: 't', type: 'string' }], rows }, {
    isTty: false, columns: undefined, print: () => undefined,
    write: async (chunk) => {
      written += chunk.toString().split('\n').length - 1;
    },
  });
  expect(most).toBeLessThan(4000);
  expect(written).toBe(50_005);
});

test('fit() takes only from the widest and never too much', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 300 }), (natural, room) => {
    const widths = fit(natural, room);
    const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
    widths.forEach((width, index) => expect(width).toBeLessThanOrEqual(natural[index] ?? 0));
    if (sum(natural) <= room) expect(widths).toEqual(natural);
    else if (widths.some((width) => width > 4)) expect(sum(widths)).toBe(room);
    if (room >= natural.length) expect(sum(widths)).toBeLessThanOrEqual(Math.max(room, 0));
  }));
});
