import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestEngine, testEngine } from './testing.ts';

const PYTHON = process.env['DUCKPOND_PYTHON'];
const run = promisify(execFile);

/** Writes the same random rows as an Arrow stream and as Parquet; reads a stream of ours and writes it as Parquet. */
const SCRIPT = `
import sys, random, decimal, datetime, pyarrow as pa, pyarrow.parquet as pq
if sys.argv[1] == 'read':
    t = pa.ipc.open_stream(open(sys.argv[2], 'rb').read()).read_all()
    t.validate(full=True)
    pq.write_table(t, sys.argv[3], store_schema=False)
    sys.exit(0)
seed, n, stream, parquet = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
random.seed(seed)
r = random.randint
col = lambda f: [None if random.random() < 0.2 else f(i) for i in range(n)]
D = lambda digits, scale: decimal.Decimal(r(-10**digits + 1, 10**digits - 1)).scaleb(-scale)
cols = {
 'i64': pa.array(range(n), pa.int64()), 'i8': pa.array(col(lambda i: r(-128, 127)), pa.int8()),
 'u64': pa.array(col(lambda i: r(0, 2**64 - 1)), pa.uint64()),
 'f32': pa.array(col(lambda i: random.random()), pa.float32()), 'b': pa.array(col(lambda i: i % 3 == 0), pa.bool_()),
 's': pa.array(col(lambda i: random.choice(['', 'abc', 'exactly12byt', 'x' * 13, 'käse', '日本語の長いテキスト', 'z\\x00z'])), pa.string()),
 'ls': pa.array(col(lambda i: 'v%d' % i * r(0, 9)), pa.large_string()),
 'bin': pa.array(col(lambda i: bytes([r(0, 255)] * r(0, 20))), pa.binary()),
 'd4': pa.array(col(lambda i: D(4, 2)), pa.decimal128(4, 2)), 'd9': pa.array(col(lambda i: D(9, 2)), pa.decimal128(9, 2)),
 'd18': pa.array(col(lambda i: D(17, 3)), pa.decimal128(18, 3)), 'd38': pa.array(col(lambda i: D(30, 5)), pa.decimal128(38, 5)),
 'date': pa.array(col(lambda i: datetime.date(1970, 1, 1) + datetime.timedelta(days=r(-30000, 30000))), pa.date32()),
 't64': pa.array(col(lambda i: r(0, 86399999999)), pa.time64('us')), 't32': pa.array(col(lambda i: r(0, 86399999)), pa.time32('ms')),
 'ts': pa.array(col(lambda i: r(-10**15, 10**15)), pa.timestamp('us')),
 'tz': pa.array(col(lambda i: r(-10**15, 10**15)), pa.timestamp('us', 'UTC')),
 'tns': pa.array(col(lambda i: r(-10**17, 10**17)), pa.timestamp('ns')),
 'tzms': pa.array(col(lambda i: r(-10**12, 10**12)), pa.timestamp('ms', 'UTC')),
 'l': pa.array(col(lambda i: [random.choice([None, r(0, 9)]) for _ in range(r(0, 4))]), pa.list_(pa.int64())),
 'l2': pa.array(col(lambda i: [[str(k) * k for k in range(r(0, 3))] for _ in range(r(0, 3))]), pa.list_(pa.list_(pa.string()))),
 'st': pa.array(col(lambda i: {'a': i, 'b b': [i % 99, None]}), pa.struct([('a', pa.int32()), ('b b', pa.list_(pa.int16()))])),
 'm': pa.array(col(lambda i: [('k%d' % k, k) for k in range(r(0, 3))]), pa.map_(pa.string(), pa.float64())),
 'dict': pa.array(col(lambda i: random.choice(['red', 'green', 'a long dictionary value'])), pa.string()).dictionary_encode(),
 'view': pa.array(col(lambda i: 'v%d' % i * r(0, 9)), pa.string_view()),
}
t = pa.table(cols)
with pa.ipc.new_stream(stream, t.schema) as w:
    for b in t.to_batches(max_chunksize=3001): w.write_batch(b)
plain = lambda t, name: t.set_column(t.schema.get_field_index(name), name, t[name].cast(pa.string()))
pq.write_table(plain(plain(t, 'dict'), 'view'), parquet, store_schema=False)
`;

describe.skipIf(PYTHON === undefined)('Arrow and pyarrow (DUCKPOND_PYTHON)', () => {
  let test: TestEngine;
  let script: string;
  beforeAll(async () => {
    test = await testEngine();
    script = join(test.directory, 'arrow.py');
    await writeFile(script, SCRIPT);
  });
  afterAll(() => test.close());

  it.each([[1, 1], [2, 10], [3, 2048], [4, 9000]])('a stream of pyarrow has the rows of its Parquet file (seed %i, %i rows)', async (seed, rows) => {
    const [stream, parquet] = [join(test.directory, `${seed}.arrows`), join(test.directory, `${seed}.parquet`)];
    await run(PYTHON ?? '', [script, 'write', String(seed), String(rows), stream, parquet]);
    const relations = {
      '/a': { parts: [{ kind: 'arrow' as const, streams: [await readFile(stream)] }] },
      '/p': { parts: [{ kind: 'parquet' as const, paths: [parquet] }] },
    };
    expect(await test.rows("SELECT count(*) FROM '/a'", relations)).toEqual([[BigInt(rows)]]);
    expect(await test.rows("SELECT count(*) FROM (FROM '/a' EXCEPT ALL FROM '/p')", relations)).toEqual([[0n]]);
    // And back: what we write, pyarrow reads as the same rows.
    const [ours, theirs] = [join(test.directory, `${seed}.ours`), join(test.directory, `${seed}.theirs.parquet`)];
    await writeFile(ours, await test.arrow("FROM '/p'", relations));
    await run(PYTHON ?? '', [script, 'read', ours, theirs]);
    const back = { ...relations, '/t': { parts: [{ kind: 'parquet' as const, paths: [theirs] }] } };
    expect(await test.rows("SELECT count(*) FROM (FROM '/p' EXCEPT ALL FROM '/t')", back)).toEqual([[0n]]);
    expect(await test.rows("SELECT count(*) FROM '/t'", back)).toEqual([[BigInt(rows)]]);
  });
});
