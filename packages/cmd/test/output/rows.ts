import { fakeEffects } from '../fake-effects.ts';
import { type RowFormat, writeRows } from '../../src/output/format.ts';
import type { Column, Row, Rows } from '../../src/output/rows.ts';

/** One column of each type, with the values at which formats lose something. */
export const COLUMNS: readonly Column[] = [
  { name: 'text', type: 'string' },
  { name: 'count', type: 'long' },
  { name: 'value', type: 'double' },
  { name: 'flag', type: 'boolean' },
  { name: 'time', type: 'timestamp' },
  { name: 'bytes', type: 'binary' },
  { name: 'facts', type: 'json' },
];

export const ROWS: readonly Row[] = [
  ['plain', 1, 0.1, true, 1_795_352_400_000_000n, new Uint8Array([0, 255]), { a: [1, null] }],
  ['say "hi", ok\nnew\tline|', 2n ** 63n - 1n, -1e300, false, 1_795_352_400_123_456n, new Uint8Array(), []],
  ['', -(2n ** 63n), 5e-324, null, -1n, null, { big: 2n ** 60n }],
  [null, null, null, null, null, null, null],
  ['größe 水 👩‍🔬', 0n, 1 / 3, true, 0n, new Uint8Array([10]), 'text'],
];

export async function bytesOf(rows: Rows, format: RowFormat, columns?: number): Promise<Buffer> {
  const fake = fakeEffects(columns === undefined ? {} : { columns });
  await writeRows(rows, format, fake.effects.stdout);
  return fake.stdoutBytes();
}

export async function textOf(rows: Rows, format: RowFormat, columns?: number): Promise<string> {
  return (await bytesOf(rows, format, columns)).toString();
}
