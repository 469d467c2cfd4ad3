import { instantText, timestampText } from './civil.ts';
import { doubleText, isSafeDecimal } from './number-text.ts';
import type { Cell, ColumnType } from './rows.ts';

/** A cell as text, every digit kept; null is the empty text, binary is lower-case hex. */
export function cellText(cell: Cell, type: ColumnType): string {
  if (cell === null || cell === undefined) return '';
  if (type === 'json') return jsonText(cell);
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'bigint') return bigintText(cell, type);
  if (typeof cell === 'number') return doubleText(cell);
  if (typeof cell === 'boolean') return String(cell);
  return cell instanceof Uint8Array ? hex(cell) : jsonText(cell);
}

/** A cell as a JSON value: numbers that would lose digits and times as strings, what JSON has no number for as null. */
export function cellJson(cell: Cell, type: ColumnType): string {
  if (typeof cell === 'bigint' && (type === 'timestamp' || type === 'datetime')) return `"${bigintText(cell, type)}"`;
  if (typeof cell === 'string' && (type === 'jsontext' || type === 'decimal' && isSafeDecimal(cell))) return cell;
  return Object.is(cell, -0) ? '-0' : jsonText(cell);
}

/** JSON of any plain value, with bigint (a string beyond 2^53) and bytes (hex). */
export function jsonText(value: unknown): string {
  return JSON.stringify(value ?? null, jsonValue);
}

function jsonValue(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return value instanceof Uint8Array ? hex(value) : value;
}

function bigintText(value: bigint, type: ColumnType): string {
  if (type === 'timestamp') return instantText(value);
  return type === 'datetime' ? timestampText(value, 6) : String(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
