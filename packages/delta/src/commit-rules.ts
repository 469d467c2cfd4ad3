import type { Action, AddFile, Metadata } from './action.ts';
import { DeltaError } from './errors.ts';
import { assertWritable } from './features.ts';
import { commitPath } from './log-path.ts';
import { decodeSchema, type StructType } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import { assertWritablePath } from './table-path.ts';

/** What a commit must be like, checked before a byte is written. All of it throws `invalid-commit` unless it says otherwise. */

/** Checks what needs no table: every action at most once where the protocol says so, paths, and a `txnId`. */
export function assertValid(actions: readonly Action[]): void {
  const seen = new Set<string>();
  for (const action of actions) {
    const key = identity(action);
    if (seen.has(key)) throw invalid(`${key} is there twice, wanted once`, { key });
    seen.add(key);
    if (action.kind === 'add') assertWritablePath(action.add.path);
  }
  const txnId = actions.find((action) => action.kind === 'commitInfo')?.commitInfo.txnId;
  if (typeof txnId !== 'string' || txnId === '') throw invalid('it has no commitInfo with a txnId, wanted one that is unique');
}

/** What may be in a commit only once. */
function identity(action: Action): string {
  switch (action.kind) {
    case 'add': return `add "${action.add.path}"`;
    case 'remove': return `remove "${action.remove.path}"`;
    case 'txn': return `txn "${action.txn.appId}"`;
    case 'domainMetadata': return `domainMetadata "${action.domainMetadata.domain}"`;
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

/** What was found writable last: the same for every commit of a table, until one changes it. */
let writable: Snapshot['metadata'] | undefined;
let writableProtocol: Snapshot['protocol'] | undefined;

/**
 * Checks the actions against the table as it is and as they make it.
 *
 * @throws DeltaError also `unsupported-feature`
 */
export function assertAllowed(snapshot: Snapshot, actions: readonly Action[]): void {
  if (writable !== snapshot.metadata || writableProtocol !== snapshot.protocol) {
    assertWritable(snapshot.protocol, snapshot.metadata, snapshot.schema);
    [writable, writableProtocol] = [snapshot.metadata, snapshot.protocol];
  }
  const protocol = actions.find((action) => action.kind === 'protocol')?.protocol ?? snapshot.protocol;
  const metadata = actions.find((action) => action.kind === 'metaData')?.metaData ?? snapshot.metadata;
  if (protocol !== snapshot.protocol || metadata !== snapshot.metadata) {
    const schema = decodeSchema(metadata.schemaString, { code: 'corrupt-log', file: commitPath(snapshot.version + 1), line: 0 });
    assertColumnNames(schema, metadata.partitionColumns);
    assertWritable(protocol, metadata, schema);
  }
  const keepsData = isAppendOnly(snapshot.metadata) && isAppendOnly(metadata);
  for (const action of actions) {
    if (action.kind === 'add') assertAdd(action.add, metadata.partitionColumns);
    if (action.kind === 'remove' && action.remove.dataChange && keepsData) {
      const { path } = action.remove;
      throw invalid(`it removes the data of "${path}", wanted only additions: the table is append-only`, { path });
    }
    if (action.kind === 'domainMetadata') throw unsupported('domainMetadata', 'the commit has a domainMetadata');
  }
}

function assertAdd(add: AddFile, partitionColumns: readonly string[]): void {
  const { path } = add;
  const found = Object.keys(add.partitionValues).sort();
  if (JSON.stringify(found) !== JSON.stringify([...partitionColumns].sort())) {
    throw invalid(`the partition values of "${path}" are of ${list(found)}, wanted ${list(partitionColumns)}`, { path });
  }
  if (add.deletionVector !== undefined) throw unsupported('deletionVectors', `"${path}" has a deletion vector`);
  for (const [field, value] of [['size', add.size], ['modificationTime', add.modificationTime]] as const) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${field} of "${path}" is ${value}, wanted a safe integer`, { path });
  }
}

/** Names must differ in more than case: most engines do not tell them apart otherwise. */
export function assertColumnNames(schema: StructType, partitionColumns: readonly string[]): void {
  const names = new Set<string>();
  for (const { name } of schema.fields) {
    if (name === '') throw invalid('a column has no name, wanted one');
    if (names.has(name.toLowerCase())) throw invalid(`the column "${name}" is there twice, wanted names that differ in more than case`);
    names.add(name.toLowerCase());
  }
  const missing = partitionColumns.find((name) => !schema.fields.some((field) => field.name === name));
  if (missing !== undefined) throw invalid(`the partition column "${missing}" is not in the schema`);
}

function isAppendOnly(metadata: Metadata): boolean {
  return metadata.configuration['delta.appendOnly'] === 'true';
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'no column' : names.map((name) => `"${name}"`).join(', ');
}

function invalid(what: string, data: Readonly<Record<string, unknown>> = {}): DeltaError {
  return new DeltaError('invalid-commit', `Cannot commit: ${what}`, data);
}

function unsupported(feature: string, what: string): DeltaError {
  return new DeltaError('unsupported-feature', `Cannot write to the table: ${what}, which needs the feature "${feature}"`, { feature });
}
