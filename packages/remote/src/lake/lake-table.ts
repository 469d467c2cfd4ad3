import { createReadStream } from 'node:fs';
import { ENGINE, type Environment } from '@duckpond/oplog';
import type { At, HeldDeltaFiles, Pond } from '@duckpond/pond';
import {
  type Action, type AddFile, createPrefixedStore, DeltaError, encodeStatistics, type ObjectStore, openSnapshot, type Snapshot,
  type StructType,
} from '@duckpond/delta';
import type { RemoteStore } from '../remote-store.ts';
import { cannotPush } from './lake-error.ts';
import { type FileRange, lakeFileName } from './lake-file-name.ts';
import type { LakeTarget } from './lake-target.ts';

/** What every table of one push shares. */
export interface LakeWork {
  readonly pond: Pond;
  /** The state that is pushed. */
  readonly at: At & { readonly txnSeq: number };
  readonly store: RemoteStore;
  readonly environment: Environment;
  /** The size at which a data file ends. */
  readonly fileBytes: number;
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
}

/** The table of a node, as far as it is there. */
export interface LakeTable {
  readonly store: ObjectStore;
  /** By which the table tells which version of the node it has. */
  readonly appId: string;
  /** Undefined while there is no table. */
  readonly snapshot: Snapshot | undefined;
}

/** Of metaData: what tells whose table it is, and what a computed table has. */
export const CONFIGURATION = { pond: 'duckpond.pond', node: 'duckpond.node', path: 'duckpond.path', digest: 'duckpond.digest' } as const;

/**
 * @throws RemoteError `exists` for a table that is not of this node; DeltaError
 */
export async function openLakeTable(work: LakeWork, target: LakeTarget): Promise<LakeTable> {
  const store = createPrefixedStore(work.store, target.table);
  const appId = `duckpond:${work.pond.identity.id}:${target.nodeId}`;
  const snapshot = await openSnapshot(store).catch((error: unknown) => {
    if (error instanceof DeltaError && error.code === 'not-a-table') return undefined;
    throw error;
  });
  if (snapshot === undefined) await assertNotInside(work.store, target);
  else if (!snapshot.transactions.has(appId)) throw foreignTable(work, target, snapshot);
  return { store, appId, snapshot };
}

function foreignTable({ pond }: LakeWork, target: LakeTarget, { metadata: { configuration } }: Snapshot): Error {
  const { [CONFIGURATION.pond]: owner, [CONFIGURATION.path]: path } = configuration;
  const whose = owner === pond.identity.id ? `of another node of this pond, once at "${path ?? ''}"`
    : owner === undefined ? 'not made by lake push' : `of the pond ${owner ?? ''}`;
  const why = `there is one already, ${whose}, a free name was wanted`;
  return cannotPush('exists', target, why, 'remove it there, or push to another place');
}

/** Tables inside of others would be taken for what their clean-up removes. */
async function assertNotInside(store: RemoteStore, target: LakeTarget): Promise<void> {
  const parts = target.table.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const outer = parts.slice(0, depth).join('/');
    for await (const { path } of store.list(`${outer}/_delta_log/`)) {
      throw cannotPush('name-clash', target, `it would be inside the table "${outer}", which has "${path}"`, 'push to another place');
    }
  }
}

/** The version of the node that the table has; undefined while there is no table. */
export function pushedVersion({ appId, snapshot }: LakeTable): number | undefined {
  const version = snapshot?.transactions.get(appId)?.version;
  return version === undefined ? undefined : Number(version);
}

export function nowMillis(environment: Environment): number {
  return Number(environment.nowMicros() / 1000n);
}

export function commitInfoOf({ environment }: LakeWork, operation: string, mode: string | undefined, isBlindAppend: boolean): Action {
  return {
    kind: 'commitInfo',
    commitInfo: {
      timestamp: nowMillis(environment), operation, operationParameters: mode === undefined ? {} : { mode }, isBlindAppend,
      engineInfo: ENGINE, txnId: environment.uuid(),
    },
  };
}

/** Sends files there under new names. @param schema what statistics are of */
export async function uploadFiles(
  { store, environment, signal }: LakeWork, { table }: LakeTarget, { files }: HeldDeltaFiles, schema: StructType,
  { range, dataChange }: { readonly range: FileRange; readonly dataChange: boolean },
): Promise<readonly AddFile[]> {
  const adds: AddFile[] = [];
  for (const [number, { path, sizeBytes, statistics }] of files.entries()) {
    signal?.throwIfAborted();
    const name = lakeFileName(range, number, environment.uuid());
    await store.upload(`${table}/${name}`, createReadStream(path));
    const modificationTime = nowMillis(environment);
    const stats = encodeStatistics(schema, statistics);
    adds.push({ path: name, partitionValues: {}, size: sizeBytes, modificationTime, dataChange, stats });
  }
  return adds;
}

/** Takes back what no commit names. Only for commits that are known not to have happened. */
export async function discardFiles({ store }: LakeTable, adds: readonly AddFile[]): Promise<void> {
  for (const { path } of adds) await store.delete(path).catch(() => undefined);
}
