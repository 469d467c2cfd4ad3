import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { type Action, removeOf } from '../src/action.ts';
import { writeCheckpoint } from '../src/checkpoint-write.ts';
import { writeChecksum } from '../src/checksum.ts';
import { commit } from '../src/commit.ts';
import { commitPath, LAST_CHECKPOINT_PATH } from '../src/log-path.ts';
import { openLocalStore } from '../src/local-store.ts';
import type { ObjectStore } from '../src/object-store.ts';
import { openSnapshot, type Snapshot } from '../src/snapshot.ts';
import { encodeStatistics } from '../src/stats.ts';
import { decodePath } from '../src/table-path.ts';
import { GOLDEN_NAMES, readGolden } from './golden-tables.ts';
import { scratchDirectories } from './scratch-directory.ts';
import { addFile, commitInfo, newTable, SCHEMA } from './tables.ts';

// delta-rs, an implementation of Delta that shares no code with this one, through its Python package.
const PYTHON = env['DUCKPOND_PYTHON'] ?? 'python3';
const scratch = scratchDirectories();

function python<Result>(script: string, ...parameters: string[]): Result {
  // Not a plain end: the threads of pyarrow and deltalake abort the process when the interpreter winds down.
  const ending = `${script}\nimport os\nsys.stdout.flush()\nos._exit(0)\n`;
  return JSON.parse(execFileSync(PYTHON, ['-c', ending, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as Result;
}

const HAS_DELTALAKE = ((): boolean => {
  try {
    execFileSync(PYTHON, ['-c', 'import deltalake'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

interface Seen {
  readonly version: number;
  readonly files: string[];
  readonly schema: unknown;
  readonly protocol: [number, number];
  readonly id: string;
  readonly configuration: Record<string, string>;
  readonly history: { version?: number; operation?: string; txnId?: string }[];
  readonly transaction: number | null;
  readonly adds: Record<string, unknown>[];
  readonly ids: number[];
}

const SEE = `
import json, sys, deltalake
t = deltalake.DeltaTable(sys.argv[1])
m = t.metadata()
p = t.protocol()
adds = t.get_add_actions(flatten=True)
names = [f.name for f in adds.schema]
rows = [dict(zip(names, r)) for r in zip(*[adds.column(i).to_pylist() for i in range(adds.num_columns)])]
print(json.dumps({
  "version": t.version(), "files": sorted(a["path"] for a in rows), "schema": json.loads(t.schema().to_json()),
  "protocol": [p.min_reader_version, p.min_writer_version], "id": m.id, "configuration": m.configuration,
  "history": t.history(), "transaction": t.transaction_version("test"),
  "ids": sorted(t.to_pyarrow_table().column("id").to_pylist()),
  "adds": sorted(rows, key=lambda a: a["path"]),
}, default=str))
`;

const LIST = `
import json, sys, deltalake
t = deltalake.DeltaTable(sys.argv[1])
print(json.dumps([t.version(), *t.get_add_actions(flatten=True).column(0).to_pylist()]))
`;

/** Versions 1 to 12 with awkward names, statistics, a transaction and removes. */
async function writtenTable(): Promise<{ directory: string; store: ObjectStore; snapshot: Snapshot }> {
  const directory = join(scratch(), 'table');
  mkdirSync(directory);
  const store = openLocalStore(directory);
  let snapshot = await newTable(store, { 'duckpond.format': '1' });
  for (let version = 1; version <= 12; version++) {
    const stats = encodeStatistics(SCHEMA, {
      numRecords: version,
      columns: new Map([
        ['id', { min: -version, max: 2n ** 62n, nullCount: 0 }],
        ['name', { min: 'a', max: 'z'.repeat(40), nullCount: 1 }],
      ]),
    });
    const path = `part ${version} é%20#.parquet`;
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [
      { name: 'id', data: Array.from({ length: version }, () => BigInt(version)), type: 'INT64', nullable: false },
      { name: 'name', data: Array.from({ length: version }, () => 'z'), type: 'STRING' },
    ] }));
    await store.put(path, bytes);
    const actions: Action[] = [
      commitInfo(version), { kind: 'txn', txn: { appId: 'test', version } },
      { kind: 'add', add: addFile(path, { size: bytes.length, stats, tags: { sha256: 'x' } }) },
    ];
    const [oldest] = snapshot.files.values();
    if (version % 4 === 0 && oldest !== undefined) actions.push({ kind: 'remove', remove: removeOf(oldest, 1_700_000_000_000, true) });
    const result = await commit(store, snapshot, actions);
    if (result.kind !== 'committed') throw new Error('conflict');
    snapshot = result.snapshot;
  }
  return { directory, store, snapshot };
}

describe.runIf(HAS_DELTALAKE)('deltalake for Python', () => {
  function compare(directory: string, snapshot: Snapshot, commits: number): void {
    const seen = python<Seen>(SEE, directory);
    expect(seen).toMatchObject({
      version: snapshot.version, protocol: [1, 2], id: snapshot.metadata.id, configuration: { 'duckpond.format': '1' }, transaction: 12,
      schema: JSON.parse(snapshot.metadata.schemaString) as unknown,
    });
    // delta-rs gives the paths as the log has them.
    expect(seen.files.map(decodePath)).toEqual([...snapshot.files.keys()].sort());
    const versions = [...snapshot.files.keys()].sort().map((path) => Number(path.split(' ')[1]));
    expect(seen.adds.map((add) => [add['num_records'], add['min.id'], add['null_count.name'], add['max.name']]))
      .toEqual(versions.map((version) => [version, -version, 1, `${'z'.repeat(31)}{`]));
    expect(seen.adds.map((add) => add['size_bytes'])).toEqual([...snapshot.files].sort().map(([, add]) => add.size));
    const ids = versions.flatMap((version) => Array.from({ length: version }, () => version));
    expect(seen.ids).toEqual(ids.sort((left, right) => left - right));
    const txnIds = Array.from({ length: commits }, (_, index) => `txn-${12 - index}`);
    expect(seen.history.slice(0, commits).map((entry) => entry.txnId)).toEqual(txnIds);
  }

  test('reads a table of commits only', async () => {
    const { directory, snapshot } = await writtenTable();
    compare(directory, snapshot, 12);
  });

  test('reads a table from our checkpoint alone, and our .crc does not disturb it', async () => {
    const { directory, store, snapshot } = await writtenTable();
    await writeChecksum(store, snapshot);
    await writeCheckpoint(store, snapshot);
    for (let version = 0; version < 12; version++) await store.delete(commitPath(version));
    compare(directory, snapshot, 1);
    await store.delete(LAST_CHECKPOINT_PATH);
    compare(directory, snapshot, 1);
  });

  test('reads commits after our checkpoint', async () => {
    const { directory, store, snapshot } = await writtenTable();
    await writeCheckpoint(store, await openSnapshot(store, { version: 7 }), { nowMillis: 1_800_000_000_000 });
    compare(directory, snapshot, 12);
  });

  test('writes tables that we read, with its checkpoint', async () => {
    const directory = join(scratch(), 'table');
    const files = python<string[]>(`
import json, sys, pyarrow as pa, deltalake
for i in range(5):
    rows = pa.table({"id": pa.array([i, None], pa.int64()), "p": ["a b/é", "c"]})
    deltalake.write_deltalake(sys.argv[1], rows, mode="append", partition_by=["p"])
t = deltalake.DeltaTable(sys.argv[1])
t.delete("id = 3")
t.create_checkpoint()
deltalake.write_deltalake(sys.argv[1], pa.table({"id": pa.array([9], pa.int64()), "p": ["c"]}), mode="append")
adds = deltalake.DeltaTable(sys.argv[1]).get_add_actions(flatten=True)
print(json.dumps(sorted(adds.column(0).to_pylist())))
`, directory);
    const store = openLocalStore(directory);
    const snapshot = await openSnapshot(store);
    expect([...snapshot.files.keys()].sort()).toEqual(files.map(decodePath).sort());
    await store.delete(LAST_CHECKPOINT_PATH);
    for (const path of snapshot.files.keys()) expect(await store.head(path)).toBeDefined();
    expect((await openSnapshot(store)).files).toEqual(snapshot.files);
  });

  test('sees the same files in the golden tables that it opens', async () => {
    const opened: string[] = [];
    for (const table of GOLDEN_NAMES.flatMap(readGolden)) {
      const directory = join(scratch(), 'table');
      for (const [path, bytes] of table.files) {
        mkdirSync(join(directory, dirname(path)), { recursive: true });
        writeFileSync(join(directory, path), bytes);
      }
      let files: string[];
      try {
        files = python<string[]>(LIST, directory);
      } catch {
        continue;
      }
      // delta-rs does not make one spelling of absolute paths.
      if (table.name.startsWith('canonicalized-paths')) continue;
      const snapshot = await openSnapshot(openLocalStore(directory));
      opened.push(table.name);
      const [version, ...paths] = files;
      const ours = [...snapshot.files.values()].map((add) => add.path);
      expect([version, ...paths.map(decodePath).sort()], table.name).toEqual([snapshot.version, ...ours.sort()]);
    }
    if (GOLDEN_NAMES.length > 0) expect(opened.length).toBeGreaterThan(30);
  }, 300_000);
});

if (!HAS_DELTALAKE) {
  test.skip(`deltalake for Python: ${PYTHON} has no such module (DUCKPOND_PYTHON names another interpreter)`, () => undefined);
}
