import type { Parameters, ParquetFile, QueryResult, Relation } from '@duckpond/query';
import type { ComputedDirectory, DirectoryNode, FileNode, WD } from '@duckpond/tinyfs';
import type { Dependence, Origin } from './origin.ts';
import type { Pond } from './pond.ts';
import type { RowBounds } from './relation.ts';

/** What a factory makes: a directory of computed nodes, rows that queries read, or bytes. */
export type FactoryMakes = 'directory' | 'table' | 'series' | 'data';

/** What a factory may know of the process. */
export interface FactoryEnvironment {
  readonly nowMicros: () => bigint;
  /** A variable of the environment: configs name secrets, and never hold them. */
  readonly variable: (name: string) => string | undefined;
  /** While an export runs: what the pattern before wrote, by what its wildcards matched. */
  readonly exported?: () => unknown;
}

/** One state of the pond, as a node sees it that is computed from it: all of it but the node itself, which would be a loop. */
export interface FactoryContext<N extends DirectoryNode | FileNode = DirectoryNode | FileNode> {
  readonly node: N;
  /** YAML, as it is stored. */
  readonly config: string;
  readonly root: WD;
  /** All that this pond knows. */
  readonly factories: Factories;
  readonly environment: FactoryEnvironment;
  /** A directory of this node in the cache: not made yet, and gone whenever someone wants room. Queries may read what is in it. */
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal;
  /**
   * The rows that a path, a pattern, a URL or a system table means. A pattern without a match is a PondError `no-match`, a file
   * that has no rows yet `not-tabular`.
   */
  rows(target: string, bounds?: RowBounds): Promise<ComputedRows>;
  /** What those rows are made of, and how they depend on it. */
  origin(target: string): Promise<Origin>;
  /** Runs a query now; to the reader of a computed node it is better to give the query itself (`SelectPart`). */
  query(sql: string, tables: Tables, params?: Parameters): Promise<QueryResult>;
  /** Writes rows to a Parquet file below `cacheDirectory`, whose directory is there. */
  writeParquet(sql: string, tables: Tables, path: string): Promise<ParquetFile>;
}

/** What the names in a query mean. */
export type Tables = Readonly<Record<string, Relation>>;

export interface ComputedRows {
  readonly relation: Relation;
  /** The column of event times, by which rows can be asked for. */
  readonly timeColumn?: string;
}

interface FactoryBase {
  /**
   * Throws when a config cannot be used. Called before it is stored, and nothing is stored when it throws. Variables of the
   * environment are not looked up. `file` is what messages call the config.
   */
  check(config: string, file?: string): void | Promise<void>;
  /** The paths, patterns and URLs that a config reads from: what has to be run, or computed, before it. */
  inputs(config: string): readonly string[] | Promise<readonly string[]>;
}

/** A child of a computed directory, as its config tells it. */
export interface ToldChild {
  /** Its path below the directory. */
  readonly path: string;
  readonly factory: string;
  readonly config: string;
}

export interface DirectoryOfFactory extends FactoryBase {
  readonly makes: 'directory';
  /** Children that a config tells by itself: each has inputs of its own, and `inputs` has those of no child. */
  children?(config: string): readonly ToldChild[] | Promise<readonly ToldChild[]>;
  make(context: FactoryContext<DirectoryNode>): ComputedDirectory | Promise<ComputedDirectory>;
}

export interface RowsFactory extends FactoryBase {
  readonly makes: 'table' | 'series';
  /** All targets are resolved when it returns, also those of nested queries: what a query may read is settled before it begins. */
  rows(context: FactoryContext<FileNode>): Promise<ComputedRows>;
  /** How the rows depend on those of the inputs; `any` when it is not told. */
  dependence?(context: FactoryContext<FileNode>): Dependence | Promise<Dependence>;
}

export interface DataFactory extends FactoryBase {
  readonly makes: 'data';
  content(context: FactoryContext<FileNode>): AsyncIterable<Uint8Array>;
}

/** What `pond run` starts: a data file whose content is its config. */
export interface ExecutableFactory extends DataFactory {
  /** The commands, the first of which is meant when none is named. */
  readonly commands: readonly RunCommand[];
  /** The paths that its runs write to, or below: what reads from there is run after it. */
  outputs?(config: string): readonly string[] | Promise<readonly string[]>;
  run(context: RunContext): Promise<RunOutcome>;
}

export interface RunCommand {
  readonly name: string;
  /** As help shows it: `build DIR`. */
  readonly usage: string;
  readonly summary: string;
}

export interface RunContext {
  readonly pond: Pond;
  /** Where the node is; a file of the host that was run without being stored has a `host+…` URL here. */
  readonly path: string;
  readonly config: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: FactoryEnvironment;
  readonly signal: AbortSignal;
  /** The command line without secrets, for the log. */
  readonly commandLine: readonly string[];
  /** A line for people, on stderr. */
  note(text: string): void;
  /** How far it is; `total` is undefined while nobody knows. */
  progress(done: number, total: number | undefined, unit: string): void;
}

/** What a run did. */
export interface RunOutcome {
  /** `some-failed`: some items failed, and the rest is committed. */
  readonly state: 'done' | 'some-failed';
  /** A table of what happened, one record an item; the same keys in each. */
  readonly items: readonly Readonly<Record<string, string | number | bigint | boolean | null>>[];
}

export type PondFactory = DirectoryOfFactory | RowsFactory | DataFactory | ExecutableFactory;

/** A factory by what is known of it without loading it. */
export interface FactoryEntry {
  readonly name: string;
  readonly makes: FactoryMakes;
  readonly summary: string;
  /** Whether `pond run` can start it. */
  readonly isExecutable: boolean;
  /** Of the children that another factory makes: no node is stored of it. */
  readonly isInner?: true;
  readonly load: () => Promise<PondFactory>;
}

/** The factories that a pond is opened with, by the names that nodes store. */
export type Factories = ReadonlyMap<string, FactoryEntry>;
