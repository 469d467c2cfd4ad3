import { DuckDBInstance } from '@duckdb/node-api';
import { RecordBatch, RecordBatchStreamWriter, tableFromArrays } from 'apache-arrow';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testPond, type TestPond } from '../fake-effects.ts';

type Row = Readonly<Record<string, unknown>>;

async function rows(pond: TestPond, path: string): Promise<readonly Row[]> {
  return JSON.parse(await pond.ok(['copy', path, '-', '--format', 'json'])) as Row[];
}

async function rejected(pond: TestPond, path: string): Promise<readonly Row[]> {
  const text = await pond.ok(['cat', `${path}.rejected.ndjson`]);
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Row);
}

const line = (row: Row): string => `${JSON.stringify(row)}\n`;

describe('append', () => {
  test('makes a series and adds to it, a transaction a batch', async () => {
    const bench = await testPond();
    const input = Array.from({ length: 25 }, (_, i) => line({ t: `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`, v: i })).join('');
    const { code, stdout, stderr } = await bench.pond(['append', '/deep/s', '--batch-rows', '10', '-v'], input);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe('transaction 2: 10 rows, 10 so far\ntransaction 3: 10 rows, 20 so far\ntransaction 4: 5 rows, 25 so far\n'
      + 'appended 25 rows in 3 transactions\n');
    expect((await rows(bench, '/deep/s')).map(({ v }) => v)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    await bench.ok(['append', '/deep/s'], `${line({ t: '2026-01-02T00:00:00Z', v: 1.5, more: 'x' })}{"v":26}`);
    expect((await rows(bench, '/deep/s')).slice(-2)).toEqual([
      { t: '2026-01-02T00:00:00', v: 1.5, more: 'x' }, { t: null, v: 26, more: null },
    ]);
    expect(JSON.parse(await bench.ok(['list', '/deep/s', '--json']))).toMatchObject([{ kind: 'series', version: 4 }]);
  });

  test('an empty input changes nothing; blank lines are no rows', async () => {
    const bench = await testPond();
    for (const input of ['', '\n\n \n']) expect((await bench.pond(['append', '/s'], input)).code).toBe(0);
    await bench.ok(['append', '/s', '--format', 'csv'], 'a,b\n');
    expect(await bench.ok(['find', '-a'])).toBe('');
    await bench.ok(['append', '/s'], '\ufeff{"a":1}\r\n\r\n{"a":2}\r\n');
    expect(await rows(bench, '/s')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('rows of JSON that are none, or do not fit, go beside the series with line and reason', async () => {
    const bench = await testPond();
    await bench.ok(['append', '/s'], line({ v: 1, name: 'a', at: '2026-01-01T00:00:00Z' }));
    const input = ['{"v":2,"name":"2026-01-01"}', '{broken', '[1]', '{"v":"none"}', '', '{"v":3}', '7', '{"at":"late","v":4}', '{"v":2.5}'].join('\n');
    const { code, stderr } = await bench.pond(['append', '/s'], input);
    expect(code).toBe(3);
    expect(stderr).toContain('appended 3 rows in 1 transaction\n');
    expect(stderr).toContain('Cannot append 5 rows: they are in "/s.rejected.ndjson"');
    expect((await rows(bench, '/s')).map(({ v, name }) => [v, name])).toEqual([[1, 'a'], [2, '2026-01-01'], [3, null], [2.5, null]]);
    expect((await rejected(bench, '/s')).map((one) => [one['line'], one['text'], one['reason']])).toEqual([
      [2, '{broken', 'it is not JSON'], [3, '[1]', 'it is a JSON array, an object was wanted'],
      [4, '{"v":"none"}', expect.stringContaining('column "v": "none" is not')], [7, '7', expect.stringContaining('an object was wanted')],
      [8, '{"at":"late","v":4}', expect.stringContaining('column "at"')],
    ]);
    await bench.pond(['append', '/s'], 'x\n');
    expect(await rejected(bench, '/s')).toHaveLength(6);
  });

  test('rows of CSV that do not fit go beside the series, whatever quotes span', async () => {
    const bench = await testPond();
    await bench.ok(['append', '/s', '--format', 'csv'], 'id,v,note\n001x,1,"two\nlines"\n');
    const input = Buffer.concat([
      Buffer.from('id,v,note\n002,2,"a ""b"""\n3,none,x\n4\n5,5,"spans\nlines"\n6,6,'), Buffer.from([0xff, 0xfe]), Buffer.from('\n7,7,y,more\n008,8,z\n'),
    ]);
    const { stderr, code } = await bench.pond(['append', '/s', '--format', 'csv', '--batch-rows', '3'], '', { stdinBytes: input });
    expect([code, stderr]).toEqual([3, expect.stringContaining('appended 3 rows in 3 transactions')]);
    expect(await rows(bench, '/s')).toEqual([
      { id: '001x', v: 1, note: 'two\nlines' }, { id: '002', v: 2, note: 'a "b"' }, { id: '5', v: 5, note: 'spans\nlines' }, { id: '008', v: 8, note: 'z' },
    ]);
    expect((await rejected(bench, '/s')).map((one) => [one['line'], one['reason']])).toEqual([
      [3, expect.stringMatching(/column "v": "none" is not/)], [4, expect.stringContaining('1 field')],
      [7, 'it is not UTF-8'], [8, expect.stringContaining('field')],
    ]);
  });

  test('a table or a data file is no series', async () => {
    const bench = await testPond();
    await bench.ok(['copy', '-', '/d'], 'x');
    await bench.ok(['copy', '-', '/t', '--kind', 'table', '--format', 'csv'], 'a\n1\n');
    for (const path of ['/d', '/t', '/']) {
      expect(await bench.pond(['append', path], '{"a":1}\n')).toMatchObject({ code: 1, stderr: expect.stringContaining('a series') });
    }
    expect((await bench.pond(['append', '/s', '--batch-rows', '0'], '')).code).toBe(2);
    expect((await bench.pond(['append', '/s', '--resume-key', 'a/b'], '')).stderr).toContain('Cannot use the resume key "a/b"');
    expect((await bench.pond(['append', '/s', '--format', 'xlsx'], '')).code).toBe(2);
  });

  test('an Arrow stream comes in by its record batches; a file or a stream that was cut off is refused', async () => {
    const bench = await testPond();
    const stream = arrowStream(4);
    await bench.pond(['append', '/s', '--format', 'arrow', '--batch-rows', '1'], '', { stdinBytes: stream });
    expect((await rows(bench, '/s')).map(({ a, s }) => [a, s])).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i, `s${i % 2}`]));
    expect(JSON.parse(await bench.ok(['list', '/s', '--json']))).toMatchObject([{ version: 4 }]);
    const { code, stderr } = await bench.pond(['append', '/c', '--format', 'arrow'], '', { stdinBytes: stream.subarray(0, -100) });
    expect([code, stderr]).toEqual([1, expect.stringContaining('it ends within a message')]);
    expect((await bench.pond(['append', '/c', '--format', 'arrow'], 'ARROW1\0\0more')).stderr).toContain('it is an Arrow file');
  });
});

describe('append --resume-key', () => {
  test.each(['ndjson', 'csv', 'arrow'])('an input of %s that has grown is taken further, one that has changed is refused', async (format) => {
    const bench = await testPond();
    const whole = format === 'arrow' ? arrowStream(4)
      : Buffer.from(format === 'csv' ? 'a,s\n0,x\n1,"y\nz"\n2,x\n3,y\n' : [0, 1, 2, 3].map((a) => line({ a, s: 'x' })).join(''));
    const args = ['append', '/s', '--format', format, '--resume-key', 'k', '--batch-rows', '1'];
    const part = whole.subarray(0, format === 'arrow' ? whole.length - 100 : format === 'csv' ? 16 : 26);
    await bench.pond(args, '', { stdinBytes: part });
    const before = await rows(bench, '/s');
    expect(before.length).toBeGreaterThan(0);
    const changed = Buffer.from(part);
    changed.write('~', format === 'csv' ? 6 : 12);
    expect(await bench.pond(args, '', { stdinBytes: Buffer.concat([changed, whole.subarray(part.length)]) }))
      .toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot go on with "k"') });
    expect(await bench.pond(args, '', { stdinBytes: part.subarray(0, 10) })).toMatchObject({ code: 1 });
    expect(await rows(bench, '/s')).toEqual(before);
    for (let again = 0; again < 2; again++) {
      expect((await bench.pond(args, '', { stdinBytes: whole })).stderr).toContain('taken before');
      expect((await rows(bench, '/s')).map(({ a }) => a)).toEqual(format === 'arrow' ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3]);
    }
    await bench.ok(['rm', '/s']);
    await bench.pond(args, '', { stdinBytes: part });
    expect(await rows(bench, '/s')).toEqual(before);
  });

  test('wherever an input is cut, and however it comes, every row is there once', async () => {
    const bench = await testPond();
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 3 }), fc.integer({ min: 1, max: 7 }), async (cuts, batch) => {
      const path = `/s${++run}`;
      const all = Array.from({ length: 20 }, (_, i) => (i % 7 === 5 ? 'bad\n' : line({ i, text: 'ü'.repeat(i % 4) }))).join('');
      const bytes = Buffer.from(all);
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        const { code, stderr } = await bench.pond(
          ['append', path, '--resume-key', 'k', '--batch-rows', String(batch)], '', { stdinBytes: bytes.subarray(0, cut) });
        expect([0, 3], stderr).toContain(code);
      }
      expect((await rows(bench, path)).map(({ i }) => i)).toEqual(Array.from({ length: 20 }, (_, i) => i).filter((i) => i % 7 !== 5));
      expect((await rejected(bench, path)).map((one) => one['line'])).toEqual([6, 13, 20]);
    }), { numRuns: 8 });
  }, 60_000);

  test('a last line that has become longer is refused, one that ends now is not', async () => {
    const bench = await testPond();
    const args = ['append', '/s', '--format', 'csv', '--resume-key', 'k'];
    await bench.ok(args, 'a\n1\n2');
    expect((await bench.pond(args, 'a\n1\n23\n')).stderr).toContain('its line 3 has become longer');
    await bench.ok(args, 'a\n1\n2\n3\n');
    expect(await rows(bench, '/s')).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });
});

