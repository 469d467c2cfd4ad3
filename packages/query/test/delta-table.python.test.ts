import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeltaSession, openDeltaSession } from './delta-session.ts';
import { runPython } from './delta-written.ts';
import { GOLDEN_NAMES, unpackGolden } from './golden-tables.ts';

// delta-rs, an implementation of Delta that shares no code with this one, through its Python package.
const PYTHON = env['DUCKPOND_PYTHON'] ?? 'python3';

function hasDeltalake(): boolean {
  try {
    return runPython<boolean>(PYTHON, 'import json, deltalake, pyarrow.parquet\nprint(json.dumps(True))');
  } catch {
    return false;
  }
}

const HAS_DELTALAKE = hasDeltalake();

/** Writes a table of many types, with partitions, an added column, an update, a delete and a checkpoint. */
const WRITE = `
import json, sys, datetime as dt, decimal, pyarrow as pa, deltalake
root = sys.argv[1]
utc = dt.timezone.utc
def rows(start, count, more):
    ids = range(start, start + count)
    columns = {
        "id": pa.array(ids, pa.int64()),
        "p": pa.array([None if i % 5 == 0 else ["a b/\\u00e9", "100%25", "x=y", "q'\\";--"][i % 4] for i in ids]),
        "day": pa.array([dt.date(2024, 1, 1 + i % 3) for i in ids]),
        "at": pa.array([dt.datetime(2024, 2, 29, 23, 59, 59, i, utc) for i in ids], pa.timestamp("us", "UTC")),
        "at_p": pa.array([dt.datetime(2024, 2, 29, 12, i % 2, 0, 123456, utc) for i in ids], pa.timestamp("us", "UTC")),
        "amount": pa.array([decimal.Decimal(i).scaleb(-2) for i in ids], pa.decimal128(20, 2)),
        "tags": pa.array([[str(i), None] if i % 3 else None for i in ids], pa.list_(pa.string())),
        "s": pa.array([{"x": i, "y": {"z": float(i)}} if i % 4 else None for i in ids],
                      pa.struct([("x", pa.int32()), ("y", pa.struct([("z", pa.float64())]))])),
        "m": pa.array([[("k", i)] for i in ids], pa.map_(pa.string(), pa.int64())),
        "raw": pa.array([bytes([i % 256, 0]) for i in ids], pa.binary()),
    }
    if more: columns["added"] = pa.array([i % 2 == 0 for i in ids])
    return pa.table(columns)
by = ["p", "day", "at_p"]
deltalake.write_deltalake(root, rows(0, 20, False), partition_by=by)
deltalake.write_deltalake(root, rows(20, 20, False), mode="append", partition_by=by)
deltalake.write_deltalake(root, rows(40, 20, True), mode="append", partition_by=by, schema_mode="merge")
table = deltalake.DeltaTable(root)
table.delete("id % 7 = 3")
table.update(updates={"amount": "amount + 1"}, predicate="id > 50")
table.optimize.compact()
table.create_checkpoint()
deltalake.write_deltalake(root, rows(60, 5, True), mode="append", partition_by=by)
print(json.dumps(deltalake.DeltaTable(root).version()))
`;

/** The rows of each version as Parquet; null for a version that delta-rs does not read. */
const DUMP = `
import json, sys, deltalake, pyarrow as pa, pyarrow.parquet as pq
root, out = sys.argv[1:3]
written = {}
try:
    newest = deltalake.DeltaTable(root).version()
except Exception:
    newest = -1
for version in range(newest + 1):
    try:
        table = deltalake.DeltaTable(root, version=version)
        # Its way to pyarrow looks for columns by their own names only, and gives nulls.
        if table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none": continue
        rows = table.to_pyarrow_table()
        pq.write_table(rows, f"{out}/{version}.parquet")
        written[version] = f"{out}/{version}.parquet"
    except Exception:
        pass
print(json.dumps(written))
`;

describe.runIf(HAS_DELTALAKE)('deltalake for Python', () => {
  const directory = mkdtempSync(join(tmpdir(), 'delta-python-'));
  let session: DeltaSession;

  beforeAll(async () => {
    session = await openDeltaSession(directory);
  });

  afterAll(async () => {
    await session.close();
    rmSync(directory, { recursive: true });
  });

  async function compareVersions(root: string, dumps: Readonly<Record<string, string>>): Promise<void> {
    for (const [version, file] of Object.entries(dumps)) {
      await session.deltaView('actual', root, { version });
      const expected = await session.bindTexts([file]);
      const columns = (await session.columnsOf('FROM actual')).map(({ name }) => `"${name}"`).join(', ');
      await session.run(`CREATE OR REPLACE TEMP VIEW expected AS SELECT ${columns} FROM read_parquet(${expected})`);
      const json = (view: string): string => `SELECT to_json(this_row) FROM ${view} AS this_row`;
      expect(await session.rowsOf(`${json('actual')} EXCEPT ALL ${json('expected')}`), `${root} ${version}`).toEqual([]);
      expect(await session.rowsOf(`${json('expected')} EXCEPT ALL ${json('actual')}`), `${root} ${version}`).toEqual([]);
    }
  }

  test('writes a table whose every version we read as it does', async () => {
    const [root, dumps] = [join(directory, 'written'), join(directory, 'dumps')];
    mkdirSync(dumps);
    expect(runPython<number>(PYTHON, WRITE, root)).toBe(6);
    const versions = runPython<Record<string, string>>(PYTHON, DUMP, root, dumps);
    expect(Object.keys(versions)).toHaveLength(7);
    await compareVersions(root, versions);
    expect(Object.fromEntries((await session.columnsOf('FROM actual')).map(({ name, type }) => [name, type]))).toMatchObject({
      at: 'TIMESTAMP WITH TIME ZONE', at_p: 'TIMESTAMP WITH TIME ZONE', amount: 'DECIMAL(20,2)', day: 'DATE', added: 'BOOLEAN',
      s: 'STRUCT("x" INTEGER, "y" STRUCT("z" DOUBLE))', m: 'MAP(VARCHAR, BIGINT)', raw: 'BLOB',
    });
  });

  test.runIf(GOLDEN_NAMES.length > 0)('reads the versions of golden tables that it knows as we do', async () => {
    let compared = 0;
    const known = /^(time-travel|basic|snapshot|dv|checkpoint|data-skipping|multi|kernel)/;
    for (const name of GOLDEN_NAMES.filter((candidate) => known.test(candidate))) {
      for (const { root } of unpackGolden(name, directory)) {
        const dumps = join(directory, 'dumps', name);
        mkdirSync(dumps);
        const versions = runPython<Record<string, string>>(PYTHON, DUMP, root, dumps);
        await compareVersions(root, versions);
        compared += Object.keys(versions).length;
      }
    }
    expect(compared).toBeGreaterThan(40);
  }, 300_000);
});

if (!HAS_DELTALAKE) {
  test.skip(`deltalake for Python: ${PYTHON} has no such module (DUCKPOND_PYTHON names another interpreter)`, () => undefined);
}
