import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsckStore } from '../src/fsck/fsck.ts';
import type { FsckReport } from '../src/pond.ts';
import { type Answer, type Damage, judge, readEverything, readStore, type StoreFiles, storeWith } from './damage.ts';
import { pondOfEveryKind, seededEnvironment } from './every-kind.ts';

/** `POND_FLIPS=all`, or how many damages of each sort are tried; scripts/campaigns/flip-bytes.mjs sets it. */
const FLIPS: string = process.env['POND_FLIPS'] ?? '400';
const SEED = Number(process.env['POND_FLIP_SEED'] ?? 1);
const SHARD = (process.env['POND_FLIP_SHARD'] ?? '0/1').split('/').map(Number);
const MASK = Number(process.env['POND_FLIP_MASK'] ?? 1);
const ONLY = new RegExp(process.env['POND_FLIP_FILES'] ?? '');
const COMMITS = Number(process.env['POND_FLIP_COMMITS'] ?? 2);
const isLong = FLIPS === 'all' || Number(FLIPS) > 1000;

let scratch = '';
let files: StoreFiles;
let intact: ReadonlyMap<string, Answer>;
let sound: FsckReport;
/** Files that neither reading nor checking asks for: what is in them cannot matter. */
let unread: ReadonlySet<string>;

const fsck = (damage?: Damage, touched?: Set<string>): Promise<FsckReport> =>
  fsckStore(storeWith(files, damage, touched), '/nowhere', {}, seededEnvironment());

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pond-flips-'));
  await pondOfEveryKind(join(scratch, 'p'), COMMITS);
  files = readStore(join(scratch, 'p', 'store'));
  const touched = new Set<string>();
  intact = await readEverything(storeWith(files, undefined, touched));
  sound = await fsck(undefined, touched);
  unread = new Set([...files.keys()].filter((path) => !touched.has(path)));
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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

interface Count {
  tried: number;
  found: number;
  harmless: number;
  readonly faults: string[];
}

async function tryDamage(damage: Damage, what: string, count: Count): Promise<void> {
  count.tried++;
  const start = performance.now();
  const verdict = judge(intact, await readEverything(storeWith(files, damage)));
  const report = await fsck(damage);
  const isFound = report.faults.length > 0;
  if (isFound) count.found++;
  else count.harmless++;
  const complain = (why: string): void => { count.faults.push(`${what}: ${why}`); };
  if (verdict.crashed.length > 0) complain(`crash in ${verdict.crashed[0]}`);
  if (verdict.wrong.length > 0) complain(`wrong without an error (${isFound ? 'fsck finds it' : 'fsck is silent'}): ${verdict.wrong.slice(0, 3).join('; ')}`);
  if (!isFound && verdict.refused.length > 0) complain(`refused, and fsck is silent: ${verdict.refused[0]}`);
  if (!isFound && report.contentRoot !== sound.contentRoot) complain('another content root, and fsck is silent');
  const isBlamed = report.faults.some(({ file }) => file === `store/${damage.path}`);
  if (isFound && !isBlamed && damage.bytes !== undefined) complain(`fsck blames ${report.faults.map(({ file }) => file).join(', ')}`);
  if (report.faults.some(({ message }) => !/^Cannot \S+ /.test(message) || message.includes('\n'))) complain(`message: ${report.faults[0]?.message}`);
  if (performance.now() - start > 5000) complain('it took more than 5 s');
}

function tell(name: string, { tried, found, harmless, faults }: Count): void {
  if (isLong) process.stdout.write(`${name}: ${tried} tried, ${found} found by fsck, ${harmless} without a meaning, ${faults.length} wrong\n`);
}

describe('a pond with one damaged file', () => {
  it('is sound before', () => {
    expect(sound.faults).toEqual([]);
    expect([...intact.values()].filter((answer) => 'error' in answer)).toEqual([]);
  });

  it(`fsckPond() finds every flipped byte that means something (seed ${SEED})`, async () => {
    const random = randomOf(SEED);
    const candidates = [...files].filter(([path]) => !unread.has(path) && ONLY.test(path)).flatMap(([path, bytes]) => positionsOf(path, bytes, random));
    const chosen = FLIPS === 'all' ? candidates : Array.from({ length: Number(FLIPS) }, () => candidates[Math.floor(random() * candidates.length)]);
    const [shard = 0, shards = 1] = SHARD;
    const count: Count = { tried: 0, found: 0, harmless: 0, faults: [] };
    for (const [index, candidate] of chosen.entries()) {
      if (candidate === undefined || index % shards !== shard) continue;
      const { path, position } = candidate;
      const bytes = Uint8Array.from(files.get(path) ?? []);
      bytes[position] = (bytes[position] ?? 0) ^ MASK;
      await tryDamage({ path, bytes }, `${path} byte ${position}`, count);
      if (isLong && count.tried % 2000 === 0) tell('flips so far', count);
    }
    tell('flips', count);
    expect(count.faults).toEqual([]);
  }, 24 * 3_600_000);

  it('fsckPond() finds every truncation and every missing file that means something', async () => {
    const count: Count = { tried: 0, found: 0, harmless: 0, faults: [] };
    const random = randomOf(SEED);
    for (const [path, bytes] of files) {
      if (unread.has(path) || !ONLY.test(path)) continue;
      const lengths = new Set([0, 1, bytes.length >> 1, bytes.length - 1, Math.floor(random() * bytes.length)]);
      const some = isLong ? lengths : [...lengths].filter(() => random() < 0.4);
      for (const length of some) await tryDamage({ path, bytes: bytes.slice(0, length) }, `${path} cut to ${length} bytes`, count);
      // That the newest commits are gone shows only against a backup.
      if (path !== newestCommit()) await tryDamage({ path, bytes: undefined }, `${path} missing`, count);
    }
    tell('truncated and missing', count);
    expect(count.faults).toEqual([]);
  }, 3_600_000);
});

function newestCommit(): string | undefined {
  return [...files.keys()].filter((path) => /^_delta_log\/\d{20}\.json$/.test(path)).sort().at(-1);
}

/** Every byte; of a blob, whose bytes are all alike, a few. */
function positionsOf(path: string, bytes: Uint8Array, random: () => number): { readonly path: string; readonly position: number }[] {
  const all = Array.from({ length: bytes.length }, (_, position) => ({ path, position }));
  return path.startsWith('_blobs/') ? all.filter(() => random() < 0.003) : all;
}
