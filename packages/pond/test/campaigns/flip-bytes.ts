import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openPond } from '../../src/open-pond.ts';
import { fsckStore } from '../../src/fsck/fsck.ts';
import type { FsckReport } from '../../src/pond.ts';
import { pondOfEveryKind, seededEnvironment } from '../every-kind.ts';
import { contentOf, factsOf, fakeRunMaker } from '../fake-rows.ts';
import { type Answer, type Damage, judge, readEverything, readStore, type StoreFiles, storeWith } from './damage.ts';

/**
 * What of the pond is there: `records` is a pond after a restore, which has nothing that is derived but its checkpoint; `runs` is one
 * with a series whose versions were merged.
 */
export type Variant = 'whole' | 'records' | 'runs';

export interface FlipOptions {
  /** An existing directory for the pond. */
  readonly scratch: string;
  readonly seed: number;
  /** How many small commits the pond has on each side of its maintenance. */
  readonly pondSize: number;
  readonly variant: Variant;
  /** How many bytes are flipped; Infinity: every one. */
  readonly flips: number;
  /** What a byte is XORed with. */
  readonly mask: number;
  /** How many lengths every file is cut to, beside being taken away. */
  readonly cuts: number;
  /** Only every so many-th damage, from the one with this number on: for several processes. */
  readonly shard?: { readonly number: number; readonly of: number };
  readonly onProgress?: (counts: FlipCounts) => void;
}

export interface FlipCounts {
  tried: number;
  found: number;
  /** Neither found nor of any effect on what is read. */
  harmless: number;
  /** Reads that gave an error of the pond. */
  refused: number;
  /** What must not be: a wrong answer, a crash, a refusal that fsck does not explain, a message that names another file. */
  readonly failures: string[];
}

/** Makes a pond with every kind of file and damages one file after the other, one byte, one cut or the whole of it at a time. */
export async function runFlips(options: FlipOptions): Promise<FlipCounts> {
  const { seed, mask, flips, cuts, shard = { number: 0, of: 1 }, onProgress } = options;
  const random = randomOf(seed);
  const bench = await prepare(options);
  const counts: FlipCounts = { tried: 0, found: 0, harmless: 0, refused: 0, failures: [...bench.failures] };
  let number = 0;

  async function tryOne(damage: Damage, what: string): Promise<void> {
    if (number++ % shard.of !== shard.number) return;
    await tryDamage(bench, damage, what, counts);
    if (counts.tried % 500 === 0) onProgress?.(counts);
  }

  const positions = bench.read.flatMap(([path, bytes]) => positionsOf(path, bytes, random));
  const draw = (): (typeof positions)[number] | undefined => positions[Math.floor(random() * positions.length)];
  for (const place of flips < positions.length ? Array.from({ length: flips }, draw) : positions) {
    if (place === undefined) continue;
    const bytes = Uint8Array.from(bench.files.get(place.path) ?? []);
    bytes[place.position] = (bytes[place.position] ?? 0) ^ mask;
    await tryOne({ path: place.path, bytes }, `${place.path} byte ${place.position}`);
  }
  for (const [path, bytes] of bench.read) {
    const lengths = [bytes.length - 1, 0, bytes.length >> 1, 1];
    while (lengths.length < cuts) lengths.push(Math.floor(random() * bytes.length));
    for (const length of new Set(lengths.slice(0, cuts))) {
      await tryOne({ path, bytes: bytes.slice(0, length) }, `${path} cut to ${length} bytes`);
    }
    // That the newest commit is gone shows only against a backup.
    if (path !== bench.newestCommit) await tryOne({ path, bytes: undefined }, `${path} missing`);
  }
  return counts;
}

/** A pond in memory, and all that it answers while it is whole. */
export interface Bench {
  readonly files: StoreFiles;
  /** The files that reading or checking asks for: what is in the others cannot matter. */
  readonly read: readonly (readonly [path: string, bytes: Uint8Array])[];
  readonly newestCommit: string | undefined;
  readonly intact: ReadonlyMap<string, Answer>;
  readonly contentRoot: string | undefined;
  readonly failures: readonly string[];
}

