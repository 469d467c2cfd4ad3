import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Output } from '../effects.ts';
import { CliError } from '../errors.ts';
import type { Column, Row, Rows } from './rows.ts';
import { cellXml, columnLetters, escapeXml, MAX_TEXT, STYLES, textXml } from './xlsx-cell.ts';

/** Rows of a worksheet, the head included, and its columns. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const BLOCK_LENGTH = 64 * 1024;
/** The same rows give the same bytes. */
const TIME = new Date(Date.UTC(1980, 0, 1));

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** Sheets of at most `maxRows` rows, the head included. */
export interface XlsxLimits {
  readonly maxRows: number;
}

/**
 * An Office Open XML workbook: a head that stays in view, then a row a row. What does not fit into a sheet goes on in the next one,
 * with the head again.
 *
 * @throws CliError `usage` when a result has more columns, or a cell more text, than Excel takes
 */
export async function writeXlsx({ columns, rows }: Rows, out: Output, { maxRows }: XlsxLimits = { maxRows: MAX_ROWS }): Promise<void> {
  if (columns.length > MAX_COLUMNS) {
    throw new CliError('usage', `Cannot print as "xlsx": ${columns.length} columns, at most ${MAX_COLUMNS} was wanted`);
  }
  const zip = new ZipFile();
  const failed = new Promise<never>((_, reject) => zip.on('error', reject));
  const pack = async (): Promise<void> => {
    const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    try {
      let sheets = 0;
      let next = await iterator.next();
      do {
        sheets++;
        const head = next;
        const sheet = Readable.from(sheetXml(columns, head, iterator, maxRows, (last) => (next = last)), { objectMode: false });
        const ended = once(sheet, 'end');
        zip.addReadStream(sheet, `xl/worksheets/sheet${sheets}.xml`, { mtime: TIME });
        await ended;
      } while (next.done !== true);
      for (const [name, text] of workbookParts(sheets)) zip.addBuffer(Buffer.from(XML + text), name, { mtime: TIME });
      zip.end();
    } finally {
      await iterator.return?.();
    }
  };
  const deliver = async (): Promise<void> => {
    for await (const block of Readable.from(zip.outputStream)) await out.write(block as Uint8Array);
  };
  const packed = pack();
  await Promise.race([Promise.all([packed, deliver()]), failed, packed.then(() => new Promise<never>(() => undefined))]);
}

type RowIterator = AsyncIterator<Row> | Iterator<Row>;

async function* sheetXml(
  columns: readonly Column[], first: IteratorResult<Row>, rows: RowIterator, maxRows: number, leave: (next: IteratorResult<Row>) => void,
): AsyncGenerator<string, void, undefined> {
  const letters = columns.map((_, index) => columnLetters(index));
  let block = `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">`
    + '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>';
  if (columns.length > 0) block += `<cols>${columns.map(widthXml).join('')}</cols>`;
  block += `<sheetData><row r="1">${columns.map(({ name }, index) => headXml(name, `${letters[index] ?? ''}1`)).join('')}</row>`;
  let next = first;
  for (let line = 2; next.done !== true && line <= maxRows; line++) {
    const row = next.value;
    block += `<row r="${line}">`;
    for (let index = 0; index < columns.length; index++) {
      block += rowCell(columns[index], row[index], `${letters[index] ?? ''}${line}`);
    }
    block += '</row>';
    if (block.length >= BLOCK_LENGTH) {
      yield block;
      block = '';
    }
    next = await rows.next();
  }
  leave(next);
  yield `${block}</sheetData></worksheet>`;
}

function rowCell(column: Column | undefined, cell: unknown, reference: string): string {
  if (column === undefined) return '';
  try {
    return cellXml(cell, column.type, reference);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CliError('usage',
      `Cannot print "${column.name}" as "xlsx": cell ${reference} is ${cause.message}, at most ${MAX_TEXT} was wanted`);
  }
}

function headXml(name: string, reference: string): string {
  return textXml(name.slice(0, MAX_TEXT), reference, STYLES.head);
}

function widthXml({ name, type }: Column, index: number): string {
  const least = type === 'timestamp' || type === 'datetime' ? 24 : 12;
  return `<col min="${index + 1}" max="${index + 1}" width="${Math.min(60, Math.max(least, name.length + 2))}" customWidth="1"/>`;
}

function workbookParts(sheets: number): readonly (readonly [name: string, text: string])[] {
  const numbers = Array.from({ length: sheets }, (_, index) => index + 1);
  const sheetName = (number: number): string => escapeXml(number === 1 ? 'Result' : `Result ${number}`);
  return [
    ['[Content_Types].xml', `<Types xmlns="${PACKAGE}/content-types">`
      + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
      + `<Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>`
      + `<Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>`
      + numbers.map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${TYPE}.worksheet+xml"/>`).join('')
      + '</Types>'],
    ['_rels/.rels', `<Relationships xmlns="${PACKAGE}/relationships">`
      + `<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ['xl/workbook.xml', `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>`
      + `${numbers.map((n) => `<sheet name="${sheetName(n)}" sheetId="${n}" r:id="rId${n}"/>`).join('')}</sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', `<Relationships xmlns="${PACKAGE}/relationships">`
      + numbers.map((n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`).join('')
      + `<Relationship Id="rId${sheets + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`],
    ['xl/styles.xml', stylesXml()],
  ];
}

/** The entries of `cellXfs` are what `STYLES` counts. */
function stylesXml(): string {
  const xf = (format: number, font: number): string =>
    `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" xfId="0"${format > 0 ? ' applyNumberFormat="1"' : ''}`
    + `${font > 0 ? ' applyFont="1"' : ''}/>`;
  const font = (bold: string): string => `<font>${bold}<sz val="11"/><name val="Calibri"/><family val="2"/></font>`;
  return `<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/>`
    + '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    + `<fonts count="2">${font('')}${font('<b/>')}</fonts>`
    + '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    + '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    + `<cellXfs count="4">${xf(0, 0)}${xf(0, 1)}${xf(164, 0)}${xf(165, 0)}</cellXfs>`
    + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>';
}
