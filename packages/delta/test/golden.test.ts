import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AddFile } from '../src/action.ts';
import { CHECKPOINT_SCHEMA } from '../src/checkpoint-schema.ts';
import { writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { deletionVectorPath, readDeletionVector } from '../src/deletion-vector.ts';
import { classicCheckpointPath, commitPath, LAST_CHECKPOINT_PATH } from '../src/log-path.ts';
import { createMemoryStore } from '../src/memory-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { columnMappingMode, physicalName } from '../src/schema.ts';
import { openSnapshot, type Snapshot } from '../src/snapshot.ts';
import { decodeStatistics } from '../src/stats.ts';
import { isAbsolutePath } from '../src/table-path.ts';
import { GOLDEN_NAMES, type GoldenTable, HAS_GOLDEN, readGolden } from './golden-tables.ts';

const REFUSED: Readonly<Record<string, string>> = {
  'deltalog-invalid-protocol-version': 'unsupported-feature',
  'deltalog-state-reconstruction-from-checkpoint-missing-metadata': 'corrupt-log',
  'deltalog-state-reconstruction-without-protocol': 'corrupt-log',
  'data-reader-absolute-paths-escaped-chars': 'corrupt-log',
  'no-delta-log-folder': 'not-a-table',
};

async function storeOf(files: ReadonlyMap<string, Uint8Array>): Promise<ObjectStore> {
  const store = createMemoryStore();
  for (const [path, bytes] of files) await store.put(path, bytes);
  return store;
}

function footerRows(bytes: Uint8Array): number {
  return Number(parquetMetadata(Uint8Array.from(bytes).buffer).num_rows);
}

/** What a state is, whatever it was read from. */
function stateOf(snapshot: Snapshot): object {
  const { version, protocol, metadata, schema, files, transactions, domainMetadata } = snapshot;
  const sorted = [...files].sort(([left], [right]) => left < right ? -1 : 1);
  return { version, protocol, metadata, schema, files: new Map(sorted), transactions, domainMetadata };
}

if (!HAS_GOLDEN) {
  test.skip('golden tables: ../shared/delta-golden is not there', () => undefined);
}

const TABLES = GOLDEN_NAMES.flatMap(readGolden).map((table) => [table.name, table] as const);

describe.each(TABLES)('golden table %s', (name, table) => {
  const code = REFUSED[name];
  if (code !== undefined) {
    test(`is refused as ${code}`, async () => {
      await expect(openSnapshot(await storeOf(table.files))).rejects.toMatchObject({ code });
    });
    return;
  }

  let store: ObjectStore;
  let snapshot: Snapshot;

  beforeAll(async () => {
    store = await storeOf(table.files);
    snapshot = await openSnapshot(store);
  });

  const hasData = [...table.files.keys()].some((path) => path.endsWith('.parquet') && !path.startsWith('_delta_log/'));

  test('has the version, partition values and files of its log', async () => {
    const versions = [...table.files.keys()].flatMap((path) => /^_delta_log\/(\d{20})\.json$/.exec(path)?.[1] ?? []).map(Number);
    expect(snapshot.version).toBe(Math.max(...versions));
    const mode = columnMappingMode(snapshot.metadata.configuration);
    const partitions = snapshot.metadata.partitionColumns.map((column) => {
      const field = snapshot.schema.fields.find((candidate) => candidate.name === column);
      return field === undefined ? column : physicalName(field, mode);
    });
    for (const add of snapshot.files.values()) {
      expect(Object.keys(add.partitionValues).sort()).toEqual([...partitions].sort());
      if (hasData && !isAbsolutePath(add.path)) expect(table.files.has(add.path), add.path).toBe(true);
    }
  });

  test.runIf(table.expected.length > 0 && hasData)('has the expected number of rows', async () => {
    let rows = 0;
    for (const add of snapshot.files.values()) {
      const inFile = footerRows(table.files.get(add.path) ?? new Uint8Array());
      const statistics = decodeStatistics(snapshot.schema, add.stats, snapshot.metadata.configuration);
      if (statistics !== undefined) expect(statistics.numRecords).toBe(inFile);
      const deleted = add.deletionVector === undefined ? new Float64Array() : await readDeletionVector(store, add.deletionVector);
      expect(deleted.every((row, index) => row < inFile && (index === 0 || row > (deleted[index - 1] ?? -1)))).toBe(true);
      rows += inFile - deleted.length;
    }
    expect(rows).toBe(table.expected.reduce((sum, bytes) => sum + footerRows(bytes), 0));
  });

  test.runIf(table.expected.length > 0)('has the columns and partition values of the expected rows', async () => {
    const [first] = table.expected;
    const columns = parquetMetadata(Uint8Array.from(first ?? []).buffer);
    expect(topLevelNames(columns.schema)).toEqual(snapshot.schema.fields.map((field) => field.name));
    await comparePartitions(table, snapshot);
  });

  test('is the same from raw commits, from each checkpoint, from our checkpoint and from a .crc', async () => {
    if (table.files.has(commitPath(0))) {
      const raw = await storeOf(new Map([...table.files].filter(([path]) => !path.includes('checkpoint'))));
      expect(stateOf(await openSnapshot(raw))).toEqual(stateOf({ ...snapshot, files: await withoutStatistics(raw, snapshot) }));
    }
    const listed = await storeOf(new Map([...table.files].filter(([path]) => path !== LAST_CHECKPOINT_PATH)));
    expect(await openSnapshot(listed)).toEqual(snapshot);
    expect(await writeChecksum(store, snapshot)).toBe(true);
    expect(stateOf(await openSnapshot(store, { hintVersion: snapshot.version }))).toEqual(stateOf(snapshot));

    if (snapshot.protocol.minReaderVersion === 1 && snapshot.protocol.minWriterVersion <= 2) {
      const own = await storeOf(new Map([...table.files].filter(([path]) => !path.includes('checkpoint'))));
      await writeCheckpoint(own, snapshot);
      for (const path of table.files.keys()) {
        if (/^_delta_log\/\d{20}\.json$/.test(path) && path !== commitPath(snapshot.version)) await own.delete(path);
      }
      const reopened = await openSnapshot(own);
      expect(stateOf(reopened)).toEqual(stateOf(snapshot));
      expect(new Map([...reopened.tombstones].sort())).toEqual(new Map([...snapshot.tombstones].sort()));
    }
  });

  test('opens at every version', async () => {
    if (!table.files.has(commitPath(0))) return;
    for (let version = 0; version <= snapshot.version; version++) {
      expect((await openSnapshot(store, { version })).version).toBe(version);
    }
  });
});

/** Some Spark versions do not carry statistics into a checkpoint: compares without them then. */
async function withoutStatistics(raw: ObjectStore, snapshot: Snapshot): Promise<ReadonlyMap<string, AddFile>> {
  const original = await openSnapshot(raw);
  return new Map([...snapshot.files].map(([key, add]) => {
    const before = original.files.get(key);
    return [key, before?.stats !== undefined && add.stats === undefined ? { ...add, stats: before.stats } : add];
  }));
}

function topLevelNames(schema: ReturnType<typeof parquetMetadata>['schema']): string[] {
  const names: string[] = [];
  const skip = (index: number): number => {
    let next = index + 1;
    for (let child = 0; child < (schema[index]?.num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let index = 1; index < schema.length; index = skip(index)) names.push(schema[index]?.name ?? '');
  return names;
}

/** For partition columns whose texts need no interpretation: as many rows of each value as expected. */
async function comparePartitions(table: GoldenTable, snapshot: Snapshot): Promise<void> {
  const mode = columnMappingMode(snapshot.metadata.configuration);
  const fields = snapshot.schema.fields.filter((field) => snapshot.metadata.partitionColumns.includes(field.name)
    && typeof field.type === 'string' && ['string', 'long', 'integer', 'short', 'byte', 'boolean'].includes(field.type));
  if (fields.length === 0 || snapshot.files.size === 0) return;
  const name = (values: readonly string[]): string => JSON.stringify(values);
  const expected = new Map<string, number>();
  for (const bytes of table.expected) {
    for (const row of await parquetReadObjects({ file: Uint8Array.from(bytes).buffer, compressors })) {
      const key = name(fields.map((field) => String(row[field.name] ?? null)));
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
  }
  const actual = new Map<string, number>();
  for (const add of snapshot.files.values()) {
    const key = name(fields.map((field) => String(add.partitionValues[physicalName(field, mode)] || null)));
    const rows = footerRows(table.files.get(add.path) ?? new Uint8Array()) - (add.deletionVector?.cardinality ?? 0);
    if (rows > 0) actual.set(key, (actual.get(key) ?? 0) + rows);
  }
  expect(actual).toEqual(expected);
}

describe.runIf(HAS_GOLDEN)('Spark and this package', () => {
  test('write checkpoints with the same schema, element for element', async () => {
    const [table] = readGolden('checkpoint');
    const theirs = table?.files.get(classicCheckpointPath(10)) ?? new Uint8Array();
    const schema = parquetMetadata(Uint8Array.from(theirs).buffer).schema;
    expect(CHECKPOINT_SCHEMA).toEqual(schema.map((element) => ({ ...element })));
    const store = await storeOf(table?.files ?? new Map());
    await writeCheckpoint(store, await openSnapshot(store));
    const ours = await store.get(classicCheckpointPath((await openSnapshot(store)).version)) ?? new Uint8Array();
    expect(parquetMetadata(Uint8Array.from(ours).buffer).schema).toEqual(schema);
  });

  test('find the same deletion vectors', async () => {
    const [table] = readGolden('dv-partitioned-with-checkpoint');
    const store = await storeOf(table?.files ?? new Map());
    const snapshot = await openSnapshot(store);
    const vectors = [...snapshot.files.values()].flatMap((add) => add.deletionVector ?? []);
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      expect(table?.files.has(deletionVectorPath(vector) ?? '')).toBe(true);
      expect(await readDeletionVector(store, vector)).toHaveLength(vector.cardinality);
    }
  });
});
