import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeltaReader } from '../src/delta-table.ts';
import { openEngine } from '../src/engine.ts';
import { type DeltaSession, openDeltaSession } from './delta-session.ts';
import { field, writeDeltaTable } from './delta-written.ts';

const directory = mkdtempSync(join(tmpdir(), 'delta-table-'));
let session: DeltaSession;
/** Unconfined: writes the data files, and is the oracle. */
let writer: DuckDBConnection;
let tables = 0;

beforeAll(async () => {
  session = await openDeltaSession(directory);
  writer = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  await writer.run(`SET TimeZone = 'UTC'`);
});

afterAll(async () => {
  await session.close();
  writer.closeSync();
  rmSync(directory, { recursive: true });
});

function newRoot(name = 'table'): string {
  tables += 1;
  const root = join(directory, `${tables}`, name);
  mkdirSync(root, { recursive: true });
  return root;
}

async function writeParquet(root: string, path: string, select: string, options = ''): Promise<void> {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  // Elsewhere first, for COPY takes some characters of a path for a pattern.
  const plain = join(directory, 'new.parquet');
  await writer.run(`COPY (${select}) TO '${plain}' (FORMAT parquet${options})`);
  renameSync(plain, file);
}

async function rowsOf(root: string, sql: string, options?: Record<string, string>): Promise<unknown[][]> {
  await session.deltaView('source', root, options);
  return session.rowsOf(sql);
}

