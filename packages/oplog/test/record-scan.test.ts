import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeParquet, readParquet } from '../src/parquet.ts';
import { type NewRecord, Record } from '../src/record.ts';
import { loadRecordScan, type ScannedRecord } from '../src/record-scan.ts';
import { seededRandom } from '../src/testing/faults.ts';

let directory: string;
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'duckpond-scan-')); });
afterAll(() => { rmSync(directory, { recursive: true }); });

/** Records with contents of any size that compress a little. */
function records(count: number, mostBytes: number): NewRecord[] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, n) => ({
    partId: `part ${n % 7}`, nodeId: `node ${n}`, txnSeq: n, version: n + 1, timestampMicros: 1_700_000_000_000_000n + BigInt(n),
    content: Uint8Array.from({ length: Math.floor(random() * mostBytes) }, () => Math.floor(random() * 16)),
    kind: n % 5 === 0 ? null : 'node', ...(n % 3 === 0 ? { txnMin: n - 1, keyMin: `ä${n}` } : {}),
  }));
}

/** With the hash of the content: comparing long bytes one by one takes minutes. */
function shown({ record, index }: ScannedRecord): unknown {
  return { ...record, index, content: createHash('sha256').update(record.content).digest('hex') };
}

async function scanned(path: string, sizeBytes: number, turn: boolean): Promise<unknown[]> {
  const scan = await loadRecordScan();
  const found: ScannedRecord[] = [];
  for (const one of scan(path, sizeBytes)) {
    found.push(one);
    if (turn) await setImmediate();
  }
  return found.sort((a, b) => a.index - b.index).map(shown);
}

it('a scan gives the records that readParquet() gives, each with its number, however the event loop turns', async () => {
  const cases = [[1, 10, 'snappy'], [300, 500, 'gzip'], [300, 40_000, 'gzip'], [40, 100_000, 'snappy'], [30, 200_000, 'gzip']] as const;
  for (const [count, mostBytes, codec] of cases) {
    const bytes = await encodeParquet(Record, records(count, mostBytes), { codec, rowGroupRows: 128 });
    const path = join(directory, `${count}-${mostBytes}`);
    writeFileSync(path, bytes);
    const source = { label: path, byteLength: bytes.byteLength, slice: (start: number, end: number) => bytes.subarray(start, end) };
    const expected = (await readParquet(Record, source)).map((record, index) => shown({ record, index }));
    for (const turn of [false, true]) expect(await scanned(path, bytes.byteLength, turn), path).toEqual(expected);
  }
});

it('a file that is cut, damaged, of another size or missing is corrupt, and never more than its rows come out', async () => {
  const random = seededRandom(7);
  const bytes = await encodeParquet(Record, records(64, 30_000), { codec: 'gzip' });
  const path = join(directory, 'damaged');
  const scan = await loadRecordScan();
  for (let round = 0; round < 150; round++) {
    const damaged = bytes.slice(0, round % 3 === 0 ? Math.floor(random() * bytes.length) : bytes.length);
    for (let flip = 0; flip < 3 && damaged.length > 0; flip++) {
      const at = Math.floor(random() * damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    writeFileSync(path, damaged);
    let count = 0;
    try {
      for (const { index } of scan(path, damaged.length)) count += index >= 0 ? 1 : 0;
    } catch (error) {
      expect(error).toMatchObject({ name: 'OplogError', message: expect.stringContaining(path) });
    }
    expect(count).toBeLessThanOrEqual(64);
  }
  writeFileSync(path, bytes);
  expect(() => [...scan(path, bytes.length + 10)]).toThrow(`Cannot read "${path}" as Parquet`);
  expect(() => [...scan(join(directory, 'none'), 100)]).toThrow('Cannot read');
});
