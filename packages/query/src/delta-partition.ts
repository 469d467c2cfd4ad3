import type { DataType } from '@duckpond/delta';
import { deltaTypeName } from './delta-type.ts';
import { QueryError } from './errors.ts';
import { quoteIdentifier } from './identifier.ts';
import type { ScanSession } from './scan-session.ts';

/** Values of partition columns: texts in the log, where the empty one stands for null (PROTOCOL.md, "Partition Value Serialization"). */

export interface PartitionColumn {
  /** Name in the table. */
  readonly name: string;
  /** Name in the partition values of a file. */
  readonly key: string;
  readonly type: DataType;
}

/** The text as `partitionValue` takes it; empty for null. */
export function partitionText(type: DataType, text: string | null | undefined): string {
  if (text === null || text === undefined || text === '') return '';
  return type === 'timestamp' ? inUtc(text) : text;
}

/** A typed value, in SQL, from an expression for its text. */
export function partitionValue(type: DataType, text: string): string {
  const value = `nullif(${text}, '')`;
  if (type === 'binary') return `encode(${value})`;
  return type === 'string' ? value : `CAST(${value} AS ${deltaTypeName(type)})`;
}

/** @throws QueryError `bad-input` for a text that is no value of its column */
export async function checkPartitionTexts(session: ScanSession, table: string, column: PartitionColumn, texts: string): Promise<void> {
  if (typeof column.type === 'object' && column.type.type !== 'decimal') {
    throw new QueryError(
      'bad-input', `Cannot read "${table}": it is partitioned by "${column.name}", a ${column.type.type}, wanted a simple type`,
      { column: column.name },
    );
  }
  if (column.type === 'string' || column.type === 'binary') return;
  const type = deltaTypeName(column.type);
  const [wrong] = await session.all(
    `SELECT t.v FROM (SELECT unnest(${texts}) AS v) AS t WHERE t.v <> '' AND TRY_CAST(t.v AS ${type}) IS NULL LIMIT 1`,
  );
  if (wrong === undefined) return;
  throw new QueryError(
    'bad-input', `Cannot read "${table}": a file has the value "${String(wrong[0])}" of ${quoteIdentifier(column.name)}, wanted a ${type}`,
    { column: column.name },
  );
}

/** Times without a zone are UTC, whatever the zone of the session is. */
function inUtc(text: string): string {
  if (!text.includes(':')) return `${text} 00:00:00+00`;
  return /(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(text) ? text : `${text}+00`;
}
