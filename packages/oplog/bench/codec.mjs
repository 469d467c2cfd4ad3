// Speed of the codecs of this package. Needs `npx tsc -b packages/oplog`; run: node packages/oplog/bench/codec.mjs
import { performance } from 'node:perf_hooks';
import { decodeEntries, encodeEntries } from '../dist/entry.js';
import { decodeIpc, encodeIpc } from '../dist/ipc.js';
import { loadParquetEncoder, readParquet } from '../dist/parquet.js';
import { Record } from '../dist/record.js';
import { defineShape } from '../dist/shape.js';

const REPETITIONS = 9;

function report(what, unit, samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  process.stdout.write(`${what.padEnd(64)} ${median.toFixed(median < 20 ? 2 : 0).padStart(8)} ${unit}\n`);
}

function micros(what, calls, run) {
  for (let i = 0; i < calls; i += 1) run();
  report(
    what,
    'µs',
    Array.from({ length: REPETITIONS }, () => {
      const start = performance.now();
      for (let i = 0; i < calls; i += 1) run();
      return ((performance.now() - start) * 1000) / calls;
    }),
  );
}

async function millis(what, run) {
  await run();
  const samples = [];
  for (let i = 0; i < REPETITIONS; i += 1) {
    const start = performance.now();
    await run();
    samples.push(performance.now() - start);
  }
  report(what, 'ms', samples);
}

const id = (index) => `01900000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
const names = [
  'name',
  'child_id',
  'child_kind',
  'operation',
  'size',
  'time',
  ...Array.from({ length: 12 }, (_, index) => `column_${index}`),
];
const types = { size: 'long', time: 'timestamp' };
const wide = defineShape('Wide', Object.fromEntries(names.map((name) => [name, [name, types[name] ?? 'string', 'nullable']])));
const wideRow = (index) => ({
  name: `reading-${index}.csv`,
  child_id: id(index),
  child_kind: 'file',
  operation: 'insert',
  size: index,
  time: 1_790_000_000_000_000n,
});
const one = [wideRow(1)];
const oneBytes = encodeIpc(wide, one);
micros('IPC: encode 1 row, 18 columns, 6 not null', 20_000, () => encodeIpc(wide, one));
micros('IPC: decode it', 20_000, () => decodeIpc(wide, oneBytes));

const entry = [{ name: 'a.csv', childId: id(1), childKind: 'data', operation: 'insert' }];
const entryBytes = encodeEntries(entry);
micros(`IPC: encode a directory entry (${entryBytes.length} B)`, 20_000, () => encodeEntries(entry));
micros('IPC: decode it', 20_000, () => decodeEntries(entryBytes));
const file = [{ kind: 'data', sizeBytes: 200, sha256: new Uint8Array(32), inline: new Uint8Array(200) }];
const fileBytes = encodeEntries(file);
micros(`IPC: encode a file entry with 200 inline bytes (${fileBytes.length} B)`, 20_000, () => encodeEntries(file));
micros('IPC: decode it', 20_000, () => decodeEntries(fileBytes));

const many = Array.from({ length: 100_000 }, (_, index) => wideRow(index));
const manyBytes = encodeIpc(wide, many);
await millis(`IPC: encode 100,000 rows, 6 columns (${(manyBytes.length / 1e6).toFixed(1)} MB)`, () => encodeIpc(wide, many));
await millis('IPC: decode them to objects', () => decodeIpc(wide, manyBytes));
const entries = many.map((row, index) => ({
  name: row.name,
  childId: row.child_id,
  childKind: 'data',
  operation: 'insert',
  txnSeq: index,
  version: 1,
}));
const chunks = Array.from({ length: 98 }, (_, index) => encodeEntries(entries.slice(index * 1024, (index + 1) * 1024)));
await millis('IPC: decode 100,000 entries in 98 chunks', () => chunks.map((chunk) => decodeEntries(chunk)));

const encodeParquet = await loadParquetEncoder();
const record = (index, partId, content) => ({
  partId,
  nodeId: id(index),
  txnSeq: index,
  version: 1,
  timestampMicros: 1_790_000_000_000_000n + BigInt(index),
  content,
});
const commit = [record(1, id(0), entryBytes), record(2, id(0), fileBytes), record(3, id(9), fileBytes)];
const commitBytes = encodeParquet(Record, commit, { codec: 'snappy' });
const source = (bytes) => ({ label: 'bench', byteLength: bytes.length, slice: (start, end) => bytes.subarray(start, end) });
micros(`Parquet: encode a commit of 3 records, snappy (${commitBytes.length} B)`, 1000, () =>
  encodeParquet(Record, commit, { codec: 'snappy' }),
);
await millis('Parquet: read it, 100 times', async () => {
  for (let i = 0; i < 100; i += 1) await readParquet(Record, source(commitBytes));
});

const history = Array.from({ length: 60_000 }, (_, index) => {
  const content = Uint8Array.from(fileBytes);
  for (let i = 600; i < content.length; i += 1) content[i] = Math.imul(index + 1, i * 2_654_435_761) >>> 24;
  return record(index, id(Math.floor(index / 30)), content);
});
const historyBytes = encodeParquet(Record, history, { codec: 'gzip' });
await millis(`Parquet: encode 60,000 records, gzip (${(historyBytes.length / 1e6).toFixed(1)} MB)`, () =>
  encodeParquet(Record, history, { codec: 'gzip' }),
);
await millis('Parquet: read them all', () => readParquet(Record, source(historyBytes)));
const held = source(historyBytes);
await millis('Parquet: find the 30 records of one part_id, footer known', () =>
  readParquet(Record, held, { filter: { partId: [id(1234)] } }),
);
await millis('Parquet: find them, footer to be read', () => readParquet(Record, source(historyBytes), { filter: { partId: [id(1234)] } }));
await millis('Parquet: the newest of them up to a transaction', () =>
  readParquet(Record, held, { filter: { partId: [id(1234)], txnSeq: { max: 37_025 } } }),
);
