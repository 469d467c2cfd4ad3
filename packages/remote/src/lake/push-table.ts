import {
  type Action, type AddFile, commit, createTable, encodeSchema, type Metadata, refreshSnapshot, removeOf, type Snapshot, type StructType,
  writeCheckpoint,
} from '@duckpond/delta';
import type { HeldDeltaFiles } from '@duckpond/pond';
import { RemoteError } from '../errors.ts';
import { cannotPush } from './lake-error.ts';
import { lakeFileRange } from './lake-file-name.ts';
import { fitSchema, isSameSchema } from './lake-schema.ts';
import {
  commitInfoOf, CONFIGURATION, discardFiles, type LakeTable, type LakeWork, nowMillis, openLakeTable, pushedVersion, uploadFiles,
} from './lake-table.ts';
import type { LakeTarget } from './lake-target.ts';
import { rewriteTail } from './rewrite-tail.ts';

/** What a push did to one table. */
export interface TablePush {
  readonly path: string;
  readonly table: string;
  /** `empty`: the node has no version yet; `due`: a dry run, which changes nothing. */
  readonly outcome: 'created' | 'appended' | 'replaced' | 'unchanged' | 'empty' | 'due';
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** Small files that became part of larger ones. */
  readonly merged: number;
}

const NOTHING = { rows: 0, files: 0, bytes: 0, merged: 0 };
const ATTEMPTS = 30;
const CHECKPOINT_EVERY = 10;

/**
 * Brings the table of one node to the state that is pushed, in one commit, which says so: whoever was killed before it has done nothing,
 * whoever was killed behind it has done all. Commits of others meanwhile stay.
 *
 * @throws RemoteError `exists`, `diverged`, `schema-conflict`, `name-clash`, `conflict`; DeltaError
 */
export async function pushTable(work: LakeWork, target: LakeTarget): Promise<TablePush> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const table = await openLakeTable(work, target);
    const done = await pushOnce(work, target, table);
    if (done === undefined) continue;
    const { push, snapshot } = done;
    if (work.dryRun || snapshot === undefined || target.isComputed || target.kind !== 'series') return { ...push, merged: 0 };
    return { ...push, merged: await rewriteTail(work, target, { ...table, snapshot }) };
  }
  throw cannotPush('conflict', target, `others changed it ${ATTEMPTS} times meanwhile, a quieter moment was wanted`);
}

interface Done {
  readonly push: TablePush;
  readonly snapshot: Snapshot | undefined;
}

/** @returns undefined when somebody else changed what the push stands on */
async function pushOnce(work: LakeWork, target: LakeTarget, table: LakeTable): Promise<Done | undefined> {
  const { path, table: name, isComputed } = target;
  const { snapshot } = table;
  const pushed = pushedVersion(table);
  const version = isComputed ? work.at.txnSeq : target.version;
  const idle = (outcome: TablePush['outcome']): Done => ({ push: { path, table: name, outcome, ...NOTHING }, snapshot });
  if (pushed === version) return idle('unchanged');
  if (!isComputed) {
    if (version === 0) return idle('empty');
    if (work.dryRun) return idle('due');
  }
  if (pushed !== undefined && pushed > version) {
    if (isComputed) return idle('unchanged');
    const why = `it has version ${pushed} already, and the pond has only ${version}, the same history was wanted`;
    throw cannotPush('diverged', target, why, 'the pond was restored from an older state: push to another place');
  }
  const isWhole = isComputed || target.kind === 'table';
  const change = await prepare(work, target, table, isWhole);
  const { held, from, replaces } = change;
  try {
    if (isComputed && snapshot !== undefined) {
      const isSame = held.digest === snapshot.metadata.configuration[CONFIGURATION.digest] && isSameSchema(held.schema, snapshot.schema);
      if (isSame) return idle('unchanged');
    }
    if (work.dryRun) return idle('due');
    const adds = await uploadFiles(work, target, held, held.schema, { range: { from, to: version }, dataChange: true });
    const after = await commitRows(work, target, table, { ...change, adds, version });
    if (after === undefined) return undefined;
    const outcome = snapshot === undefined ? 'created' : replaces ? 'replaced' : 'appended';
    const rows = held.files.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const bytes = held.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { push: { path, table: name, outcome, rows, files: adds.length, bytes, merged: 0 }, snapshot: after };
  } finally {
    await held.release();
  }
}

interface Change {
  readonly held: HeldDeltaFiles;
  /** The first version that the rows are of. */
  readonly from: number;
  /** Whether what is there goes. */
  readonly replaces: boolean;
  /** The columns of the table from now on. */
  readonly schema: StructType;
}

