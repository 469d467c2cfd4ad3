import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FactoryPond, openFactoryPond } from './factory-pond.ts';

let at: FactoryPond;
beforeAll(async () => {
  at = await openFactoryPond();
  await at.append('/a', 'timestamp,v,note\n2024-01-01T00:00:00Z,1,x\n2024-01-01T01:00:00Z,2,y\n2024-01-01T03:00:00Z,4,z\n');
  await at.append('/b', 'timestamp,v,w\n2024-01-01T01:00:00Z,20,0.5\n2024-01-01T02:00:00Z,30,\n');
  await at.append('/c', 'timestamp,u\n2024-01-01T02:00:00Z,7\n2024-01-01T04:00:00Z,9\n');
});
afterAll(() => at.close());

const hours = 'extract(hour FROM timestamp)::INTEGER';

describe('column-rename', () => {
  it('renames, casts and drops, the first rule that means a column counting', async () => {
    await at.node('/renamed', 'column-rename', `input: /b
rules:
  - { type: direct, from: V, to: value, cast: string }
  - { type: pattern, pattern: '^(v|w)$', replacement: 'x_$1' }
  - { type: drop, column: nothing }
`);
    expect(await at.rows("SELECT column_name, column_type FROM (DESCRIBE '/renamed')")).toEqual([
      ['timestamp', 'TIMESTAMP WITH TIME ZONE'], ['value', 'VARCHAR'], ['x_w', 'DOUBLE'],
    ]);
    const options = { tables: { source: '/renamed' }, timeStartMicros: BigInt(Date.UTC(2024, 0, 1, 2)) * 1000n };
    expect(await at.rows('SELECT value, x_w FROM source', options)).toEqual([['30', null]]);
  });

  it('takes numbers as times, and says which names clash', async () => {
    await at.data('/seconds.csv', 'when,n\n1704067200,1\n');
    const rule = '{ type: direct, from: when, to: timestamp, cast: timestamp_s }';
    await at.node('/times', 'column-rename', `input: /seconds.csv\nrules: [${rule}]\n`);
    expect(await at.rows(`SELECT timestamp = TIMESTAMPTZ '2024-01-01' FROM '/times'`)).toEqual([[true]]);
    await at.node('/clash', 'column-rename', "input: /b\nrules:\n  - { type: pattern, pattern: '^[vw]$', replacement: same }\n");
    await expect(at.rows("FROM '/clash'")).rejects.toThrow(
      'Cannot rename columns of "/b": "v" and "w" would both be "same", different names were wanted');
  });
});

