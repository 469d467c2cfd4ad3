import type { ScanSession } from '../scan-session.ts';
import { readBytes } from './decompress.ts';
import { filledFiles } from './inputs.ts';
import { checkOptions, integerOption, type Options } from './options.ts';
import { badInput } from './read-error.ts';
import type { FormatReader } from './reader.ts';
import { columnNames, type RowsWriter, rowsWriter, selectGuessed } from './rows-spool.ts';

const MAX_CELLS = 16_384;
/** The parser looks through all that are open. */
const MAX_DEPTH = 2_000;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const PLAIN_WHOLE = /^-?(?:0|[1-9]\d{0,17})$/;

/**
 * An HTML table that was saved with the name of a spreadsheet, as HydroVu exports it. The columns are those of the widest table unless `table`
 * gives a number, counted from 1; its first row as wide as the table is the header, what stands before it is left out. Numbers become
 * BIGINT or DOUBLE, ISO times TIMESTAMP, empty cells null.
 */
export const excelHtmlReader: FormatReader = { format: 'excelhtml', select: selectHtml };

interface Row { readonly table: number; readonly cells: readonly string[] }

async function selectHtml(session: ScanSession, paths: readonly string[], options: Options): Promise<string> {
  checkOptions('excelhtml', options, ['table', 'compression']);
  const wanted = integerOption('excelhtml', options, 'table', 1);
  const selects: string[] = [];
  for (const { path, compression } of await filledFiles('excelhtml', paths, options)) {
    const rows = (): AsyncGenerator<Row> => tableRows(path, readBytes(path, compression, session.signal));
    const { table, width } = await widest(rows(), wanted);
    if (width === 0) {
      const which = wanted === undefined ? '' : ` ${wanted}`;
      throw badInput(path, { what: `it has no HTML table${which} with cells` });
    }
    const writer = rowsWriter(session, path);
    const names = await writeTable(rows(), table, width, writer);
    await writer.close();
    selects.push(await selectGuessed(session, writer.path, names));
  }
  return selects.length === 1 ? selects[0] ?? '' : selects.map((select) => `(${select})`).join(' UNION ALL BY NAME ');
}

async function widest(rows: AsyncIterable<Row>, wanted: number | undefined): Promise<{ table: number; width: number }> {
  let best = { table: 0, width: 0 };
  for await (const { table, cells } of rows) {
    if ((wanted === undefined || wanted === table) && cells.length > best.width) best = { table, width: cells.length };
  }
  return best;
}

async function writeTable(rows: AsyncIterable<Row>, table: number, width: number, writer: RowsWriter): Promise<readonly string[]> {
  let names: readonly string[] | undefined;
  for await (const row of rows) {
    if (row.table !== table) continue;
    if (names === undefined) {
      if (row.cells.length === width) names = columnNames(row.cells);
      continue;
    }
    if (row.cells.some((cell) => cell !== '')) await writer.write(row.cells.map(cellOf));
  }
  return names ?? [];
}

function cellOf(text: string): string | number | bigint | undefined {
  if (text === '') return undefined;
  if (PLAIN_WHOLE.test(text)) return BigInt(text);
  return NUMBER.test(text) && !/^[+-]?0\d/.test(text) ? Number(text) : text;
}

/** Rows of tables, in the order of the document; cells of a table inside a cell belong to that table. */
async function* tableRows(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  const { Parser } = await import('htmlparser2');
  let ready: Row[] = [];
  let tables = 0;
  const open: { readonly table: number; cells: string[]; text: string | undefined }[] = [];
  const endCell = (): void => {
    const current = open.at(-1);
    if (current?.text === undefined) return;
    if (current.cells.length < MAX_CELLS) current.cells.push(current.text.replaceAll(/[\s\u00a0]+/g, ' ').trim());
    current.text = undefined;
  };
  const endRow = (): void => {
    endCell();
    const current = open.at(-1);
    if (current === undefined || current.cells.length === 0) return;
    ready.push({ table: current.table, cells: current.cells });
    current.cells = [];
  };
  let depth = 0;
  const parser = new Parser({
    onopentagname: (name) => {
      if (++depth > MAX_DEPTH) throw badInput(path, { what: `its elements are nested more than ${MAX_DEPTH} deep, fewer were wanted` });
      if (name === 'table') open.push({ table: tables += 1, cells: [], text: undefined });
      else if (name === 'tr') endRow();
      else if (name === 'td' || name === 'th') {
        endCell();
        const current = open.at(-1);
        if (current !== undefined) current.text = '';
      }
    },
    ontext: (text) => {
      const current = open.at(-1);
      if (current?.text !== undefined) current.text += text;
    },
    onclosetag: (name) => {
      depth--;
      if (name === 'td' || name === 'th') endCell();
      else if (name === 'tr') endRow();
      else if (name === 'table') {
        endRow();
        open.pop();
      }
    },
  }, { decodeEntities: true, lowerCaseTags: true });
  const decoder = new TextDecoder();
  for await (const piece of bytes) {
    parser.write(decoder.decode(piece, { stream: true }));
    yield* ready;
    ready = [];
  }
  parser.end(decoder.decode());
  yield* ready;
}
