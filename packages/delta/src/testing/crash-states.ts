/**
 * What a disk may hold after a power cut, by the rules that POSIX gives and no more:
 *
 * - of a file, what its last completed fsync covered; of later writes any sectors, or none, or only the new size;
 * - of a directory, the names as of its last completed fsync; of later changes any, in any order, each as a whole.
 *
 * Real file systems keep more. What survives these states survives them.
 */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Trace, TraceStep } from './recorded-io.ts';
import { seededRandom } from './seeded-random.ts';

export interface CrashState {
  /** How many steps of the trace were done when the power went. */
  readonly steps: number;
  /** What became of the changes that were not durable then; see `VARIANTS`. */
  readonly variant: number;
  readonly seed: number;
}

export interface CrashOptions {
  readonly seed: number;
  /** The most states to yield; if there are more, a sample that depends on the seed alone. */
  readonly limit: number;
  /** How many mixtures per step besides the named variants; up to three pending names are tried in all combinations by 8. */
  readonly mixtures?: number;
}

export interface CrashedTree {
  readonly directories: readonly string[];
  /** Names of one file share its value. */
  readonly files: ReadonlyMap<string, { readonly bytes: Uint8Array }>;
}

const VARIANTS = [
  'nothing pending', 'everything pending', 'names without data', 'names and data torn at 512', 'names and data torn at 4096',
];

/** Crash states of a trace, each with its own mixture of what was not yet durable. */
export function* crashStates(trace: Trace, { seed, limit, mixtures = 8 }: CrashOptions): Generator<CrashState, void, undefined> {
  const variants = VARIANTS.length + mixtures;
  const total = (trace.steps.length + 1) * variants;
  const random = seededRandom(seed);
  // Fisher-Yates on a virtual array: only the places that were exchanged are kept.
  const moved = new Map<number, number>();
  for (let i = 0; i < Math.min(limit, total); i += 1) {
    const j = total <= limit ? i : i + Math.floor(random() * (total - i));
    const index = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
    yield { steps: Math.floor(index / variants), variant: index % variants, seed };
  }
}

export function describeCrash(trace: Trace, { steps, variant, seed }: CrashState): string {
  const step = trace.steps[steps - 1];
  const last = step ? `${step.kind} ${'path' in step ? step.path : ''}` : 'nothing';
  return `after step ${steps} (${last}), ${VARIANTS[variant] ?? `mixture ${variant - VARIANTS.length}`}, seed ${seed}`;
}

/** The labels of the marks that the program had set when the power went. */
export function marksBefore(trace: Trace, { steps }: CrashState): string[] {
  return trace.steps.slice(0, steps).flatMap((step) => (step.kind === 'mark' ? [step.label] : []));
}

/** Builds the state in an empty directory, which may be absent. */
export function replayCrash(trace: Trace, state: CrashState, directory: string): void {
  const tree = crashedTree(trace, state);
  mkdirSync(directory, { recursive: true });
  for (const path of tree.directories) mkdirSync(join(directory, path));
  const written = new Map<object, string>();
  for (const [path, file] of tree.files) {
    const name = join(directory, path);
    const first = written.get(file);
    if (first) linkSync(first, name);
    else writeFileSync(name, file.bytes);
    written.set(file, name);
  }
}

interface FileNode {
  readonly kind: 'file';
  durable: Uint8Array;
  pending: { readonly position: number; readonly bytes: Uint8Array }[];
}

interface DirectoryNode {
  readonly kind: 'directory';
  /** The names as the running program sees them. */
  readonly names: Map<string, DiskNode>;
}

type DiskNode = FileNode | DirectoryNode;

interface NameChange {
  readonly sets: readonly { readonly directory: DirectoryNode; readonly name: string; readonly node: DiskNode | undefined }[];
  /** The directory whose fsync makes the change durable; of a rename the one it goes to. */
  readonly settledBy: DirectoryNode;
  isDurable: boolean;
}

export function crashedTree(trace: Trace, state: CrashState): CrashedTree {
  const disk = new SimulatedDisk(trace);
  for (const step of trace.steps.slice(0, state.steps)) disk.perform(step);
  const random = seededRandom(state.seed ^ Math.imul(state.steps, 0x9e3779b1) ^ Math.imul(state.variant + 1, 0x85ebca6b));
  return disk.crash(nameChoice(state, random), dataChoice(state, random));
}

type NameChoice = (index: number, count: number) => boolean;
type DataChoice = (file: FileNode) => Uint8Array;

function nameChoice({ variant }: CrashState, random: () => number): NameChoice {
  if (variant < VARIANTS.length) return () => variant !== 0;
  const mixture = variant - VARIANTS.length;
  return (index, count) => (count <= 3 ? ((mixture >> index) & 1) === 1 : random() < 0.5);
}

function dataChoice({ variant }: CrashState, random: () => number): DataChoice {
  const choices: readonly DataChoice[] = [
    (file) => file.durable,
    (file) => withPending(file, () => true, 4096),
    (file) => torn(file, 512, random),
    (file) => torn(file, 4096, random),
    (file) => withPending(file, () => random() < 0.5, 512),
    (file) => withPending(file, () => false, 4096),
  ];
  const fixed = [0, 1, 0, 2, 3][variant];
  return (file) => {
    const choose = choices[fixed ?? Math.floor(random() * choices.length)];
    return choose ? choose(file) : file.durable;
  };
}

