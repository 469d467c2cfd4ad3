import { tableFromIPC, type Vector } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { expect, test } from 'vitest';
import { main } from '../../src/cli.ts';
import { fakeEffects } from '../fake-effects.ts';

// What `pond sql` prints as Parquet or Arrow, read by programs that are not ours.

const ROWS = 5000;
const SQL = `SELECT range AS id,
  CASE range % 5 WHEN 0 THEN NULL WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775808 ELSE range END AS big,
  CASE range % 7 WHEN 0 THEN 'NaN'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE WHEN 3 THEN NULL ELSE range / 3 END AS real,
  CASE WHEN range % 4 = 0 THEN NULL ELSE (range - 2500)::DECIMAL(18, 3) / 8::DECIMAL(18, 3) END::DECIMAL(18, 3) AS price,
  CASE range % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '水 "q", ' || range END AS text,
  CASE WHEN range % 6 > 0 THEN range % 2 = 0 END AS flag,
  TIMESTAMPTZ '1969-12-31 23:00:00+00' + range * INTERVAL 1 SECOND + INTERVAL 1 MICROSECOND AS instant,
  TIMESTAMP '2024-02-29 12:00:00' + range * INTERVAL 1 MINUTE AS local,
  DATE '1960-01-01' + range::INTEGER AS day,
  CASE WHEN range % 5 > 0 THEN [range, NULL, -range] END AS list,
  {'x': range, 'y': 's' || range} AS pair
  FROM range(${ROWS})`;

interface Expected {
  readonly [name: string]: unknown;
}

function expectedRow(at: number): Expected {
  const n = BigInt(at);
  return {
    id: n,
    big: [null, 2n ** 63n - 1n, -(2n ** 63n), n, n][at % 5],
    real: [NaN, Infinity, -Infinity, null, at / 3, at / 3, at / 3][at % 7],
    price: at % 4 === 0 ? null : (at - 2500) / 8,
    text: [null, '', `水 "q", ${at}`][at % 3],
    flag: at % 6 === 0 ? null : at % 2 === 0,
    instant: BigInt(at - 3600) * 1_000_000n + 1n,
    local: BigInt(Date.UTC(2024, 1, 29, 12)) * 1000n + n * 60_000_000n,
    day: Date.UTC(1960, 0, 1) + at * 86_400_000,
    list: at % 5 === 0 ? null : [n, null, -n],
    pair: { x: n, y: `s${at}` },
  };
}

const EXPECTED = Array.from({ length: ROWS }, (_, at) => expectedRow(at));

async function printed(format: string): Promise<Uint8Array> {
  const { effects, stdoutBytes, stderr } = fakeEffects();
  const code = await main(['sql', SQL, '--format', format], effects);
  expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' });
  return new Uint8Array(stdoutBytes());
}

/** Rows of apache-arrow with the values as they lie in its buffers. */
function arrowRows(ipc: Uint8Array): Expected[] {
  const table = tableFromIPC(ipc);
  const raw = (name: string): { at: (row: number) => unknown } => {
    const vector = table.getChild(name) as Vector;
    const offsets: number[] = [];
    for (let at = 0, sum = 0; at < vector.data.length; at += 1) {
      offsets.push(sum);
      sum += vector.data[at]?.length ?? 0;
    }
    return {
      at: (row) => {
        const chunk = offsets.findLastIndex((offset) => offset <= row);
        const values = vector.data[chunk]?.values as BigInt64Array | undefined;
        return values?.[row - (offsets[chunk] ?? 0)];
      },
    };
  };
  const [instant, local] = [raw('instant'), raw('local')];
  const scale = 1000;
  return Array.from({ length: table.numRows }, (_, row) => {
    const value = (name: string): unknown => (table.getChild(name) as Vector).get(row) as unknown;
    const price = value('price') as Uint32Array | null;
    return {
      id: value('id'), big: value('big'), real: value('real'), price: price === null ? null : decimal(price) / scale, text: value('text'),
      flag: value('flag'), instant: instant.at(row), local: local.at(row), day: Number(value('day')),
      list: value('list') === null ? null : [...(value('list') as Iterable<unknown>)],
      pair: { ...(value('pair') as { toJSON: () => Record<string, unknown> }).toJSON() },
    };
  });
}

/** A whole number in words of 32 bits, lowest first. */
function decimal(words: Uint32Array): number {
  const bits = [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
  return Number(BigInt.asIntN(words.length * 32, bits));
}

test('sql --format arrow is read by apache-arrow with equal values', async () => {
  const bytes = await printed('arrow');
  const types = tableFromIPC(bytes).schema.fields.map((field) => `${field.name} ${String(field.type)}`);
  expect(types.filter((type) => /^(instant|local|day) /.test(type))).toEqual([
    'instant Timestamp<MICROSECOND, UTC>', 'local Timestamp<MICROSECOND>', 'day Date32<DAY>',
  ]);
  expect(arrowRows(bytes)).toEqual(EXPECTED);
});

test('sql --format parquet is read by hyparquet with equal values', async () => {
  const bytes = await printed('parquet');
  const micros = (value: unknown): unknown => value;
  const rows = await parquetReadObjects({
    file: bytes.buffer as ArrayBuffer,
    compressors,
    parsers: {
      timestampFromMicroseconds: micros, timestampFromMilliseconds: micros, timestampFromNanoseconds: micros,
      dateFromDays: (days: number) => days * 86_400_000, stringFromBytes: (text?: Uint8Array) => text && new TextDecoder().decode(text),
    },
  });
  const plain = (value: unknown): unknown => value ?? null;
  expect(rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))).toEqual(EXPECTED);
});

test('sql --format parquet rounds no integer of 128 bits', async () => {
  const sql = `SELECT sum(a) AS total, [sum(a)] AS list, $p AS p, 1 AS a, 2 AS "a b" FROM (VALUES (9223372036854775807), (2)) t(a) WHERE a <> $q`;
  const { effects, stdoutBytes } = fakeEffects();
  expect(await main(['sql', sql, '--param', 'p=x', '--param', 'q=3', '--format', 'parquet'], effects)).toBe(0);
  const { readParquet } = await import('parquet-wasm');
  const table = tableFromIPC(readParquet(new Uint8Array(stdoutBytes())).intoIPCStream());
  expect(String(table.schema.fields[0]?.type)).toBe('Decimal[38e0]');
  const words = [...((table.getChild('total') as Vector).get(0) as Uint32Array)];
  expect(words.reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n)).toBe(9_223_372_036_854_775_809n);
});

test('sql --format parquet is read by parquet-wasm with equal values', async () => {
  const { readParquet } = await import('parquet-wasm');
  expect(arrowRows(readParquet(await printed('parquet')).intoIPCStream())).toEqual(EXPECTED);
});
