import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSnapshot } from '@duckpond/delta';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deltaColumns } from '../src/delta-scan.ts';
import { hostDeltaSource } from '../src/delta-source.ts';
import { type DeltaSession, openDeltaSession } from './delta-session.ts';
import { GOLDEN_NAMES, type GoldenTable, HAS_GOLDEN, unpackGolden } from './golden-tables.ts';

/** The code of the error, and of its cause. */
const REFUSED: Readonly<Record<string, readonly [code: string, delta: string]>> = {
  'deltalog-invalid-protocol-version': ['bad-input', 'unsupported-feature'],
  'deltalog-state-reconstruction-from-checkpoint-missing-metadata': ['bad-input', 'corrupt-log'],
  'deltalog-state-reconstruction-without-protocol': ['bad-input', 'corrupt-log'],
  'data-reader-absolute-paths-escaped-chars': ['bad-input', 'corrupt-log'],
  'no-delta-log-folder': ['not-found', 'not-a-table'],
};

/** An expected timestamp is wrong in the collection itself. */
const WRONG_UPSTREAM = 'data-reader-partition-values';

if (!HAS_GOLDEN) {
  test.skip('golden tables: ../shared/delta-golden is not there', () => undefined);
}

describe.runIf(HAS_GOLDEN)('golden Delta tables as relations', () => {
  const directory = mkdtempSync(join(tmpdir(), 'delta-golden-'));
  const tables: readonly GoldenTable[] = GOLDEN_NAMES.flatMap((name) => unpackGolden(name, directory));
  let session: DeltaSession;

  beforeAll(async () => {
    session = await openDeltaSession(directory);
  });

  afterAll(async () => {
    await session.close();
    rmSync(directory, { recursive: true });
  });

  const readable = tables.filter(({ expected, name }) => expected.length > 0 && name !== WRONG_UPSTREAM);

  test.each(readable.map((table) => [table.name, table] as const))('%s has the expected columns and rows', async (_, table) => {
    await session.deltaView('actual', table.root);
    const files = await session.bindTexts(table.expected);
    await session.run(`CREATE OR REPLACE TEMP VIEW expected AS FROM read_parquet(${files}, hive_partitioning = false)`);

    const columns = await session.columnsOf('FROM actual');
    const { store } = await hostDeltaSource(table.root);
    expect(columns).toEqual(deltaColumns(await openSnapshot(store)));
    expect(columns).toEqual(await session.columnsOf('FROM expected'));

    const json = (view: string): string => `SELECT to_json(this_row) FROM ${view} AS this_row`;
    expect(await session.rowsOf(`${json('actual')} EXCEPT ALL ${json('expected')}`)).toEqual([]);
    expect(await session.rowsOf(`${json('expected')} EXCEPT ALL ${json('actual')}`)).toEqual([]);
    expect(await session.rowsOf('(FROM actual EXCEPT ALL FROM expected) UNION ALL (FROM expected EXCEPT ALL FROM actual)')).toEqual([]);
  });

  test('a table that is wrong upstream differs in that one value only', async () => {
    const table = tables.find(({ name }) => name === WRONG_UPSTREAM);
    await session.deltaView('actual', table?.root ?? '');
    const files = await session.bindTexts(table?.expected ?? []);
    await session.run(`CREATE OR REPLACE TEMP VIEW expected AS FROM read_parquet(${files}, hive_partitioning = false)`);
    const others = (view: string): string => `SELECT * EXCLUDE (as_timestamp) FROM ${view}`;
    expect(await session.rowsOf(`${others('actual')} EXCEPT ALL ${others('expected')}`)).toEqual([]);
    expect(await session.rowsOf(`${others('expected')} EXCEPT ALL ${others('actual')}`)).toEqual([]);
    expect(await session.rowsOf('FROM actual EXCEPT ALL FROM expected')).toHaveLength(2);
  });

  test.each(tables.filter(({ expected, dataFiles, name }) => expected.length === 0 && dataFiles > 0 && REFUSED[name] === undefined)
    .map((table) => [table.name, table] as const))('%s without expected rows has as many as its files', async (_, table) => {
    const { store } = await hostDeltaSource(table.root);
    const { files, schema } = await openSnapshot(store);
    const paths = [...files.values()].map(({ path }) => join(table.root, path));
    if (schema.fields.length === 0 || !paths.every((path) => existsSync(path))) {
      await expect(session.deltaView('actual', table.root).then(() => session.rowsOf('FROM actual'))).rejects.toThrow();
      return;
    }
    await session.deltaView('actual', table.root);
    const raw = paths.length === 0 ? [['0']]
      : await session.rowsOf(`SELECT sum(num_rows) FROM parquet_file_metadata(${await session.bindTexts(paths)})`);
    expect(await session.rowsOf('SELECT count(*) FROM actual')).toEqual(raw);
  });

  test.each(tables.flatMap((table) => REFUSED[table.name] === undefined ? [] : [[table.name, table] as const]))(
    '%s is refused', async (name, table) => {
      const [code, delta] = REFUSED[name] ?? [];
      await expect(session.deltaView('actual', table.root)).rejects.toMatchObject({ code, data: { delta } });
    },
  );
});
