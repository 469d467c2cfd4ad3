import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AddFile, commit, decodeStatistics, openSnapshot, openLocalStore } from '@duckpond/delta';
import { realEnvironment } from '@duckpond/pond';
import { openDirectoryStore } from '../../src/directory-store.ts';
import { examineLake } from '../../src/lake/doctor.ts';
import { pushLake } from '../../src/lake/push-lake.ts';
import type { TablePush } from '../../src/lake/push-table.ts';
import { scratchDirectories } from '../scratch-directory.ts';
import { lakePond, type LakePond } from './lake-pond.ts';

const scratch = scratchDirectories();
const environment = realEnvironment();

interface Lake extends LakePond {
  readonly lake: string;
  push(pattern?: string, fileBytes?: number): Promise<readonly TablePush[]>;
  /** The rows of the table, read by DuckDB. */
  rows(table: string, select?: string): Promise<readonly (readonly unknown[])[]>;
  pondRows(path: string, select?: string): Promise<readonly (readonly unknown[])[]>;
}

async function newLake(): Promise<Lake> {
  const directory = scratch();
  const made = await lakePond(directory);
  const { pond } = made;
  onTestFinished(() => made.close());
  const lake = join(directory, 'lake');
  const all = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
    const found: (readonly unknown[])[] = [];
    for await (const row of (await pond.sql(sql)).rows()) found.push(row);
    return found;
  };
  return {
    ...made, lake,
    push: (pattern, fileBytes) => pushLake(pond, openDirectoryStore(lake), {
      environment, ...(pattern === undefined ? {} : { pattern }), ...(fileBytes === undefined ? {} : { fileBytes }),
    }),
    rows: (table, select = '*') => all(`SELECT ${select} FROM 'host+delta://${lake}/${table}' ORDER BY ALL`),
    pondRows: (path, select = '*') => all(`SELECT ${select} FROM '${path}' ORDER BY ALL`),
  };
}

const outcomes = (pushes: readonly TablePush[]): string[] => pushes.map(({ table, outcome }) => `${table} ${outcome}`);

