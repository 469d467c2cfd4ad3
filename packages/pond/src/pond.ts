import type { ChangeCounts, Environment, MaintainReport as LogMaintainReport, TransactionFacts } from '@duckpond/oplog';
import type { Explanation, QueryResult } from '@duckpond/query';
import type { FS, NodeKind, WritableFS } from '@duckpond/tinyfs';
import type { Factories } from './factory.ts';
import type { Origin } from './origin.ts';
import type { RunMaker } from './run-maker.ts';
import type { DeltaFilesOptions, ExplainOptions, HeldDeltaFiles, ParquetOptions, SqlOptions } from './sql.ts';

export type {
  DeltaFilesOptions, ExplainOptions, Explanation, HeldDeltaFiles, ParquetOptions, QueryResult, RunMaker, SqlOptions,
};

/** Who made a pond, when and where: written once, by `createPond`. */
export interface PondIdentity {
  readonly id: string;
  readonly createdMicros: bigint;
  readonly user: string;
  readonly host: string;
  /** A label the user chose; empty when none was. */
  readonly birthplace: string;
  /** The on-disk format, `duckpond.format`. */
  readonly format: number;
}

/** The state to read: a transaction by number, or the newest one that is not later than a time. */
export type At = { readonly txnSeq: number } | { readonly timeMicros: bigint };

export type { ChangeCounts, Environment };
/** One transaction as the log tells it. */
export type TransactionInfo = TransactionFacts;

/** One row of the operation log: what one transaction did to one node. */
export interface RecordInfo {
  readonly partId: string;
  readonly nodeId: string;
  readonly txnSeq: number;
  readonly version: number;
  readonly timestampMicros: bigint;
  /** `transaction` is the audit record that every transaction has. */
  readonly kind: NodeKind | 'settings' | 'transaction';
  readonly sizeBytes: number | undefined;
  /** The decoded inner entries as plain values; present when asked for. */
  readonly entries?: readonly Readonly<Record<string, string | number | bigint | boolean>>[];
}

export interface RecordOptions {
  /** Only the newest so many rows; they still come oldest first. */
  readonly limit?: number;
  readonly entries?: boolean;
  readonly at?: At;
}

export interface LogOptions {
  readonly limit?: number;
  readonly at?: At;
  /** Only transactions that changed this path, or anything below it. */
  readonly path?: string;
}

export interface WriteOptions {
  /** What the log will say this was; secrets must be gone already. */
  readonly command?: readonly string[];
}

export interface WriteResult<T> {
  readonly value: T;
  /** Undefined when the function changed nothing: then there is no transaction. */
  readonly transaction: TransactionInfo | undefined;
}

/** One difference between two states of the tree, by path. */
export interface TreeChange {
  readonly change: 'added' | 'removed' | 'modified' | 'renamed';
  readonly kind: NodeKind;
  /** The path in the newer state; in the older one when it was removed. */
  readonly path: string;
  /** The path in the older state, when the node was renamed. */
  readonly from?: string;
  readonly oldVersion: number | undefined;
  readonly newVersion: number | undefined;
  readonly oldSizeBytes: number | undefined;
  readonly newSizeBytes: number | undefined;
}

/** `option`: the caller gave it for one query. */
export type SettingOrigin = 'default' | 'pond' | 'option';

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly origin: SettingOrigin;
  readonly summary: string;
  /** What a value must be, in words, and whether one is. */
  readonly wanted: string;
  readonly accepts: (value: string) => boolean;
}

export interface MaintainOptions {
  /** Merge small files now, whatever the thresholds of automatic merging say. */
  readonly compact?: boolean;
  /** Remove files that nothing refers to any more. */
  readonly vacuum?: boolean;
  /** A path: the content of its older versions, and of files of that name that were removed, goes for good. */
  readonly purge?: string;
  /** A path or pattern: all versions of the series that it matches are put together in runs, whatever their number and size. */
  readonly collapse?: string;
  /** Tells what would be done and saved. */
  readonly dryRun?: boolean;
}

export interface MaintainReport extends LogMaintainReport {
  /** Versions and runs of series that were put together, their bytes, and how many runs they are now. */
  readonly collapsedParts: number;
  readonly collapsedBytes: number;
  readonly collapsedIntoRuns: number;
}

