import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openBench } from './scan.ts';

const bench = await openBench();
const { write, rows, failure, columns } = bench;

describe('csv', () => {
  it('ragged rows are an error with the line, never left out', async () => {
    expect(await failure('csv', write('short.csv', 'a,b\n1,2\n3\n4,5,6\n'))).toMatch(/^Cannot read "\/short.csv" line 3: it has 1 field, 2 were wanted/);
    expect(await failure('csv', write('late.csv', `a,b\n${'1,2\n'.repeat(60_000)}4,5,6\n`), {}, 'SELECT sum(a) FROM t'))
      .toMatch(/^Cannot read "\/late.csv" line 60002: it has 3 fields, 2 were wanted/);
    expect(await failure('csv', write('given.csv', 'a,b\n1,2\n4,5,6\n'), { delim: ',' })).toMatch(/line 3: it has 3 fields, 2 were wanted/);
    expect(await failure('csv', write('title.csv', 'Stations of 2026\na,b\n1,2\n3,4\n'))).toMatch(/line 2: .*\?skip=1 begins with it/);
    expect(await rows('csv', `${bench.directory}/title.csv`, { skip: '1' })).toEqual([{ a: 1n, b: 2n }, { a: 3n, b: 4n }]);
  });

  it('null_padding and ignore_errors are off, and work when asked for', async () => {
    const path = write('pad.csv', 'a,b\n1,2\n3\n');
    expect(await rows('csv', path, { null_padding: 'true' })).toEqual([{ a: 1n, b: 2n }, { a: 3n, b: null }]);
    expect(await rows('csv', path, { ignore_errors: 'true', delim: ',', columns: 'a:BIGINT,b:BIGINT', header: 'true' })).toEqual([{ a: 1n, b: 2n }]);
  });

  it('text after many numbers names line and column and how to go on', async () => {
    const path = write('mixed.csv', `id,a\n${'1,2\n'.repeat(200_000)}7,x\n`);
    const message = await failure('csv', path, {}, 'SELECT sum(a) FROM t');
    expect(message).toMatch(/^Cannot read "\/mixed.csv" line 200002 column "a": "x" is not a BIGINT, as the rows before it were \(\?types=a:VARCHAR/);
    expect(message).not.toContain('\n');
    expect(await rows('csv', path, { types: 'a:VARCHAR' }, "SELECT count(*) n FROM t WHERE a = 'x'")).toEqual([{ n: 1n }]);
    expect(await rows('csv', path, { sample_size: '-1' }, "SELECT count(*) n FROM t WHERE a = 'x'")).toEqual([{ n: 1n }]);
  });

  it('encodings: latin-1 unannounced is an error, announced it is read; so are windows-1252 and utf-16', async () => {
    const latin = write('latin.csv', Buffer.from('a,b\n1,caf\xe9\n', 'latin1'));
    expect(await failure('csv', latin)).toMatch(/^Cannot read "\/latin.csv" line 2: it is not UTF-8, which was wanted \(\?encoding=latin-1/);
    expect(await rows('csv', latin, { encoding: 'latin-1' })).toEqual([{ a: 1n, b: 'café' }]);
    expect(await rows('csv', write('cp.csv', Buffer.from('a,b\n1,\x80 5\n', 'latin1')), { encoding: 'windows-1252' })).toEqual([{ a: 1n, b: '€ 5' }]);
    const utf16 = write('u16.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b\n1,é\n', 'utf16le')]));
    expect(await rows('csv', utf16, { encoding: 'utf-16' })).toEqual([{ a: 1n, b: 'é' }]);
    expect(await failure('csv', latin, { encoding: 'klingon' })).toMatch(/the option "encoding" is "klingon", utf-8, utf-16/);
  });

  it('a line of 10 MB is an error that says how to allow it', async () => {
    const path = write('long.csv', `a,b\n1,${'x'.repeat(10_000_000)}\n2,y\n`);
    expect(await failure('csv', path)).toMatch(/^Cannot read "[^"]*": a line has 1000000\d bytes, at most 2000000 were wanted \(\?max_line_size=10001\d{3} allows it\)$/);
    expect(await rows('csv', path, { max_line_size: '10001027' }, 'SELECT a, length(b) n FROM t')).toEqual([{ a: 1n, n: 10_000_000n }, { a: 2n, n: 1n }]);
  });

  it('empty files are an error, alone; in a glob they have no rows', async () => {
    const empty = write('empty.csv', '');
    expect(await failure('csv', empty)).toBe('Cannot read "/empty.csv": it is empty, a header or rows were wanted');
    expect(await rows('csv', [empty, write('one.csv', 'a\n1\n')])).toEqual([{ a: 1n }]);
  });

  it('a header alone has its columns, as text, and no rows', async () => {
    expect(await columns('csv', write('header.csv', 'a,b,c\n'))).toEqual({ a: 'VARCHAR', b: 'VARCHAR', c: 'VARCHAR' });
    expect(await rows('csv', `${bench.directory}/header.csv`)).toEqual([]);
  });

  it('names that repeat are numbered, whatever their case', async () => {
    expect(await rows('csv', write('dup.csv', 'a,a,A,b\n1,2,3,4\n'))).toEqual([{ a: 1n, a_1: 2n, A_2: 3n, b: 4n }]);
  });

  it('binary junk is an error of one line', async () => {
    let state = 7;
    const junk = Buffer.from(Array.from({ length: 5000 }, () => (state = (state * 1103515245 + 12345) % 2147483648) >> 16 & 255));
    const message = await failure('csv', write('junk.csv', junk));
    expect(message).toMatch(/^Cannot read "\/junk.csv"/);
    expect(message).not.toContain('\n');
  });

  it('paths are names, whatever is in them', async () => {
    write('x.csv', 'wrong\n1\n');
    for (const name of ['[x].csv', "a'b; DROP TABLE t --.csv", '*?.csv', 'a b "c".csv', 'é\\n.csv']) {
      expect(await rows('csv', write(name, 'a\n1\n'))).toEqual([{ a: 1n }]);
    }
  });
});

