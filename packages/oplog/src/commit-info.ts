import type { Row } from './row.ts';
import type { NewEntry } from './entry.ts';
import { OplogError } from './errors.ts';
import { SYSTEM_PART } from './reserved-ids.ts';
import { transactionUuid } from './transaction-uuid.ts';

/** What the log tells of a transaction. It is kept twice: as a record, and in `commitInfo` for other tools and for a fast start. */
export interface TransactionFacts {
  readonly txnSeq: number;
  readonly uuid: string;
  readonly command: readonly string[];
  readonly user: string;
  readonly host: string;
  readonly startedMicros: bigint;
  readonly timestampMicros: bigint;
  readonly durationMicros: number;
  readonly changes: ChangeCounts;
  readonly pondId: string;
}

export interface ChangeCounts {
  readonly created: number;
  readonly written: number;
  readonly renamed: number;
  readonly removed: number;
}

/** The facts of a new transaction with its UUID, which follows from them. */
export function withUuid(facts: Omit<TransactionFacts, 'uuid'>): TransactionFacts {
  const { command, changes, ...rest } = facts;
  return { ...facts, uuid: transactionUuid({ ...rest, command: JSON.stringify(command), changes: JSON.stringify(changes) }) };
}

export function transactionRow(facts: TransactionFacts): Row {
  const entry: NewEntry = {
    uuid: facts.uuid,
    command: JSON.stringify(facts.command),
    user: facts.user,
    host: facts.host,
    startedMicros: facts.startedMicros,
    durationMicros: facts.durationMicros,
    changes: JSON.stringify(facts.changes),
    pondId: facts.pondId,
  };
  return {
    partId: SYSTEM_PART, recordKind: 'transaction', nodeId: SYSTEM_PART, version: 1,
    txnSeq: facts.txnSeq, timestampMicros: facts.timestampMicros, entry,
  };
}

export function transactionFactsOf(row: Row): TransactionFacts {
  const { entry } = row;
  return {
    txnSeq: row.txnSeq,
    uuid: entry.uuid ?? '',
    command: stringsOf(parsed(entry.command)),
    user: entry.user ?? '',
    host: entry.host ?? '',
    startedMicros: entry.startedMicros ?? row.timestampMicros,
    timestampMicros: row.timestampMicros,
    durationMicros: entry.durationMicros ?? 0,
    changes: countsOf(parsed(entry.changes)),
    pondId: entry.pondId ?? '',
  };
}

/** What `commitInfo` tells of a transaction in its `duckpond` member, as JSON; payload.ts adds the rows. */
export function encodeCommitFacts(facts: TransactionFacts): { [key: string]: unknown } {
  const { txnSeq, uuid, command, user, host, startedMicros, timestampMicros, durationMicros, changes, pondId } = facts;
  return {
    txnSeq, uuid, command, user, host, started: startedMicros.toString(), timestamp: timestampMicros.toString(), durationMicros, changes,
    pondId,
  };
}

/**
 * Reads the facts out of the `duckpond` member of a commit.
 *
 * @returns undefined when the commit is no transaction (maintenance, or another program's)
 */
export function decodeCommitFacts(member: unknown, label: string): TransactionFacts | undefined {
  if (!isObject(member) || member['txnSeq'] === undefined) return undefined;
  return {
    txnSeq: countOf(member['txnSeq'], label, 'txnSeq'),
    uuid: textOf(member['uuid'], label, 'uuid'),
    command: stringsOf(member['command']),
    user: textOf(member['user'], label, 'user'),
    host: textOf(member['host'], label, 'host'),
    startedMicros: microsOf(member['started'], label, 'started'),
    timestampMicros: microsOf(member['timestamp'], label, 'timestamp'),
    durationMicros: countOf(member['durationMicros'], label, 'durationMicros'),
    changes: countsOf(member['changes']),
    pondId: textOf(member['pondId'], label, 'pondId'),
  };
}

function parsed(text: string | null | undefined): unknown {
  if (text == null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Told as unknown by the log rather than hiding the transaction.
  }
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function countsOf(value: unknown): ChangeCounts {
  const count = (key: string): number => {
    const number = isObject(value) ? value[key] : undefined;
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : 0;
  };
  return { created: count('created'), written: count('written'), renamed: count('renamed'), removed: count('removed') };
}

function broken(label: string, field: string): OplogError {
  return new OplogError(
    'corrupt-record', `Cannot read the transaction in "${label}": its field "${field}" is missing or of another type`,
    { file: label, field },
  );
}

function textOf(value: unknown, label: string, field: string): string {
  if (typeof value !== 'string') throw broken(label, field);
  return value;
}

function countOf(value: unknown, label: string, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw broken(label, field);
  return value;
}

function microsOf(value: unknown, label: string, field: string): bigint {
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) throw broken(label, field);
  return BigInt(value);
}
