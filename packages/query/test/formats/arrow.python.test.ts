import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openBench } from './scan.ts';

const python = process.env['DUCKPOND_PYTHON'];
const bench = await openBench();

const SCRIPT = `
import sys, pyarrow as pa, datetime as dt
directory = sys.argv[1]
table = pa.table({
  'id': pa.array(range(5000), pa.int64()),
  's': pa.array([None if i % 7 == 0 else 'text number %d' % i for i in range(5000)]),
  't': pa.array([dt.datetime(2020, 1, 1) + dt.timedelta(seconds=i) for i in range(5000)], pa.timestamp('us', 'UTC')),
  'd': pa.array(['a', 'b', None, 'c', 'a'] * 1000).dictionary_encode(),
})
for codec in [None, 'lz4', 'zstd']:
  options = pa.ipc.IpcWriteOptions(compression=codec)
  name = codec or 'plain'
  with pa.ipc.new_stream(directory + '/' + name + '.arrows', table.schema, options=options) as writer: writer.write_table(table, max_chunksize=1000)
  with pa.ipc.new_file(directory + '/' + name + '.feather', table.schema, options=options) as writer: writer.write_table(table, max_chunksize=1000)
`;

describe.skipIf(python === undefined)('arrow, written by pyarrow', () => {
  if (python !== undefined) execFileSync(python, ['-c', SCRIPT, bench.directory]);
  it.each(['plain.arrows', 'plain.feather', 'lz4.arrows', 'lz4.feather', 'zstd.arrows', 'zstd.feather'])('%s', async (name) => {
    const sql = 'SELECT count(*) n, sum(id)::BIGINT i, count(s) s, min(s) m, epoch_us(max(t)) t, string_agg(DISTINCT d, \'\' ORDER BY d) d FROM t';
    expect(await bench.rows('arrow', `${bench.directory}/${name}`, {}, sql)).toEqual([
      { n: 5000n, i: 12_497_500n, s: 4285n, m: 'text number 1', t: BigInt(Date.parse('2020-01-01T01:23:19Z')) * 1000n, d: 'abc' },
    ]);
  });

  it('cut off files are errors', async () => {
    for (const name of ['plain.arrows', 'plain.feather', 'zstd.feather']) {
      const whole = readFileSync(`${bench.directory}/${name}`);
      expect(await bench.failure('arrow', bench.write(`cut-${name}`, whole.subarray(0, whole.length * 0.6)))).toMatch(/^Cannot read "\/cut-.*cut off/);
    }
    expect(await bench.failure('arrow', bench.write('junk.arrow', 'no arrow at all, really'))).toMatch(/^Cannot read "\/junk.arrow": it is not Arrow IPC/);
  });
});
