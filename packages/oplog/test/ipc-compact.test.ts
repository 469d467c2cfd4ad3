import assert from 'node:assert/strict';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decodeEntries, encodeEntries, type NewEntry } from '../src/entry.ts';
import { decodeIpc } from '../src/ipc.ts';
import { compactIpc, expandIpc } from '../src/ipc-compact.ts';
import { encodeIpc } from '../src/ipc-encode.ts';
import { randomRows } from './random-rows.ts';
import { shapeAndRows } from './shapes.ts';

/** Versions of a series as ten-minute collecting leaves them. */
function appends(count: number): NewEntry[] {
  return Array.from({ length: count }, (_, i): NewEntry => ({
    kind: 'series', txnSeq: 7 + 10 * i, version: i + 1,
    timestampMicros: 1_795_363_200_000_000n + BigInt(i) * 600_000_000n + BigInt(i * 7919 % 300) * 1000n,
    sizeBytes: 1208, totalBytes: 1208 * (i + 1), rowCount: 10, totalRows: 10 * (i + 1), timeColumn: 'time', schema: '[{"name":"time"}]',
  }));
}

describe('compactIpc()', () => {
  it('is undone by expandIpc(), byte for byte, for entries of any kind', () => {
    fc.assert(fc.property(randomRows, fc.integer({ min: 1, max: 30 }), (rows, times) => {
      const entries = rows.flatMap(({ entry }, i): NewEntry[] => (
        Array.from({ length: 1 + i % times }, (_, k) => ({ ...entry, txnSeq: i * k }))));
      const plain = encodeEntries(entries);
      assert.deepEqual(Buffer.from(expandIpc(compactIpc(plain))), Buffer.from(plain));
    }));
  });

  it('is undone by expandIpc(), byte for byte, for any column and any integer', () => {
    fc.assert(fc.property(shapeAndRows(), ({ shape, rows }) => {
      const plain = encodeIpc(shape, rows);
      assert.deepEqual(Buffer.from(expandIpc(compactIpc(plain))), Buffer.from(plain));
    }));
  });

  it('makes a stream of few bytes an entry, which is Arrow to others', () => {
    const plain = encodeEntries(appends(1024));
    const compact = compactIpc(plain);
    assert.ok(compact.byteLength < 1024 * 24 && plain.byteLength > 1024 * 80, `${compact.byteLength} of ${plain.byteLength} bytes`);
    const table = tableFromIPC(compact);
    assert.equal(table.numRows, 1024);
    assert.equal(table.schema.fields.find(({ name }) => name === 'txn_seq')?.metadata.get('duckpond.encoding'), 'step long 7 10 1');
    assert.deepEqual(decodeEntries(compact), decodeEntries(plain));
  });

  it('leaves a stream of one row as it is', () => {
    const plain = encodeEntries(appends(1));
    assert.equal(compactIpc(plain), plain);
    assert.equal(expandIpc(plain), plain);
  });
});

describe('expandIpc()', () => {
  it('refuses bytes that are not a compact stream, and never gives more than 64 MiB', () => {
    const compact = Buffer.from(compactIpc(encodeEntries(appends(200))));
    fc.assert(fc.property(fc.nat(compact.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Uint8Array.from(compact);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      try {
        assert.ok(expandIpc(damaged).byteLength <= 65 * 1024 * 1024);
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'OplogError', String(error));
      }
    }), { numRuns: 2000 });
  });

  it('is what decodeIpc() asks for: encoded columns are refused, not misread', async () => {
    const { Entry } = await import('../src/entry.ts');
    assert.throws(() => decodeIpc(Entry, compactIpc(encodeEntries(appends(5)))), /is encoded as "step/);
  });
});