describe('pushLake()', () => {
  it('brings the rows of new versions to a series, a changed table as a whole, and nothing that is unchanged', async () => {
    const { add, push, rows, pondRows } = await newLake();
    await add('/a/s.series', 'timestamp,v\n2024-01-01T00:00:00.000001Z,1\n2024-01-02T00:00:00.123456Z,2\n');
    await add('/t.table', 'k,v\n1,x\n2,y\n', 'table');
    expect(outcomes(await push())).toEqual(['a/s created', 't created']);
    expect(outcomes(await push())).toEqual(['a/s unchanged', 't unchanged']);
    await add('/a/s.series', 'timestamp,v,w\n2023-01-01T00:00:00Z,3,late\n');
    await add('/t.table', 'k\n7\n', 'table');
    expect(outcomes(await push())).toEqual(['a/s appended', 't replaced']);
    expect(await rows('a/s')).toEqual(await pondRows('/a/s.series'));
    expect(await rows('t')).toEqual([[7n]]);
  });

  it('writes files anew when a column has another type, and refuses where others have written', async () => {
    const { add, push, rows, pondRows, lake } = await newLake();
    await add('/s.series', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await push();
    await add('/s.series', 'timestamp,v\n2024-01-02T00:00:00Z,1.5\n');
    expect(outcomes(await push())).toEqual(['s replaced']);
    expect(await rows('s')).toEqual(await pondRows('/s.series'));
    await add('/r.series', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await push();
    await appendForeign(lake, 'r');
    await add('/r.series', 'timestamp,v\n2024-01-02T00:00:00Z,1.5\n');
    await expect(push()).rejects.toMatchObject({ code: 'schema-conflict' });
    expect((await rows('r')).length).toBe(2);
  });

  it('goes on with a table that others appended to, and leaves their rows there', async () => {
    const { add, push, rows, lake } = await newLake();
    for (let day = 1; day <= 9; day++) {
      await add('/s.series', `timestamp,v\n2024-01-0${day}T00:00:00Z,${day}\n`);
      await push();
      if (day === 4) await appendForeign(lake, 's');
    }
    const values = (await rows('s', 'v')).map(([v]) => Number(v));
    expect(values).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('refuses the table of others, one of a node that is gone, two nodes of one name, a table inside another', async () => {
    const { add, push, pond, lake } = await newLake();
    await add('/s.series', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await push();
    await pond.write(async (fs) => (await fs.root()).remove('/s.series'));
    await add('/s.series', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await expect(push()).rejects.toMatchObject({ code: 'exists' });
    const other = await newLake();
    await other.add('/s.series', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await expect(pushLake(other.pond, openDirectoryStore(lake), { environment })).rejects.toMatchObject({ code: 'exists' });
    await other.add('/s.table', 'v\n1\n', 'table');
    await expect(other.push()).rejects.toMatchObject({ code: 'name-clash' });
    await other.add('/x.table', 'v\n1\n', 'table');
    await other.add('/x/y.table', 'v\n1\n', 'table');
    await other.push('/x.table');
    await expect(other.push('/x/y.table')).rejects.toMatchObject({ code: 'name-clash' });
    await expect(other.push('/nothing*')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('divides rows into files of the size that is wanted, whose statistics enclose their rows', async () => {
    const { add, push, lake, rows, pondRows } = await newLake();
    const lines = Array.from({ length: 400_000 }, (_, i) => `${i},${(i * 7919) % 1000 / 8},${i % 97 === 0 ? '' : `t${i % 13}`}`);
    await add('/s.table', `k,v,w\n${lines.join('\n')}\n`, 'table');
    const [done] = await push(undefined, 1024 * 1024);
    expect(done?.files).toBeGreaterThan(1);
    const { files, schema } = await openSnapshot(openLocalStore(join(lake, 's')));
    let at = 0n;
    for (const add of [...files.values()].sort((a, b) => Number(minOf(a) - minOf(b)))) {
      const statistics = decodeStatistics(schema, add.stats);
      const k = statistics?.columns.get('k');
      expect(k?.min).toBe(Number(at));
      at += BigInt(statistics?.numRecords ?? 0);
      expect(k?.max).toBe(Number(at - 1n));
    }
    const sums = 'count(*), sum(k), sum(v), count(w), min(w), max(w)';
    expect(await rows('s', sums)).toEqual(await pondRows('/s.table', sums));
  });

  it('two pushers at once bring every row once', async () => {
    const { add, push, rows, pondRows } = await newLake();
    for (let round = 1; round <= 3; round++) {
      await add('/s.series', `timestamp,v\n2024-01-0${round}T00:00:00Z,${round}\n`);
      await Promise.all([push(), push(), push()]);
      expect(await rows('s')).toEqual(await pondRows('/s.series'));
    }
  });

  it('any order of appends and pushes gives the rows of the pond, in few files', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { minLength: 10, maxLength: 24 }), async (steps) => {
      const { add, push, rows, pondRows, lake } = await newLake();
      for (const [at, isPush] of steps.entries()) {
        await add('/s.series', `timestamp,v\n2024-01-01T00:00:${String(at % 60).padStart(2, '0')}Z,${at}\n`);
        if (isPush) await push();
      }
      await push();
      expect(await rows('s')).toEqual(await pondRows('/s.series'));
      expect((await openSnapshot(openLocalStore(join(lake, 's')))).files.size).toBeLessThan(16);
    }), { numRuns: 2 });
  });
});

describe('examineLake()', () => {
  it('finds sound what lake push made, and names what is missing or cut', async () => {
    const { add, push, lake } = await newLake();
    for (let day = 1; day <= 3; day++) {
      await add('/a/s.series', `timestamp,v\n2024-01-0${day}T00:00:00Z,${day}\n`);
      await push();
    }
    const examine = async (): Promise<readonly string[]> => {
      const { findings } = await examineLake(openDirectoryStore(lake), { environment });
      return findings.map(({ severity, message }) => `${severity} ${message}`);
    };
    expect(await examine()).toEqual([]);
    const names = readdirSync(join(lake, 'a/s')).filter((name) => name.endsWith('.parquet')).sort();
    truncateSync(join(lake, 'a/s', names[0] ?? ''), 10);
    rmSync(join(lake, 'a/s', names[1] ?? ''));
    const found = await examine();
    expect(found.length).toBe(2);
    expect(found).toContain(`fault The file "${names[1] ?? ''}" is missing`);
    expect(found).toContainEqual(expect.stringMatching(/^fault The file ".*" has 10 bytes, the log says \d+$/));
    rmSync(join(lake, 'a/s/_delta_log/00000000000000000001.json'));
    expect((await examine()).join('\n')).toContain('The log has no commit between 0 and 2');
  });
});

function minOf({ stats = '' }: AddFile): bigint {
  return BigInt((JSON.parse(stats) as { minValues: { k: number } }).minValues.k);
}

/** Commits a copy of one of the table's own files, as another engine would append it. */
async function appendForeign(lake: string, table: string): Promise<void> {
  const store = openLocalStore(join(lake, table));
  const snapshot = await openSnapshot(store);
  const first = [...snapshot.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).find(({ path }) => path.includes('pond-1-'));
  const bytes = first === undefined ? undefined : await store.get(first.path);
  if (first === undefined || bytes === undefined) throw new Error('no file of the first version');
  const path = `part-00000-${randomUUID()}.parquet`;
  await store.put(path, bytes);
  const result = await commit(store, snapshot, [
    { kind: 'commitInfo', commitInfo: { txnId: randomUUID(), operation: 'WRITE' } },
    { kind: 'add', add: { ...first, path, dataChange: true } },
  ]);
  if (result.kind !== 'committed') throw new Error('not committed');
}