describe('compression', () => {
  const text = `a,b\n${Array.from({ length: 20_000 }, (_, i) => `${i},x${i}\n`).join('')}`;
  it('a gzip file that was cut off is an error, not fewer rows', async () => {
    const whole = gzipSync(text);
    expect(await rows('csv', write('ok.csv.gz', whole), {}, 'SELECT count(*) n FROM t')).toEqual([{ n: 20_000n }]);
    for (const length of [whole.length - 1, whole.length >> 1, 30]) {
      expect(await failure('csv', write('cut.csv.gz', whole.subarray(0, length)))).toBe('Cannot read "/cut.csv.gz": its gzip data was cut off');
    }
    expect(await failure('csv', write('fake.csv.gz', 'no gzip'))).toBe('Cannot read "/fake.csv.gz": its gzip data is damaged');
  });

  it('a zstd file that was cut off is an error, not fewer rows', async () => {
    const source = write('z.csv', text);
    const path = `${bench.directory}/z.csv.zst`;
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run('COPY (FROM read_csv($1)) TO $2 (COMPRESSION zstd, FORMAT csv)', [source, path]);
    const whole = readFileSync(path);
    expect(await rows('csv', path, {}, 'SELECT count(*) n FROM t')).toEqual([{ n: 20_000n }]);
    expect(await rows('csv', write('named.bin', whole), { compression: 'zstd' }, 'SELECT count(*) n FROM t')).toEqual([{ n: 20_000n }]);
    expect(await rows('csv', [path, source], {}, 'SELECT count(*) n, count(DISTINCT a) d FROM t')).toEqual([{ n: 40_000n, d: 20_000n }]);
    for (const length of [whole.length - 1, whole.length >> 1, 7]) {
      expect(await failure('csv', write('cut.csv.zst', whole.subarray(0, length)))).toBe('Cannot read "/cut.csv.zst": its zstd data was cut off');
    }
    expect(await failure('csv', write('fake.csv.zst', 'not zstd at all'))).toBe('Cannot read "/fake.csv.zst": it is not zstd, which was wanted');
  });

  it('bzip2, whole and cut off', async () => {
    // Two streams one after the other, as parallel compressors write them; made by Python's bz2.
    const whole = Buffer.from(
      'QlpoOTFBWSZTWb+HQH8AAANZAAAQAAQwADAAIAAwwAhpsogjJ4u5IpwoSF/DoD+AQlpoOTFBWSZTWS2f5zYAAAFYAAAQAAQMACAA'
      + 'IZpoM00XPF3JFOFCQLZ/nNg=', 'base64');
    expect(await rows('csv', write('b.csv.bz2', whole))).toEqual([{ a: 1n, b: 2n }, { a: 3n, b: 4n }]);
    expect(await failure('csv', write('cut.csv.bz2', whole.subarray(0, 30)))).toMatch(/^Cannot read "\/cut.csv.bz2": its bzip2 data /);
    expect(await failure('csv', write('fake.csv.bz2', 'no bzip2'))).toMatch(/^Cannot read "\/fake.csv.bz2": its bzip2 data is damaged/);
  });
});

