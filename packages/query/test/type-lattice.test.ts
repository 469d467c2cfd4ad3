import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonType } from '../src/type-lattice.ts';

const connection = await (await DuckDBInstance.create(':memory:')).connect();

async function duckdbUnion(a: string, b: string): Promise<string> {
  const sql = `DESCRIBE (SELECT NULL::${a} x UNION ALL BY NAME SELECT NULL::${b} x)`;
  return String((await connection.runAndReadAll(sql)).getRows()[0]?.[1]);
}

const simple = fc.constantFrom(
  'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'FLOAT', 'DOUBLE', 'DATE',
  'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE', 'TIME', 'INTERVAL', 'UUID', 'BLOB', 'VARCHAR', '"NULL"',
  "ENUM('a', 'b')", 'INTEGER[3]',
);
const decimal = fc.integer({ min: 1, max: 38 }).chain((width) => fc.integer({ min: 0, max: width }).map((scale) => `DECIMAL(${width},${scale})`));
const type = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    simple, decimal,
    tie('type').map((of) => `${of}[]`),
    fc.tuple(tie('type'), tie('type')).map(([key, value]) => `MAP(${key}, ${value})`),
    fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', '"a b"', '"q""x"'), tie('type')), { minLength: 1, maxLength: 3, selector: ([name]) => name })
      .map((fields) => `STRUCT(${fields.map(([name, of]) => `${name} ${of}`).join(', ')})`),
  ),
})).type;

describe('commonType()', () => {
  it('is what DuckDB gives UNION ALL BY NAME, wherever it is defined', async () => {
    let defined = 0;
    await fc.assert(fc.asyncProperty(type, type, async (a, b) => {
      const common = commonType(a, b);
      if (common === undefined || common.includes('NULL')) return;
      defined += 1;
      expect(common, `${a} with ${b}`).toBe(await duckdbUnion(a, b));
    }), { numRuns: 1500 });
    expect(defined).toBeGreaterThan(100);
  });

  it('commutes, up to the order of fields', () => {
    const sorted = (name: string | undefined): string | undefined => name?.split(/, |\(|\)/).sort().join(' ');
    fc.assert(fc.property(type, type, (a, b) => {
      expect(sorted(commonType(a, b))).toBe(sorted(commonType(b, a)));
    }), { numRuns: 3000 });
  });

  it('is associative where both ways are defined, and the same type with itself', () => {
    const maybe = (a: string | undefined, b: string | undefined): string | undefined => (
      a === undefined || b === undefined ? undefined : commonType(a, b)
    );
    fc.assert(fc.property(fc.oneof(simple, decimal), fc.oneof(simple, decimal), fc.oneof(simple, decimal), (a, b, c) => {
      const [left, right] = [maybe(maybe(a, b), c), maybe(a, maybe(b, c))];
      // A mixture of signed and unsigned is wider than either, and a decimal counts its digits: there the order may cost digits.
      const mixed = [a, b, c].some((name) => name.startsWith('DECIMAL')) && [a, b, c].some((name) => /^U/.test(name));
      if (!mixed && left !== undefined && right !== undefined) expect(left).toBe(right);
      expect(commonType(a, a)).toBe(a);
    }), { numRuns: 20_000 });
  });

  it('refuses what DuckDB would turn into something else', () => {
    for (const [a, b] of [['BIGINT', 'VARCHAR'], ['DATE', 'INTEGER'], ['BOOLEAN', 'INTEGER'], ['INTEGER', 'FLOAT'], ['DECIMAL(38,0)', 'DECIMAL(4,2)'],
      ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_NS'], ['INTEGER[]', 'INTEGER'], ["ENUM('a')", "ENUM('b')"]] as const) {
      expect(commonType(a, b)).toBeUndefined();
      expect(commonType(b, a)).toBeUndefined();
    }
  });
});
