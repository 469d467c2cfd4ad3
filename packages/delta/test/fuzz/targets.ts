import assert from 'node:assert/strict';
import { encodeChecksum, decodeChecksum } from '../../src/checksum.ts';
import { decodeCommit } from '../../src/commit-file.ts';
import { commit, createMemoryStore, createTable, openSnapshot, writeCheckpoint } from '../../src/index.ts';
import { readCheckpoint } from '../../src/checkpoint-read.ts';
import { readDeletionVector } from '../../src/deletion-vector.ts';
import { parseJson, stringifyJson } from '../../src/json.ts';
import { readLastCheckpoint } from '../../src/last-checkpoint.ts';
import { decodeSchema } from '../../src/schema.ts';
import { FuzzFailure, type FuzzTarget } from '../../src/testing/fuzz.ts';

const REFUSALS = ['DeltaError'];
const WORDS = ['{', '}', '[', ']', '"', ':', 'null', '-1', '1e400', '9007199254740993', '\\u0000', '"add":', '"remove":', '"path":', '__proto__', '\n', '\r\n', '\ufeff'];

/** A small table in memory: two commits, a checkpoint, its hint. */
async function smallTable(): Promise<ReadonlyMap<string, Uint8Array>> {
  const store = createMemoryStore();
  await createTable(store, {
    schema: { type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }, { name: 'b', type: 'string', nullable: true, metadata: {} }] },
    configuration: { 'delta.logRetentionDuration': 'interval 7 days' },
    id: '00000000-0000-0000-0000-000000000000', createdMillis: 0, commitInfo: { timestamp: 0, txnId: '0' },
  });
  let snapshot = await openSnapshot(store);
  for (let i = 1; i <= 3; i++) {
    const stats = JSON.stringify({ numRecords: 1, minValues: { a: i, b: 'x' }, maxValues: { a: i, b: 'y' }, nullCount: { a: 0, b: 0 } });
    const result = await commit(store, snapshot, [
      { kind: 'commitInfo', commitInfo: { timestamp: i, txnId: String(i), duckpond: { txnSeq: i } } },
      { kind: 'txn', txn: { appId: 'test', version: BigInt(i) } },
      { kind: 'add', add: { path: `f${i}.parquet`, partitionValues: {}, size: 100, modificationTime: i, dataChange: true, stats, tags: { t: String(i) } } },
    ]);
    assert.ok(result.kind === 'committed');
    snapshot = result.snapshot;
  }
  await writeCheckpoint(store, snapshot);
  const files = new Map<string, Uint8Array>();
  for await (const { path } of store.list('')) files.set(path, await store.get(path) ?? new Uint8Array(0));
  files.set('crc', encodeChecksum(snapshot));
  return files;
}

export async function targets(): Promise<readonly FuzzTarget[]> {
  const files = await smallTable();
  const like = (pattern: RegExp): Uint8Array[] => [...files].filter(([path]) => pattern.test(path)).map(([, bytes]) => bytes);
  const checkpointPath = [...files.keys()].find((path) => path.endsWith('.checkpoint.parquet')) ?? '';
  return [
    { name: 'commit', corpus: like(/\d\.json$/), words: WORDS, refusals: REFUSALS, read: (bytes) => decodeCommit(3, bytes) },
    {
      name: 'crc', corpus: like(/^crc$/), words: WORDS, refusals: REFUSALS,
      read(bytes) {
        const state = decodeChecksum(3, bytes);
        // It is sealed: what is accepted is what was written.
        if (state !== undefined && Buffer.compare(bytes, files.get('crc') ?? bytes) !== 0) throw new FuzzFailure('a changed file was accepted');
      },
    },
    {
      name: 'checkpoint', corpus: like(/checkpoint\.parquet$/), refusals: REFUSALS, cost: 20,
      async read(bytes) {
        const store = createMemoryStore();
        await store.put(checkpointPath, bytes);
        await readCheckpoint(store, { version: 3, paths: [checkpointPath] });
      },
    },
    {
      name: 'last checkpoint', corpus: like(/_last_checkpoint$/), words: [...WORDS, '"parts":', '"v2Checkpoint":{"path":"../../x"}'], refusals: REFUSALS,
      async read(bytes) {
        const store = createMemoryStore();
        await store.put('_delta_log/_last_checkpoint', bytes);
        const found = await readLastCheckpoint(store);
        const strange = found?.paths.find((path) => !path.startsWith('_delta_log/') || path.includes('..'));
        if (strange !== undefined) throw new FuzzFailure(`it leads to ${strange}`);
      },
    },
    {
      name: 'schema', words: [...WORDS, '"struct"', '"array"', '"map"', 'decimal(38,18)'], refusals: REFUSALS,
      corpus: [Buffer.from('{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{}}]}')],
      read: (bytes) => decodeSchema(Buffer.from(bytes).toString(), { code: 'corrupt-log', file: 'x', line: 0 }),
    },
    {
      name: 'json', words: WORDS, refusals: ['SyntaxError'],
      corpus: [Buffer.from('{"a":[1,-2.5e3,9007199254740993,"x\\u00e9",null,true],"b":{"c":{}}}')],
      read(bytes) {
        const value = parseJson(Buffer.from(bytes).toString());
        const again = stringifyJson(parseJson(stringifyJson(value)));
        if (again !== stringifyJson(value)) throw new FuzzFailure(`${again} after ${stringifyJson(value)}`);
      },
    },
    {
      name: 'deletion vector', corpus: [Buffer.from('^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L')], refusals: REFUSALS,
      read: (bytes) => readDeletionVector(createMemoryStore(), {
        storageType: 'i', pathOrInlineDv: Buffer.from(bytes).toString('latin1'), sizeInBytes: 44, cardinality: 6,
      }),
    },
  ];
}