test('append leaves no files behind', async () => {
  const bench = await testPond();
  await bench.ok(['append', '/s', '--batch-rows', '1'], '{"a":1}\n{"a":2}\n');
  await bench.pond(['append', '/s'], '{"a":"x"}\n');
  expect(readdirSync(join(bench.directory, 'cache', 'import'))).toEqual([]);
});

test('append of random rows gives what DuckDB reads of them', async () => {
  const oracle = await (await DuckDBInstance.create(':memory:')).connect();
  const bench = await testPond();
  const input = Array.from({ length: 5000 }, (_, i) => line({ i, v: i % 3 === 0 ? null : i / 7, s: `n${i % 11}`, on: i % 2 === 0 })).join('');
  await bench.ok(['append', '/s', '--batch-rows', '700'], input);
  await bench.ok(['copy', '/s', 'host:out']);
  const file = join(bench.cwd, 'out', 's');
  const found = await oracle.runAndReadAll('SELECT count(*)::INT, sum(i)::INT, sum(v)::DOUBLE, count(v)::INT, count(DISTINCT s)::INT FROM read_parquet($1)', [file]);
  const [[count, sum, total, values, names] = []] = found.getRowsJS();
  expect([count, sum, values, names]).toEqual([5000, 12_497_500, 3333, 11]);
  expect(Number(total)).toBeCloseTo(Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? 0 : i / 7)).reduce((a, b) => a + b), 5);
});

/** Record batches of two rows, with a dictionary. */
function arrowStream(batches: number): Buffer {
  const writer = new RecordBatchStreamWriter();
  const all = tableFromArrays({ a: Int32Array.from({ length: batches * 2 }, (_, i) => i), s: Array.from({ length: batches * 2 }, (_, i) => `s${i % 2}`) });
  for (let at = 0; at < batches; at++) {
    for (const batch of all.slice(at * 2, at * 2 + 2).batches) writer.write(batch instanceof RecordBatch ? batch : new RecordBatch(all.schema));
  }
  writer.finish();
  return Buffer.from(writer.toUint8Array(true));
}
