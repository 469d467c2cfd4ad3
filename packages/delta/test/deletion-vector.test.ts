import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeletionVectorDescriptor } from '../src/action.ts';
import { deletionVectorPath, readDeletionVector } from '../src/deletion-vector.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import { decodeRoaring64 } from '../src/roaring.ts';
import { decodeZ85 } from '../src/z85.ts';
import { failure } from './tables.ts';

// The examples of PROTOCOL.md, "Deletion Vectors"; the inline one in the portable layout that the text asks for. The one printed
// there is in an older layout (big endian, another magic number), which Spark and delta-kernel-rs do not read either.
const INLINE: DeletionVectorDescriptor = {
  storageType: 'i', pathOrInlineDv: '^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L', sizeInBytes: 44, cardinality: 6,
};
const PRINTED: DeletionVectorDescriptor = {
  storageType: 'i', pathOrInlineDv: 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L', sizeInBytes: 40, cardinality: 6,
};
const RELATIVE: DeletionVectorDescriptor = {
  storageType: 'u', pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^', offset: 4, sizeInBytes: 44, cardinality: 6,
};

describe('deletionVectorPath()', () => {
  test('finds the file of the examples of the protocol', () => {
    expect(deletionVectorPath(RELATIVE)).toBe('ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin');
    const absolute = 's3://mytable/deletion_vector_x.bin';
    expect(deletionVectorPath({ ...RELATIVE, storageType: 'p', pathOrInlineDv: absolute })).toBe(absolute);
    expect(deletionVectorPath(INLINE)).toBeUndefined();
  });

  test('refuses a name in another encoding', () => {
    expect(() => deletionVectorPath({ ...RELATIVE, pathOrInlineDv: 'short' })).toThrow(expect.objectContaining({ code: 'corrupt-log' }));
  });
});

describe('readDeletionVector()', () => {
  test('reads the inline example of the protocol', async () => {
    expect([...await readDeletionVector(createMemoryStore(), INLINE)]).toEqual([3, 4, 7, 11, 18, 29]);
    await expect(readDeletionVector(createMemoryStore(), PRINTED)).rejects.toMatchObject({ code: 'corrupt-log' });
  });

  const bitmap = decodeZ85(INLINE.pathOrInlineDv)?.subarray(0, 44) ?? new Uint8Array();
  const file = (checksum = crc32(bitmap)): Uint8Array => {
    const bytes = new Uint8Array(4 + 4 + 44 + 4);
    const view = new DataView(bytes.buffer);
    view.setUint32(4, 44);
    bytes.set(bitmap, 8);
    view.setUint32(52, checksum);
    return bytes;
  };

  test('reads it from a file, and refuses one that is damaged or absent', async () => {
    const store = createMemoryStore();
    await expect(readDeletionVector(store, RELATIVE)).rejects.toMatchObject({ code: 'not-found' });
    const path = deletionVectorPath(RELATIVE) ?? '';
    await store.put(path, file());
    expect([...await readDeletionVector(store, RELATIVE)]).toEqual([3, 4, 7, 11, 18, 29]);
    await expect(readDeletionVector(store, { ...RELATIVE, cardinality: 5 })).rejects.toMatchObject({ code: 'corrupt-log' });
    await store.put(path, file(1));
    await expect(readDeletionVector(store, RELATIVE)).rejects.toEqual(failure('corrupt-log', 'checksum'));
    await store.put(path, file().subarray(0, 30));
    await expect(readDeletionVector(store, RELATIVE)).rejects.toMatchObject({ code: 'corrupt-log' });
  });
});

describe('decodeRoaring64()', () => {
  test('reads arrays, bitmaps and runs of any integers', () => {
    const dense = fc.record({ start: fc.nat(60_000), count: fc.integer({ min: 1, max: 5_530 }), step: fc.constantFrom(1, 1, 1) })
      .map(({ start, count, step }) => Array.from({ length: count }, (_, index) => start + index * step));
    const container = fc.oneof(fc.uniqueArray(fc.nat(65_535), { minLength: 1, maxLength: 50 }), dense);
    const containers = fc.dictionary(fc.nat(65_535).map(String), container, { minKeys: 1, maxKeys: 6 });
    const buckets = fc.dictionary(fc.nat(1_000).map(String), containers, { maxKeys: 3 });
    fc.assert(fc.property(buckets, fc.boolean(), (sets, runs) => {
      const sorted = ascending(sets).map(([high, inner]) => [high, ascending(inner).map(([key, lows]) => (
        [key, [...lows].sort((left, right) => left - right)] as const
      ))] as const);
      const expected = sorted.flatMap(([high, inner]) => inner.flatMap(([key, lows]) => (
        lows.map((low) => high * 2 ** 32 + key * 2 ** 16 + low)
      )));
      expect([...decodeRoaring64(encodeRoaring(sorted, runs))]).toEqual(expected);
    }), { numRuns: 60 });
  });
});

function ascending<Value>(record: Record<string, Value>): [number, Value][] {
  return Object.entries(record).map(([key, value]): [number, Value] => [Number(key), value]).sort(([left], [right]) => left - right);
}

type Containers = readonly (readonly [key: number, lows: readonly number[]])[];

/** The format as its specification says it, written plainly. */
function encodeRoaring(buckets: readonly (readonly [high: number, Containers])[], runs: boolean): Uint8Array {
  const out: number[] = [];
  const u16 = (value: number): void => { out.push(value & 255, value >>> 8 & 255); };
  const u32 = (value: number): void => { u16(value & 65535); u16(value >>> 16); };
  u32(buckets.length);
  u32(0);
  for (const [high, containers] of buckets) {
    u32(high);
    u32(runs ? 12347 | (containers.length - 1) << 16 : 12346);
    if (!runs) u32(containers.length);
    // Every second container is one of runs.
    const isRun = (index: number): boolean => runs && index % 2 === 0;
    if (runs) for (let byte = 0; byte < Math.ceil(containers.length / 8); byte++) out.push(0b0101_0101);
    for (const [key, lows] of containers) { u16(key); u16(lows.length - 1); }
    if (!runs || containers.length >= 4) for (const _ of containers) u32(0);
    containers.forEach(([, lows], index) => {
      if (isRun(index)) {
        const starts = lows.filter((low, at) => lows[at - 1] !== low - 1);
        u16(starts.length);
        for (const start of starts) {
          let end = start;
          while (lows.includes(end + 1)) end += 1;
          u16(start);
          u16(end - start);
        }
      } else if (lows.length <= 4096) {
        for (const low of lows) u16(low);
      } else {
        const bits = new Uint8Array(8192);
        for (const low of lows) bits[low >>> 3] = (bits[low >>> 3] ?? 0) | 1 << (low & 7);
        out.push(...bits);
      }
    });
  }
  return Uint8Array.from(out);
}