describe('partition values', () => {
  const SCHEMA = [
    field('id', 'long'), field('s', 'string'), field('d', 'date'), field('t', 'timestamp'), field('n', 'timestamp_ntz'),
    field('m', 'decimal(38,10)'), field('b', 'boolean'), field('f', 'double'), field('x', 'binary'), field('i', 'byte'),
  ];
  const COLUMNS = ['s', 'd', 't', 'n', 'm', 'b', 'f', 'x', 'i'];

  test('have the types of their columns', async () => {
    const root = newRoot();
    for (const id of [1, 2, 3, 4]) await writeParquet(root, `${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'not this' AS s`);
    const values = (...texts: (string | null)[]): Record<string, string | null> =>
      Object.fromEntries(COLUMNS.map((name, at) => [name, texts[at] ?? null]));
    writeDeltaTable(root, {
      schema: SCHEMA, partitionColumns: COLUMNS, files: [
        { path: '1.parquet', partitionValues: values(
          'it\'s "; -- 100%', '2024-02-29', '2021-09-08 11:11:11', '2013-07-05 17:01:00.123456', '12345678901234567890.0123456789',
          'true', 'NaN', 'ab', '-128') },
        { path: '2.parquet', partitionValues: values(
          'é\u{1f986}', '0001-01-01', '2020-01-01T08:09:10.001000Z', '1969-12-31 23:59:59.999999', '-0.0000000001',
          'false', '-Infinity', '\u0001', '127') },
        { path: '3.parquet', partitionValues: values('', '', '', '', '', '', '', '', '') },
        { path: '4.parquet' , partitionValues: { t: '2020-01-01 02:00:00+02:00', s: '__HIVE_DEFAULT_PARTITION__' } },
      ],
    });
    const text = COLUMNS.map((name) => `CAST("${name}" AS VARCHAR)`).join(', ');
    expect(await rowsOf(root, `SELECT ${text} FROM source ORDER BY id`)).toEqual([
      ['it\'s "; -- 100%', '2024-02-29', '2021-09-08 11:11:11+00', '2013-07-05 17:01:00.123456', '12345678901234567890.0123456789',
        'true', 'nan', 'ab', '-128'],
      ['é\u{1f986}', '0001-01-01', '2020-01-01 08:09:10.001+00', '1969-12-31 23:59:59.999999', '-0.0000000001',
        'false', '-inf', '\\x01', '127'],
      [null, null, null, null, null, null, null, null, null],
      ['__HIVE_DEFAULT_PARTITION__', null, '2020-01-01 00:00:00+00', null, null, null, null, null, null],
    ]);
    expect(await session.columnsOf('FROM source')).toEqual([
      { name: 'id', type: 'BIGINT' }, { name: 's', type: 'VARCHAR' }, { name: 'd', type: 'DATE' },
      { name: 't', type: 'TIMESTAMP WITH TIME ZONE' }, { name: 'n', type: 'TIMESTAMP' }, { name: 'm', type: 'DECIMAL(38,10)' },
      { name: 'b', type: 'BOOLEAN' }, { name: 'f', type: 'DOUBLE' }, { name: 'x', type: 'BLOB' }, { name: 'i', type: 'TINYINT' },
    ]);
  });

  test('that are none are refused', async () => {
    const root = newRoot();
    writeDeltaTable(root, {
      schema: [field('p', 'integer')], partitionColumns: ['p'], files: [{ path: 'a.parquet', partitionValues: { p: 'x1' } }],
    });
    await expect(rowsOf(root, 'FROM source')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('"x1"') });
  });

  test.each([3, 64, 65, 300])('belong to the rows of their files: %i partitions', async (count) => {
    const root = newRoot();
    const files = [];
    for (let at = 0; at < count * 2; at++) {
      await writeParquet(root, `${at}.parquet`, `SELECT range + ${at * 10} AS id FROM range(10)`);
      const deletedRows = at % 3 === 0 ? [at % 10] : undefined;
      files.push({ path: `${at}.parquet`, partitionValues: { p: `${at % count}` }, ...(deletedRows === undefined ? {} : { deletedRows }) });
    }
    writeDeltaTable(root, { schema: [field('p', 'integer'), field('id', 'long')], partitionColumns: ['p'], files });
    const idsOf = (at: number): (readonly [number, string])[] =>
      Array.from({ length: 10 }, (_, row) => [at % count, String(at * 10 + row)] as const);
    const rows = files.flatMap(({ deletedRows }, at) => idsOf(at).filter((_, row) => deletedRows?.includes(row) !== true));
    const sorted = rows.sort((left, right) => Number(left[1]) - Number(right[1]));
    expect(await rowsOf(root, 'FROM source ORDER BY id')).toEqual(sorted);
    expect(await rowsOf(root, 'FROM source WHERE p = 2 ORDER BY id')).toEqual(sorted.filter(([p]) => p === 2));
    expect(await rowsOf(root, 'SELECT p FROM source WHERE id = 15')).toEqual([[1]]);
    expect(await rowsOf(root, 'SELECT count(*) FROM source')).toEqual([[String(rows.length)]]);
  });

  test('of a table without other columns count the rows', async () => {
    const root = newRoot();
    await writeParquet(root, 'a.parquet', 'SELECT range AS other FROM range(7)');
    writeDeltaTable(root, {
      schema: [field('p', 'string')], partitionColumns: ['p'], files: [{ path: 'a.parquet', partitionValues: { p: 'v' } }],
    });
    expect(await rowsOf(root, 'SELECT p, count(*) FROM source GROUP BY p')).toEqual([['v', '7']]);
  });

  test('exclude files before they are opened', async () => {
    const root = newRoot();
    await writeParquet(root, 'a.parquet', 'SELECT 1::BIGINT AS id');
    await writeParquet(root, 'b.parquet', 'SELECT 2::BIGINT AS id');
    writeDeltaTable(root, {
      schema: [field('id', 'long'), field('p', 'string')], partitionColumns: ['p'],
      files: [{ path: 'a.parquet', partitionValues: { p: 'a' } }, { path: 'b.parquet', partitionValues: { p: 'b' } }],
    });
    await session.deltaView('source', root);
    writeFileSync(join(root, 'b.parquet'), 'damaged');
    expect(await session.rowsOf(`SELECT id FROM source WHERE p = 'a'`)).toEqual([['1']]);
    await expect(session.rowsOf('SELECT id FROM source')).rejects.toThrow();
  });
});

