import type { Commit } from '@duckpond/delta';
import { Entry, type NewEntry } from './entry.ts';
import { carried } from './carried.ts';
import type { TransactionFacts } from './commit-info.ts';
import { OplogError } from './errors.ts';
import { isRecordKind, type Row } from './row.ts';
import type { Column } from './shape.ts';

// The rows of a small transaction, repeated in its commit as JSON and without the inline content, so that opening a pond
// reads no Parquet. The data file stays the truth, and fsck compares.

const MOST_ROWS = 64;
const MOST_CHARACTERS = 12 * 1024;

/** The value of `commitInfo.duckpond.payload`; undefined when the transaction is too large to be repeated. */
export function encodePayload(rows: readonly Row[]): readonly unknown[] | undefined {
  const told = rows.filter(({ recordKind }) => recordKind !== 'transaction');
  if (told.length > MOST_ROWS || told.some(({ entry }) => entry[carried] !== undefined)) return undefined;
  const payload = told.map(({ partId, nodeId, recordKind, version, entry }) => (
    { part: partId, node: nodeId, record: recordKind, version, entry: entryToJson(entry) }));
  return JSON.stringify(payload).length > MOST_CHARACTERS ? undefined : payload;
}

/** Whether a commit says that it repeats its rows. */
export function isRepeated(commit: Commit): boolean {
  const member = commit.commitInfo?.['duckpond'];
  return isObject(member) && member['payload'] !== undefined;
}

/** The rows of a transaction when its commit repeats them, without inline content. @throws OplogError `corrupt-record` */
export function decodePayload(member: unknown, facts: TransactionFacts, label: string): Row[] | undefined {
  const payload = isObject(member) ? member['payload'] : undefined;
  if (payload === undefined) return undefined;
  if (!Array.isArray(payload)) throw broken(label, 'payload');
  return payload.map((item: unknown): Row => {
    if (!isObject(item)) throw broken(label, 'payload');
    const { part, node, record, version, entry } = item;
    const isPlaced = typeof part === 'string' && typeof node === 'string' && typeof version === 'number' && Number.isSafeInteger(version);
    if (!isPlaced || typeof record !== 'string' || !isRecordKind(record) || !isObject(entry)) throw broken(label, 'payload');
    const { txnSeq, timestampMicros } = facts;
    return { partId: part, nodeId: node, recordKind: record, version, txnSeq, timestampMicros, entry: entryFromJson(entry, label) };
  });
}

const TOLD: readonly Column[] = Entry.columns
  .filter(({ name }) => !['txn_seq', 'version', 'timestamp', 'node_id', 'inline'].includes(name));
const BY_NAME: ReadonlyMap<string, Column> = new Map(TOLD.map((column) => [column.name, column]));

function entryToJson(entry: NewEntry): { readonly [column: string]: unknown } {
  const json: { [column: string]: unknown } = {};
  const values = entry as { readonly [key: string]: unknown };
  for (const { key, name } of TOLD) {
    const value = values[key];
    if (value === null || value === undefined) continue;
    json[name] = value instanceof Uint8Array ? Buffer.from(value).toString('base64') : typeof value === 'bigint' ? value.toString() : value;
  }
  return json;
}

function entryFromJson(json: { readonly [column: string]: unknown }, label: string): NewEntry {
  const entry: { [key: string]: unknown } = {};
  for (const name in json) {
    const column = BY_NAME.get(name);
    // A column of a newer version: the data file has it, and merging reads that.
    if (column !== undefined) entry[column.key] = valueFromJson(column, json[name], label);
  }
  return entry;
}

function valueFromJson({ type, name }: Column, value: unknown, label: string): unknown {
  switch (type) {
    case 'string': if (typeof value === 'string') return value; break;
    case 'long': case 'integer': if (typeof value === 'number' && Number.isSafeInteger(value)) return value; break;
    case 'double': if (typeof value === 'number') return value; break;
    case 'boolean': if (typeof value === 'boolean') return value; break;
    case 'timestamp': if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value); break;
    case 'binary': if (typeof value === 'string') return Buffer.from(value, 'base64'); break;
  }
  throw broken(label, `payload.entry.${name}`);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(label: string, field: string): OplogError {
  return new OplogError(
    'corrupt-record', `Cannot read the transaction in "${label}": its field "${field}" is missing or of another type`,
    { file: label, field },
  );
}
