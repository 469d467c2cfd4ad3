import { createHash } from 'node:crypto';
import { seededRandom } from '@duckpond/oplog/testing/faults';
import type { WritableFS, WritableWD } from '@duckpond/tinyfs';
import { contentOf, factsOf } from '../fake-rows.ts';

/** Bytes that follow from two numbers, so that they need not be sent. */
export interface Part {
  readonly seed: number;
  readonly sizeBytes: number;
}

export interface ModelFile {
  /** `rows`: a series whose versions have rows, so that they are merged. */
  readonly kind: 'data' | 'series' | 'rows';
  readonly parts: readonly Part[];
}

/** Files by path: what a pond must hold. */
export type Model = ReadonlyMap<string, ModelFile>;

export type Operation =
  | { readonly do: 'write'; readonly path: string; readonly kind: ModelFile['kind']; readonly part: Part }
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'move-directory'; readonly path: string; readonly to: string }
  | { readonly do: 'remove-directory'; readonly path: string };

export type OperationKind = Operation['do'] | 'append';

const DIRECTORIES = ['/d0', '/d1', '/d1/inner', '/d2', '/d3', '/d3/inner'];
const MOST_FILES = 48;

export function partBytes({ seed, sizeBytes }: Part): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), Math.min(i, Math.max(0, sizeBytes - 4)));
  return bytes;
}

/** Operations of these kinds, drawn one after the other, each possible in the state that the ones before leave. */
export function randomOperations(model: Model, kinds: readonly OperationKind[], count: number, random: () => number): readonly Operation[] {
  const operations: Operation[] = [];
  let state = model;
  for (let i = 0; i < count; i++) {
    const kind = state.size > MOST_FILES && kinds.includes('remove') ? 'remove' : kinds[Math.floor(random() * kinds.length)];
    const operation = kind && randomOperation(state, kind, random);
    if (operation === undefined) continue;
    operations.push(operation);
    state = applyOperation(state, operation);
  }
  return operations;
}

/** @returns undefined when what was drawn is not possible */
function randomOperation(model: Model, kind: OperationKind, random: () => number): Operation | undefined {
  const below = (count: number): number => Math.floor(random() * count);
  const paths = [...model.keys()];
  const known = paths[below(paths.length)];
  const part = { seed: below(2 ** 31), sizeBytes: randomSize(random) };
  switch (kind) {
    case 'remove':
      return known === undefined ? undefined : { do: 'remove', path: known };
    case 'rename': {
      const to = freshPath(below);
      return known === undefined || model.has(to) ? undefined : { do: 'rename', path: known, to };
    }
    case 'move-directory': {
      const from = `/d${below(4)}`;
      const to = `/moved${below(3)}`;
      return hasBelow(model, from) && !hasBelow(model, to) ? { do: 'move-directory', path: from, to } : undefined;
    }
    case 'remove-directory': {
      const path = `/moved${below(3)}`;
      return hasBelow(model, path) ? { do: 'remove-directory', path } : undefined;
    }
    case 'append': {
      const path = `/rows/r${below(2)}`;
      return (model.get(path)?.kind ?? 'rows') === 'rows' ? { do: 'write', path, kind: 'rows', part } : undefined;
    }
    case 'write': {
      const path = known !== undefined && random() < 0.4 ? known : freshPath(below);
      return { do: 'write', path, kind: model.get(path)?.kind ?? (random() < 0.3 ? 'series' : 'data'), part };
    }
  }
}

function freshPath(below: (count: number) => number): string {
  return `${DIRECTORIES[below(DIRECTORIES.length)] ?? ''}/f${below(20)}`;
}

/** Mostly small, some too large for a commit file, some blobs. */
function randomSize(random: () => number): number {
  const dice = random();
  if (dice < 0.05) return 0;
  if (dice < 0.65) return 4 + Math.floor(random() * 200);
  if (dice < 0.85) return 4 + Math.floor(random() * 5000);
  return dice < 0.95 ? 9_000 + Math.floor(random() * 50_000) : 66_000 + Math.floor(random() * 200_000);
}

function hasBelow(model: Model, directory: string): boolean {
  return [...model.keys()].some((path) => path.startsWith(`${directory}/`));
}

export function applyOperation(model: Model, operation: Operation): Model {
  const next = new Map(model);
  const { path } = operation;
  switch (operation.do) {
    case 'write': {
      const { kind, parts } = model.get(path) ?? { kind: operation.kind, parts: [] };
      next.set(path, { kind, parts: kind !== 'data' ? [...parts, operation.part] : [operation.part] });
      return next;
    }
    case 'remove':
      next.delete(path);
      return next;
    case 'rename': {
      const file = model.get(path);
      next.delete(path);
      if (file !== undefined) next.set(operation.to, file);
      return next;
    }
    case 'move-directory':
    case 'remove-directory':
      for (const [old, file] of model) {
        if (!old.startsWith(`${path}/`)) continue;
        next.delete(old);
        if (operation.do === 'move-directory') next.set(operation.to + old.slice(path.length), file);
      }
      return next;
  }
}

export function applyOperations(model: Model, operations: readonly Operation[]): Model {
  return operations.reduce(applyOperation, model);
}

/** The same operations on a pond. Directories are made as they are needed; empty ones do not count. */
export async function perform(fs: WritableFS, operations: readonly Operation[]): Promise<void> {
  const root = await fs.root();
  for (const operation of operations) {
    switch (operation.do) {
      case 'write':
        await (operation.kind === 'rows' ? writeRows(root, operation.path, operation.part)
          : root.write(operation.path, [partBytes(operation.part)], { kind: operation.kind, parents: true }));
        break;
      case 'rename':
        await root.mkdir(operation.to.slice(0, operation.to.lastIndexOf('/')), { parents: true });
        await root.rename(operation.path, operation.to);
        break;
      case 'move-directory':
        if (await root.exists(operation.to)) await root.remove(operation.to, { recursive: true });
        await root.rename(operation.path, operation.to);
        break;
      case 'remove':
        await root.remove(operation.path);
        break;
      case 'remove-directory':
        await root.remove(operation.path, { recursive: true });
        break;
    }
  }
}

/** What the model says and what a pond holds, in one form: path, kind and SHA-256 of the content. */
export function describeModel(model: Model): readonly string[] {
  return [...model].map(([path, { kind, parts }]) => (
    kind === 'rows' ? describeRows(path, parts.flatMap(rowsOfPart)) : `${path} ${kind} ${hashOfParts(parts)}`)).sort();
}

export function describeRows(path: string, rows: readonly number[]): string {
  return `${path} rows ${rows.join(' ')}`;
}

/** The hash of the parts one after the other: each is made once, as files keep their parts from cycle to cycle. */
function hashOfParts(parts: readonly Part[]): string {
  const key = JSON.stringify(parts);
  let hash = knownHashes.get(key);
  if (hash === undefined) knownHashes.set(key, hash = hashOf(parts.map(partBytes)));
  return hash;
}

const knownHashes = new Map<string, string>();

function rowsOfPart({ seed, sizeBytes }: Part): number[] {
  return Array.from({ length: sizeBytes % 4 }, (_, i) => (seed % 1_000_000) * 4 + i);
}

async function writeRows(root: WritableWD, path: string, part: Part): Promise<unknown> {
  const rows = rowsOfPart(part);
  const content = contentOf(rows, part.sizeBytes % 9 === 8 ? 'parquet' : 'arrow');
  return root.write(path, [content], { kind: 'series', parents: true, tabular: factsOf(rows) });
}

export function hashOf(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
