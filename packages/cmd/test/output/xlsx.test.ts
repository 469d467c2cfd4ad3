import { expect, test } from 'vitest';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { writeXlsx } from '../../src/output/xlsx.ts';
import type { Row } from '../../src/output/rows.ts';
import { fakeEffects } from '../fake-effects.ts';
import { bytesOf, COLUMNS, ROWS } from './rows.ts';

/** The parts of a package by name. */
async function unzip(bytes: Buffer): Promise<ReadonlyMap<string, string>> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file))));
  const parts = new Map<string, string>();
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(parts));
    zip.on('entry', (entry: Entry) => zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error);
      const blocks: Buffer[] = [];
      stream.on('data', (block: Buffer) => blocks.push(block));
      stream.on('end', () => {
        parts.set(entry.fileName, Buffer.concat(blocks).toString());
        zip.readEntry();
      });
    }));
    zip.readEntry();
  });
}

function cells(sheet: string): Readonly<Record<string, string>> {
  const found = [...sheet.matchAll(/<c r="([A-Z]+\d+)"([^>]*)>(.*?)<\/c>/gs)];
  return Object.fromEntries(found.map(([, reference = '', attributes = '', content = '']) =>
    [reference, `${attributes.trim()} ${content.replace(/<[^>]*>/g, '')}`.trim()]));
}

test('writeXlsx() keeps every value: long numbers and texts as text, times as days', async () => {
  const parts = await unzip(await bytesOf({ columns: COLUMNS, rows: ROWS }, 'xlsx'));
  expect([...parts.keys()].sort()).toEqual([
    '[Content_Types].xml', '_rels/.rels', 'xl/_rels/workbook.xml.rels', 'xl/styles.xml', 'xl/workbook.xml', 'xl/worksheets/sheet1.xml',
  ]);
  const found = cells(parts.get('xl/worksheets/sheet1.xml') ?? '');
  expect(found).toMatchObject({
    A1: 's="1" t="inlineStr" text', A2: 't="inlineStr" plain', B2: '1', C2: '0.1', D2: 't="b" 1', F2: 't="inlineStr" 00ff',
    B3: 't="inlineStr" 9223372036854775807', C3: '-1e+300', E3: expect.stringMatching(/^s="2" 46348\.541668/) as string,
  });
  expect(found['A5']).toBeUndefined();
});

test('writeXlsx() never writes a formula, and no character that XML has not', async () => {
  const columns = [{ name: '=1+1', type: 'string' }, { name: 'd', type: 'date' }, { name: 'x', type: 'decimal' }] as const;
  const rows: Row[] = [['=cmd|\'x\'!A1', '2024-02-29', '1.50'], ['\u0000_x0041_<&>', '0001-01-01', '123456789012345.678']];
  const sheet = (await unzip(await bytesOf({ columns, rows }, 'xlsx'))).get('xl/worksheets/sheet1.xml') ?? '';
  expect(sheet).not.toContain('<f>');
  expect(cells(sheet)).toMatchObject({
    A1: 's="1" t="inlineStr" =1+1', A2: 't="inlineStr" =cmd|\'x\'!A1', B2: 's="3" 45351', C2: '1.50',
    A3: 't="inlineStr" _x0000__x005F_x0041_&lt;&amp;&gt;', B3: 't="inlineStr" 0001-01-01', C3: 't="inlineStr" 123456789012345.678',
  });
});

test('writeXlsx() goes on in further sheets, and an empty result has a head', async () => {
  const fake = fakeEffects();
  const rows = Array.from({ length: 25 }, (_, index): Row => [index]);
  await writeXlsx({ columns: [{ name: 'n', type: 'long' }], rows }, fake.effects.stdout, { maxRows: 11 });
  const parts = await unzip(fake.stdoutBytes());
  expect(parts.get('xl/workbook.xml')).toContain('name="Result 3"');
  expect(cells(parts.get('xl/worksheets/sheet3.xml') ?? '')).toEqual({
    A1: 's="1" t="inlineStr" n', A2: '20', A3: '21', A4: '22', A5: '23', A6: '24',
  });
  const empty = await unzip(await bytesOf({ columns: [{ name: 'n', type: 'long' }], rows: [] }, 'xlsx'));
  expect(cells(empty.get('xl/worksheets/sheet1.xml') ?? '')).toEqual({ A1: 's="1" t="inlineStr" n' });
});

test('writeXlsx() says what Excel does not take, and fails as its rows do', async () => {
  const columns = [{ name: 't', type: 'string' }] as const;
  await expect(bytesOf({ columns, rows: [['x'.repeat(40_000)]] }, 'xlsx')).rejects.toThrow(/cell A2 is a text of 40000 characters, at most 32767/);
  const rows = (function* (): Iterable<Row> {
    yield ['a'];
    throw new Error('half-way');
  })();
  await expect(bytesOf({ columns, rows }, 'xlsx')).rejects.toThrow('half-way');
});
