import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scratchDirectory } from './fake-effects.ts';

// What reads a format is loaded at its first use: in the built command that has to be found, too.

const bin = fileURLToPath(new URL('../dist/pond.cjs', import.meta.url));
const METRICS = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1700000000000000000","asDouble":1.5}]}}]}]}]}';
const LZ4 = [
  '/////3gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAECEAAAABwA',
  'AAAEAAAAAAAAAAEAAABhAAAACAAMAAgABwAIAAAAAAAAASAAAAD/////mAAAABQAAAAAAAAADAAYAAYABQAIAAwADAAAAAADBAAcAAAAMAAAAAAAAAAAAAAA',
  'DAAcABAABAAIAAwADAAAAEgAAAAcAAAAFAAAACwBAAAAAAAAAAAAAAQABAAEAAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACkAAAAAAAAAAAAAAAEA',
  'AAAsAQAAAAAAAAAAAAAAAAAAsAQAAAAAAAAEIk0YYECCEgAAAE8BAAAABAD/////mFAAAQAAAAAAAAAAAAAAAAAA/////wAAAAA=',
].join('');

const FILES: readonly (readonly [url: string, content: string | Uint8Array, row: unknown])[] = [
  ['csv+bzip2', Buffer.from('QlpoOTFBWSZTWb+HQH8AAANZAAAQAAQwADAAIAAwwAhpsogjJ4u5IpwoSF/DoD+A', 'base64'), { a: 1, b: 2 }],
  ['arrow', Buffer.from(LZ4, 'base64'), { a: 1 }],
  ['excelhtml', '<table><tr><th>t</th></tr><tr><td>1.5</td></tr></table>', { t: 1.5 }],
  ['oteljson', METRICS, { timestamp: '2023-11-14T22:13:20', m: 1.5 }],
  ['weblog', '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 23\n', { path: '/a', status: 200 }],
];

function pond(...args: string[]): { status: number | null; stdout: Buffer; stderr: Buffer } {
  return spawnSync(process.execPath, [bin, ...args], { env: { PATH: process.env['PATH'] } });
}

test.each(FILES)('the built command reads %s of the host, without a pond', (format, content, row) => {
  const path = join(scratchDirectory(), 'file');
  writeFileSync(path, content);
  const { stdout, stderr } = pond('sql', `FROM 'host+${format}://${path}' LIMIT 1`, '--format', 'ndjson');
  expect(stderr.toString()).toBe('');
  expect(JSON.parse(stdout.toString())).toMatchObject(row as object);
});

test('the built command reads the xlsx that it writes, and text of another encoding', () => {
  const directory = scratchDirectory();
  const workbook = join(directory, 'a.xlsx');
  writeFileSync(workbook, pond('sql', 'SELECT 1 AS a', '--format', 'xlsx').stdout);
  expect(pond('sql', `FROM 'host+excel://${workbook}'`, '--format', 'csv').stdout.toString()).toBe('a\n1\n');
  const text = join(directory, 'a.csv');
  writeFileSync(text, Buffer.from('a\né\n', 'utf16le'));
  expect(pond('sql', `FROM 'host+csv://${text}?encoding=utf-16le'`, '--format', 'csv').stdout.toString()).toBe('a\né\n');
});
