import type { ScanSession } from '../scan-session.ts';
import { filledFiles, plainFiles } from './inputs.ts';
import { booleanOption, checkOptions, type Options, wrongOption } from './options.ts';
import { badInput } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { type Cell, columnNames, rowsWriter, selectGuessed } from './rows-spool.ts';
import { spoolOf } from './spool.ts';
import { openWorkbook, readXml, type WorkbookParts } from './xlsx-parts.ts';
import { readWorkbook, type Workbook } from './xlsx-workbook.ts';

/**
 * Workbooks of Excel (xlsx). `sheet` is a name or a number from 1, the first sheet unless given; `range=B2:F100` its cells, of which the last row may
 * be open (`B2:F`); `header=false` calls the columns by their letters, otherwise the first row that is not empty names them. Numbers whose
 * format shows a date or a time are TIMESTAMP; columns of mixed cells are text; errors (`#N/A`) are null.
 */
export const excelReader: FormatReader = { format: 'excel', select: selectExcel };

interface Range { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

async function selectExcel(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('excel', options, ['sheet', 'range', 'header', 'compression']);
  const header = booleanOption('excel', options, 'header') ?? true;
  const range = rangeOption(options);
  await filledFiles('excel', paths, options);
  const selects: string[] = [];
  for (const path of await plainFiles(session, 'excel', paths, options, 'xlsx')) {
    const original = spoolOf(session).original(path);
    const parts = await openWorkbook(path, original);
    try {
      const workbook = await readWorkbook(parts, original);
      const part = sheetPart(workbook, options, original);
      const writer = rowsWriter(session, original);
      const names = await writeSheet(sheetRows(parts, workbook, part, range, original), header, range, writer.write, session.signal);
      await writer.close();
      if (names.length === 0) {
        throw badInput(original, { what: 'its sheet has no cells, a header or rows were wanted', hint: '?sheet= names another one' });
      }
      selects.push(await selectGuessed(session, writer.path, names));
    } finally {
      parts.close();
    }
  }
  return selects.length === 1 ? selects[0] ?? '' : selects.map((select) => `(${select})`).join(' UNION ALL BY NAME ');
}

function sheetPart({ sheets }: Workbook, options: Options, original: string): string {
  const wanted = options['sheet'];
  const numbered = wanted !== undefined && /^\d+$/.test(wanted) ? sheets[Number(wanted) - 1] : undefined;
  const found = wanted === undefined ? sheets[0] : sheets.find(({ name }) => name === wanted) ?? numbered;
  if (found !== undefined) return found.part;
  const known = sheets.map(({ name }) => `"${name}"`).join(', ');
  throw badInput(original, { what: `it has no sheet "${wanted ?? '1'}", one of ${known || 'none'} was wanted` });
}

function rangeOption(options: Options): Range {
  const text = options['range'];
  if (text === undefined) return { left: 0, right: Infinity, top: 1, bottom: Infinity };
  const [, left, top, right, bottom] = /^\$?([A-Z]{1,3})\$?(\d*):\$?([A-Z]{1,3})\$?(\d*)$/i.exec(text) ?? [];
  if (left === undefined || right === undefined) throw wrongOption('excel', options, 'range', 'two corners such as B2:F100 or B2:F');
  return {
    left: columnNumber(left), right: columnNumber(right),
    top: top === '' ? 1 : Number(top), bottom: bottom === '' ? Infinity : Number(bottom),
  };
}

async function writeSheet(
  rows: AsyncIterable<readonly Cell[]>, header: boolean, range: Range,
  write: (cells: readonly Cell[]) => Promise<void>, signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  let names: Cell[] | undefined = header ? undefined : [];
  let width = 0;
  for await (const cells of rows) {
    signal?.throwIfAborted();
    if (cells.every((cell) => cell === undefined)) continue;
    width = Math.max(width, cells.length);
    if (names === undefined) names = [...cells];
    else await write(cells);
  }
  if (names === undefined) return [];
  const letters = Array.from({ length: width }, (_, at) => columnLetters(range.left + at));
  return columnNames(letters.map((letter, at) => (header ? cellText(names[at]) ?? letter : letter)));
}

function cellText(cell: Cell): string | undefined {
  return cell === undefined || cell === null ? undefined : String(cell);
}

async function* sheetRows(
  parts: WorkbookParts, workbook: Workbook, part: string, range: Range, original: string,
): AsyncGenerator<readonly Cell[]> {
  const bytes = await parts.read(part);
  if (bytes === undefined) throw badInput(original, { what: `its part "${part}" is missing` });
  let ready: Cell[][] = [];
  let row = 0;
  let cells: Cell[] = [];
  let at = -1;
  let type = 'n';
  let style = 0;
  let text: string | undefined;
  let value = '';
  const isIn = (): boolean => row >= range.top && row <= range.bottom;
  yield* drain(readXml(bytes, {
    open: (name, attribute) => {
      if (name === 'row') {
        row = Number(attribute('r') ?? row + 1);
        cells = [];
        at = -1;
      } else if (name === 'c') {
        const reference = attribute('r');
        at = reference === undefined ? at + 1 : columnNumber(/^[A-Z]+/i.exec(reference)?.[0] ?? 'A');
        type = attribute('t') ?? 'n';
        style = Number(attribute('s') ?? 0);
        value = '';
      } else if (name === 'v' || name === 't') text = '';
    },
    text: (piece) => {
      if (text !== undefined) text += piece;
    },
    close: (name) => {
      if ((name === 'v' || name === 't') && text !== undefined) {
        value += text;
        text = undefined;
      } else if (name === 'c' && isIn() && at >= range.left && at <= range.right) {
        const cell = cellOf(type, value, style, workbook);
        if (cell !== undefined) cells[at - range.left] = cell;
      } else if (name === 'row' && isIn()) ready.push(Array.from(cells));
    },
  }, original), () => {
    const taken = ready;
    ready = [];
    return taken;
  });
}

async function* drain<T>(steps: AsyncIterable<void>, take: () => readonly T[]): AsyncGenerator<T> {
  for await (const _ of steps) {
    void _;
    yield* take();
  }
}

function cellOf(type: string, value: string, style: number, { sharedStrings, isDate, from1904 }: Workbook): Cell {
  if (type === 'e' || (value === '' && type !== 'inlineStr')) return undefined;
  if (type === 's') return sharedStrings[Number(value)];
  if (type === 'b') return value === '1';
  if (type === 'str' || type === 'inlineStr' || type === 'd') return value === '' ? undefined : value;
  const number = Number(value);
  if (isDate[style] === true) return dateOf(number, from1904);
  return Number.isSafeInteger(number) ? BigInt(number) : number;
}

const MILLIS_PER_DAY = 86_400_000;

/** An Excel day number as ISO text. Day 60 of 1900 never was, so that days before it are one off. */
function dateOf(days: number, from1904: boolean): string {
  const start = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  const millis = start + Math.round(days * MILLIS_PER_DAY);
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) return String(days);
  return date.toISOString().slice(0, 23).replace('T', ' ');
}

function columnNumber(letters: string): number {
  return [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function columnLetters(number: number): string {
  const rest = Math.floor(number / 26) - 1;
  return (rest >= 0 ? columnLetters(rest) : '') + String.fromCharCode(65 + number % 26);
}
