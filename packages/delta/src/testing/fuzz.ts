import { seededRandom } from './seeded-random.ts';

/** Something that reads bytes from outside, and may refuse them but nothing else. */
export interface FuzzTarget {
  readonly name: string;
  /** Good bytes that mutants are made of. */
  readonly corpus: readonly Uint8Array[];
  /** Words that mean something to the reader. */
  readonly words?: readonly string[];
  /** Reads; throws `FuzzFailure` when what it got cannot be right. */
  readonly read: (bytes: Uint8Array) => unknown;
  /** The names of the errors by which it refuses. */
  readonly refusals: readonly string[];
  /** How much slower than 1 the target is: it gets so many fewer mutants. */
  readonly cost?: number;
}

/** Thrown by a target: an answer that is wrong. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

export interface FuzzOptions {
  readonly mutants: number;
  readonly seed: number;
  /** Tried before the mutants: what once found something. */
  readonly found?: readonly Uint8Array[];
}

export interface FuzzCounts {
  mutants: number;
  /** How many were read without an error. */
  accepted: number;
  readonly failures: { readonly what: string; readonly bytes: Uint8Array }[];
}

/** No small input may take so long, of the processor. */
const MOST_CPU_MICROS = 2_000_000;
/** No small input may make so much to be held. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_FAILURES = 5;

/** Reads mutants of a corpus: each is read or refused, in bounded time and memory. */
export async function fuzz(target: FuzzTarget, { mutants, seed, found = [] }: FuzzOptions): Promise<FuzzCounts> {
  const random = seededRandom(seed);
  const counts: FuzzCounts = { mutants: 0, accepted: 0, failures: [] };
  for (const bytes of [...found, ...target.corpus]) await tryOne(target, bytes, counts);
  while (counts.mutants < mutants && counts.failures.length < MOST_FAILURES) await tryOne(target, mutant(target, random), counts);
  return counts;
}

async function tryOne(target: FuzzTarget, bytes: Uint8Array, counts: FuzzCounts): Promise<void> {
  counts.mutants++;
  const fail = (what: string): void => { counts.failures.push({ what: `${target.name}: ${what}`, bytes: Uint8Array.from(bytes) }); };
  const memory = heldBytes();
  const started = process.cpuUsage();
  try {
    await target.read(bytes);
    counts.accepted++;
  } catch (error) {
    const isRefusal = error instanceof Error && target.refusals.includes(error.name);
    if (!isRefusal) fail(error instanceof Error ? `${error.stack}` : String(error));
  }
  const { user, system } = process.cpuUsage(started);
  if (user + system > MOST_CPU_MICROS) fail(`it took ${Math.round((user + system) / 1000)} ms of ${bytes.length} bytes`);
  const grown = heldBytes() - memory;
  if (grown > MOST_BYTES) fail(`it took ${grown} bytes of memory for ${bytes.length}`);
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const NUMBERS = [
  0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 53n,
  (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n,
];

/** One of the corpus after one to four changes. */
export function mutant({ corpus, words = [] }: Pick<FuzzTarget, 'corpus' | 'words'>, random: () => number): Uint8Array {
  const below = (count: number): number => Math.floor(random() * count);
  const original = (): Uint8Array => corpus[below(corpus.length)] ?? new Uint8Array(0);
  let bytes: Uint8Array<ArrayBuffer> = Uint8Array.from(original());
  for (let changes = 1 + below(4); changes > 0; changes--) {
    const at = below(bytes.length + 1);
    const length = 1 + below(random() < 0.8 ? 8 : 200);
    switch (below(10)) {
      case 0: case 1:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 2:
        if (at < bytes.length) bytes[at] = Number((NUMBERS[below(5)] ?? 0n) & 0xffn);
        break;
      case 3:
        bytes = putNumber(bytes, at, NUMBERS[below(NUMBERS.length)] ?? 0n, [1, 2, 4, 8][below(4)] ?? 4);
        break;
      case 4:
        bytes = spliced(bytes, at, length, new Uint8Array(0));
        break;
      case 5:
        bytes = spliced(bytes, at, 0, Uint8Array.from({ length }, () => below(256)));
        break;
      case 6:
        bytes = spliced(bytes, at, 0, bytes.slice(at, at + length));
        break;
      case 7: {
        const other = original();
        const from = below(other.length + 1);
        bytes = spliced(bytes, at, length, other.slice(from, from + length));
        break;
      }
      case 8:
        bytes = random() < 0.3 ? bytes.slice(0, at) : bytes;
        break;
      default:
        bytes = spliced(bytes, at, below(4), Buffer.from(words[below(words.length)] ?? String(NUMBERS[below(NUMBERS.length)] ?? 0)));
    }
  }
  return bytes;
}

/** Little-endian, as far as it fits. */
function putNumber(bytes: Uint8Array, at: number, value: bigint, width: number): Uint8Array<ArrayBuffer> {
  const changed = Uint8Array.from(bytes);
  for (let i = 0; i < width && at + i < changed.length; i++) changed[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return changed;
}

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept = bytes.subarray(at + removed);
  const changed = new Uint8Array(at + inserted.length + kept.length);
  changed.set(bytes.subarray(0, at));
  changed.set(inserted, at);
  changed.set(kept, at + inserted.length);
  return changed;
}
