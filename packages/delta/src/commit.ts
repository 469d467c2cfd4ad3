import { type Action, type CommitInfo, fileKey, type Metadata, type Protocol } from './action.ts';
import { type Commit, encodeCommit } from './commit-file.ts';
import { DeltaError } from './errors.ts';
import { assertWritable, WRITTEN_PROTOCOL } from './features.ts';
import { defined } from './fields.ts';
import { commitPath } from './log-path.ts';
import { isOvertaken } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';
import { EMPTY_STATE } from './replay.ts';
import { decodeSchema, encodeSchema, type StructType } from './schema.ts';
import { makeSnapshot, nextSnapshot, type Snapshot } from './snapshot.ts';
import { assertWritablePath } from './table-path.ts';

/** Another commit took `version` first: refresh, rebase and try again, or give up. Nothing was written. */
export type CommitResult =
  | { readonly kind: 'committed'; readonly snapshot: Snapshot }
  | { readonly kind: 'conflict'; readonly version: number };

/**
 * Adds the version after `snapshot` to the log: the one commit point of a table. Files that the actions add must be durable before.
 *
 * There must be one `commitInfo` with a `txnId` that no other attempt has: it tells this commit from another one when the
 * store fails and the bytes are there nevertheless.
 *
 * @throws DeltaError `invalid-commit`; `unsupported-feature`; `storage` when it is unknown whether the commit happened or known
 * that it did not: refresh and look for the `txnId`
 */
export async function commit(store: ObjectStore, snapshot: Snapshot, actions: readonly Action[]): Promise<CommitResult> {
  assertValid(actions);
  assertAllowed(snapshot, actions);
  const version = snapshot.version + 1;
  const bytes = encodeCommit(actions);
  if (await isOvertaken(store, snapshot.version) || !await putCommit(store, version, bytes)) return { kind: 'conflict', version };
  return { kind: 'committed', snapshot: nextSnapshot(snapshot, commitOf(version, bytes, actions)) };
}

export interface CreateTableOptions {
  readonly schema: StructType;
  readonly partitionColumns?: readonly string[];
  readonly configuration?: Readonly<Record<string, string>>;
  /** A UUID. */
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly createdMillis: number;
  /** With a unique `txnId`, like every commit; as a function it is told the other actions of the commit, for a hash of them. */
  readonly commitInfo: CommitInfo | ((others: readonly Action[]) => CommitInfo);
  /** What the first version holds besides protocol and metadata: files, transactions. */
  readonly actions?: readonly Action[];
}

/** Writes version 0; `conflict` when there is a table already. */
export async function createTable(store: ObjectStore, options: CreateTableOptions): Promise<CommitResult> {
  assertColumnNames(options.schema, options.partitionColumns ?? []);
  const metaData: Metadata = defined({
    id: options.id,
    name: options.name,
    description: options.description,
    format: { provider: 'parquet', options: {} },
    schemaString: encodeSchema(options.schema),
    partitionColumns: options.partitionColumns ?? [],
    configuration: options.configuration ?? {},
    createdTime: options.createdMillis,
  });
  const others: readonly Action[] = [
    { kind: 'protocol', protocol: WRITTEN_PROTOCOL },
    { kind: 'metaData', metaData },
    ...options.actions ?? [],
  ];
  const { commitInfo } = options;
  const actions: readonly Action[] = [
    { kind: 'commitInfo', commitInfo: typeof commitInfo === 'function' ? commitInfo(others) : commitInfo },
    ...others,
  ];
  assertValid(actions);
  const empty = makeSnapshot(-1, { ...EMPTY_STATE, protocol: WRITTEN_PROTOCOL, metadata: metaData }, [], true);
  assertAllowed(empty, actions);
  const bytes = encodeCommit(actions);
  if (!await putCommit(store, 0, bytes)) return { kind: 'conflict', version: 0 };
  return { kind: 'committed', snapshot: nextSnapshot(empty, commitOf(0, bytes, actions)) };
}

/** What decoding `bytes` would give, without doing it. */
function commitOf(version: number, bytes: Uint8Array, actions: readonly Action[]): Commit {
  const info = actions.find((action) => action.kind === 'commitInfo');
  return { version, bytes, actions, ...(info === undefined ? {} : { commitInfo: info.commitInfo }) };
}

/** Whether the commit is in the log now: also when the store failed or said no after it had written the bytes. */
async function putCommit(store: ObjectStore, version: number, bytes: Uint8Array): Promise<boolean> {
  const path = commitPath(version);
  let failure: unknown;
  try {
    if (await store.putIfAbsent(path, bytes)) return true;
  } catch (error) {
    failure = error;
  }
  let found: Uint8Array | undefined;
  try {
    found = await store.get(path);
  } catch (error) {
    throw unknownOutcome(path, version, failure ?? error);
  }
  if (found === undefined) throw unknownOutcome(path, version, failure);
  if (Buffer.compare(found, bytes) !== 0) return false;
  try {
    // They are there, but the store may have failed while it made them durable: the same bytes once more.
    if (failure !== undefined) await store.put(path, bytes);
  } catch (error) {
    throw unknownOutcome(path, version, error);
  }
  return true;
}

