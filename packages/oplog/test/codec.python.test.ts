import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeEntries, decodeEntries } from '../src/entry.ts';
import { encodeIpc } from '../src/ipc.ts';
import { encodeParquet, readParquet } from '../src/parquet.ts';
import { defineShape } from '../src/shape.ts';

const python = process.env['DUCKPOND_PYTHON'] ?? 'python3';
const present = spawnSync(python, ['-c', 'import pyarrow.parquet']).status === 0;

const Every = defineShape('Every', {
  text: ['text', 'string'],
  long: ['long', 'long', 'nullable'],
  integer: ['integer', 'integer', 'nullable'],
  at: ['at', 'timestamp', 'nullable'],
  bytes: ['bytes', 'binary', 'nullable'],
  flag: ['flag', 'boolean', 'nullable'],
  ratio: ['ratio', 'double', 'nullable'],
});
const rows = [
  { text: '', long: Number.MAX_SAFE_INTEGER, integer: -(2 ** 31), at: -1n, bytes: new Uint8Array(), flag: true, ratio: -0.5 },
  { text: 'ünï😀', long: null, integer: null, at: null, bytes: null, flag: null, ratio: null },
  {
    text: 'c',
    long: Number.MIN_SAFE_INTEGER,
    integer: 7,
    at: 1_790_000_000_123_456n,
    bytes: Uint8Array.of(0, 255),
    flag: false,
    ratio: 1e300,
  },
];

const SHOW = `
def show(table):
    table.validate(full=True)
    rows = [{k: (v.hex() if isinstance(v, bytes) else v) for k, v in row.items()} for row in
            table.set_column(table.schema.get_field_index('at'), 'at', table['at'].cast('int64')).to_pylist()]
    print(json.dumps({'rows': rows, 'types': {f.name: str(f.type) + ('' if f.nullable else ' not null') for f in table.schema}}))
`;
const EXPECTED = {
  rows: rows.map((row) => ({
    ...row,
    at: row.at === null ? null : Number(row.at),
    bytes: row.bytes === null ? null : Buffer.from(row.bytes).toString('hex'),
  })),
  types: {
    text: 'string not null',
    long: 'int64',
    integer: 'int32',
    at: 'timestamp[us, tz=UTC]',
    bytes: 'binary',
    flag: 'bool',
    ratio: 'double',
  },
};

describe.skipIf(!present)('pyarrow', () => {
  const folder = mkdtempSync(join(tmpdir(), 'duckpond-codec-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(script: string, name: string): string {
    const { status, stdout, stderr } = spawnSync(
      python,
      ['-c', `import json, sys, pyarrow as pa, pyarrow.ipc, pyarrow.parquet as pq\n${script}`, join(folder, name)],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  test('reads the stream that encodeIpc() writes', () => {
    writeFileSync(join(folder, 'a.arrow'), encodeIpc(Every, rows));
    expect(JSON.parse(run(`${SHOW}show(pa.ipc.open_stream(open(sys.argv[1], 'rb').read()).read_all())`, 'a.arrow'))).toEqual(EXPECTED);
  });

  test('reads streams without rows and without values', () => {
    writeFileSync(join(folder, 'b.arrow'), encodeEntries([]));
    writeFileSync(join(folder, 'c.arrow'), encodeEntries([{}, {}]));
    expect(
      run(`t = pa.ipc.open_stream(open(sys.argv[1], 'rb').read()).read_all(); t.validate(full=True); print(t.num_rows)`, 'b.arrow').trim(),
    ).toBe('0');
    expect(
      run(`t = pa.ipc.open_stream(open(sys.argv[1], 'rb').read()).read_all(); t.validate(full=True); print(t.num_rows)`, 'c.arrow').trim(),
    ).toBe('2');
  });

  test.each(['snappy', 'gzip'] as const)(
    'reads the %s file that encodeParquet() writes, timestamps in UTC microseconds',
    async (codec) => {
      writeFileSync(join(folder, 'a.parquet'), await encodeParquet(Every, rows, { codec }));
      expect(JSON.parse(run(`${SHOW}show(pq.read_table(sys.argv[1]))`, 'a.parquet'))).toEqual(EXPECTED);
    },
  );

  test('writes streams and files that decodeEntries() and readParquet() read, with unknown columns carried', async () => {
    const script = `
import base64, decimal, io
t = pa.table({'name': ['a', None], 'size': pa.array([5, 2**40]), 
  'price': pa.array([decimal.Decimal('1.50'), None]), 'when': pa.array([1, 2], pa.timestamp('ns'))})
s = io.BytesIO()
w = pa.ipc.new_stream(s, t.schema); w.write_table(t); w.close()
p = io.BytesIO(); pq.write_table(t.select(['name', 'size']), p)
print(json.dumps([base64.b64encode(x.getvalue()).decode() for x in (s, p)]))`;
    const [stream, file] = (JSON.parse(run(script, '')) as string[]).map((text) => Uint8Array.from(Buffer.from(text, 'base64')));
    if (stream === undefined || file === undefined) throw new Error('no output');
    const entries = decodeEntries(stream);
    expect(entries.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
      ['a', 5],
      [null, 2 ** 40],
    ]);
    writeFileSync(join(folder, 'd.arrow'), encodeEntries(entries));
    expect(
      JSON.parse(
        run(
          `t = pa.ipc.open_stream(open(sys.argv[1], 'rb').read()).read_all(); t.validate(full=True)
text = lambda f: [str(v) for v in t[f.name].cast('int64' if f.name == 'when' else f.type).to_pylist()]
print(json.dumps({f.name: [str(f.type), text(f)] for f in t.schema}))`,
          'd.arrow',
        ),
      ),
    ).toEqual({
      name: ['string', ['a', 'None']],
      size: ['int64', ['5', '1099511627776']],
      price: ['decimal128(3, 2)', ['1.50', 'None']],
      when: ['timestamp[ns]', ['1', '2']],
    });
    const Named = defineShape('Named', { name: ['name', 'string', 'nullable'], size: ['size', 'long', 'nullable'] });
    expect(
      await readParquet(Named, { label: 'by pyarrow', byteLength: file.length, slice: (start, end) => file.subarray(start, end) }),
    ).toEqual([
      { name: 'a', size: 5 },
      { name: null, size: 2 ** 40 },
    ]);
  });
});
