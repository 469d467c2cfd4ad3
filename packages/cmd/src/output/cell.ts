import { formatTimestamp } from '../time.ts';
import type { Cell, ColumnType } from './rows.ts';

/** A cell as text, every digit kept; null is the empty text, binary is lower-case hex. */
export function cellText(cell: Cell, type: ColumnType): string {
  if (cell === null || cell === undefined) return '';
  if (type === 'json') return jsonText(cell);
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'bigint') return type === 'timestamp' ? formatTimestamp(cell) : String(cell);
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  return cell instanceof Uint8Array ? hex(cell) : jsonText(cell);
}

/** A cell as a JSON value: integers beyond 2^53 and timestamps as strings, what JSON has no number for as null. */
export function cellJson(cell: Cell, type: ColumnType): string {
  return typeof cell === 'bigint' && type === 'timestamp' ? `"${formatTimestamp(cell)}"` : jsonText(cell);
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