export async function prepare({ scratch, pondSize, variant }: Pick<FlipOptions, 'scratch' | 'pondSize' | 'variant'>): Promise<Bench> {
  const directory = join(scratch, 'pond');
  await (await pondOfEveryKind(directory, pondSize)).close();
  if (variant === 'runs') await addRuns(directory);
  const store = join(directory, 'store');
  if (variant === 'records') rmSync(join(store, '_state'), { recursive: true });
  const files = new Map([...readStore(store)].filter(([path]) => variant !== 'records' || !path.endsWith('.crc')));
  const touched = new Set<string>();
  const intact = await readEverything(storeWith(files, undefined, touched));
  const report = await fsckStore(storeWith(files, undefined, touched), '/nowhere', {}, seededEnvironment());
  return {
    files, intact,
    read: [...files].filter(([path]) => touched.has(path)),
    newestCommit: [...files.keys()].filter((path) => /^_delta_log\/\d{20}\.json$/.test(path)).sort().at(-1),
    contentRoot: report.contentRoot,
    failures: report.faults.map(({ file, message }) => `before any damage: ${file}: ${message}`),
  };
}

/** A series of which two runs are made, and versions that no run covers yet. */
async function addRuns(directory: string): Promise<void> {
  const pond = await openPond(directory, { environment: seededEnvironment(1_795_363_300_000_000n, 1_000_000), runMaker: fakeRunMaker() });
  for (let i = 0; i < 70; i++) {
    const rows = [2 * i, 2 * i + 1];
    const content = contentOf(rows, i % 7 === 3 ? 'parquet' : 'arrow');
    await pond.write(async (fs) => (await fs.root()).write('/rows.series', [content], { kind: 'series', tabular: factsOf(rows) }));
  }
  await pond.close();
}

export async function tryDamage({ files, intact, contentRoot }: Bench, damage: Damage, what: string, counts: FlipCounts): Promise<void> {
  counts.tried++;
  const before = process.cpuUsage();
  const { wrong, crashed, refused } = judge(intact, await readEverything(storeWith(files, damage)));
  const { faults, ...report } = await fsckUnderTest(files, damage);
  const isFound = faults.length > 0;
  if (isFound) counts.found++;
  else if (wrong.length + crashed.length + refused.length === 0) counts.harmless++;
  if (refused.length > 0) counts.refused++;
  const fail = (why: string): void => { counts.failures.push(`${what}: ${why}`); };
  if (crashed.length > 0) fail(`crash in ${crashed[0]}`);
  if (wrong.length > 0) fail(`wrong without an error, ${isFound ? 'fsck finds it' : 'fsck is silent'}: ${wrong.slice(0, 3).join('; ')}`);
  if (!isFound && refused.length > 0) fail(`refused, and fsck is silent: ${refused[0]}`);
  if (!isFound && report.contentRoot !== contentRoot) fail('another content root, and fsck is silent');
  const isBlamed = faults.some(({ file }) => file === `store/${damage.path}`);
  if (isFound && !isBlamed && damage.bytes !== undefined) fail(`fsck blames ${faults.map(({ file }) => file).join(', ')}`);
  const odd = faults.find(({ message }) => !/^Cannot \S+ /.test(message) || message.includes('\n'));
  if (odd !== undefined) fail(`message: ${odd.message}`);
  // Of the processor: on a busy machine the clock says nothing about a hang.
  const { user, system } = process.cpuUsage(before);
  if (user + system > 10_000_000) fail('it took more than 10 s');
}

async function fsckUnderTest(files: StoreFiles, damage: Damage): Promise<Pick<FsckReport, 'faults' | 'contentRoot'>> {
  try {
    return await fsckStore(storeWith(files, damage), '/nowhere', {}, seededEnvironment());
  } catch (error) {
    const message = `Fsck crashed: ${error instanceof Error ? error.stack : String(error)}`;
    return { faults: [{ severity: 'damaged', file: '', message, repaired: false }], contentRoot: undefined };
  }
}

/** Every byte; of a large blob, whose bytes are all alike to those who read it, a few. */
function positionsOf(path: string, bytes: Uint8Array, random: () => number): { readonly path: string; readonly position: number }[] {
  const all = Array.from({ length: bytes.length }, (_, position) => ({ path, position }));
  return path.startsWith('_blobs/') && bytes.length > 4096 ? all.filter(() => random() < 0.003) : all;
}

/** Small and fast; its numbers need no quality (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
