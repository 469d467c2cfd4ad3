import type { Environment } from '@duckpond/oplog';
import type { Pond } from '@duckpond/pond';
import type { RemoteStore } from '../remote-store.ts';
import { lakeTargets } from './lake-target.ts';
import { pushTable, type TablePush } from './push-table.ts';

/** What Delta engines like: files that a reader opens seldom and reads in parallel. */
export const LAKE_FILE_BYTES: number = 128 * 1024 * 1024;

export interface PushLakeOptions {
  readonly environment: Environment;
  /** Of paths in the pond; every table and series unless given. */
  readonly pattern?: string;
  /** A data file ends when it has reached this size; 128 MiB unless given. */
  readonly fileBytes?: number;
  /** Says what would be done. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** A table is done. */
  readonly onTable?: (push: TablePush, done: number, total: number) => void;
  /** A table failed; the others are gone on with. Without it the first failure ends the push. */
  readonly onFailure?: (error: unknown, path: string) => void;
}

const TABLES_AT_ONCE = 4;

/**
 * Brings Delta tables below a place to the newest state of the tables and series that a pattern matches, all in one state of the pond.
 *
 * @throws RemoteError `not-found`, `name-clash`, and without `onFailure` what `pushTable` throws
 */
export async function pushLake(pond: Pond, store: RemoteStore, options: PushLakeOptions): Promise<readonly TablePush[]> {
  const { environment, pattern, fileBytes = LAKE_FILE_BYTES, dryRun = false, signal } = options;
  const { txnSeq } = await pond.transaction();
  const at = { txnSeq };
  const targets = await lakeTargets(pond, pattern, at);
  const work = { pond, at, store, environment, fileBytes, dryRun, ...(signal === undefined ? {} : { signal }) };
  const pushes: TablePush[] = [];
  const waiting = [...targets];
  const worker = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      signal?.throwIfAborted();
      try {
        const push = await pushTable(work, target);
        pushes.push(push);
        options.onTable?.(push, pushes.length, targets.length);
      } catch (error) {
        signal?.throwIfAborted();
        if (options.onFailure !== undefined) options.onFailure(error, target.path);
        else {
          waiting.length = 0;
          throw error;
        }
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: TABLES_AT_ONCE }, worker));
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  return pushes.sort((a, b) => (a.path < b.path ? -1 : 1));
}
