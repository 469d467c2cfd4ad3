import { expect } from 'vitest';
import { createTable } from '../src/commit.ts';
import type { Action, AddFile } from '../src/action.ts';
import type { ObjectStore } from '../src/object-store.ts';
import type { StructType } from '../src/schema.ts';
import type { Snapshot } from '../src/snapshot.ts';

/** Small tables for tests. */

export const SCHEMA: StructType = {
  type: 'struct',
  fields: [
    { name: 'id', type: 'long', nullable: false, metadata: {} },
    { name: 'name', type: 'string', nullable: true, metadata: { comment: 'a name' } },
  ],
};

export function commitInfo(id: number | string): Action {
  return { kind: 'commitInfo', commitInfo: { timestamp: 1_700_000_000_000, operation: 'WRITE', txnId: `txn-${id}` } };
}

export function addFile(path: string, fields: Partial<AddFile> = {}): AddFile {
  const modificationTime = 1_700_000_000_000;
  return { path, partitionValues: {}, size: 100, modificationTime, dataChange: true, stats: '{"numRecords":1}', ...fields };
}

export async function newTable(store: ObjectStore, configuration: Readonly<Record<string, string>> = {}): Promise<Snapshot> {
  const created = await createTable(store, {
    schema: SCHEMA,
    configuration,
    id: '5f7d9f0e-3b52-4e6b-9d5a-6f2b3c4d5e6f',
    createdMillis: 1_700_000_000_000,
    commitInfo: { operation: 'CREATE TABLE', txnId: 'create' },
  });
  if (created.kind !== 'committed') throw new Error('there is a table already');
  return created.snapshot;
}

/** Matches an error with the code whose message has the part. */
export function failure(code: string, part: string): Error {
  return expect.objectContaining({ code, message: expect.stringContaining(part) as string }) as Error;
}
