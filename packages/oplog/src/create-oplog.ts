import { createTable, type ObjectStore, type SetTransaction, type StructType } from '@duckpond/delta';
import { encodeCommitFacts, transactionRow, type TransactionFacts, withUuid } from './commit-info.ts';
import { writeDataFile } from './data-file-write.ts';
import { ENGINE, type Environment } from './environment.ts';
import { linkedInfo } from './hash-chain.ts';
import { appIdOf, FORMAT } from './head.ts';
import { encodePayload } from './payload.ts';
import { Record } from './record.ts';
import type { Row } from './row.ts';
import { deltaSchemaString } from './shape.ts';

export interface CreateOplogOptions {
  readonly pondId: string;
  /** Joins the configuration of the table, beside `duckpond.format` and `duckpond.id`. */
  readonly configuration: Readonly<{ [key: string]: string }>;
  readonly command: readonly string[];
  /** The rows of the first transaction. */
  readonly firstRows: (txnSeq: number, timestampMicros: bigint) => readonly Row[];
}

/** @returns false when there is a table already */
export async function createOplog(store: ObjectStore, environment: Environment, options: CreateOplogOptions): Promise<boolean> {
  const { pondId } = options;
  const timestampMicros = environment.nowMicros();
  const uuid = environment.uuid();
  const facts = withUuid({
    txnSeq: 1, command: options.command, user: environment.user, host: environment.host, startedMicros: timestampMicros,
    timestampMicros, durationMicros: 0, changes: { created: 1, written: 0, renamed: 0, removed: 0 }, pondId,
  });
  const nowMillis = Number(timestampMicros / 1000n);
  const rows = [...options.firstRows(1, timestampMicros), transactionRow(facts)];
  const { add, durable } = await writeDataFile(store, rows, { codec: 'snappy', tier: 0, uuid, nowMillis, dataChange: true });
  await durable;
  const info = { timestamp: nowMillis, operation: 'CREATE TABLE', operationParameters: {}, engineInfo: ENGINE, txnId: uuid };
  const result = await createTable(store, {
    schema: JSON.parse(deltaSchemaString(Record)) as StructType,
    configuration: {
      'duckpond.format': String(FORMAT), 'duckpond.id': pondId, ...options.configuration,
      'delta.deletedFileRetentionDuration': 'interval 1 hours', 'delta.logRetentionDuration': 'interval 7 days',
    },
    id: pondId,
    createdMillis: nowMillis,
    commitInfo: (others) => linkedInfo(null, info, memberOf(facts, encodePayload(rows)), others),
    actions: [{ kind: 'txn', txn: txnOf(facts) }, { kind: 'add', add }],
  });
  if (result.kind === 'conflict') await store.delete(add.path);
  return result.kind === 'committed';
}

/** The `duckpond` member of `commitInfo`: the facts, and the rows when they are few. */
export function memberOf(facts: TransactionFacts, payload: readonly unknown[] | undefined): { readonly [key: string]: unknown } {
  return payload === undefined ? encodeCommitFacts(facts) : { ...encodeCommitFacts(facts), payload };
}

export function txnOf(facts: TransactionFacts): SetTransaction {
  return { appId: appIdOf(facts.pondId), version: facts.txnSeq, lastUpdated: Number(facts.timestampMicros / 1000n) };
}
