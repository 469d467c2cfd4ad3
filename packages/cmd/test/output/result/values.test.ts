import { expect, test } from 'vitest';
import { duckdb, resultText } from './duckdb-source.ts';
import { VALUES } from './every-type.ts';

test.each(VALUES)('writeResult() writes %s %s', async (type, literal, text = '', json = '') => {
  const connection = await duckdb();
  const sql = `SELECT v FROM (VALUES (0, (${literal})::${type}), (1, NULL)) t(i, v) ORDER BY i`;
  expect(await resultText(connection, sql, 'csv')).toBe(`v\n${text}\n\n`);
  expect(await resultText(connection, sql, 'ndjson')).toBe(`{"v":${json.replaceAll('\n', ' ')}}\n{"v":null}\n`);
  // The table form takes the way of cells: the same text, without the quotes of csv.
  const plain = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  expect(await resultText(connection, sql, 'table')).toContain(`| ${plain.replaceAll('\n', '\\n')} `);
});
