import { type FileNode, isTinyFsError, type NodePath } from '@duckpond/tinyfs';
import { PondError } from './errors.ts';

/**
 * How rows depend on what they are made of. `same-time`: each on rows of the same event time, in columns of event times on both sides.
 * `same-bucket`: each on rows of the step of time that begins with its own event time, as rollups do. `any`: any row on any other.
 * `unknown`: they may change although nothing that is stored did (files of the host, the time, chance).
 */
export type Dependence = 'same-time' | 'same-bucket' | 'any' | 'unknown';

/** What rows are made of, through all computed nodes on the way. */
export interface Origin {
  /** Stored files as they are in this state, each path once. */
  readonly files: readonly NodePath<FileNode>[];
  /** The computed nodes on the way, each with its config: rows may change when one of these texts does. */
  readonly computations: readonly string[];
  readonly dependence: Dependence;
}

/** What `originOf` asks about one target, in one state. */
export interface OriginHost {
  /** The files that a target names; undefined for what is no file of the pond. */
  files(target: string): Promise<readonly NodePath<FileNode>[] | undefined>;
  /** What a computed file reads, and how its rows depend on that. */
  computed(at: NodePath<FileNode>): Promise<OwnOrigin>;
}

/** What one computed file reads by itself, and who knows what that is made of. */
export interface OwnOrigin {
  readonly inputs: readonly string[];
  readonly dependence: Dependence;
  readonly host: OriginHost;
}

/** The origin of what a target means. A pattern without a match has none. */
export async function originOf(host: OriginHost, target: string): Promise<Origin> {
  const found = await host.files(target).catch((error: unknown) => {
    if (error instanceof PondError && error.code === 'no-match') return [];
    throw error;
  });
  if (found === undefined) return { files: [], computations: [], dependence: 'unknown' };
  return united(await Promise.all(found.map((at) => originOfFile(host, at))));
}

async function originOfFile(host: OriginHost, at: NodePath<FileNode>): Promise<Origin> {
  const { path, node } = at;
  if (node.computed === undefined) return { files: [at], computations: [], dependence: 'same-time' };
  const own = `${node.id} ${path} ${node.computed.factory} ${node.computed.config}`;
  const { inputs, dependence, host: inner } = await host.computed(at);
  const below = await Promise.all(inputs.map((input) => originOf(inner, input).catch((error: unknown) => {
    // What is missing is told by whoever reads it.
    if (isTinyFsError(error) || (error instanceof PondError && error.code === 'not-found')) return united([]);
    throw error;
  })));
  return united([{ files: [], computations: [own], dependence }, ...below]);
}

const ORDER: readonly Dependence[] = ['same-time', 'same-bucket', 'any', 'unknown'];

function united(origins: readonly Origin[]): Origin {
  const files = new Map(origins.flatMap((origin) => origin.files).map((at) => [at.path, at]));
  return {
    files: [...files.values()],
    computations: [...new Set(origins.flatMap((origin) => origin.computations))],
    dependence: ORDER[Math.max(0, ...origins.map((origin) => ORDER.indexOf(origin.dependence)))] ?? 'unknown',
  };
}
