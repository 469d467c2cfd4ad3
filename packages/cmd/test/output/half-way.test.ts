import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableToIPC, tableFromArrays } from 'apache-arrow';
import { expect, test } from 'vitest';
import { main } from '../../src/cli.ts';
import { fakeEffects, scratchDirectory } from '../fake-effects.ts';

// A query that fails after its first rows must not look like one that had no more.

const FORMATS = ['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'parquet', 'arrow', 'xlsx'] as const;
const ROWS = 120_000;

async function printed(sql: string, format: string): Promise<{ code: number; bytes: Buffer; stderr: string }> {
  const { effects, stdoutBytes, stderr } = fakeEffects();
  const code = await main(['sql', sql, '--format', format], effects);
  return { code, bytes: stdoutBytes(), stderr: stderr() };
}

/** Whether a reader of the format would take the bytes for a whole document. */
const LOOKS_WHOLE: Partial<Record<(typeof FORMATS)[number], (bytes: Buffer) => boolean>> = {
  json: (bytes) => bytes.toString().trimEnd().endsWith(']'),
  parquet: (bytes) => bytes.subarray(-4).toString('latin1') === 'PAR1',
  arrow: (bytes) => bytes.subarray(-8).equals(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])),
  xlsx: (bytes) => bytes.includes(Buffer.from([0x50, 0x4b, 5, 6])),
  table: (bytes) => bytes.toString().trimEnd().endsWith('+'),
};

test.each(FORMATS)('sql --format %s ends with 1 and the reason when the query fails half-way', async (format) => {
  const failing = `SELECT range AS a, CASE WHEN range = ${ROWS - 10} THEN error('no more of it') ELSE 'text' END AS b FROM range(${ROWS})`;
  const { code, bytes, stderr } = await printed(failing, format);
  expect(code).toBe(1);
  expect(stderr).toContain('no more of it');
  expect(LOOKS_WHOLE[format]?.(bytes) ?? false).toBe(false);
  const whole = await printed('SELECT 1 AS a', format);
  expect(whole.code).toBe(0);
  expect(LOOKS_WHOLE[format]?.(whole.bytes) ?? true).toBe(true);
});

test('what is damaged behind its first rows ends the command with 1 and the name of the file', async () => {
  const directory = scratchDirectory();
  const lines = Array.from({ length: ROWS }, (_, at) => at);
  const good = {
    csv: Buffer.from(`a,b\n${lines.map((at) => `${at},${at}\n`).join('')}`),
    ndjson: Buffer.from(lines.map((at) => `{"a":${at},"b":${at}}\n`).join('')),
    arrow: Buffer.from(tableToIPC(tableFromArrays({ a: Int32Array.from(lines), b: Int32Array.from(lines) }), 'stream')),
  };
  const damaged = {
    csv: Buffer.concat([good.csv, Buffer.from('1,not a number\n')]),
    ndjson: Buffer.concat([good.ndjson, Buffer.from('{"a":1,"b":')]),
    arrow: good.arrow.subarray(0, good.arrow.length - 100),
  };
  for (const [format, bytes] of Object.entries(damaged)) {
    const path = join(directory, `x.${format}`);
    writeFileSync(path, bytes);
    const { code, stderr } = await printed(`SELECT a, b FROM 'host+${format}://${path}'`, 'csv');
    expect({ format, code }).toEqual({ format, code: 1 });
    expect(stderr).toContain(path);
  }
});
