import type { WD, WritableWD } from '@duckpond/pond';
import type { ReadingColumn } from './columns.ts';
import { HydroVuError } from './errors.ts';

/** How far a device is collected, by its clock. */
export interface Position {
  /** The first second that was not asked for yet. */
  readonly nextSeconds: number;
  /**
   * When the last run began, unix seconds, if it did not come to its end: what was younger than an overlap then may be incomplete.
   */
  readonly askedSeconds: number | undefined;
}

/** It is committed in the transaction of the rows that it speaks of. */
export interface Cursor extends Position {
  /** The id of its series; another one at that path begins anew. Empty: there is none yet, and it begins here. */
  readonly series: string;
  /** Where a series begins that goes on behind one that was put away. */
  readonly firstSeconds?: number;
  /** Which column the readings of which ids are in, by `columnKey`. */
  readonly columns: ReadonlyMap<string, ReadingColumn>;
}

/** A cursor with the version of the file that has it; 0 while there is none. */
export interface StoredCursor {
  readonly cursor: Cursor | undefined;
  readonly version: number;
}

export const CURSOR_NAME = '.cursor.json';

/** @throws HydroVuError `corrupt` */
export async function readCursor(root: WD, path: string): Promise<StoredCursor> {
  const version = await versionAt(root, path);
  if (version === 0) return { cursor: undefined, version };
  const chunks: Uint8Array[] = [];
  for await (const chunk of root.read(path)) chunks.push(chunk);
  const cursor = decodeCursor(Buffer.concat(chunks).toString('utf8'));
  if (cursor !== undefined) return { cursor, version };
  const message = `Cannot read the cursor "${path}": it is not as a collector wrote it, one that is, or none, was wanted`;
  throw new HydroVuError('corrupt', message, { path });
}

/** The newest version of the file at a path; 0 when there is none. */
export async function versionAt(root: WD, path: string): Promise<number> {
  return await root.exists(path) ? (await root.get(path)).node.version : 0;
}

export async function writeCursor(root: WritableWD, path: string, { columns, ...rest }: Cursor): Promise<number> {
  const text = JSON.stringify({ ...rest, columns: Object.fromEntries(columns) });
  return (await root.write(path, [Buffer.from(`${text}\n`)], { parents: true })).node.version;
}

function decodeCursor(text: string): Cursor | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { series, nextSeconds, askedSeconds, firstSeconds, columns } = value;
  if (typeof series !== 'string' || !isWhole(nextSeconds) || !isRecord(columns)) return undefined;
  if (!isWholeOrAbsent(askedSeconds) || !isWholeOrAbsent(firstSeconds)) return undefined;
  const named = new Map<string, ReadingColumn>();
  for (const [key, column] of Object.entries(columns)) {
    if (!isRecord(column) || typeof column['name'] !== 'string' || typeof column['unit'] !== 'string') return undefined;
    named.set(key, { name: column['name'], unit: column['unit'] });
  }
  return { series, nextSeconds, askedSeconds, columns: named, ...(firstSeconds === undefined ? {} : { firstSeconds }) };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isWholeOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || isWhole(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
