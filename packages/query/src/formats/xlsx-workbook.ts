import { badInput } from './read-error.ts';
import { readXml, type WorkbookParts, type XmlHandler } from './xlsx-parts.ts';

/** What the cells of a sheet need to be understood. */
export interface Workbook {
  readonly sheets: readonly { readonly name: string; readonly part: string }[];
  readonly sharedStrings: readonly string[];
  /** By the number of a cell's style: its numbers are dates. */
  readonly isDate: readonly boolean[];
  /** Days count from 1904 instead of 1900. */
  readonly from1904: boolean;
}

const MAX_STRINGS_LENGTH = 512 * 1024 * 1024;

/** Reads the parts of a workbook that are not sheets. @throws QueryError `bad-input` */
export async function readWorkbook(parts: WorkbookParts, original: string): Promise<Workbook> {
  const targets = new Map<string, string>();
  await readPart(parts, 'xl/_rels/workbook.xml.rels', original, {
    open: (name, attribute) => {
      const target = attribute('Target') ?? '';
      if (name === 'Relationship') targets.set(attribute('Id') ?? '', target.startsWith('/') ? target.slice(1) : `xl/${target}`);
    },
  });
  const sheets: { name: string; part: string }[] = [];
  let from1904 = false;
  const known = await readPart(parts, 'xl/workbook.xml', original, {
    open: (name, attribute) => {
      if (name === 'workbookPr') from1904 = ['1', 'true'].includes(attribute('date1904') ?? '');
      if (name === 'sheet') sheets.push({ name: attribute('name') ?? '', part: targets.get(attribute('r:id') ?? '') ?? '' });
    },
  });
  if (!known) throw badInput(original, { what: 'it is a zip file without a workbook, xlsx was wanted' });
  return { sheets, from1904, sharedStrings: await readStrings(parts, original), isDate: await readStyles(parts, original) };
}

async function readStrings(parts: WorkbookParts, original: string): Promise<readonly string[]> {
  const strings: string[] = [];
  let length = 0;
  let text = '';
  let inText = false;
  let inPhonetic = false;
  await readPart(parts, 'xl/sharedStrings.xml', original, {
    open: (name) => {
      if (name === 'si') text = '';
      if (name === 't') inText = !inPhonetic;
      if (name === 'rPh') inPhonetic = true;
    },
    text: (piece) => {
      if (inText) text += piece;
    },
    close: (name) => {
      if (name === 't') inText = false;
      if (name === 'rPh') inPhonetic = false;
      if (name !== 'si') return;
      length += text.length;
      if (length > MAX_STRINGS_LENGTH) {
        throw badInput(original, { what: 'its shared strings have more than 512 MB, which is more than is held in memory' });
      }
      strings.push(text);
    },
  });
  return strings;
}

async function readStyles(parts: WorkbookParts, original: string): Promise<readonly boolean[]> {
  const formats = new Map<number, string>();
  const isDate: boolean[] = [];
  let inCells = false;
  await readPart(parts, 'xl/styles.xml', original, {
    open: (name, attribute) => {
      if (name === 'numFmt') formats.set(Number(attribute('numFmtId')), attribute('formatCode') ?? '');
      if (name === 'cellXfs') inCells = true;
      if (name === 'xf' && inCells) isDate.push(isDateFormat(Number(attribute('numFmtId')), formats));
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return isDate;
}

/** The built-in formats of dates and times, and own ones that show a part of a date outside of quotes, brackets and escapes. */
function isDateFormat(id: number, formats: ReadonlyMap<number, string>): boolean {
  if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)) return true;
  const code = (formats.get(id) ?? '').replaceAll(/"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '');
  return /[ymdhs]/i.test(code.replaceAll(/general/gi, ''));
}

async function readPart(parts: WorkbookParts, name: string, original: string, handler: XmlHandler): Promise<boolean> {
  const bytes = await parts.read(name);
  if (bytes === undefined) return false;
  for await (const _ of readXml(bytes, handler, original)) void _;
  return true;
}
