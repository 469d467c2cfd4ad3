import { zipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openBench } from './scan.ts';

const bench = await openBench();
const { write, rows, failure, columns } = bench;

describe('weblog', () => {
  const good = '10.0.0.1 - ann [10/Oct/2000:13:55:36 -0700] "GET /a b?x=\\"1\\" HTTP/1.1" 200 2326 "http://e/" "Moz \\"q\\""';
  it('reads the common and the combined format', async () => {
    const path = write('access.log', `${good}\n\n::1 - - [01/Jan/2026:00:00:00 +0000] "-" 408 -\n`);
    expect(await rows('weblog', path, {}, 'SELECT * REPLACE (epoch_us(timestamp) AS timestamp) FROM t')).toEqual([
      { host: '10.0.0.1', ident: null, user: 'ann', timestamp: BigInt(Date.parse('2000-10-10T20:55:36Z')) * 1000n, method: 'GET', path: '/a b?x=\\"1\\"',
        protocol: 'HTTP/1.1', status: 200, bytes: 2326n, referer: 'http://e/', user_agent: 'Moz \\"q\\"' },
      { host: '::1', ident: null, user: null, timestamp: BigInt(Date.parse('2026-01-01T00:00:00Z')) * 1000n, method: null, path: null, protocol: null,
        status: 408, bytes: null, referer: null, user_agent: null },
    ]);
    expect((await columns('weblog', path))['timestamp']).toBe('TIMESTAMP WITH TIME ZONE');
  });

  it('a malformed line is an error with its number, or left out', async () => {
    const path = write('bad.log', `${good}\nnonsense\n${good}\n`);
    expect(await failure('weblog', path)).toBe('Cannot read "/bad.log" line 2: it is not in the combined log format (?ignore_errors=true leaves such lines out)');
    expect(await rows('weblog', path, { ignore_errors: 'true' }, 'SELECT count(*) n FROM t')).toEqual([{ n: 2n }]);
  });
});

describe('excelhtml', () => {
  it('reads the widest table, below whatever stands above its header', async () => {
    const path = write('hydrovu.xls', `<html><body><table><tr><td>Report</td></tr></table><table id="isi-report">
      <tr><td colspan=3>Location: a &amp; b</td></tr><tr><th>Date Time</th><th>Depth (m)<th>Note</tr>
      <tr><td>2024-01-01 00:00:00</td><td>1.5</td><td></td></tr><tr><td>2024-01-01 00:15:00</td><td>2</td><td>x&lt;y</td></tr></table></body></html>`);
    expect(await columns('excelhtml', path)).toEqual({ 'Date Time': 'TIMESTAMP', 'Depth (m)': 'DOUBLE', 'Note': 'VARCHAR' });
    expect(await rows('excelhtml', path, {}, 'SELECT "Depth (m)" d, "Note" n FROM t ORDER BY d')).toEqual([{ d: 1.5, n: null }, { d: 2, n: 'x<y' }]);
    expect(await failure('excelhtml', write('none.xls', 'just text'))).toBe('Cannot read "/none.xls": it has no HTML table with cells');
  });
});

describe('oteljson', () => {
  const point = (time: number, more: object): object => ({ timeUnixNano: String(BigInt(time) * 1_000_000_000n + 1n), ...more });
  const line = (metrics: object[], host = 'h'): string => JSON.stringify({ resourceMetrics: [{
    resource: { attributes: [{ key: 'host', value: { stringValue: host } }] }, scopeMetrics: [{ metrics }],
  }] });
  it('is wide by time, over files, with all kinds of metrics', async () => {
    const a = write('a.otlp', `${line([
      { name: 'temp', gauge: { dataPoints: [point(1, { asInt: '9007199254740993' }), point(2, { asInt: 7 })] } },
      { name: 'cpu', sum: { dataPoints: [point(1, { asDouble: 0.5, attributes: [{ key: 's', value: { stringValue: 'idle' } }, { key: 'c', value: { intValue: '0' } }] })] } },
    ])}\n`);
    const b = write('b.otlp', `${line([
      { name: 'lat', histogram: { dataPoints: [point(1, { count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [5] })] } },
      { name: 'q', summary: { dataPoints: [point(2, { count: 2, sum: 1, quantileValues: [{ quantile: 0.5, value: 9 }] })] } },
      { name: 'temp', gauge: { dataPoints: [point(2, { asInt: 8 })] } },
    ])}\n`);
    expect(await rows('oteljson', [a, b], {}, 'SELECT * REPLACE (epoch_ns(timestamp) AS timestamp) FROM t')).toEqual([
      { 'timestamp': 1000000001n, 'temp': 9007199254740993n, 'cpu{c=0,s=idle}': 0.5, 'lat.count': 3n, 'lat.sum': 6, 'lat.bucket_counts': [1n, 2n],
        'lat.explicit_bounds': [5], 'q.count': null, 'q.sum': null, 'q.quantile_0.5': null },
      { 'timestamp': 2000000001n, 'temp': 8n, 'cpu{c=0,s=idle}': null, 'lat.count': null, 'lat.sum': null, 'lat.bucket_counts': null,
        'lat.explicit_bounds': null, 'q.count': 2n, 'q.sum': 1, 'q.quantile_0.5': 9 },
    ]);
    expect(Object.keys(await columns('oteljson', a, { attributes: 'all' }))).toEqual(['timestamp', 'temp{resource.host=h}', 'cpu{resource.host=h,c=0,s=idle}']);
    expect(Object.keys(await columns('oteljson', a, { attributes: 'none' }))).toEqual(['timestamp', 'temp', 'cpu']);
  });

  it('a bad line is an error with its number', async () => {
    const path = write('bad.otlp', `${line([])}\n{"resourceMetrics":\n`);
    expect(await failure('oteljson', path)).toMatch(/^Cannot read "\/bad.otlp" line 2: it is not OTLP JSON: /);
    expect(await failure('oteljson', write('odd.otlp', '{"a":1}\n'))).toMatch(/line 1: it is not OTLP JSON: "resourceMetrics" is missing/);
  });
});

