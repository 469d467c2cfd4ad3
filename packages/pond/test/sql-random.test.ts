import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '@duckpond/query';
import { Bool, type DataType, Float64, Int64, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Row, rowsOf, testPonds, writeFiles } from './sql-pond.ts';

const newPond = testPonds();

interface RandomColumn {
  readonly name: string;
  readonly type: 'BIGINT' | 'DOUBLE' | 'VARCHAR' | 'BOOLEAN';
}

type Value = bigint | number | string | boolean | null;

const ARROW: Readonly<Record<RandomColumn['type'], () => DataType>> = {
  BIGINT: () => new Int64(), DOUBLE: () => new Float64(), VARCHAR: () => new Utf8(), BOOLEAN: () => new Bool(),
};

const VALUES: Readonly<Record<RandomColumn['type'], fc.Arbitrary<Value>>> = {
  BIGINT: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  DOUBLE: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  VARCHAR: fc.oneof(
    fc.string({ unit: 'grapheme' }), fc.constantFrom("it's", '"', 'NULL', '', '; --', 'line\nbreak', 'a text that is longer than twelve'),
  ),
  BOOLEAN: fc.boolean(),
};

const NAMES = fc.oneof(fc.constantFrom('a b', 'select', "it's", 'x"y', 'n;--', 'Ünï'), fc.stringMatching(/^[a-z]{1,6}$/));

const TABLES = fc.uniqueArray(
  fc.record({ name: NAMES, type: fc.constantFrom('BIGINT', 'DOUBLE', 'VARCHAR', 'BOOLEAN') }), {
    selector: ({ name }) => name.toLowerCase(), minLength: 1, maxLength: 5,
  },
).chain((columns: readonly RandomColumn[]) => fc.record({
  columns: fc.constant(columns),
  versions: fc.array(fc.record({
    // A later version may lack columns: they are null in it.
    lacks: fc.array(fc.nat({ max: columns.length - 1 }), { maxLength: columns.length - 1 }),
    rows: fc.array(fc.tuple(...columns.map(({ type }) => fc.option(VALUES[type]))), { minLength: 1, maxLength: 30 }),
  }), { minLength: 1, maxLength: 5 }),
}));

it('queries over a random series equal those of DuckDB over the same rows in a file of the host', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'duckpond-oracle-'));
  const oracle = await openEngine({ readableDirectories: [directory], spillDirectory: join(directory, 'spill') });
  const pond = await newPond();
  let run = 0;
  await fc.assert(fc.asyncProperty(TABLES, async ({ columns, versions }) => {
    const path = `/s${++run}.series`;
    const file = join(directory, `${run}.ndjson`);
    const kept: Value[][] = [];
    for (const [number, { lacks, rows }] of versions.entries()) {
      const has = columns.map((_, at) => at === 0 || number === 0 || !lacks.includes(at));
      const present = columns.flatMap((column, at) => (has[at] === true ? [{ column, at }] : []));
      const table = new Table(Object.fromEntries(present.map(({ column, at }) => (
        [column.name, vectorFromArray(rows.map((row) => row[at] ?? null), ARROW[column.type]())]))));
      await writeFiles(pond, { [path]: tableToIPC(table, 'stream') }, 'series');
      kept.push(...rows.map((row) => row.map((value, at) => (has[at] === true ? value : null))));
    }
    const member = (value: Value, at: number): string => (
      `${JSON.stringify(columns[at]?.name)}:${typeof value === 'bigint' ? value.toString() : JSON.stringify(value)}`);
    writeFileSync(file, kept.map((row) => `{${row.map(member).join(',')}}\n`).join(''));
    const types = columns.map(({ name, type }) => `${literal(name)}: '${type}'`).join(', ');
    const inFile = `read_json(${literal(file)}, format = 'newline_delimited', columns = {${types}})`;
    const all = columns.map(({ name }) => identifier(name));
    const [first = ''] = all;
    const list = [...all].sort().join(', ');
    for (const query of [
      `SELECT ${list} FROM $ ORDER BY ALL`,
      `SELECT count(*), ${all.map((name) => `count(${name}), min(${name}), max(${name}), count(DISTINCT ${name})`).join(', ')} FROM $`,
      `SELECT ${first}, count(*) FROM $ GROUP BY 1 ORDER BY ALL`,
      `SELECT count(*) FROM $ a JOIN $ b USING (${first})`,
      `SELECT ${list} FROM $ WHERE ${first} IS NOT NULL ORDER BY ALL LIMIT 7`,
    ]) {
      const own = await rowsOf(pond, query.replaceAll('$', literal(path)));
      const expected: Row[] = [];
      const result = await oracle.query(query.replaceAll('$', inFile), { catalog: { resolve: () => Promise.resolve(undefined) } });
      for await (const row of result.rows()) expected.push(row);
      expect(own, query).toEqual(expected);
    }
  }), { numRuns: 25 });
  oracle.close();
  await pond.close();
  rmSync(directory, { recursive: true });
});

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