describe('json', () => {
  it('a broken line has its number', async () => {
    expect(await failure('ndjson', write('broken.ndjson', '{"a":1}\n{"a":\n{"a":3}\n'))).toMatch(/^Cannot read "\/broken.ndjson" line 2 byte \d+: it is not JSON: /);
    for (const bad of [1, 3, 4000]) {
      const lines = Array.from({ length: 5000 }, (_, at) => (at + 1 === bad ? '{"a":' : `{"a":${at}}`));
      expect(await failure('ndjson', write('broken.ndjson', `${lines.join('\n')}\n`))).toMatch(new RegExp(`^Cannot read "/broken.ndjson" line ${bad} byte `));
    }
    expect(await failure('json', write('cut.json', '[{"a":1},{"a":2},{"a":'))).toMatch(/^Cannot read "\/cut.json" byte 6: it is not JSON in value \d: unexpected end of data/);
    expect(await failure('ndjson', write('junk.ndjson', Buffer.from([0x1f, 0x00, 0xff, 0x0a, 0xfe])))).toMatch(/^Cannot read "\/junk.ndjson"/);
    expect(await failure('ndjson', write('empty.ndjson', ''))).toBe('Cannot read "/empty.ndjson": it is empty, rows were wanted');
  });

  it('text after many numbers names the line', async () => {
    const path = write('mixed.ndjson', `${'{"a":1}\n'.repeat(60_000)}{"a":"x"}\n`);
    expect(await failure('ndjson', path, {}, 'SELECT sum(a) FROM t')).toMatch(/^Cannot read "\/mixed.ndjson" line 60001: .*"x" \(\?types=/);
    expect(await rows('ndjson', path, { types: 'a:VARCHAR' }, "SELECT count(*) n FROM t WHERE a = 'x'")).toEqual([{ n: 1n }]);
  });

  it('duplicate keys are an error', async () => {
    expect(await failure('ndjson', write('dup.ndjson', '{"a":1,"a":2}\n'))).toMatch(/line 1: .*duplicate key "a"/);
  });

  it('lines of 10 MB are read', async () => {
    const path = write('long.ndjson', `${JSON.stringify({ a: 1, b: 'x'.repeat(10_000_000) })}\n`);
    expect(await rows('ndjson', path, {}, 'SELECT a, length(b) n FROM t')).toEqual([{ a: 1n, n: 10_000_000n }]);
  });
});

describe('parquet', () => {
  it('cut off, damaged, empty and not there', async () => {
    const path = `${bench.directory}/p.parquet`;
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run('COPY (SELECT i, i::VARCHAR s FROM range(100000) t(i)) TO $1 (FORMAT parquet)', [path]);
    const whole = readFileSync(path);
    expect(await rows('parquet', path, {}, 'SELECT sum(i)::BIGINT n FROM t')).toEqual([{ n: 4999950000n }]);
    expect(await failure('parquet', write('cut.parquet', whole.subarray(0, whole.length >> 1)))).toMatch(/^Cannot read "\/cut.parquet": it is not Parquet or was cut off/);
    const damaged = Buffer.from(whole);
    damaged.fill(7, 1000, 5000);
    expect(await failure('parquet', write('damaged.parquet', damaged), {}, 'SELECT sum(i) FROM t')).toMatch(/^Cannot read "\/damaged.parquet": it is damaged: /);
    expect(await failure('parquet', write('empty.parquet', ''))).toBe('Cannot read "/empty.parquet": it is empty, rows were wanted');
    expect(await failure('parquet', `${bench.directory}/none.parquet`)).toBe('Cannot read "/none.parquet": there is no such file');
    expect(await failure('parquet', bench.directory)).toMatch(/it is a directory, a file was wanted/);
  });
});

describe('options', () => {
  it('unknown names and wrong values say what is known', async () => {
    const path = write('o.csv', 'a\n1\n');
    expect(await failure('csv', path, { colour: 'red' })).toMatch(/^Cannot read csv: the option "colour" is not known, one of all_varchar, columns, /);
    expect(await failure('csv', path, { header: 'maybe' })).toBe('Cannot read csv: the option "header" is "maybe", true or false was wanted');
    expect(await failure('csv', path, { skip: '-1' })).toBe('Cannot read csv: the option "skip" is "-1", a whole number from 0 upwards was wanted');
    expect(await failure('csv', path, { types: 'a' })).toMatch(/the option "types" is "a", column:TYPE/);
    expect(await failure('csv', path, { types: 'zzz:BIGINT' })).toMatch(/it has no column "zzz", which the option "types" names/);
  });
});