describe('excel', () => {
  const book = (sheet: string): Uint8Array => zipSync({
    'xl/workbook.xml': strToU8('<workbook xmlns:r="x"><sheets><sheet name="One" sheetId="1" r:id="rId1"/><sheet name="Two" sheetId="2" r:id="rId2"/></sheets></workbook>'),
    'xl/_rels/workbook.xml.rels': strToU8('<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>'),
    'xl/sharedStrings.xml': strToU8('<sst><si><t>when</t></si><si><r><t>na</t></r><r><t>me</t></r></si><si><t>007</t></si></sst>'),
    'xl/styles.xml': strToU8('<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>'),
    'xl/worksheets/sheet1.xml': strToU8(`<worksheet><sheetData>${sheet}</sheetData></worksheet>`),
    'xl/worksheets/sheet2.xml': strToU8('<worksheet><sheetData><row r="2"><c r="B2"><v>1</v></c><c r="C2"><v>2.5</v></c></row></sheetData></worksheet>'),
  });
  const sheet = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>n</t></is></c></row>'
    + '<row r="2"><c r="A2" s="1"><v>45292.5</v></c><c r="B2" t="s"><v>2</v></c><c r="D2"><v>1</v></c></row>'
    + '<row r="3"><c r="A3" s="1"><v>45293</v></c><c r="C3" t="b"><v>1</v></c><c r="D3"><v>2.5</v></c></row>'
    + '<row r="4"><c r="D4" t="e"><v>#N/A</v></c></row>';
  it('reads names, types, dates and gaps', async () => {
    const path = write('book.xlsx', book(sheet));
    expect(await columns('excel', path)).toEqual({ when: 'TIMESTAMP', name: 'VARCHAR', C: 'BOOLEAN', n: 'DOUBLE' });
    expect(await rows('excel', path, {}, 'SELECT * REPLACE ("when"::VARCHAR AS "when") FROM t')).toEqual([
      { when: '2024-01-01 12:00:00', name: '007', C: null, n: 1 }, { when: '2024-01-02 00:00:00', name: null, C: true, n: 2.5 },
    ]);
    expect(await rows('excel', path, { sheet: 'Two', header: 'false' })).toEqual([{ A: null, B: 1n, C: 2.5 }]);
    expect(await rows('excel', path, { sheet: '2', header: 'false', range: 'B2:C' })).toEqual([{ B: 1n, C: 2.5 }]);
    expect(await failure('excel', path, { sheet: 'Three' })).toBe('Cannot read "/book.xlsx": it has no sheet "Three", one of "One", "Two" was wanted');
  });

  it('zip bombs, junk and cut off files are errors', async () => {
    const bomb = await failure('excel', write('bomb.xlsx', book(' '.repeat(64 * 1024 * 1024))));
    expect(bomb).toMatch(/^Cannot read "\/bomb.xlsx": its part "xl\/worksheets\/sheet1.xml" grows to more than \d+ MB out of \d+ bytes/);
    expect(await failure('excel', write('junk.xlsx', 'no zip'))).toMatch(/^Cannot read "\/junk.xlsx": it is not xlsx, is damaged or was cut off/);
    expect(await failure('excel', write('cut.xlsx', book(sheet).subarray(0, 400)))).toMatch(/^Cannot read "\/cut.xlsx": it is not xlsx, is damaged or was cut off/);
    expect(await failure('excel', write('xml.xlsx', book('<row><c></row>')))).toMatch(/^Cannot read "\/xml.xlsx": it is not xlsx, is damaged/);
  });
});