describe('data files', () => {
  test('may lack columns, have others, other orders and narrower types', async () => {
    const root = newRoot();
    await writeParquet(
      root, '1.parquet', `SELECT 1::TINYINT AS a, 'x' AS dropped, {'q': 1::SMALLINT} AS s, [1::INT] AS l, 1.5::DECIMAL(4,1) AS m`,
    );
    await writeParquet(
      root, '2.parquet', `SELECT {'r': 'y', 'q': 2::INT} AS s, DATE '2024-01-01' AS t, 2::BIGINT AS a, 2.5::FLOAT AS f`,
    );
    const struct = { type: 'struct', fields: [field('q', 'long'), field('r', 'string')] };
    writeDeltaTable(root, {
      schema: [
        field('a', 'long'), field('f', 'double'), field('s', struct),
        field('l', { type: 'array', elementType: 'long', containsNull: true }),
        field('m', 'decimal(20,3)'), field('t', 'timestamp_ntz'), field('v', 'void'),
      ],
      files: [{ path: '1.parquet' }, { path: '2.parquet' }],
    });
    expect(await rowsOf(root, 'FROM source ORDER BY a')).toEqual([
      ['1', null, { q: '1', r: null }, ['1'], '1.500', null, null],
      ['2', 2.5, { q: '2', r: 'y' }, null, null, '2024-01-01 00:00:00', null],
    ]);
    expect((await session.columnsOf('FROM source')).map(({ type }) => type)).toEqual([
      'BIGINT', 'DOUBLE', 'STRUCT("q" BIGINT, "r" VARCHAR)', 'BIGINT[]', 'DECIMAL(20,3)', 'TIMESTAMP', 'INTEGER',
    ]);
  });

  const names = ['pl ain', 'a[b]c', 'st*r', 'qu?ry', '100%41', 'c;--\'"', 'é:#'];

  test.each(names)('are found under "%s" and elsewhere by URL', async (name) => {
    const root = newRoot(name);
    // What a pattern would match, too.
    for (const decoy of ['ab', 'abc', 'star', 'query']) await writeParquet(dirname(root), `${decoy}/1.parquet`, 'SELECT 9 AS a');
    const elsewhere = newRoot(name);
    await writeParquet(root, `${name}.parquet`, 'SELECT 1 AS a');
    await writeParquet(elsewhere, 'e.parquet', 'SELECT 2 AS a');
    writeDeltaTable(root, {
      schema: [field('a', 'integer')],
      files: [{ path: encodeURIComponent(`${name}.parquet`) }, { path: pathToFileURL(join(elsewhere, 'e.parquet')).href }],
    });
    expect(await rowsOf(root, 'FROM source ORDER BY a')).toEqual([[1], [2]]);
  });

  test('of other machines are refused', async () => {
    const root = newRoot();
    writeDeltaTable(root, { schema: [field('a', 'integer')], files: [{ path: 's3://bucket/a.parquet' }] });
    await expect(rowsOf(root, 'FROM source')).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('may be none', async () => {
    const root = newRoot();
    writeDeltaTable(root, { schema: [field('a"b', 'integer')], files: [] });
    expect(await rowsOf(root, 'FROM source')).toEqual([]);
    expect(await session.columnsOf('FROM source')).toEqual([{ name: 'a"b', type: 'INTEGER' }]);
  });

  test('have columns with the names that DuckDB gives to its own', async () => {
    const root = newRoot();
    await writeParquet(
      root, 'a.parquet', `SELECT 1 AS file_index, 'n' AS filename, 5 AS file_row_number, 7 AS c0, 8 AS bits FROM range(3)`,
    );
    const names = ['bits', 'c0', 'file_row_number', 'filename', 'file_index'];
    writeDeltaTable(root, {
      schema: names.map((name) => field(name, name === 'filename' ? 'string' : 'integer')),
      files: [{ path: 'a.parquet', deletedRows: [0] }],
    });
    expect(await rowsOf(root, 'FROM source')).toEqual([[8, 7, 5, 'n', 1], [8, 7, 5, 'n', 1]]);
  });
});

describe('column mapping', () => {
  const inner = (id: number): unknown => ({
    type: 'struct', fields: [field('in "1"', 'integer', id, `p${id}`), field('new', 'string', id + 1, `p${id + 1}`)],
  });
  const schema = [
    field('key', 'long', 1, 'p1'), field('s', inner(10), 2, 'p2'),
    field('l', { type: 'array', elementType: inner(20), containsNull: true }, 3, 'p3'),
    field('m', { type: 'map', keyType: inner(30), valueType: inner(40), valueContainsNull: true }, 4, 'p4'),
    field('absent', 'string', 5, 'p5'), field('p', 'date', 6, 'p6'),
  ];
  const expected = [
    ['1', { 'in "1"': 5, new: null }, [{ 'in "1"': 6, new: null }, null],
      [{ key: { 'in "1"': 7, new: null }, value: { 'in "1"': 8, new: null } }], null, '2024-01-02'],
    ['2', null, null, null, null, '2024-01-02'],
  ];

  function data(names: (id: number) => string): string {
    const struct = (id: number, value: number): string => `{'${names(id)}': ${value}}`;
    const row = `1::BIGINT AS "${names(1)}", ${struct(10, 5)} AS "${names(2)}", [${struct(20, 6)}, NULL] AS "${names(3)}",
      MAP {${struct(30, 7)}: ${struct(40, 8)}} AS "${names(4)}"`;
    return `SELECT ${row} UNION ALL SELECT 2, NULL, NULL, NULL`;
  }

  function ids(names: (id: number) => string): string {
    return `, FIELD_IDS {"${names(1)}": 1, "${names(2)}": {__duckdb_field_id: 2, "${names(10)}": 10},
      "${names(3)}": {__duckdb_field_id: 3, element: {"${names(20)}": 20}},
      "${names(4)}": {__duckdb_field_id: 4, key: {"${names(30)}": 30}, value: {"${names(40)}": 40}}}`;
  }

  test('by name', async () => {
    const root = newRoot();
    await writeParquet(root, 'a.parquet', data((id) => `p${id}`));
    writeDeltaTable(root, {
      schema, partitionColumns: ['p'], configuration: { 'delta.columnMapping.mode': 'name' },
      files: [{ path: 'a.parquet', partitionValues: { p6: '2024-01-02' } }],
    });
    expect(await rowsOf(root, 'FROM source ORDER BY key')).toEqual(expected);
  });

  test('by id, whatever the names in the files are', async () => {
    const root = newRoot();
    // Names of another field of the table, to be sure that none of them counts.
    const spellings = [(id: number) => `p${id}`, (id: number) => `other ${id}`, (id: number) => `p${id + 1}`];
    for (const [at, names] of spellings.entries()) await writeParquet(root, `${at}.parquet`, data(names), ids(names));
    writeDeltaTable(root, {
      schema, partitionColumns: ['p'], configuration: { 'delta.columnMapping.mode': 'id' },
      files: spellings.map((_, at) => ({ path: `${at}.parquet`, partitionValues: { p6: '2024-01-02' } })),
    });
    expect(await rowsOf(root, 'FROM source ORDER BY key')).toEqual(expected.flatMap((row) => spellings.map(() => row)));
    expect((await session.columnsOf('FROM source'))[1]).toEqual({ name: 's', type: 'STRUCT("in ""1""" INTEGER, "new" VARCHAR)' });
  });
});

describe('deletion vectors', () => {
  test('property: leave out exactly their rows, whatever is filtered', async () => {
    const ROWS = 150_000;
    const root = newRoot();
    await writeParquet(root, 'a.parquet', `SELECT range AS id, range % 97 AS v FROM range(${ROWS})`, ', ROW_GROUP_SIZE 10240');
    await writeParquet(root, 'b.parquet', `SELECT range + ${ROWS} AS id, range % 97 AS v FROM range(${ROWS})`, ', ROW_GROUP_SIZE 20480');
    const edges = fc.constantFrom(0, 1, 2047, 2048, 10_239, 10_240, 65_535, 65_536, 131_071, 131_072, ROWS - 1);
    const single = fc.uniqueArray(fc.oneof(edges, fc.nat(ROWS - 1)), { minLength: 1, maxLength: 200 });
    const rows = fc.tuple(single, fc.nat(ROWS - 1), fc.nat(8000))
      .map(([singles, start, length]) => [...new Set([...singles, ...Array.from({ length }, (_, at) => Math.min(start + at, ROWS - 1))])]
        .sort((left, right) => left - right));
    await fc.assert(fc.asyncProperty(rows, rows, fc.nat(2 * ROWS), fc.nat(ROWS), fc.boolean(), async (inA, inB, from, length, both) => {
      writeDeltaTable(root, {
        schema: [field('id', 'long'), field('v', 'long')],
        files: [{ path: 'a.parquet', deletedRows: inA }, { path: 'b.parquet', ...(both ? { deletedRows: inB } : {}) }],
      });
      const deleted = new Set([...inA, ...(both ? inB.map((row) => row + ROWS) : [])]);
      let [count, ids, values] = [0, 0, 0];
      for (let id = from; id < Math.min(from + length, 2 * ROWS); id++) {
        if (deleted.has(id)) continue;
        count += 1;
        ids += id;
        values += (id % ROWS) % 97;
      }
      const sum = `SELECT count(*), coalesce(sum(id), 0), coalesce(sum(v), 0) FROM source`;
      expect(await rowsOf(root, `${sum} WHERE id >= ${from} AND id < ${from + length}`)).toEqual([[count, ids, values].map(String)]);
      expect(await rowsOf(root, 'SELECT count(*) FROM source')).toEqual([[String(2 * ROWS - deleted.size)]]);
    }), { numRuns: 25 });
  });

  test('that are damaged are refused', async () => {
    const root = newRoot();
    writeDeltaTable(root, { schema: [field('a', 'integer')], files: [{ path: 'a.parquet', deletedRows: [1] }] });
    const log = join(root, '_delta_log', '00000000000000000000.json');
    writeFileSync(log, readFileSync(log, 'utf8').replace('"cardinality":1', '"cardinality":2'));
    await expect(rowsOf(root, 'FROM source')).rejects.toMatchObject({ code: 'bad-input', data: { delta: 'corrupt-log' } });
  });
});

describe('time travel and options', () => {
  async function twoVersions(): Promise<string> {
    const root = newRoot();
    await writeParquet(root, '0.parquet', 'SELECT 0 AS a');
    await writeParquet(root, '1.parquet', 'SELECT 1 AS a');
    writeDeltaTable(root, { schema: [field('a', 'integer')], files: [{ path: '0.parquet' }] });
    const add = { path: '1.parquet', partitionValues: {}, size: 1, modificationTime: 0, dataChange: true };
    writeFileSync(join(root, '_delta_log', '00000000000000000001.json'), JSON.stringify({ add }));
    utimesSync(join(root, '_delta_log', '00000000000000000000.json'), 1_700_000_000, 1_700_000_000);
    utimesSync(join(root, '_delta_log', '00000000000000000001.json'), 1_700_003_600, 1_700_003_600);
    return root;
  }

  test('version and timestamp choose the state', async () => {
    const root = await twoVersions();
    const count = async (options: Record<string, string>): Promise<unknown> => (await rowsOf(root, 'FROM source', options)).length;
    expect(await count({})).toBe(2);
    expect(await count({ version: '0' })).toBe(1);
    expect(await count({ version: '1' })).toBe(2);
    expect(await count({ timestamp: '2023-11-14T22:13:20Z' })).toBe(1);
    expect(await count({ timestamp: '2023-11-14 23:13:19.999' })).toBe(1);
    expect(await count({ timestamp: '2023-11-15T00:13:20+01:00' })).toBe(2);
    expect(await count({ timestamp: '2023-11-15' })).toBe(2);
  });

  test('what is not there or not understood is refused', async () => {
    const root = await twoVersions();
    await expect(rowsOf(root, 'FROM source', { version: '2' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(rowsOf(root, 'FROM source', { timestamp: '2020-01-01' })).rejects.toMatchObject({ code: 'not-found' });
    const wrong = [
      { version: '-1' }, { version: '1.5' }, { timestamp: 'yesterday' }, { timestamp: '2023-13-45' }, { header: 'true' },
      { version: '1', timestamp: '2023-11-15' },
    ];
    for (const options of wrong) {
      await expect(rowsOf(root, 'FROM source', { ...options })).rejects.toMatchObject({ code: 'unsupported-format' });
    }
    await expect(rowsOf(newRoot(), 'FROM source')).rejects.toMatchObject({ code: 'not-found', data: { delta: 'not-a-table' } });
  });

  test('the engine answers through its catalog, several tables united by name', async () => {
    const [root, other] = [await twoVersions(), newRoot()];
    await writeParquet(other, 'a.parquet', `SELECT 'x' AS b, 5 AS a`);
    writeDeltaTable(other, { schema: [field('b', 'string'), field('a', 'integer')], files: [{ path: 'a.parquet' }] });
    const engine = await openEngine({ readableDirectories: [directory], spillDirectory: directory, readers: [createDeltaReader()] });
    try {
      const result = await engine.query(`SELECT a, b FROM 'delta:///t' ORDER BY a`, {
        catalog: {
          resolve: (name) => Promise.resolve(name !== 'delta:///t' ? undefined
            : { parts: [{ kind: 'file', format: 'delta', paths: [root, other], options: {} }] }),
        },
      });
      const rows: unknown[] = [];
      for await (const row of result.rows()) rows.push(row);
      expect(rows.map((row) => Object.values(row as object))).toEqual([[0, null], [1, null], [5, 'x']]);
    } finally {
      engine.close();
    }
  });
});