describe('timeseries-join', () => {
  it('joins any number of scopes by time: times of any of them once, gaps null', async () => {
    await at.node('/j/three', 'timeseries-join', `inputs:
  - { pattern: /a, scope: A, columns: [v] }
  - { pattern: /b, scope: B B }
  - { pattern: /c, scope: 'C"' }
`);
    expect(await at.rows(`SELECT ${hours}, "A.v", "B B.v", "B B.w", "C"".u" FROM '/j/three' ORDER BY 1`)).toEqual([
      [0, 1n, null, null, null], [1, 2n, 20n, 0.5, null], [2, null, 30n, null, 7n], [3, 4n, null, null, null], [4, null, null, null, 9n],
    ]);
  });

  it('of one scope the later input wins where it has a value; ranges are half-open', async () => {
    await at.node('/j/one', 'timeseries-join', `inputs:
  - { pattern: /a, range: { begin: 2024-01-01T00:00:00Z, end: 2024-01-01T03:00:00Z } }
  - { pattern: /b }
`);
    expect(await at.rows(`SELECT ${hours}, v, note, w FROM '/j/one' ORDER BY 1`)).toEqual([
      [0, 1n, 'x', null], [1, 20n, 'y', 0.5], [2, 30n, null, null],
    ]);
  });

  it('an input that matches nothing is an empty relation, and so is a join of nothing', async () => {
    await at.node('/j/none', 'timeseries-join', 'inputs:\n  - { pattern: /none/*, scope: N }\n  - { pattern: /c, scope: C }\n');
    expect(await at.rows(`SELECT count(*), sum("C.u")::INTEGER FROM '/j/none'`)).toEqual([[2n, 16]]);
    await at.node('/j/nothing', 'timeseries-join', 'time_column: t\ninputs:\n  - { pattern: /none/*, scope: N }\n');
    expect(await at.rows("SELECT count(t) FROM '/j/nothing'")).toEqual([[0n]]);
  });

  it('cuts files of one instrument: each begins behind the end of the one before, rows of an unset clock are left out', async () => {
    await at.data('/cut/1.csv', 'timestamp,v\n1999-12-31T00:00:00Z,-1\n2024-01-01T00:00:00Z,1\n2024-01-01T02:00:00Z,2\n');
    await at.data('/cut/2.csv', 'timestamp,v\n2024-01-01T01:00:00Z,10\n2024-01-01T02:00:00Z,20\n2024-01-01T03:00:00Z,30\n');
    await at.data('/cut/3.csv', 'timestamp,v\n2024-01-01T02:30:00Z,100\n');
    await at.node('/j/cut', 'timeseries-join', "inputs:\n  - { pattern: '/cut/*.csv', overlap: cut }\n");
    expect(await at.rows("SELECT v FROM '/j/cut' ORDER BY timestamp")).toEqual([[1n], [2n], [30n]]);
    await at.node('/j/later', 'timeseries-join', "inputs:\n  - { pattern: '/cut/*.csv', overlap: later }\n");
    expect(await at.rows("SELECT v FROM '/j/later' ORDER BY timestamp")).toEqual([[-1n], [1n], [10n], [20n], [100n], [30n]]);
  });

  it('rows of one time in one input all count, or the last version; rows without a time do not', async () => {
    await at.append('/dup', 'timestamp,v\n2024-01-01T00:00:00Z,1\n,5\n2024-01-01T01:00:00Z,3\n');
    await at.append('/dup', 'timestamp,v\n2024-01-01T00:00:00Z,2\n');
    await at.node('/j/all', 'timeseries-join', 'inputs:\n  - { pattern: /dup, scope: D }\n');
    expect(await at.rows(`SELECT "D.v" FROM '/j/all' ORDER BY 1`)).toEqual([[1n], [2n], [3n]]);
    await at.node('/j/last', 'timeseries-join', 'inputs:\n  - { pattern: /dup, scope: D, on_duplicate: last }\n');
    expect(await at.rows(`SELECT "D.v" FROM '/j/last' ORDER BY 1`)).toEqual([[2n], [3n]]);
  });

  it('takes numbers as times, beside timestamps with and without a zone', async () => {
    await at.data('/epoch.csv', 'time,e\n1704067200,1\n1704070800,2\n');
    await at.data('/naive.csv', 'time,n\n2024-01-01 00:00:00,5\n');
    await at.node('/j/units', 'timeseries-join', `time_column: time
time_unit: s
inputs:
  - { pattern: /epoch.csv, range: { begin: 2024-01-01T00:00:00Z, end: 2024-01-01T01:00:00Z } }
  - { pattern: /naive.csv }
`);
    expect(await at.rows(`SELECT time = TIMESTAMPTZ '2024-01-01', e, n FROM '/j/units'`)).toEqual([[true, 1n, 5n]]);
    await at.node('/j/unit', 'timeseries-join', 'time_column: time\ninputs:\n  - { pattern: /epoch.csv }\n  - { pattern: /naive.csv }\n');
    await expect(at.rows("FROM '/j/unit'")).rejects
      .toThrow('Cannot read "/epoch.csv" by time: its column "time" is BIGINT, time_unit was wanted');
  });
});

describe('timeseries-pivot', () => {
  it('puts the columns of each match side by side; a column that a match lacks is null', async () => {
    await at.append('/p/1 x/r', 'timestamp,v\n2024-01-01T00:00:00Z,1\n');
    await at.append('/p/2-y/r', 'timestamp,v,w\n2024-01-01T01:00:00Z,2,a\n');
    await at.node('/pivot', 'timeseries-pivot', 'pattern: /p/*/r\ncolumns: [v, w]\n');
    expect(await at.rows(`SELECT ${hours}, "1 x.v", "1 x.w", "2-y.v", "2-y.w" FROM '/pivot' ORDER BY 1`)).toEqual([
      [0, 1n, null, null, null], [1, null, null, 2n, 'a'],
    ]);
    await at.append('/p/3/r', 'timestamp,v\n2024-01-01T01:00:00Z,3\n');
    expect(await at.rows(`SELECT count("3.v") FROM '/pivot'`)).toEqual([[1n]]);
  });

  it('joins many matches in groups as in one chain', async () => {
    for (let n = 0; n < 17; n += 1) {
      await at.data(`/many/${n}.csv`, `timestamp,v\n2024-01-01T00:00:00Z,${n}\n2024-01-0${1 + n % 9}T12:00:00Z,5\n`);
    }
    await at.node('/wide', 'timeseries-pivot', 'pattern: /many/*.csv\n');
    const sum = Array.from({ length: 17 }, (_, n) => `coalesce("${n}.v", 0)`).join(' + ');
    expect(await at.rows(`SELECT count(*), sum(${sum})::INTEGER FROM '/wide'`)).toEqual([[10n, 136 + 85]]);
  });

  it('refuses a prefix without a capture, and a pattern without a wildcard', async () => {
    await expect(at.node('/bad', 'timeseries-pivot', 'pattern: /p/*/r\nprefix: $1\n')).rejects.toThrow(/prefix: .*\$1 has no capture/);
    await expect(at.node('/bad', 'timeseries-pivot', 'pattern: /p/r\n')).rejects
      .toThrow('pattern: is "/p/r", a pattern with a wildcard was wanted');
  });
});