/** The rows that are missing; all of them when a column has another type now. */
async function prepare(work: LakeWork, target: LakeTarget, table: LakeTable, isWhole: boolean): Promise<Change> {
  const { snapshot } = table;
  const rows = (after: number): Promise<HeldDeltaFiles> => work.pond.deltaFiles('SELECT * FROM source', {
    tables: { source: target.path }, at: work.at, fileBytes: work.fileBytes, hasDigest: target.isComputed,
    ...(after === 0 ? {} : { after }), ...(work.signal === undefined ? {} : { signal: work.signal }),
  });
  if (isWhole) {
    const held = await rows(0);
    return { held, from: target.isComputed ? work.at.txnSeq : target.version, replaces: true, schema: held.schema };
  }
  const pushed = pushedVersion(table) ?? 0;
  const held = await rows(pushed);
  if (snapshot === undefined) return { held, from: 1, replaces: false, schema: held.schema };
  const fit = fitSchema(snapshot.schema, held.schema);
  if (fit.kind !== 'changed') {
    return { held, from: pushed + 1, replaces: false, schema: fit.kind === 'same' ? snapshot.schema : fit.schema };
  }
  await held.release();
  assertAllOwn(target, snapshot, `its column "${fit.column}" is ${fit.is} and has become ${fit.wanted}`);
  const all = await rows(0);
  return { held: all, from: 1, replaces: true, schema: all.schema };
}

/** Rows that others wrote are never taken away from a series. */
function assertAllOwn(target: LakeTarget, { files }: Snapshot, why: string): void {
  const foreign = [...files.values()].find(({ path }) => lakeFileRange(path) === undefined);
  if (foreign === undefined) return;
  throw cannotPush('schema-conflict', target, `${why}, and others have written to it, such as "${foreign.path}"`, 'push to another place');
}

interface RowsCommit extends Change {
  readonly adds: readonly AddFile[];
  readonly version: number;
}

/** @returns the new state; undefined, and the files gone, when what the rows stand on has changed */
async function commitRows(work: LakeWork, target: LakeTarget, table: LakeTable, change: RowsCommit): Promise<Snapshot | undefined> {
  const { adds, version, replaces, schema, held } = change;
  const { appId, store } = table;
  const now = nowMillis(work.environment);
  const digest: Record<string, string> = held.digest === undefined ? {} : { [CONFIGURATION.digest]: held.digest };
  const rows: readonly Action[] = [
    { kind: 'txn', txn: { appId, version, lastUpdated: now } }, ...adds.map((add): Action => ({ kind: 'add', add })),
  ];
  if (table.snapshot === undefined) {
    const info = commitInfoOf(work, 'CREATE TABLE AS SELECT', undefined, false);
    if (info.kind !== 'commitInfo') return undefined;
    const { pond, node, path } = CONFIGURATION;
    const created = await createTable(store, {
      schema, id: work.environment.uuid(), name: target.table, createdMillis: now, commitInfo: info.commitInfo, actions: rows,
      configuration: { [pond]: work.pond.identity.id, [node]: target.nodeId, [path]: target.path, ...digest },
    });
    if (created.kind === 'committed') return created.snapshot;
    await discardFiles(table, adds);
    return undefined;
  }
  for (let snapshot = table.snapshot; ;) {
    const metaData: Metadata = {
      ...snapshot.metadata, schemaString: encodeSchema(schema), configuration: { ...snapshot.metadata.configuration, ...digest },
    };
    const isSame = isSameSchema(schema, snapshot.schema) && held.digest === undefined;
    const old = replaces ? [...snapshot.files.values()] : [];
    const removed = old.map((add): Action => ({ kind: 'remove', remove: removeOf(add, now, true) }));
    const result = await commit(store, snapshot, [
      commitInfoOf(work, 'WRITE', replaces ? 'Overwrite' : 'Append', !replaces && isSame),
      ...(isSame ? [] : [{ kind: 'metaData', metaData } as const]), ...removed, ...rows,
    ]);
    if (result.kind === 'committed') {
      await checkpoint(work, table, result.snapshot);
      return result.snapshot;
    }
    const fresh = await refreshSnapshot(store, snapshot);
    const isNew = pushedVersion({ ...table, snapshot: fresh }) !== pushedVersion(table)
      || !isSameSchema(fresh.schema, snapshot.schema) || fresh.metadata.id !== snapshot.metadata.id;
    if (isNew || (replaces && target.kind === 'series')) {
      await discardFiles(table, adds);
      return undefined;
    }
    snapshot = fresh;
  }
}

/** Saves readers from long logs. Without it everything is right, too. */
async function checkpoint({ environment }: LakeWork, { store }: LakeTable, snapshot: Snapshot): Promise<void> {
  if (snapshot.version % CHECKPOINT_EVERY !== 0) return;
  await writeCheckpoint(store, snapshot, { nowMillis: nowMillis(environment) }).catch((error: unknown) => {
    if (error instanceof RemoteError) return;
    throw error;
  });
}