/** The file with those sectors of the pending writes that are kept; a hole of zeros where one before a later one is not. */
function withPending(file: FileNode, keeps: () => boolean, sectorBytes: number): Uint8Array {
  const end = file.pending.reduce((most, { position, bytes }) => Math.max(most, position + bytes.length), file.durable.length);
  const content = new Uint8Array(end);
  content.set(file.durable);
  for (const { position, bytes } of file.pending) {
    for (let start = 0; start < bytes.length;) {
      const size = Math.min(bytes.length - start, sectorBytes - ((position + start) % sectorBytes));
      if (keeps()) content.set(bytes.subarray(start, start + size), position + start);
      start += size;
    }
  }
  return content;
}

/** The file cut after one of its sectors, at the earliest where it was durable. */
function torn(file: FileNode, sectorBytes: number, random: () => number): Uint8Array {
  const whole = withPending(file, () => true, sectorBytes);
  const sectors = Math.ceil(whole.length / sectorBytes);
  const cut = Math.floor(random() * sectors) * sectorBytes;
  return file.pending.length === 0 ? file.durable : whole.subarray(0, Math.max(cut, file.durable.length));
}

class SimulatedDisk {
  readonly #root: DirectoryNode = { kind: 'directory', names: new Map() };
  readonly #files = new Map<number, FileNode>();
  readonly #changes: NameChange[] = [];

  constructor(trace: Trace) {
    for (const path of trace.directories) this.#set(path, { kind: 'directory', names: new Map() }, true);
    for (const [path, bytes] of trace.files) this.#set(path, { kind: 'file', durable: bytes, pending: [] }, true);
  }

  perform(step: TraceStep): void {
    switch (step.kind) {
      case 'create': {
        const file: FileNode = { kind: 'file', durable: new Uint8Array(0), pending: [] };
        this.#files.set(step.file, file);
        this.#set(step.path, file, false);
        return;
      }
      case 'write':
        this.#files.get(step.file)?.pending.push({ position: step.position, bytes: step.bytes });
        return;
      case 'fsync': {
        const file = this.#files.get(step.file);
        if (file) Object.assign(file, { durable: withPending(file, () => true, 4096), pending: [] });
        return;
      }
      case 'mkdir':
        this.#set(step.path, { kind: 'directory', names: new Map() }, false);
        return;
      case 'unlink':
        this.#set(step.path, undefined, false);
        return;
      case 'link':
        this.#set(step.to, this.#find(step.path), false);
        return;
      case 'rename': {
        const from = this.#place(step.path);
        const to = this.#place(step.to);
        this.#change([{ ...to, node: from.directory.names.get(from.name) }, { ...from, node: undefined }], to.directory, false);
        return;
      }
      case 'fsyncDirectory': {
        const directory = step.path === '' ? this.#root : this.#find(step.path);
        for (const change of this.#changes) if (change.settledBy === directory) change.isDurable = true;
        return;
      }
      case 'mark':
        return;
    }
  }

  crash(keepsName: NameChoice, contentOf: DataChoice): CrashedTree {
    const count = this.#changes.filter((change) => !change.isDurable).length;
    let index = -1;
    const survivors = new Map<DirectoryNode, Map<string, DiskNode>>();
    for (const change of this.#changes) {
      if (!change.isDurable) index += 1;
      if (!change.isDurable && !keepsName(index, count)) continue;
      for (const { directory, name, node } of change.sets) {
        const names = survivors.get(directory) ?? new Map<string, DiskNode>();
        survivors.set(directory, names);
        if (node) names.set(name, node);
        else names.delete(name);
      }
    }

    const directories: string[] = [];
    const files = new Map<string, { bytes: Uint8Array }>();
    const contents = new Map<FileNode, { bytes: Uint8Array }>();
    const walk = (directory: DirectoryNode, path: string): void => {
      for (const [name, node] of survivors.get(directory) ?? []) {
        const child = path === '' ? name : `${path}/${name}`;
        if (node.kind === 'directory') {
          directories.push(child);
          walk(node, child);
          continue;
        }
        const content = contents.get(node) ?? { bytes: contentOf(node) };
        contents.set(node, content);
        files.set(child, content);
      }
    };
    walk(this.#root, '');
    return { directories, files };
  }

  #set(path: string, node: DiskNode | undefined, isDurable: boolean): void {
    const place = this.#place(path);
    this.#change([{ ...place, node }], place.directory, isDurable);
  }

  #change(sets: NameChange['sets'], settledBy: DirectoryNode, isDurable: boolean): void {
    for (const { directory, name, node } of sets) {
      if (node) directory.names.set(name, node);
      else directory.names.delete(name);
    }
    this.#changes.push({ sets, settledBy, isDurable });
  }

  #place(path: string): { directory: DirectoryNode; name: string } {
    const parent = dirname(path);
    const directory = parent === '.' ? this.#root : this.#find(parent);
    if (directory?.kind !== 'directory') throw new Error(`Cannot replay "${path}": its directory is not in the trace`);
    return { directory, name: path.slice(path.lastIndexOf('/') + 1) };
  }

  #find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (const name of path.split('/')) node = node?.kind === 'directory' ? node.names.get(name) : undefined;
    return node;
  }
}
