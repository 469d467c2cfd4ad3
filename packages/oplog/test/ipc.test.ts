import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { decodeEntries, encodeEntries } from '../src/entry.ts';

test('smoke', () => {
  const rows = [{ name: 'a', childId: 'x', sizeBytes: 5, inline: new Uint8Array([1, 2]), blob: true, timestampMicros: -5n }, { name: 'bé', kind: 'file' }];
  const bytes = encodeEntries(rows);
  const table = tableFromIPC(bytes);
  console.log(table.schema.toString(), table.toArray().map((r) => JSON.stringify(r, (_, v) => typeof v === 'bigint' ? `${v}` : v)));
  console.log(decodeEntries(bytes));
  expect(decodeEntries(encodeEntries([]))).toEqual([]);
});