describe('sql-derived-series', () => {
  it('transforms its inputs, by a node and in place', async () => {
    await at.node('/t/rename', 'column-rename', 'rules:\n  - { type: direct, from: v, to: value }\n');
    await at.node('/t/derived', 'sql-derived-series', `patterns: { a: /a }
transforms: [/t/rename, { rules: [{ type: direct, from: value, to: x, cast: float64 }] }]
query: SELECT timestamp, x / 2 AS half FROM a
`);
    expect(await at.rows("SELECT half FROM '/t/derived' ORDER BY timestamp")).toEqual([[0.5], [1], [2]]);
    await at.node('/t/wrong', 'sql-derived-series', 'patterns: { a: /a }\ntransforms: [/b]\n');
    await expect(at.rows("FROM '/t/wrong'")).rejects
      .toThrow('Cannot use "/b" as a transform: it is a series, a column-rename node was wanted');
    await expect(at.rows("FROM '/t/rename'")).rejects.toThrow('it is a transform for others, its config has no input; one was wanted');
  });
});

describe('synthetic-timeseries', () => {
  it('makes the sum of its waves, with a row at the end', async () => {
    await at.node('/waves', 'synthetic-timeseries', `start: 2024-01-01T00:00:00Z
end: 2024-01-02T00:00:00Z
interval: 6h
points:
  - name: w
    components: [{ type: sine, amplitude: 2, period: 24h, offset: 1 }, { type: line, slope: 0.0001 }]
  - name: s
    components: [{ type: square, period: 12h }]
  - name: t
    components: [{ type: triangle, period: 24h }]
`);
    const line = "epoch(timestamp - TIMESTAMPTZ '2024-01-01') * 0.0001";
    expect(await at.rows(`SELECT round(w - ${line}, 9), s, round(t, 9) + 0 FROM '/waves'`)).toEqual([
      [1, 1, 0], [3, -1, 1], [1, 1, 0], [-1, -1, -1], [1, 1, 0],
    ]);
  });
});

describe('dynamic-dir', () => {
  it('holds nodes that answer by path and pattern, with ids that stay', async () => {
    const config = `entries:
  - name: halves
    factory: sql-derived-series
    config: { patterns: { a: /a }, query: 'SELECT timestamp, v / 2 AS v FROM a' }
  - name: deep
    factory: dynamic-dir
    config:
      entries:
        - name: more
          factory: sql-derived-series
          config: { patterns: { h: /dyn/halves }, query: 'SELECT timestamp, v + 1 AS v FROM h' }
`;
    await at.node('/dyn', 'dynamic-dir', config);
    const paths = (await at.paths()).filter((path) => path.startsWith('/dyn'));
    expect(paths).toEqual(['/dyn', '/dyn/deep', '/dyn/deep/more', '/dyn/halves']);
    expect(await at.rows("SELECT sum(v) FROM '/dyn/**/{more,halves}'")).toEqual([[10]]);
    const idOf = () => at.pond.read(async (fs) => (await (await fs.root()).get('/dyn/deep/more')).node.id);
    expect(await idOf()).toBe(await idOf());
    await expect(at.node('/dyn2', 'dynamic-dir', 'entries:\n  - { name: a/b, factory: dynamic-dir }\n')).rejects
      .toThrow(/entries\[0\]\.name: is no name/);
  });
});
