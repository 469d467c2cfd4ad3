/** Deleted rows of a data file as bitmaps of blocks: one bit a row, so that a vector of millions stays small in DuckDB. */

/** log2 of the rows of a block. */
export const BLOCK_SHIFT = 16;

const BLOCK_ROWS = 2 ** BLOCK_SHIFT;

export interface DeletedBlock {
  /** Index of the row divided by the rows of a block. */
  readonly block: number;
  /** A BIT of DuckDB: the number of bits to pad, then a bit a row, the first row highest. */
  readonly bits: Uint8Array;
}

/** @param rows indexes from 0, ascending */
export function deletedBlocks(rows: ArrayLike<number>): DeletedBlock[] {
  const blocks: DeletedBlock[] = [];
  let current: DeletedBlock | undefined;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const block = Math.floor(row / BLOCK_ROWS);
    if (current?.block !== block) {
      current = { block, bits: new Uint8Array(1 + BLOCK_ROWS / 8) };
      blocks.push(current);
    }
    const bit = row % BLOCK_ROWS;
    const byte = 1 + (bit >> 3);
    current.bits[byte] = (current.bits[byte] ?? 0) | 0x80 >> (bit & 7);
  }
  return blocks;
}
