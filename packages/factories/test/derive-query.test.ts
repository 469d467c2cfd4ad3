import { expect, it } from 'vitest';
import { readDeriveQuery } from '../src/derive-query.ts';

it.each([
  ["SELECT * FROM read_csv('$1')", '/in/*.csv', 'SELECT * FROM source', 'csv:///in/*.csv'],
  ["select a from READ_CSV_AUTO ( '$1' , delim = ';', header=true ) t", '/in/*', 'select a from source t', 'csv:///in/*?delim=;&header=true'],
  ["FROM '$1' WHERE a = 'x'", '/in/a.parquet', "FROM source WHERE a = 'x'", '/in/a.parquet'],
  ["FROM read_parquet('$1') a JOIN read_parquet('$1') b USING (t)", '/x', 'FROM source a JOIN source b USING (t)', 'parquet:///x'],
  ["FROM read_csv('$1', nullstr = 'a,b''c')", '/x', 'FROM source', "csv:///x?nullstr=a,b'c"],
])('readDeriveQuery(%j) moves the reading into the source', (query, pattern, wanted, source) => {
  expect(readDeriveQuery(query, pattern)).toEqual({ query: wanted, source });
});

it.each([
  ['SELECT 1', 'does not read $1'],
  ["SELECT '$1.csv', $1 FROM x", 'has $1 where no file is read'],
  ["FROM read_csv('$1') a, read_csv('$1', skip = 1) b", 'in two ways'],
  ["FROM read_csv('$1', columns = {a: 1})", 'has the option "columns = {a: 1}"'],
  ["FROM read_csv('$1', '/etc/passwd')", "has the option \"'/etc/passwd'\""],
])('readDeriveQuery(%j) says what it cannot read', (query, problem) => {
  expect(readDeriveQuery(query, '/x')).toEqual({ problem: expect.stringContaining(problem) });
});
