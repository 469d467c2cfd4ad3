import { type ArrowType } from './arrow-type.ts';
import { type ParquetField } from './parquet-schema.ts';

/**
 * The key under which a decoded row keeps the columns that this version does not know.
 * Spreading a row keeps it, and encoding writes it back, so that an older version never drops what a newer one wrote.
 */
export const carried: unique symbol = Symbol('duckpond.carried');

/** One unknown column's value in one row; a column that is null in a row is not carried there. */
export type CarriedValue =
  /** `bytes`: the value's raw little-endian bytes, its UTF-8 or binary content, or one byte 0 or 1 for a boolean. */
  | { readonly format: 'arrow'; readonly name: string; readonly type: ArrowType; readonly bytes: Uint8Array }
  | { readonly format: 'parquet'; readonly name: string; readonly field: ParquetField; readonly value: unknown };

/** What a row may carry beside its own keys. */
export interface Carried {
  readonly [carried]?: readonly CarriedValue[];
}
