import fc from 'fast-check';
import { type ColumnSpecs, type ColumnType, defineShape, type NewRowOf, type Shape } from '../src/shape.ts';

const TYPES: readonly ColumnType[] = ['string', 'long', 'integer', 'timestamp', 'binary', 'boolean', 'double'];

const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  string: fc.oneof(
    fc.constantFrom('', 'a', 'ünï😀', '\u0000', 'x'.repeat(100)),
    fc.string({ unit: 'grapheme' }),
    fc.string({ maxLength: 60 }),
  ),
  long: fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32), 2 ** 31),
  ),
  integer: fc.integer(),
  timestamp: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, -1n, 1_790_000_000_000_000n)),
  binary: fc.uint8Array({ maxLength: 40 }),
  boolean: fc.boolean(),
  double: fc.double(),
};

export type AnyShape = Shape<ColumnSpecs>;
export type AnyRow = NewRowOf<AnyShape>;

/** A shape of 1 to 9 columns and rows of it, in which every key is there. */
export function shapeAndRows({ minRows = 0, maxRows = 24 }: { minRows?: number; maxRows?: number } = {}): fc.Arbitrary<{
  shape: AnyShape;
  rows: AnyRow[];
}> {
  const column = fc.record({ type: fc.constantFrom(...TYPES), nullable: fc.boolean() });
  return fc.array(column, { minLength: 1, maxLength: 9 }).chain((columns) => {
    const shape: AnyShape = defineShape(
      'Any',
      Object.fromEntries(
        columns.map(({ type, nullable }, index) => [
          `key${index}`,
          nullable ? ([`column_${index}`, type, 'nullable'] as const) : ([`column_${index}`, type] as const),
        ]),
      ),
    );
    const row = fc.record(
      Object.fromEntries(columns.map(({ type, nullable }, index) => [`key${index}`, nullable ? fc.option(VALUES[type]) : VALUES[type]])),
    );
    return fc
      .array(row, { minLength: minRows, maxLength: maxRows })
      .map((rows) => ({ shape, rows: rows.map((each) => ({ ...each })) as unknown as AnyRow[] }));
  });
}

/** The shape with every column nullable, as one reads columns that came from elsewhere. */
export function rowsOf(shape: AnyShape): AnyShape {
  return defineShape(shape.name, Object.fromEntries(shape.columns.map(({ key, name, type }) => [key, [name, type, 'nullable'] as const])));
}
