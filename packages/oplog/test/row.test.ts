import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Record } from '../src/record.ts';
import { compareRows, CONTENT_BYTES_PER_RECORD, ENTRIES_PER_RECORD, keyOf, packRows, type Row, rowsOfRecord } from '../src/row.ts';
import { PARTS, plainRow, randomRows } from './random-rows.ts';

/** A packed record as it is read: nothing left out. */
function asRead(record: ReturnType<typeof packRows>[number]): Record {
  return { kind: null, txnMin: null, keyMin: null, keyMax: null, timeMinMicros: null, timeMaxMicros: null, ...record };
}

const unpacked = (rows: readonly Row[]): Row[] => packRows(rows).flatMap((record) => rowsOfRecord(asRead(record)));

describe('packRows()', () => {
  it('keeps every row, its place and its order, sorted for a merge', () => {
    fc.assert(fc.property(randomRows, (rows) => {
      const sorted = rows.toSorted(compareRows);
      assert.deepEqual(unpacked(sorted).map(plainRow), sorted.map(plainRow));
    }));
  });

  it('keeps the rows of one transaction in their order', () => {
    fc.assert(fc.property(randomRows, (rows) => {
      const one = rows.filter(({ txnSeq }) => txnSeq === 1);
      assert.deepEqual(unpacked(one).map(plainRow), one.map(plainRow));
    }));
  });

  it('keeps every row when packed rows are packed again with others, in any steps', () => {
    fc.assert(fc.property(randomRows, fc.nat(20), (rows, cut) => {
      const step = unpacked(rows.slice(0, cut).toSorted(compareRows));
      const again = unpacked([...step, ...rows.slice(cut)].toSorted(compareRows));
      assert.deepEqual(again.map(plainRow), rows.toSorted(compareRows).map(plainRow));
    }));
  });

  it('covers keys, transactions and event times of what it packs', () => {
    fc.assert(fc.property(randomRows, (rows) => {
      for (const record of packRows(rows.toSorted(compareRows)).map(asRead)) {
        const inside = rowsOfRecord(record);
        for (const row of inside) {
          assert.equal(row.partId, record.partId);
          assert.ok(row.txnSeq <= record.txnSeq && row.txnSeq >= (record.txnMin ?? record.txnSeq));
          assert.ok(row.version <= record.version);
          if (record.keyMin !== null && record.keyMax !== null) {
            assert.ok(Buffer.compare(Buffer.from(record.keyMin), Buffer.from(keyOf(row))) <= 0);
            assert.ok(Buffer.compare(Buffer.from(keyOf(row)), Buffer.from(record.keyMax)) <= 0);
          } else {
            assert.equal(inside.length, 1);
          }
          const { timeMinMicros, timeMaxMicros } = row.entry;
          if (typeof timeMinMicros === 'bigint' && typeof timeMaxMicros === 'bigint') {
            assert.ok(record.timeMinMicros !== null && record.timeMinMicros <= timeMinMicros && record.timeMinMicros <= timeMaxMicros);
          }
        }
      }
    }));
  });

  it('does not let a record grow beyond its bounds', () => {
    const [partId = ''] = PARTS;
    const row = (i: number, sizeBytes: number): Row => ({
      partId, recordKind: 'node', nodeId: `n${String(i).padStart(6, '0')}`, txnSeq: 1, version: 1, timestampMicros: 1n,
      entry: { kind: 'data', inline: new Uint8Array(sizeBytes) },
    });
    const many = packRows(Array.from({ length: 3000 }, (_, i) => row(i, 1)));
    assert.deepEqual(many.map((record) => rowsOfRecord(asRead(record)).length), [ENTRIES_PER_RECORD, ENTRIES_PER_RECORD, 3000 - 2 * ENTRIES_PER_RECORD]);
    const large = packRows([row(0, CONTENT_BYTES_PER_RECORD), row(1, 1), row(2, CONTENT_BYTES_PER_RECORD - 1), row(3, 1), row(4, 3 * CONTENT_BYTES_PER_RECORD)]);
    assert.deepEqual(large.map((record) => rowsOfRecord(asRead(record)).length), [1, 2, 1, 1]);
  });
});
