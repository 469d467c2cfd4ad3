import { cellText } from './cell.ts';
import { isSafeDecimal } from './number-text.ts';
import type { Cell, ColumnType } from './rows.ts';

/** Formats of numbers by their place in `cellXfs` of the style sheet; 1 is the head. */
export const STYLES: { readonly head: 1; readonly time: 2; readonly date: 3 } = { head: 1, time: 2, date: 3 };

/** What Excel takes in a cell. */
export const MAX_TEXT = 32_767;

const MICROS_PER_DAY = 86_400_000_000n;
/** Excel counts days from 1899-12-30, and is wrong about every day before 1900-03-01: it has a 29 February 1900. */
const EPOCH_DAYS = 25_569;
const FIRST_DAY = 61;
const LAST_DAY = 2_958_466;

/**
 * A cell of a worksheet. Numbers while Excel keeps them, otherwise text; times as Excel's days with a format, in UTC; texts always
 * as texts, so that nothing becomes a formula. An absent value is an absent cell.
 *
 * @throws RangeError when a text is longer than a cell may be
 */
export function cellXml(cell: Cell, type: ColumnType, reference: string): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'boolean') return `<c r="${reference}" t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (typeof cell === 'number' && Number.isFinite(cell)) return numberXml(String(cell), reference);
  if (typeof cell === 'bigint') {
    if (type === 'timestamp' || type === 'datetime') {
      const days = Number(cell / MICROS_PER_DAY) + Number(cell % MICROS_PER_DAY) / Number(MICROS_PER_DAY) + EPOCH_DAYS;
      if (isDay(days)) return numberXml(String(days), reference, STYLES.time);
    } else if (Number.isSafeInteger(Number(cell))) {
      return numberXml(String(cell), reference);
    }
  }
  const text = cellText(cell, type);
  if (type === 'decimal' && isSafeDecimal(text)) return numberXml(text, reference);
  if (type === 'date') {
    const days = Date.parse(`${text}T00:00:00Z`) / 86_400_000 + EPOCH_DAYS;
    if (isDay(days)) return numberXml(String(days), reference, STYLES.date);
  }
  return textXml(text, reference);
}

export function textXml(text: string, reference: string, style?: number): string {
  if (text.length > MAX_TEXT) throw new RangeError(`a text of ${text.length} characters`);
  const styled = style === undefined ? '' : ` s="${style}"`;
  return `<c r="${reference}"${styled} t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;
}

function numberXml(text: string, reference: string, style?: number): string {
  return `<c r="${reference}"${style === undefined ? '' : ` s="${style}"`}><v>${text}</v></c>`;
}

function isDay(days: number): boolean {
  return days >= FIRST_DAY && days < LAST_DAY;
}

const MARKS: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };

/** XML has no control characters: Office writes them as `_x0007_`, and an underscore that would read as one as `_x005F_`. */
export function escapeXml(text: string): string {
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[\u0000-\u0008\u000b\u000c\r\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu,
      (mark) => `_x${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[<>&"]/g, (mark) => MARKS[mark] ?? mark);
}

/** `A`, `Z`, `AA`: the letters of a column, counted from 0. */
export function columnLetters(index: number): string {
  let letters = '';
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) letters = String.fromCharCode(65 + (left - 1) % 26) + letters;
  return letters;
}