export interface FsckOptions {
  /** Skip reading blobs and data files whole: log, tree and file presence only. */
  readonly quick?: boolean;
  /**
   * Mend what can be mended: write lost data files again from the copies of their rows, rebuild what is derived (folded state,
   * checksums, checkpoints), remove unfinished files of processes that are gone.
   */
  readonly repair?: boolean;
  /** With `repair`: only say what would be mended. */
  readonly dryRun?: boolean;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Ends the check, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** Something that is not as it was written. */
export interface Fault {
  /** `lost`: it is not there; `damaged`: it is not as it was written; `derived`: it is wrong and can be rebuilt. */
  readonly severity: 'lost' | 'damaged' | 'derived';
  /** The file inside the pond, relative to it. */
  readonly file: string;
  /** A path and a version that cannot be read because of it, when that can be said; `message` names more of them. */
  readonly path?: string;
  readonly version?: number;
  readonly message: string;
  readonly repaired: boolean;
  /** Whether a repair mends it. */
  readonly repairable?: boolean;
}

export interface FsckReport {
  readonly faults: readonly Fault[];
  /** What is worth knowing and no fault, such as unfinished files of processes that died. */
  readonly notes: readonly string[];
  /** 64 hex digits over the whole tree as it is now; undefined when damage prevents it. */
  readonly contentRoot: string | undefined;
  readonly transactions: number;
  readonly nodes: number;
  readonly versions: number;
  readonly blobs: number;
  readonly checkedBytes: number;
}

export interface PondStatus {
  readonly identity: PondIdentity;
  readonly lastTransaction: TransactionInfo | undefined;
  readonly deltaVersion: number;
  readonly nodes: { readonly directories: number; readonly files: number; readonly symlinks: number };
  /** Of the newest contents. */
  readonly contentBytes: number;
  /** Everything under `store/`. */
  readonly storeBytes: number;
  readonly storeFiles: number;
  /** Commits since the folded state and the checksum file were last written. */
  readonly tailCommits: number;
  readonly problems: readonly string[];
}

/**
 * A pond that is open. Reading never waits and never sees half of a transaction; writers of any number of processes
 * take turns at one commit point. Nothing needs closing except `close`, which ends the lease on old files.
 */
export interface Pond {
  readonly directory: string;
  readonly identity: PondIdentity;

  /**
   * Runs `fn` on one unchanging state: the newest, or an older one.
   *
   * @throws PondError `not-found` when the pond has no such state
   */
  read<T>(fn: (fs: FS) => Promise<T>, options?: { readonly at?: At }): Promise<T>;

  /**
   * Runs `fn` and commits all its changes as one transaction: when the promise resolves they are on disk, when it
   * rejects nothing has changed. Changes of others to other names are merged; to the same name or node they are a conflict.
   *
   * @throws PondError `conflict`
   */
  write<T>(fn: (fs: WritableFS) => Promise<T>, options?: WriteOptions): Promise<WriteResult<T>>;

  /** Newest first. */
  transactions(options?: LogOptions): AsyncIterable<TransactionInfo>;
  /** The newest one, or the one that an `At` names. */
  transaction(at?: At): Promise<TransactionInfo>;
  /** The operation log, oldest first. */
  records(options?: RecordOptions): AsyncIterable<RecordInfo>;

  /** What changed from `a` to `b` (default: the newest state), sorted by path; with a pattern, only paths that match it. */
  diff(a: At, b?: At, pattern?: string): AsyncIterable<TreeChange>;
  /** A new transaction in which the tree, or one path, is again what it was at `to`. */
  revert(to: At, options?: WriteOptions & { readonly path?: string }): Promise<WriteResult<readonly TreeChange[]>>;
  /** One file back to one of its older versions, as a new version. */
  revertFile(path: string, version: number, options?: WriteOptions): Promise<WriteResult<void>>;

  /**
   * Runs a query, or the statements of a script in order: the rows are those of the last one. A name in FROM is a path, a pattern, a URL
   * of a format, a system table or a name in `tables` (docs/sql.md); all of them are read in one state of the pond, whatever others commit
   * meanwhile. DuckDB is loaded by the first query and kept until `close`. The result is to be read to its end or closed.
   *
   * @throws PondError `not-found`, `not-tabular`, `no-match`; QueryError
   */
  sql(script: string, options?: SqlOptions): Promise<QueryResult>;
  /** What the rows of each of some paths, patterns or URLs are made of, in one state: whether, and where, they are as they were. */
  origins(targets: readonly string[], options?: Pick<SqlOptions, 'at' | 'signal'>): Promise<readonly Origin[]>;
  /** The plan of a script's last statement, and what it reads. */
  explain(script: string, options?: ExplainOptions): Promise<Explanation>;
  /** The rows of a script as one Parquet file, piece by piece: it is written whole before the first piece comes. */
  sqlParquet(script: string, options?: ParquetOptions): AsyncIterable<Uint8Array>;

  /** The rows of a script as files of the host, right for a Delta table of them: types, sizes, statistics. The caller releases them. */
  deltaFiles(script: string, options: DeltaFilesOptions): Promise<HeldDeltaFiles>;

  settings(): Promise<readonly Setting[]>;
  /** @throws PondError `invalid-setting` naming the key and what is wanted */
  setSetting(key: string, value: string, options?: WriteOptions): Promise<WriteResult<void>>;

  status(): Promise<PondStatus>;
  maintain(options?: MaintainOptions): Promise<MaintainReport>;
  fsck(options?: FsckOptions): Promise<FsckReport>;
  close(): Promise<void>;
}

export interface CreateOptions {
  readonly birthplace?: string;
  readonly environment?: Environment;
  readonly command?: readonly string[];
}

export interface OpenOptions {
  readonly environment?: Environment;
  /** What makes computed nodes; without it they are listed and cannot be read. */
  readonly factories?: Factories;
  /** A variable of the environment, for configs that name one; without it there is none. */
  readonly variable?: (name: string) => string | undefined;
  /** What an export has written so far, for texts that are exported after it. */
  readonly exported?: () => unknown;
  /** What puts the rows of versions of a series together, instead of DuckDB. */
  readonly runMaker?: RunMaker;
}
