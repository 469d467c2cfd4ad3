import type { Action, CommitInfo, Metadata } from './action.ts';
import { type Commit, encodeCommit } from './commit-file.ts';
import { assertAllowed, assertColumnNames, assertValid } from './commit-rules.ts';
import { DeltaError } from './errors.ts';
import { WRITTEN_PROTOCOL } from './features.ts';
import { defined } from './fields.ts';
import { commitPath } from './log-path.ts';
import { isOvertaken } from './log-segment.ts';
import type { ObjectStore } from './object-store.ts';
import { EMPTY_STATE } from './replay.ts';
import { encodeSchema, type StructType } from './schema.ts';
import { makeSnapshot, nextSnapshot, type Snapshot } from './snapshot.ts';

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
 * @param durable resolves when the files that the actions add are durable, if they are not yet; the commit does not happen before.
 * When it rejects, the commit has not happened, and the call rejects with the same reason
 * @throws DeltaError `invalid-commit`; `unsupported-feature`; `storage` when it is unknown whether the commit happened or known
 * that it did not: refresh and look for the `txnId`
 */
export async function commit(
  store: ObjectStore, snapshot: Snapshot, actions: readonly Action[], durable?: Promise<unknown>,
): Promise<CommitResult> {
  assertValid(actions);
  assertAllowed(snapshot, actions);
  const version = snapshot.version + 1;
  const bytes = encodeCommit(actions);
  if (await isOvertaken(store, snapshot.version) || !await putCommit(store, version, bytes, durable)) return { kind: 'conflict', version };
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
async function putCommit(store: ObjectStore, version: number, bytes: Uint8Array, durable?: Promise<unknown>): Promise<boolean> {
  const path = commitPath(version);
  let failure: unknown;
  try {
    if (await store.putIfAbsent(path, bytes, durable)) return true;
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) await durable;
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
  const why = cause instanceof Error ? cause.message.replace(/^Cannot [^:]*: /, '') : 'the store says that it is there, but it is not';
  return new DeltaError('storage', `Cannot commit "${path}": ${why}`, { file: path, version }, { cause });
}