function unknownOutcome(path: string, version: number, cause: unknown): DeltaError {
  const why = cause instanceof Error ? cause.message : 'the store says that it is there, but it is not';
  return new DeltaError('storage', `Cannot commit "${path}": ${why}`, { file: path, version }, { cause });
}

function assertValid(actions: readonly Action[]): void {
  const seen = new Set<string>();
  let hasTxnId = false;
  for (const action of actions) {
    const key = identity(action);
    if (seen.has(key)) throw invalid(`${key.replace(' ', ' "')}${key.includes(' ') ? '"' : ''} is there twice, wanted once`, { key });
    seen.add(key);
    if (action.kind === 'add') assertWritablePath(action.add.path);
    if (action.kind === 'commitInfo') hasTxnId = typeof action.commitInfo.txnId === 'string' && action.commitInfo.txnId !== '';
  }
  if (!hasTxnId) throw invalid('it has no commitInfo with a txnId, wanted one that is unique');
}

/** What may be in a commit only once. */
function identity(action: Action): string {
  switch (action.kind) {
    case 'add': return `add ${action.add.path}`;
    case 'remove': return `remove ${action.remove.path}`;
    case 'txn': return `txn ${action.txn.appId}`;
    case 'domainMetadata': return `domainMetadata ${action.domainMetadata.domain}`;
    case 'protocol':
    case 'metaData':
    case 'commitInfo':
      return action.kind;
    case 'cdc':
    case 'sidecar':
    case 'checkpointMetadata':
      throw invalid(`it has a ${action.kind}, wanted none: this package does not write it`);
  }
}

/** Checks the actions against the table as it is and as they make it. */
function assertAllowed(snapshot: Snapshot, actions: readonly Action[]): void {
  assertWritable(snapshot.protocol, snapshot.metadata, snapshot.schema);
  const protocol: Protocol = actions.find((action) => action.kind === 'protocol')?.protocol ?? snapshot.protocol;
  const metadata = actions.find((action) => action.kind === 'metaData')?.metaData ?? snapshot.metadata;
  if (protocol !== snapshot.protocol || metadata !== snapshot.metadata) {
    const schema = decodeSchema(metadata.schemaString, { code: 'corrupt-log', file: commitPath(snapshot.version + 1), line: 0 });
    assertColumnNames(schema, metadata.partitionColumns);
    assertWritable(protocol, metadata, schema);
  }
  const isAppendOnly = metadata.configuration['delta.appendOnly'] === 'true' && snapshot.metadata.configuration['delta.appendOnly'] === 'true';
  const partitions = [...metadata.partitionColumns].sort().join('\u0000');
  for (const action of actions) {
    if (action.kind === 'remove' && action.remove.dataChange && isAppendOnly) {
      throw invalid(`it removes the data of "${action.remove.path}", wanted only additions: the table is append-only`, { path: action.remove.path });
    }
    if (action.kind === 'domainMetadata') {
      throw new DeltaError('unsupported-feature', 'Cannot write to the table: the commit has a domainMetadata, wanted none', { feature: 'domainMetadata' });
    }
    if (action.kind !== 'add') continue;
    const { add } = action;
    if (Object.keys(add.partitionValues).sort().join('\u0000') !== partitions) {
      throw invalid(`the partition values of "${add.path}" are not those of ${metadata.partitionColumns.join(', ') || 'no column'}`, { path: add.path });
    }
    if (add.deletionVector !== undefined) {
      throw new DeltaError('unsupported-feature', `Cannot write to the table: "${fileKey(add)}" has a deletion vector`, { feature: 'deletionVectors' });
    }
    for (const [field, value] of [['size', add.size], ['modificationTime', add.modificationTime]] as const) {
      if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${field} of "${add.path}" is ${value}, wanted a safe integer`, { path: add.path });
    }
  }
}

function assertColumnNames(schema: StructType, partitionColumns: readonly string[]): void {
  const names = new Set<string>();
  for (const { name } of schema.fields) {
    if (name === '') throw invalid('a column has no name, wanted one');
    if (names.has(name.toLowerCase())) throw invalid(`the column "${name}" is there twice, wanted names that differ in more than case`, { column: name });
    names.add(name.toLowerCase());
  }
  const missing = partitionColumns.find((name) => !schema.fields.some((field) => field.name === name));
  if (missing !== undefined) throw invalid(`the partition column "${missing}" is not in the schema`, { column: missing });
}

function invalid(what: string, data: Readonly<Record<string, unknown>> = {}): DeltaError {
  return new DeltaError('invalid-commit', `Cannot commit: ${what}`, data);
}
